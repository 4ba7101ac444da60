#!/usr/bin/python3
"""mpv.py PLUGIN: mpv's plugin in a real mpv, asked and told by its JSON IPC, against a coppd with a simulated adapter."""
import ctypes
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

PLUGIN = sys.argv[1]
COPPD = os.environ["COPPD"]
COPP = os.environ["COPP"]
LIMIT = 60  # seconds for what must happen at all
CHILDREN = []  # to end with the test, however it ends
FILM = "av://lavfi:testsrc=size=64x64:rate=25"
WHITE = "av://lavfi:color=white:size=64x64:rate=25"


class Coppd:
    """A coppd of the test's own, with the outputs that the description says."""

    def __init__(self, directory, description=None):
        self.directory = directory
        outputs = ""
        if description:
            with open(f"{directory}/adapter.ini", "w") as file:
                file.write(description)
            outputs = f"description = {directory}/adapter.ini\n"
        self.socket = f"{directory}/socket"
        self.anchor = f"{directory}/test-driver/anchor.b64"
        os.mkfifo(f"{directory}/events")
        with open(f"{directory}/coppd.conf", "w") as config:
            config.write(
                f"[daemon]\nsocket = {self.socket}\nstate_directory = {directory}\n"
                f"[outputs]\nbackend = sim\nevents = {directory}/events\n{outputs}"
            )
        self.log = open(f"{directory}/coppd.log", "w+")
        self.process = subprocess.Popen([COPPD, "--config", f"{directory}/coppd.conf"], stderr=self.log)
        CHILDREN.append(self.process)
        until(lambda: os.path.exists(self.socket))
        self.events = os.open(f"{directory}/events", os.O_RDWR)

    def event(self, text):
        os.write(self.events, f"{text}\n".encode())

    def happens(self, text):
        """An event, and coppd has taken it."""
        before = self.taken(text)
        self.event(text)
        until(lambda: self.taken(text) > before)

    def taken(self, text):
        with open(self.log.name) as log:
            return log.read().count(f"event: {text}\n")

    def status(self):
        return subprocess.run(
            [COPP, "status", "--json", "--device", f"unix:{self.socket}", "--anchor", self.anchor], stdout=subprocess.PIPE
        )

    def hdcp(self, output="HDMI-1"):
        """Whether HDCP is on there, as another player learns it. coppd limits how often somebody may ask."""
        end = time.monotonic() + LIMIT
        while (told := self.status()).returncode != 0:
            assert time.monotonic() < end, "copp status fails"
            time.sleep(0.1)
        return find_level(json.loads(told.stdout), output) == 1

    def sessions(self):
        """Connections to coppd's socket, other than the one that it listens at."""
        with open("/proc/net/unix") as sockets:
            return sum(line.split()[5] == "03" and line.endswith(f" {self.socket}\n") for line in sockets)

    def end(self):
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        assert self.process.wait(LIMIT) == 0


def find_level(status, name):
    for output in status["outputs"]:
        if output["output"] == name:
            return output["levels"]["HDCP"]["global"]
    return None


def until(condition):
    end = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < end, "it never comes true"
        time.sleep(0.02)


