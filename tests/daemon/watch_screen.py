#!/usr/bin/env python3
"""copp watch on a terminal, emulated: what a person sees, and that the terminal is left as it was."""
import fcntl, os, pty, select, shutil, signal, struct, subprocess, sys, tempfile, termios, time

import pyte

COPP, COPPD = os.environ["COPP"], os.environ["COPPD"]
PATIENCE = 30
TERM = "what-pyte-is"
directory = tempfile.mkdtemp()
os.environ.update(COPP_DEVICE=f"unix:{directory}/socket", COPP_ANCHOR=f"{directory}/test-driver/anchor.b64")
running = []


def until(condition, what):
    """Waits for a condition; fails after a long while."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "never: " + what
        time.sleep(0.02)


def describe_terminal():
    """screen's terminal but for what pyte has not: scrolling by several lines at once."""
    lines = subprocess.check_output(["infocmp", "-1", "screen"], text=True).splitlines()
    kept = [line for line in lines if not line.startswith(("#", "screen|", "\tindn=", "\trin="))]
    subprocess.run(["tic", "-o", f"{directory}/terminfo", "-"], input="\n".join([TERM + ",", *kept, ""]), text=True, check=True)


def start_daemon():
    log = open(f"{directory}/log", "w")
    daemon = subprocess.Popen([COPPD, "--config", f"{directory}/coppd.conf"], stderr=log)
    running.append(daemon)
    until(lambda: "listening at" in open(f"{directory}/log").read(), "coppd listens")
    return daemon


def stop(process):
    process.terminate()
    process.wait()
    running.remove(process)


def event(text):
    """Returns once it has happened."""
    before = open(f"{directory}/log").read().count("event: ")
    fd = os.open(f"{directory}/events", os.O_WRONLY)
    os.write(fd, text.encode() + b"\n")
    os.close(fd)
    until(lambda: open(f"{directory}/log").read().count("event: ") > before, text)


class Terminal:
    """A program on a terminal of its own, and what that shows."""

    def __init__(self, arguments, columns=100, rows=30, **environment):
        self.master, self.slave = pty.openpty()
        self.before = termios.tcgetattr(self.slave)
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self.resize(columns, rows)
        variables = {**os.environ, "TERM": TERM, "TERMINFO": f"{directory}/terminfo", "LC_ALL": "C.UTF-8", **environment}
        self.process = subprocess.Popen(arguments, stdin=self.slave, stdout=self.slave, stderr=self.slave, env=variables,
                                        preexec_fn=self.own_terminal)
        running.append(self.process)

    def own_terminal(self):
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):  # nohup, and a shell's background, let them be ignored
            signal.signal(number, signal.SIG_DFL)
        os.setsid()
        fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)

    def resize(self, columns, rows):
        self.screen.resize(rows, columns)
        self.screen.reset()  # what was shown at another size says nothing
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self):
        while select.select([self.master], [], [], 0)[0]:
            got = os.read(self.master, 65536)
            self.raw += got
            self.stream.feed(got)

    def lines(self):
        self.read()
        return [line.rstrip() for line in self.screen.display]

    def shows(self, text):
        return any(text in line for line in self.lines())

    def expect(self, text):
        try:
            until(lambda: self.shows(text), "the screen shows " + text)
        except AssertionError:
            print("\n".join(self.lines()))
            raise

    def type(self, text):
        os.write(self.master, text)

    def tell_why(self):
        """What it shows, what it waits for, and which signals it has and blocks."""
        print("\n".join(self.lines()))
        for name in ("wchan", "syscall", "status"):
            print(name + ":", open(f"/proc/{self.process.pid}/{name}").read())

    def ended(self, status):
        """It ends so, and the terminal is as it was: modes, main screen, cursor."""
        try:
            until(lambda: (self.read(), self.process.poll())[1] is not None, "it ends")
        except AssertionError:
            self.tell_why()
            raise
        running.remove(self.process)
        self.read()
        assert self.process.returncode == status, self.process.returncode
        assert termios.tcgetattr(self.slave) == self.before, "terminal modes differ"
        if b"\x1b[?1049h" in self.raw:
            assert self.raw.rindex(b"\x1b[?1049l") > self.raw.rindex(b"\x1b[?1049h"), "not back on the main screen"
            assert self.raw.rindex(b"\x1b[?1049l") > self.raw.rindex(b"\x1b[?25l"), "the cursor stays hidden"
        os.close(self.master)
        os.close(self.slave)


def watch(**more):
    return Terminal([COPP, "watch"], **more)


