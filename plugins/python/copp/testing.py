"""For tests of players: a coppd of the test's own, with simulated outputs. The fixtures in copp.pytest_plugin use it."""

from __future__ import annotations

import base64
import os
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from typing import Any

from .handles import Handle
from .hierarchy import Hierarchy
from .news import Events
from .results import CoppError, Result, Semantics
from .session import Session, connect
from .trust import Anchor

LIMIT_S = 60.0  # for what must happen at all


def find_coppd() -> str:
    """Returns the daemon's path: $COPPD, or where it is installed."""
    path = os.environ.get("COPPD") or shutil.which("coppd", path=f"{os.environ.get('PATH', '')}:/usr/local/sbin:/usr/sbin")
    if not path:
        remedy = "install coppd, or name it in $COPPD"
        raise CoppError(f"coppd is not installed; {remedy}", result=Result.NOT_FOUND, remedy=remedy)
    return path


class Coppd(Handle):
    """A coppd with simulated outputs at a private socket, certified by a test hierarchy. It ends with close().

    A player under test gets ``environment``, or ``device`` and ``anchor_path``.
    """

    _what = "coppd"

    def __init__(
        self, description: str | None = None, *, hierarchy: Hierarchy | None = None, settings: str = "", program: str | None = None
    ) -> None:
        """Starts it and waits until it listens.

        ``description`` is the adapter's ini text (docs/simulator.md); by default there are HDMI-1, DVI-I-1 and others. ``settings``
        are more lines for coppd.conf's section [daemon]. A hierarchy of the caller's stays the caller's to close.
        """
        super().__init__()
        self._closed = True
        self._program = program or find_coppd()
        self._directory = tempfile.mkdtemp(prefix="coppd-")
        self.hierarchy = hierarchy or Hierarchy(name="coppd")
        """Whom its driver is certified by."""
        self._own = None if hierarchy else self.hierarchy
        self._process: subprocess.Popen[str] | None = None
        self._lines: list[str] = []
        self._told = threading.Condition()
        self.socket = self._path("socket")
        """Where it listens."""
        self.device = f"unix:{self.socket}"
        """The same, as connect() and the tool copp want it."""
        self.anchor_path = self._path("test-driver", "anchor.b64")
        """Whom to trust by COPP."""
        self.opm_anchor_path = self._path("test-driver-opm", "anchor.der")
        """Whom to trust by OPM."""
        try:
            self._write_hierarchy()
            self._write_settings(description, settings)
            self._events = os.open(self._path("events"), os.O_RDWR | os.O_CLOEXEC)
            self.start()
        except BaseException:
            self._closed = False
            self.close()
            raise
        self._closed = False

    def _path(self, *parts: str) -> str:
        return os.path.join(self._directory, *parts)

    def _write_hierarchy(self) -> None:
        """Where coppd keeps test hierarchies of its own: a [driver] does not go with simulated outputs."""
        copp_files = {"chain.xml": self.hierarchy.chain_bytes, "anchor.b64": _modulus(self.hierarchy.root.anchor)}
        opm_files = {"chain.p7b": self.hierarchy.opm_chain_bytes, "anchor.der": self.hierarchy.opm_root}
        for name, files, key in (
            ("test-driver", copp_files, self.hierarchy.leaf),
            ("test-driver-opm", opm_files, self.hierarchy.opm_leaf),
        ):
            os.mkdir(self._path(name), 0o700)
            for file, data in files.items():
                with open(self._path(name, file), "wb") as written:
                    written.write(data)
            key.save(self._path(name, "leaf.pem"))

    def _write_settings(self, description: str | None, settings: str) -> None:
        os.mkdir(self._path("state"))
        os.mkfifo(self._path("events"), 0o600)
        described = ""
        if description is not None:
            with open(self._path("adapter.ini"), "w", encoding="utf-8") as file:
                file.write(description)
            described = f"description = {self._path('adapter.ini')}\n"
        with open(self._path("coppd.conf"), "w", encoding="utf-8") as file:
            file.write(
                f"[daemon]\nsocket = {self.socket}\nstate_directory = {self._directory}\n"
                f"runtime_directory = {self._path('outputs')}\n{settings}\n"
                f"[outputs]\nbackend = sim\nevents = {self._path('events')}\n{described}"
            )

    # --- the process ---

    def start(self) -> None:
        """Starts it again after stop(). Raises CoppError if it runs."""
        if self._process is not None and self._process.poll() is None:
            raise CoppError("coppd runs already; stop() it first", result=Result.STATE, remedy="stop() it first")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as ready:
            ready.bind(self._path("ready"))
            environment = dict(os.environ, NOTIFY_SOCKET=self._path("ready"))
            for name in ("LISTEN_FDS", "LISTEN_PID", "WATCHDOG_USEC", "JOURNAL_STREAM"):
                environment.pop(name, None)
            self._process = subprocess.Popen(  # pylint: disable=consider-using-with
                [self._program, "--config", self._path("coppd.conf")],
                stdin=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=environment,
                text=True,
            )
            self._reader = threading.Thread(target=self._read, args=(self._process,), daemon=True)
            self._reader.start()
            self._wait_ready(ready)
        os.unlink(self._path("ready"))

    def _wait_ready(self, ready: socket.socket) -> None:
        """Until systemd would be told that it is ready, or it has ended."""
        assert self._process is not None
        ended = os.pidfd_open(self._process.pid)
        try:
            poll = select.poll()
            poll.register(ready, select.POLLIN)
            poll.register(ended, select.POLLIN)
            end = time.monotonic() + LIMIT_S
            while time.monotonic() < end:
                found = [fd for fd, _ in poll.poll(max(0.0, end - time.monotonic()) * 1000)]
                if ready.fileno() in found and b"READY=1" in ready.recv(4096):
                    return
                if ended in found:
                    self._process.wait()
                    self._reader.join(LIMIT_S)  # for its last words
                    raise CoppError("coppd has not started: " + "".join(self.log()[-5:]), result=Result.FAILED)
        finally:
            os.close(ended)
        raise CoppError("coppd does not get ready", result=Result.FAILED)

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stderr is not None
        with process.stderr:
            for line in process.stderr:
                with self._told:
                    self._lines.append(line)
                    self._told.notify_all()

    def log(self) -> list[str]:
        """Returns the lines of its journal so far."""
        with self._told:
            return list(self._lines)

    def stop(self) -> None:
        """Ends it. Sessions are lost; start() starts it again."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGCONT)
            process.terminate()
            try:
                process.wait(LIMIT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            self._reader.join(LIMIT_S)

    def pause(self) -> None:
        """Stops it as if it hung: it does not answer until resume()."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Lets it go on after pause()."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def _release(self) -> None:
        self.stop()
        if hasattr(self, "_events"):
            os.close(self._events)
        shutil.rmtree(self._directory, ignore_errors=True)
        if self._own is not None:
            self._own.close()

    # --- what happens on it ---

    def event(self, event: str) -> None:
        """Makes something happen to an output, such as "unplug HDMI-1", and returns once it has. Raises CoppError for what cannot happen."""
        self._check_open()
        if not event.isprintable():
            raise CoppError(f"event {event!r} cannot happen: give one event, on one line", result=Result.ARGUMENT)
        if self._process is None or self._process.poll() is not None:
            raise CoppError("coppd does not run; start() it first", result=Result.STATE, remedy="start() it first")
        with self._told:
            begin = len(self._lines)
            os.write(self._events, f"{event}\n".encode())

            def answer() -> str | None:
                told = (line.strip() for line in self._lines[begin:])
                return next((line for line in told if f"event: {event}" in line or f'event "{event}"' in line), None)

            if not self._told.wait_for(answer, LIMIT_S):
                raise CoppError(f"coppd does not take the event {event!r}", result=Result.FAILED)
            line = answer()
        if line is not None and f"event: {event}" not in line:
            raise CoppError(line, result=Result.INVALID)

    def unplug(self, connector: str) -> None:
        """Pulls the cable out: every protection is gone, and sessions there see LinkLost."""
        self.event(f"unplug {connector}")

    def plug(self, connector: str) -> None:
        """Plugs the cable in again."""
        self.event(f"plug {connector}")

    # --- for players ---

    @property
    def environment(self) -> dict[str, str]:
        """What a player's process needs in its environment to use this coppd: COPP_DEVICE, COPP_ANCHOR, COPP_STATE_DIR."""
        return {"COPP_DEVICE": self.device, "COPP_ANCHOR": self.anchor_path, "COPP_STATE_DIR": self.state_directory}

    @property
    def state_directory(self) -> str:
        """A directory for the revocation list that players find stored: revocation.crl."""
        return self._path("state")

    def connect(self, connector: str | None = None, *, semantics: Semantics = Semantics.COPP, **options: Any) -> Session:
        """Begins a session. ``options`` are those of copp.connect(); no list that is stored on this machine counts."""
        options.setdefault("anchor", self.hierarchy.anchor_of(semantics))
        options.setdefault("revocations", ())
        return connect(self.device, connector, **options)

    def events(self) -> Events:
        """Watches it."""
        return Events(self.device)


def _modulus(anchor: Anchor) -> bytes:
    """Returns an anchor as coppd writes it: a base64 modulus."""
    key = anchor._copp()
    return base64.b64encode(bytes(key.modulus[0 : key.modulus_size]))