class Screens:
    """An X server with several outputs beside each other, DUMMY0 and so on."""

    def __init__(self, directory, count):
        with open(f"{directory}/xorg.conf", "w") as config:
            config.write(
                'Section "Device"\nIdentifier "card"\nDriver "dummy"\nVideoRam 64000\nEndSection\n'
                'Section "Screen"\nIdentifier "screen"\nDevice "card"\nDefaultDepth 24\n'
                'SubSection "Display"\nDepth 24\nModes "640x480"\nEndSubSection\nEndSection\n'
                'Section "Module"\nDisable "glx"\nEndSection\n'
            )
        with open(f"{directory}/display", "w+") as display, open(f"{directory}/x.log", "w") as log:
            self.process = subprocess.Popen(
                ["Xorg", "-displayfd", "1", "-config", config.name, "-logfile", f"{directory}/xorg.log", "-nolisten", "tcp",
                 "-noreset"],
                stdout=display, stderr=log)
            CHILDREN.append(self.process)
            until(lambda: os.path.getsize(display.name) > 1)
            display.seek(0)
            os.environ["DISPLAY"] = ":" + display.read().strip()
        for output in range(1, count):
            xrandr("--addmode", f"DUMMY{output}", "640x480")
            xrandr("--output", f"DUMMY{output}", "--mode", "640x480", "--pos", f"{640 * output}x0")
        self.x = ctypes.CDLL("libX11.so.6")
        self.x.XOpenDisplay.restype = ctypes.c_void_p
        self.x.XDefaultRootWindow.restype = ctypes.c_ulong
        self.x.XGetImage.restype = ctypes.c_void_p
        self.x.XGetPixel.restype = ctypes.c_ulong
        self.display = ctypes.c_void_p(self.x.XOpenDisplay(None))

    def root(self):
        return ctypes.c_ulong(self.x.XDefaultRootWindow(self.display))

    def pixel(self, x, y):
        """What people see there, as 0xRRGGBB."""
        image = ctypes.c_void_p(
            self.x.XGetImage(self.display, self.root(), x, y, 1, 1, ctypes.c_ulong(0xFFFFFF), 2))  # ZPixmap
        pixel = self.x.XGetPixel(image, 0, 0) & 0xFFFFFF
        self.x.XDestroyImage(image)
        return pixel

    def place_window(self, x, width):
        """Moves the only window there is: nothing else manages it."""
        root, parent, count = ctypes.c_ulong(), ctypes.c_ulong(), ctypes.c_uint()
        windows = ctypes.POINTER(ctypes.c_ulong)()
        self.x.XQueryTree(self.display, self.root(), ctypes.byref(root), ctypes.byref(parent), ctypes.byref(windows),
                          ctypes.byref(count))
        assert count.value == 1, count.value
        self.x.XMoveResizeWindow(self.display, ctypes.c_ulong(windows[0]), x, 20, width, 100)
        self.x.XSync(self.display, 0)

    def end(self):
        self.x.XCloseDisplay(self.display)
        self.process.terminate()
        self.process.wait(LIMIT)


def xrandr(*words):
    subprocess.run(["xrandr", *words], check=True)


class Mpv:
    """A player with the plugin."""

    def __init__(self, coppd, *options, film=FILM, opts=("connector=HDMI-1",), plugin=f"--script={PLUGIN}"):
        self.path = f"{coppd.directory}/ipc-{time.monotonic_ns()}"
        opts = ["device=unix:" + coppd.socket, "anchor=" + coppd.anchor, *opts]
        self.output = open(f"{coppd.directory}/mpv.log", "w+")
        self.process = subprocess.Popen(
            ["mpv", "--no-config", "--vo=null", "--ao=null", plugin, f"--input-ipc-server={self.path}",
             *[f"--script-opts-append=copp-{opt}" for opt in opts], *options, film],
            stdin=subprocess.DEVNULL, stdout=self.output, stderr=subprocess.STDOUT)
        CHILDREN.append(self.process)
        self.buffer = b""
        self.news = []
        self.connection = socket.socket(socket.AF_UNIX)
        self.connection.settimeout(LIMIT)
        until(self.connect)

    def connect(self):
        if self.process.poll() is not None:
            return True
        try:
            self.connection.connect(self.path)
        except OSError:
            return False
        return True

    def receive(self):
        while b"\n" not in self.buffer:
            more = self.connection.recv(65536)
            assert more, "mpv has ended"
            self.buffer += more
        line, self.buffer = self.buffer.split(b"\n", 1)
        message = json.loads(line)
        if message.get("event") == "client-message" and message["args"][0] == "copp-protection":
            self.news.append(message["args"][1:])
        return message

    def command(self, *words):
        self.connection.sendall(json.dumps({"command": words, "request_id": 7}).encode() + b"\n")
        while True:
            message = self.receive()
            if message.get("request_id") == 7:
                return message.get("data")

    def wait_for(self, state):
        """The text that comes with the state."""
        while True:
            while self.news:
                _, told, text = self.news.pop(0)
                if told == state:
                    return text
            self.receive()

    def video(self):
        return self.command("get_property", "vid")

    def plays(self):
        return self.command("get_property", "time-pos") is not None

    def end(self):
        self.command("quit")
        assert self.process.wait(LIMIT) == 0
        self.connection.close()

    def said(self):
        self.output.flush()
        with open(self.output.name) as output:
            return output.read()

    def ended(self):
        """Waits until it ends by itself; what it has said."""
        self.process.wait(LIMIT)
        self.connection.close()
        self.output.seek(0)
        return self.output.read()