def player(name="player"):
    """copp under another name, which is what it is called in the table."""
    program = os.path.join(directory.encode(), name if isinstance(name, bytes) else name.encode())
    if not os.path.exists(program):
        os.symlink(COPP, program)
    process = subprocess.Popen([program, "protect", "--allow-simulated", "--hdcp", "1", "--output", "HDMI-1", "--", "sleep", "60"],
                               stderr=subprocess.DEVNULL)
    running.append(process)
    return process


def copp_of(guardian):
    """What was started is the guardian; who speaks to coppd is its child."""
    with open(f"/proc/{guardian.pid}/task/{guardian.pid}/children") as children:
        return children.read().strip()


def test_tables_and_log():
    terminal = watch()
    terminal.expect("CONNECTOR                TYPE")
    lines = terminal.lines()
    assert lines[0].startswith("copp watch  unix:"), lines[0]
    assert lines[-1].startswith("q quit"), lines[-1]
    assert any(line.split() == ["HDMI-1", "(simulated)", "HDMI", "off", "-", "-", "0"] for line in lines), lines
    guard = player()
    terminal.expect("HDMI-1 (simulated): HDCP off -> on")  # which comes last, and is drawn last
    lines = terminal.lines()
    assert any(line.split() == ["HDMI-1", "(simulated)", "HDMI", "on", "-", "-", "1"] for line in lines), lines
    copp = copp_of(guard)
    session = [line.split() for line in lines if " HDMI-1 " in line and "player" in line and "HDCP on" in line][0]
    assert session[1:9] == ["HDMI-1", "(simulated)", user(), copp, "player", "HDCP", "on", "-"], session
    event("mode HDMI-1 720p60")
    terminal.expect("HDMI-1 (simulated): reconfigured")
    stop(guard)
    terminal.expect("ended after")
    assert not any(line.split()[4:5] == [copp] for line in terminal.lines()[8:9]), terminal.lines()
    terminal.type(b"q")
    terminal.ended(0)


def user():
    return subprocess.check_output(["id", "-un"], text=True).strip()


def test_sizes():
    terminal = watch()
    terminal.expect("SVideo-1")
    guard = player()
    terminal.expect("HDCP off -> on")
    for columns, rows in ((60, 10), (200, 60), (30, 5), (1, 1), (7, 2), (40, 3), (80, 24)):
        terminal.resize(columns, rows)
        if rows * columns > 1:  # a terminal may be unable to write into its last corner
            terminal.expect("copp watch"[:columns])
        lines = terminal.lines()
        assert len(lines) == rows
        if rows > 6:
            terminal.expect("q quit")
            terminal.expect("more connectors" if rows == 10 else "HDMI-1")
        if rows >= 10:
            terminal.expect("HDCP off -> on"[: columns - 30])
    terminal.type(b"q")
    terminal.ended(0)
    stop(guard)


def test_scrolling():
    terminal = watch(rows=20)
    terminal.expect("SVideo-1")
    for number in range(60):
        event(f"mode HDMI-1 {'720p60' if number % 2 else '1080p60'}")
    event("unplug HDMI-1")
    terminal.expect("HDMI-1 (simulated): the link or its protection was lost")
    terminal.type(b"\x1b[5~")  # page up
    terminal.expect("back to the youngest line")
    assert not terminal.shows("was lost")
    terminal.type(b"\x1bOA\x1bOA")  # up
    terminal.type(b"\x1b[6~\x1b[6~\x1b[6~")  # page down: at the end it follows again
    terminal.expect("was lost")
    terminal.type(b"\x1b[1~")  # home
    terminal.expect("back to the youngest line")
    event("plug HDMI-1")
    event("hdcp-fail HDMI-1")  # what comes does not move what is looked at
    before = terminal.lines()[8:-1]
    time.sleep(0.5)
    assert terminal.lines()[8:-1] == before
    terminal.type(b"\x1b[4~")  # end
    terminal.expect("was lost")
    terminal.type(b"Q")
    terminal.ended(0)


def test_daemon_goes_and_comes(daemon):
    terminal = watch()
    terminal.expect("SVideo-1")
    stop(daemon)
    terminal.expect("the connection to coppd is lost")
    terminal.expect("(not connected: trying again)")
    assert not terminal.shows("SVideo-1")
    daemon = start_daemon()
    terminal.expect("connected to coppd again after")
    terminal.expect("SVideo-1")
    assert not terminal.shows("(not connected")
    terminal.type(b"q")
    terminal.ended(0)
    return daemon


