"""An adapter that is simulated in this process: it follows the protocol, protects nothing, and fails on command."""

from __future__ import annotations

import select
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any, Callable

from ._native import ffi, lib
from .handles import Guard, Handle, Wake, log, new_struct, to_c
from .hierarchy import Hierarchy, PrivateKey
from .results import CoppError, Result, Semantics, check, from_c
from .trust import srm_key

if TYPE_CHECKING:
    from .session import Session

NEVER = 2**64 - 1
LONGEST_ADVANCE_S = 100 * 366 * 86400
LONGEST_S = 60.0  # of one wait; then it is looked again


class Adapter(Handle):
    """A simulated adapter. ``connect`` begins a session on one of its outputs; ``event`` makes something happen there.

    docs/simulator.md describes the ``description`` (ini text; without it there are HDMI-1, DVI-I-1, Component-1, SVideo-1 and eDP-1)
    and the events. Sessions trust the adapter's hierarchy, unless told otherwise.

    An adapter and its sessions count as one object: one thread at a time may be in a call. Events may come from any thread.
    """

    _what = "adapter"

    def __init__(self, description: str | None = None, *, hierarchy: Hierarchy | None = None, srm_keys: str | bytes = "production") -> None:
        """Makes the adapter. A hierarchy of the caller's stays the caller's to close; without one the adapter makes its own.

        ``srm_keys`` says who must have signed the lists of revoked displays that OPM players bring: as ``key`` of Srm.
        """
        super().__init__()
        self._closed = True
        self._guard = Guard()
        self._sessions: weakref.WeakSet[Session] = weakref.WeakSet()
        self._opened: dict[int, tuple[Any, Any]] = {}  # what sessions still have to free
        self._mutex = threading.RLock()  # the garbage collector may close a session inside
        self.hierarchy = hierarchy or Hierarchy(name="simulated")
        """Whom the adapter's driver is certified by."""
        self._own = None if hierarchy else self.hierarchy
        self._keys: list[PrivateKey] = []
        self._wake = Wake()
        self._skew_ms = 0
        self._given_up = False
        self._failure: BaseException | None = None
        self._sim = ffi.new("struct copp_sim **")
        self._handle = ffi.new_handle(weakref.ref(self))
        self._pump = ffi.new("struct python_pump *", {"pump": {"ops": _pump_ops}, "handle": self._handle})
        try:
            self._make(description, srm_keys)
        except BaseException:
            self._release()
            raise
        self._closed = False

    def _make(self, description: str | None, srm_keys: str | bytes) -> None:
        error = ffi.new("struct copp_sim_error *")
        text = to_c(description) if description is not None else ffi.NULL
        chain = ffi.from_buffer("uint8_t[]", self.hierarchy.chain_bytes)
        opm_chain = ffi.from_buffer("uint8_t[]", self.hierarchy.opm_chain_bytes)
        self._keys = [key._borrow() for key in (self.hierarchy.leaf, self.hierarchy.opm_leaf)]
        both = {"chain_bytes": chain, "chain_size": len(chain), "key": self._keys[0]._key[0], "log": log()}
        config = new_struct("copp_sim_config", description=text, now_ms=self._now_ms(), **both)
        result = lib.copp_sim_new(config, self._sim, error)
        if result == lib.COPP_E_INVALID:
            raise CoppError(f"the description, line {error.line}: {from_c(error.text)}", result=Result.INVALID)
        check(result, what="the simulated adapter")
        adapter = lib.copp_sim_adapter(self._sim[0])
        opm = {"opm_chain_bytes": opm_chain, "opm_chain_size": len(opm_chain), "opm_key": self._keys[1]._key[0]}
        check(lib.copp_adapter_renew_all(adapter, new_struct("copp_adapter_config", **both, **opm)), what="the simulated adapter")
        kept, wanted = srm_key(srm_keys)
        check(lib.copp_adapter_keep_srms(adapter, wanted, 1), what="the keys of SRMs")
        del kept

    def _release(self) -> None:
        for session in self._list_sessions():
            session.close()
        self._guard.finish(self._free, self._wake.set)

    def _free(self) -> None:
        """The garbage collector frees in any order, and has taken the sessions out of _sessions before."""
        with self._mutex:
            opened = list(self._opened.values())
            self._opened.clear()
        for session, transport in opened:
            lib.copp_session_free(session)
            lib.copp_transport_free(transport)
        lib.copp_sim_free(self._sim)
        self._wake.close()
        for key in self._keys:
            key._give_back()
        if self._own is not None:
            self._own.close()

    def connect(self, connector: str | None = None, *, semantics: Semantics = Semantics.COPP, **options: Any) -> Session:
        """Begins a session on an output, by default the first one. ``options`` are those of copp.connect()."""
        from .session import connect  # pylint: disable=import-outside-toplevel,cyclic-import

        options.setdefault("anchor", self.hierarchy.anchor_of(semantics))
        return connect(self, connector, **options)

    # --- what happens on it ---

    def event(self, event: str) -> None:
        """Makes something happen now, such as "unplug HDMI-1". Any thread may call it. Raises CoppError for what cannot happen."""

        def happen() -> None:
            self._check_open()
            error = ffi.new("struct copp_sim_error *")
            result = lib.copp_sim_event(self._sim[0], to_c(event), error)
            if result != lib.COPP_OK:
                raise CoppError(f"event {event!r}: {from_c(error.text)}", result=Result(result))

        self._check_open()
        self._guard.run_or_hand_over(happen, self._wake.set)
        self._wake_sessions()

    def unplug(self, connector: str) -> None:
        """Pulls the cable out: every protection is gone, and sessions there see LinkLost."""
        self.event(f"unplug {connector}")

    def plug(self, connector: str) -> None:
        """Plugs the cable in again."""
        self.event(f"plug {connector}")

    def advance(self, seconds: float) -> None:
        """Lets time pass on the adapter's clock, which is also that of its sessions, without waiting. Any thread may call it."""

        if not 0 <= seconds <= LONGEST_ADVANCE_S:
            raise CoppError("the clock never goes back, nor further than a century at once", result=Result.ARGUMENT)

        def advance() -> None:
            self._check_open()
            self._skew_ms += round(seconds * 1000)
            self._dispatch()

        self._guard.run_or_hand_over(advance, self._wake.set)
        self._wake_sessions()

    def _wake_sessions(self) -> None:
        """Lets sessions that wait look."""
        for session in self._list_sessions():
            session.wake()

    def _list_sessions(self) -> list[Session]:
        with self._mutex:
            return list(self._sessions)

    def _add_session(self, session: Session) -> None:
        """A session that is closed with the adapter, and woken by its events."""
        with self._mutex:
            self._sessions.add(session)
            self._opened[id(session._session)] = session._session, session._transport

    def _forget(self, session: Any) -> None:
        """A session has freed its own."""
        with self._mutex:
            self._opened.pop(id(session), None)

    # --- how things are ---

    @property
    def connectors(self) -> list[str]:
        """The names of its outputs."""
        with self._guard:
            self._check_open()
            return [from_c(lib.copp_sim_name(self._sim[0], i)) for i in range(lib.copp_sim_count(self._sim[0]))]

    def protection(self, connector: str) -> dict[str, int]:
        """Returns the levels that are in force on an output: "hdcp", "acp", "cgmsa", "type1", "dpcp"."""
        with self._guard:
            told = new_struct("copp_protection")
            lib.copp_connector_protection(self._find(connector), told)
            return {name: int(getattr(told, name)) for name in ("hdcp", "acp", "cgmsa", "type1", "dpcp")}

    def devices(self, connector: str) -> int:
        """Returns how many sessions are open on an output."""
        with self._guard:
            return int(lib.copp_connector_devices(self._find(connector)))

    # --- for sessions, inside the guard ---

    def _find(self, name: str) -> Any:
        """Returns the struct copp_connector of that name."""
        self._check_open()
        connector = lib.copp_sim_connector(self._sim[0], to_c(name))
        if connector == ffi.NULL:
            raise CoppError(f"{name}: not an output of the simulated adapter", result=Result.NOT_FOUND)
        return connector

    def _open_transport(self, name: str, semantics: Semantics, transport: Any) -> int:
        """Opens a device on an output. Returns an enum copp_result."""
        options = new_struct("copp_device_options", semantics=semantics.value)
        pump = ffi.addressof(self._pump, "pump")
        return int(lib.copp_local_transport_open_as(self._find(name), options, pump, transport))

    def _dispatch(self) -> None:
        """Does what is due."""
        lib.copp_sim_dispatch(self._sim[0], self._now_ms())

    def _begin_call(self) -> None:
        """A session is about to call the driver."""
        self._given_up = False
        self._failure = None

    def _end_call(self) -> None:
        """Raises what came up while the driver was waited for, such as KeyboardInterrupt."""
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def _give_up(self) -> None:
        """Ends the waiting for the driver. Any thread may call it."""
        self._given_up = True
        self._wake.set()

    def _now_ms(self) -> int:
        """The adapter's clock: milliseconds that never go back."""
        return time.monotonic_ns() // 1000000 + self._skew_ms

    def _deadline_ms(self) -> int:
        """When something happens by itself."""
        return int(lib.copp_sim_deadline_ms(self._sim[0]))

    def _wait(self, deadline_ms: int) -> None:
        """Waits for the adapter: for what is due, for an event, or until the deadline."""
        due_ms = min(deadline_ms, self._deadline_ms())
        if not self._given_up:
            wait_readable([self._wake.fd], (due_ms - self._now_ms()) / 1000)
        self._wake.clear()
        self._guard.run_handed()
        self._finish_wait(due_ms)

    def _finish_wait(self, due_ms: int) -> None:
        """Once waiting has been given up, what is pending has waited for long enough."""
        if self._given_up and due_ms != NEVER:
            self._skew_ms += max(0, due_ms - self._now_ms())
        self._dispatch()

    def _note_failure(self, failure: BaseException) -> None:
        """Keeps what must not pass through libcopp; the call ends."""
        self._failure = self._failure or failure
        self._given_up = True