def shown_only_while_protected(coppd):
    mpv = Mpv(coppd)
    until(mpv.plays)
    assert coppd.hdcp()
    assert mpv.video() == 1
    coppd.event("unplug HDMI-1")
    began = time.monotonic()
    until(lambda: mpv.video() is False)
    print(f"hidden {1000 * (time.monotonic() - began):.0f} ms after the event")
    assert "EVT-4" in mpv.wait_for("lost")
    mpv.command("set_property", "vid", 1)  # somebody's hand is not protection
    until(lambda: mpv.video() is False)
    coppd.event("plug HDMI-1")
    mpv.wait_for("protected")
    until(lambda: mpv.video() == 1)
    coppd.event("mode HDMI-1 720p60")
    mpv.wait_for("protected")
    until(lambda: mpv.video() == 1)
    mpv.end()
    until(lambda: not coppd.hdcp())


def hidden_while_paused(coppd):
    mpv = Mpv(coppd, "--pause")
    until(mpv.plays)
    mpv.wait_for("protected")
    coppd.event("hdcp-fail HDMI-1")
    mpv.wait_for("protected")
    coppd.event("unplug HDMI-1")
    mpv.wait_for("lost")
    until(lambda: mpv.video() is False)
    coppd.event("plug HDMI-1")
    mpv.end()


def held_until_protected(coppd):
    coppd.event("hdcp-hang HDMI-1 on")
    mpv = Mpv(coppd)
    until(lambda: coppd.sessions() > 0)
    for _ in range(10):
        assert not mpv.plays()
    mpv.end()  # and it does not wait for the level
    coppd.event("hdcp-hang HDMI-1 off")


def stopped_while_held(coppd):
    """The next file waits for a coppd that does not come back, and nobody wants it any more."""
    mpv = Mpv(coppd)
    until(mpv.plays)
    mpv.command("loadfile", FILM, "append")
    coppd.process.send_signal(signal.SIGSTOP)
    mpv.wait_for("lost")
    mpv.command("playlist-next")
    until(lambda: not mpv.plays())
    mpv.end()
    coppd.process.send_signal(signal.SIGCONT)
    until(lambda: coppd.sessions() == 0)


def graph_of_filters_is_not_played(coppd):
    """mpv does not deselect the tracks that a graph reads."""
    mpv = Mpv(coppd, "--idle", "--lavfi-complex=[vid1]null[vo]")
    until(mpv.plays)
    mpv.wait_for("protected")
    coppd.event("unplug HDMI-1")
    mpv.wait_for("lost")
    until(lambda: mpv.command("get_property", "idle-active"))
    coppd.happens("plug HDMI-1")
    mpv.command("set_property", "lavfi-complex", "")
    mpv.command("loadfile", FILM)
    until(mpv.plays)
    coppd.event("unplug HDMI-1")
    until(lambda: mpv.video() is False)
    mpv.command("set_property", "lavfi-complex", "[vid1]null[vo]")
    until(lambda: mpv.command("get_property", "idle-active"))
    coppd.happens("plug HDMI-1")
    mpv.end()


def loaded_while_a_file_is_played(coppd):
    mpv = Mpv(coppd, plugin="--load-scripts=no")
    until(mpv.plays)
    coppd.happens("hdcp-hang HDMI-1 on")
    mpv.command("load-script", PLUGIN)
    until(lambda: mpv.video() is False)
    coppd.happens("hdcp-hang HDMI-1 off")
    mpv.wait_for("protected")
    until(lambda: mpv.video() == 1)
    assert coppd.hdcp()
    mpv.end()