def test_signals():
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
        terminal = watch()
        terminal.expect("SVideo-1")
        terminal.process.send_signal(number)
        terminal.ended(0)
    terminal = watch()
    terminal.expect("SVideo-1")
    terminal.type(b"\x03")  # Ctrl-C
    terminal.ended(0)
    terminal = watch()
    terminal.expect("SVideo-1")
    os.close(terminal.master)  # the terminal itself goes
    terminal.process.wait(PATIENCE)
    running.remove(terminal.process)
    assert terminal.process.returncode == 0, terminal.process.returncode
    os.close(terminal.slave)


def test_jobs():
    """Under a shell with job control: it stops, goes on, and ends when it is told to, stopped or in the background."""
    terminal = Terminal(["bash", "--norc", "--noediting", "-i"], PS1="ready: ")

    def shell_has_terminal():
        until(lambda: (terminal.read(), os.tcgetpgrp(terminal.master))[1] == terminal.process.pid, "the shell goes on")
        assert termios.tcgetattr(terminal.slave) == terminal.before, "terminal modes differ"

    def end_job():
        terminal.type(b"kill %1; clear\n")
        # the shell tells before it prompts: that its status was 0
        until(lambda: (terminal.type(b"\n"), time.sleep(0.1), terminal.shows("Done"))[2], "the job ends")
        shell_has_terminal()

    terminal.expect("ready:")
    terminal.type(COPP.encode() + b" watch\n")
    terminal.expect("SVideo-1")
    terminal.type(b"\x1a")  # Ctrl-Z
    shell_has_terminal()
    terminal.type(b"fg\n")
    until(lambda: (terminal.read(), terminal.raw.count(b"\x1b[?1049h"))[1] == 2, "it draws again")
    terminal.type(b"\x1a")
    shell_has_terminal()
    end_job()
    terminal.type(b"clear; " + COPP.encode() + b" watch & sleep 1; jobs\n")
    terminal.expect("Stopped")
    end_job()
    assert terminal.raw.count(b"\x1b[?1049h") == 2, "draws in the background"
    terminal.type(b"exit\n")
    terminal.ended(0)


def test_hostile_names():
    terminal = watch()
    terminal.expect("SVideo-1")
    guard = player(b"\x1b[31mred\x07\n\x9b7m")
    terminal.expect("?[31mred")
    stop(guard)
    guard = player("f\u00edlm\u202e\u0301")
    terminal.expect("f\u00edlm??")
    terminal.type(b"q")
    terminal.ended(0)
    for hostile in (b"\x1b[31mred", b"\x9b", b"\x07", "\u202e".encode()):
        assert hostile not in terminal.raw, hostile
    terminal = watch(LC_ALL="C")
    terminal.expect("f??lm")
    terminal.type(b"q")
    terminal.ended(0)
    stop(guard)


def test_terminals_that_cannot():
    for term in ("dumb", "nothing-of-that-name"):
        terminal = watch(TERM=term)
        terminal.expect("SVideo-1")
        event("plug HDMI-1")
        event("unplug HDMI-1")
        terminal.expect("HDMI-1 (simulated): the link or its protection was lost")
        assert b"\x1b" not in terminal.raw
        terminal.process.terminate()
        terminal.ended(0)
    terminal = Terminal([COPP, "watch", "--plain"])
    terminal.expect("SVideo-1")
    terminal.process.terminate()
    terminal.ended(0)
    assert b"\x1b" not in terminal.raw
    terminal = Terminal([COPP, "watch", "--device", "embedded"])  # the simulated adapter has the same view
    terminal.expect("simulated adapter")
    terminal.expect("SVideo-1")
    terminal.type(b"q")
    terminal.ended(0)


def main():
    os.mkfifo(f"{directory}/events")
    with open(f"{directory}/coppd.conf", "w") as conf:
        conf.write(f"[daemon]\nsocket = {directory}/socket\nstate_directory = {directory}\n"
                   f"[outputs]\nbackend = sim\nevents = {directory}/events\n")
    describe_terminal()
    daemon = start_daemon()
    try:
        test_tables_and_log()
        test_sizes()
        test_scrolling()
        daemon = test_daemon_goes_and_comes(daemon)
        test_signals()
        test_jobs()
        test_hostile_names()
        test_terminals_that_cannot()
        stop(daemon)
        assert daemon.returncode == 0, daemon.returncode
    finally:
        for process in running:
            process.kill()
        shutil.rmtree(directory)


sys.exit(main())
