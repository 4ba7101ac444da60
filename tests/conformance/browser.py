"""A headless Chromium, driven over WebDriver by the standard library alone."""
import base64
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

PATIENCE = 120  # seconds that a busy machine may take for one thing
FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-default-apps", "--no-first-run", "--window-size=1280,900",
]
KEYS = {"Tab": "\ue004", "Enter": "\ue007", "Escape": "\ue00c", "Up": "\ue013", "Down": "\ue015", "Space": " "}


class Failure(Exception):
    """What a test has found wrong."""


class Browser:
    """One browser with an empty profile of its own; it ends with the with statement."""

    def __init__(self):
        for name in ("chromium", "chromedriver"):
            if shutil.which(name) is None:
                raise Failure(f"{name} is missing: apt-get install chromium chromium-driver")
        self.home = tempfile.mkdtemp(prefix="copp-browser-")
        self.log = open(os.path.join(self.home, "driver.log"), "w+", encoding="utf-8")
        # a group of its own, so that the browser's processes end with it
        self.driver = subprocess.Popen(
            ["chromedriver", "--port=0"], stdout=self.log, stderr=subprocess.STDOUT, start_new_session=True,
            env=dict(os.environ, HOME=self.home, TMPDIR=self.home))
        self.base = None
        try:
            self.base = f"http://127.0.0.1:{self.find_port()}"
            options = {"args": FLAGS + [f"--user-data-dir={self.home}/profile"], "binary": shutil.which("chromium")}
            wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
            answer = self.call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
            self.base += "/session/" + answer["sessionId"]
            self.call("POST", "/timeouts", {"script": PATIENCE * 1000, "pageLoad": PATIENCE * 1000})
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.call("DELETE", "", None)
        finally:
            self.close()

    def close(self):
        try:
            os.killpg(self.driver.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.driver.wait()
        self.log.close()
        shutil.rmtree(self.home, ignore_errors=True)

    def find_port(self):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            with open(self.log.name, encoding="utf-8") as log:
                found = re.search(r"started successfully on port (\d+)", log.read())
            if found:
                return found.group(1)
            if self.driver.poll() is not None:
                break
            time.sleep(0.05)
        with open(self.log.name, encoding="utf-8") as log:
            raise Failure("chromedriver does not start: " + log.read())

    def call(self, method, path, body):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            value = json.load(error)["value"]
            raise Failure(f"{path}: {value['error']}: {value['message']}") from error

    def open(self, path, fragment=""):
        self.call("POST", "/url", {"url": "about:blank"})
        self.call("POST", "/url", {"url": "file://" + os.path.abspath(path) + fragment})

    def run(self, script, *arguments):
        """What a script answers; it is the body of a function."""
        return self.call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def wait(self, script, *arguments):
        """Until a script answers something true."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self.run(script, *arguments):
                return
            time.sleep(0.05)
        raise Failure(f"never came true: {script}")

    def press(self, *keys):
        actions = []
        for key in keys:
            actions += [{"type": kind, "value": KEYS.get(key, key)} for kind in ("keyDown", "keyUp")]
        self.call("POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": actions}]})

    def click(self, selector):
        element = self.call("POST", "/element", {"using": "css selector", "value": selector})
        self.call("POST", f"/element/{next(iter(element.values()))}/click", {})

    def devtools(self, command, **parameters):
        return self.call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def colours(self, scheme, media=""):
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.devtools("Emulation.setEmulatedMedia", media=media, features=features)

    def size(self, width, height):
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def messages(self):
        """What the console has been told since the last time."""
        return [entry["message"] for entry in self.call("POST", "/se/log", {"type": "browser"})]

    def screenshot(self, path):
        """Chromedriver gives a picture ten seconds, which a busy machine may not have; then it is asked again."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                picture = self.call("GET", "/screenshot", None)
                break
            except Failure:
                if time.monotonic() > end:
                    raise
        with open(path, "wb") as file:
            file.write(base64.b64decode(picture))


def print_page(page, path):
    """A PDF of a page, by a browser of its own that may take as long as it needs: chromedriver would give it ten seconds."""
    home = tempfile.mkdtemp(prefix="copp-browser-")
    command = ["chromium"] + FLAGS + [f"--user-data-dir={home}", f"--print-to-pdf={os.path.abspath(path)}",
                                      "file://" + os.path.abspath(page)]
    browser = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True,
                               env=dict(os.environ, HOME=home, TMPDIR=home))
    try:
        errors = browser.communicate(timeout=4 * PATIENCE)[1]
    except subprocess.TimeoutExpired as late:
        raise Failure("the page is never printed") from late
    finally:
        if browser.poll() is None:
            os.killpg(browser.pid, signal.SIGKILL)
        shutil.rmtree(home, ignore_errors=True)
    if browser.returncode != 0 or not os.path.exists(path):
        raise Failure("the page is not printed: " + errors)