def silent_coppd_is_a_loss(coppd):
    mpv = Mpv(coppd)
    until(mpv.plays)
    coppd.process.send_signal(signal.SIGSTOP)
    until(lambda: mpv.video() is False)
    coppd.process.send_signal(signal.SIGCONT)
    mpv.wait_for("protected")
    mpv.end()


def refused_with_a_remedy(coppd):
    for opts, words in (
        (["device=unix:/nonexistent"], "start it"),
        (["anchor=microsoft"], "CERT-12"),
        (["connector=Component-1"], "does not offer"),
        (["connector=nobody"], "cannot tell which display"),
        (["connector=nobody"], "name one of HDMI-1, "),
        (["unknown=1"], "unknown option copp-unknown; the options are copp-enabled, copp-device, "),
        (["hdcp=maybe"], "is not a value it can have; give yes or no"),
        (["acp=-1"], "give a number from 0 to 255"),
        (["hdcp=no"], "demand HDCP, ACP or CGMS-A"),
        (["anchor=/nonexistent"], "name its file, or microsoft"),
        (["srm=/nonexistent"], "name a file that this user may read"),
    ):
        text = Mpv(coppd, opts=["connector=HDMI-1", *opts]).ended()
        assert words in text, text
        assert "V: " not in text, text


def said_when_asked(coppd):
    mpv = Mpv(coppd)
    until(mpv.plays)
    mpv.news.clear()
    mpv.command("script-message", "copp-status")
    mpv.wait_for("protected")
    mpv.end()


def shown_on_the_screen(coppd):
    mpv = Mpv(coppd, "--msg-level=cplayer=trace")
    until(mpv.plays)
    coppd.event("unplug HDMI-1")
    until(lambda: re.search("Run command: show-text.*copp: HDMI-1: lost: .*EVT-4", mpv.said()))
    coppd.event("plug HDMI-1")
    mpv.end()


def left_alone_where_disabled(coppd):
    mpv = Mpv(coppd, opts=["connector=HDMI-1", "enabled=no"])
    until(mpv.plays)
    assert not coppd.hdcp()
    mpv.end()


def configured_by_its_file(coppd):
    config = f"{coppd.directory}/mpv"
    os.makedirs(f"{config}/script-opts")
    with open(f"{config}/script-opts/copp.conf", "w") as file:
        file.write("# a comment\n\nenabled = no\n")
    mpv = Mpv(coppd, f"--config-dir={config}", "--config=yes")
    until(mpv.plays)
    assert not coppd.hdcp()
    mpv.end()


def protected_where_its_window_is(directory):
    """The window of a real X server: its output is called screen."""
    with open(f"{directory}/display", "w+") as display:
        server = subprocess.Popen(["Xvfb", "-displayfd", "1", "-screen", "0", "640x480x24", "-nolisten", "tcp"],
                                  stdout=display, stderr=subprocess.DEVNULL)
        CHILDREN.append(server)
        until(lambda: os.path.getsize(display.name) > 1)
        display.seek(0)
        os.environ["DISPLAY"] = ":" + display.read().strip()
    output = "type = hdmi\nmodes = 1080p60\nprotections = hdcp\nksv = b70361f714\n"
    coppd = Coppd(directory, f"[adapter]\n[output other]\n{output}[output screen]\n{output}")
    mpv = Mpv(coppd, "--vo=x11", opts=())
    until(mpv.plays)
    assert coppd.hdcp("screen") and not coppd.hdcp("other")
    coppd.event("unplug other")  # which is not its business
    coppd.event("unplug screen")
    mpv.wait_for("lost")
    until(lambda: mpv.video() is False)
    coppd.event("plug screen")
    mpv.wait_for("protected")
    until(lambda: mpv.video() == 1)

    # vo, changed while the film plays: without a window it is not known where pictures go, and there are two displays
    coppd.happens("plug other")
    mpv.news.clear()
    mpv.command("set_property", "vo", "null")
    assert "name one of other, screen" in mpv.wait_for("ended")
    assert mpv.video() is False
    until(lambda: not coppd.hdcp("screen"))
    mpv.command("set_property", "vo", "x11")
    until(lambda: mpv.video() == 1)
    assert coppd.hdcp("screen") and not coppd.hdcp("other")
    mpv.end()
    text = Mpv(coppd, "--vo=null", opts=()).ended()  # no window, and two displays: not a guess
    assert "name one of other, screen" in text, text
    coppd.end()
    server.terminate()