def wait_readable(fds: list[int], seconds: float) -> None:
    """Waits until one of the descriptors can be read from, or the time is up."""
    poll = select.poll()
    for fd in fds:
        poll.register(fd, select.POLLIN)
    poll.poll(max(0.0, min(seconds, LONGEST_S)) * 1000)


def _of_pump(pump: Any) -> Adapter | None:
    """None: the garbage collector has it, and its sessions."""
    reference: Callable[[], Adapter | None] = ffi.from_handle(ffi.cast("struct python_pump *", pump).handle)
    return reference()


@ffi.def_extern(error=NEVER)
def python_now_ms(pump: Any) -> int:
    """The clock of deadlines. NEVER, on an error: all deadlines have passed."""
    adapter = _of_pump(pump)
    return adapter._now_ms() if adapter else NEVER


@ffi.def_extern()
def python_wait(pump: Any, deadline_ms: int) -> None:
    """Lets time pass for a command that is pending."""
    adapter = _of_pump(pump)
    if adapter is None:
        return
    try:
        adapter._wait(deadline_ms)
    except BaseException as failure:  # pylint: disable=broad-except
        adapter._note_failure(failure)
        adapter._finish_wait(min(deadline_ms, adapter._deadline_ms()))


_pump_ops = ffi.new(
    "struct copp_pump_ops *",
    {"size": ffi.sizeof("struct copp_pump_ops"), "now_ms": lib.python_now_ms, "wait": lib.python_wait},
)