def follows_its_window(directory):
    output = "type = hdmi\nmodes = 1080p60\nprotections = hdcp\nksv = b70361f714\n"
    screens = Screens(directory, 10)
    coppd = Coppd(directory, "[adapter]\n" + "".join(f"[output DUMMY{n}]\n{output}" for n in range(10)))
    mpv = Mpv(coppd, "--vo=x11", "--geometry=100x100+20+20", "--osd-level=0", film=WHITE, opts=())
    until(mpv.plays)
    assert coppd.hdcp("DUMMY0") and not coppd.hdcp("DUMMY1")
    until(lambda: screens.pixel(90, 90) == 0xFFFFFF)

    # to another display: hidden until that one is protected, and the one that was left is given back
    coppd.event("hdcp-hang DUMMY1 on")
    screens.place_window(700, 100)
    until(lambda: mpv.video() is False)
    until(lambda: not coppd.hdcp("DUMMY0"))
    until(lambda: screens.pixel(770, 90) == 0)
    assert mpv.video() is False
    mpv.news.clear()
    coppd.event("hdcp-hang DUMMY1 off")
    mpv.wait_for("protected")
    until(lambda: mpv.video() == 1)
    assert coppd.hdcp("DUMMY1")
    until(lambda: screens.pixel(770, 90) == 0xFFFFFF)

    # onto two of them: both
    screens.place_window(600, 100)
    until(lambda: coppd.hdcp("DUMMY0") and coppd.hdcp("DUMMY1") and mpv.video() == 1)
    until(lambda: coppd.sessions() == 2)
    coppd.event("unplug DUMMY0")  # a loss on one is a loss
    until(lambda: mpv.video() is False)
    coppd.event("plug DUMMY0")
    until(lambda: mpv.video() == 1)

    # onto more of them than can be protected: on none of them it is shown, and nothing is held
    screens.place_window(20, 6300)
    until(lambda: mpv.video() is False and coppd.sessions() == 0)
    mpv.command("set_property", "vid", 1)
    until(lambda: mpv.video() is False)
    until(lambda: screens.pixel(2 * 640 + 90, 90) == 0)
    assert "too many displays" in mpv.said()
    screens.place_window(700, 100)  # and back
    until(lambda: mpv.video() == 1)
    assert coppd.hdcp("DUMMY1") and not coppd.hdcp("DUMMY0")
    mpv.end()
    coppd.end()
    screens.end()


def main():
    with tempfile.TemporaryDirectory() as directory:
        os.environ["COPP_STATE_DIR"] = directory
        coppd = Coppd(directory)
        for test in (shown_only_while_protected, hidden_while_paused, held_until_protected, stopped_while_held,
                     graph_of_filters_is_not_played, loaded_while_a_file_is_played, silent_coppd_is_a_loss,
                     refused_with_a_remedy, said_when_asked, shown_on_the_screen, left_alone_where_disabled,
                     configured_by_its_file):
            print(test.__name__, flush=True)
            test(coppd)
        coppd.end()
    with tempfile.TemporaryDirectory() as directory:
        os.environ["COPP_STATE_DIR"] = directory
        print("protected_where_its_window_is", flush=True)
        protected_where_its_window_is(directory)
    with tempfile.TemporaryDirectory() as directory:
        os.environ["COPP_STATE_DIR"] = directory
        print("follows_its_window", flush=True)
        follows_its_window(directory)


try:
    main()
finally:
    for child in CHILDREN:
        child.kill()
