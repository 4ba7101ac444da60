"""A session with a driver, and what a player does with it: protect, and look again and again."""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import threading
import time
from typing import Any, Callable, Iterable, TypeVar

from ._native import ffi, lib
from .adapter import NEVER, Adapter, wait_readable
from .changes import INTERVAL_S, Change, Changes
from .handles import Guard, Handle, Wake, log, new_struct, to_c
from .results import (
    ClosedError,
    CoppError,
    Event,
    MisuseError,
    ProtectionLost,
    ProtectionType,
    Result,
    Semantics,
    Stop,
    check,
    from_c,
    make_error,
    new_verdict,
)
from .stored import StoredList
from .transport import open_coppd
from .trust import Anchor, Certificate, Path, RevocationList, Srm, copp_certificates, find_anchor, opm_certificates

T = TypeVar("T")
H = TypeVar("H", bound=Handle)
ROUNDS = 3  # a connector that is reconfigured again and again is not protected


class Session(Handle):
    """A session on one connector, as connect() and Adapter.connect() begin it. Closing it gives everything back.

    One thread at a time may be in a call; another one gets MisuseError. ``protected``, interrupt() and wake() are of any thread.
    """

    _what = "session"

    def __init__(self, adapter: Adapter | None, give_up: Wake, transport: Any, connector: str, semantics: Semantics) -> None:
        super().__init__()
        self.connector = connector
        """The connector's name."""
        self.semantics = semantics
        """The protocol that is spoken."""
        self._adapter = adapter
        self._guard = adapter._guard if adapter else Guard()
        self._give_up = give_up
        self._wake = Wake()
        self._transport = transport
        self._session = ffi.new("struct copp_session **")
        self._kept: list[Any] = []
        self._lists: tuple[Any, list[Handle]] = (None, [])
        self._srms: list[Srm] = []
        self._owned: Adapter | None = None  # an adapter that is closed with the session
        self._stored: StoredList | None = None
        self._verdict = new_verdict()
        self._until_ms = 0
        self._calling = False
        self._asked = False  # for any level, by protect()
        self._process = os.getpid()
        if adapter:
            adapter._add_session(self)

    # --- beginning and end ---

    def _begin(self, anchor: Anchor, revocations: Iterable[RevocationList] | None, srms: Iterable[Srm], **options: Any) -> None:
        """Makes the session and shakes hands. ``options``: binding_optional, output_id, purpose."""
        self._anchor = anchor
        self._srms = _list_of(srms, Srm, "srms")
        if revocations is not None:
            revocations = _list_of(revocations, RevocationList, "revocations")
            if revocations and self.semantics is not Semantics.COPP:
                raise CoppError("a driver of OPM is on no revocation list of COPP's", result=Result.UNSUPPORTED)
        if revocations is None and anchor.semantics is Semantics.COPP and self._adapter is None:
            self._stored = StoredList(anchor)
            revocations = self._stored.read()
        self._lists = self._make_lists(list(revocations or ()), self._srms)
        name = to_c(self.connector)
        purpose = to_c(options["purpose"]) if options["purpose"] is not None else ffi.NULL
        config = new_struct(
            "copp_session_config",
            anchor=anchor._copp(),
            opm_anchor=anchor._of_opm(),
            lists=self._lists[0][0],
            log=log(),
            connector=name,
            binding=lib.COPP_BINDING_OPTIONAL if options["binding_optional"] else lib.COPP_BINDING_REQUIRED,
            opm_purpose=purpose,
            output_id=options["output_id"],
        )
        if self.semantics is Semantics.OPM and self._srms:
            if len(self._srms) > 1:
                raise CoppError("a driver of OPM is given one SRM: the content's", result=Result.ARGUMENT)
            message = ffi.from_buffer("uint8_t[]", self._srms[0].data)
            config.srm_bytes, config.srm_size = message, len(message)
            self._kept.append(message)
        self._kept += [anchor, name, purpose, config]
        self._call(lambda: check(lib.copp_session_new(config, self._transport[0], self._session)))
        self._call(self._establish)

    def _establish(self) -> None:
        session = self._session[0]
        check(lib.copp_session_establish(session, self._verdict), verdict=self._verdict, session=session)

    def _make_lists(self, revocations: list[RevocationList], srms: list[Srm]) -> tuple[Any, list[Handle]]:
        """What is revoked, and all that it borrows. OPM's drivers judge receivers themselves."""
        if self.semantics is not Semantics.COPP:
            revocations, srms = [], []
        borrowed: list[Handle] = []
        for handle in (*revocations, *srms):
            borrowed.append(handle._borrow())
        lists = ffi.new("struct copp_revocation_list *[]", [one._list[0] for one in revocations])
        messages = ffi.new("struct copp_srm *[]", [one._srm[0] for one in srms])
        config = new_struct(
            "copp_session_lists",
            revocations=ffi.cast("struct copp_revocation_list *const *", lists) if revocations else ffi.NULL,
            revocation_count=len(revocations),
            srms=ffi.cast("struct copp_srm *const *", messages) if srms else ffi.NULL,
            srm_count=len(srms),
        )
        return (config, lists, messages), borrowed

    def _release(self) -> None:
        self._until_ms = 0
        self._guard.finish(self._free, self._interrupt_own)
        if self._owned:
            self._owned.close()

    def _free(self) -> None:
        lib.copp_session_free(self._session)
        lib.copp_transport_free(self._transport)
        if self._adapter:
            self._adapter._forget(self._session)
        self._wake.close()
        self._give_up.close()
        for handle in self._lists[1]:
            handle._give_back()
        if self._stored:
            self._stored.close()
        self._adapter = None
        self._kept.clear()

    def _call(self, work: Callable[[], T], may_wait: bool = False) -> T:
        """Does what calls the driver, as the one thread. What may wait for an output is done beside the main thread, for Ctrl-C."""
        if not may_wait or self._adapter or threading.current_thread() is not threading.main_thread():
            return self._call_here(work)
        executor = concurrent.futures.ThreadPoolExecutor(1)
        try:
            return executor.submit(lambda: self._call_here(work)).result()
        except KeyboardInterrupt:
            self.interrupt()
            raise
        finally:
            executor.shutdown()

    def _call_here(self, work: Callable[[], T]) -> T:
        with self._guard:
            self._check_open()
            self._calling = True
            try:
                return work() if self._adapter is None else self._call_adapter(self._adapter, work)
            finally:
                self._calling = False

    def _call_adapter(self, adapter: Adapter, work: Callable[[], T]) -> T:
        adapter._begin_call()
        adapter._check_open()
        adapter._dispatch()
        try:
            return work()
        finally:
            adapter._end_call()

    def interrupt(self) -> None:
        """Ends the call that another thread is in and that waits for the driver. The session is of no use then: close it."""
        self._until_ms = 0
        if self._adapter:
            self._adapter._give_up()
        else:
            self._give_up.set()

    def _interrupt_own(self) -> None:
        """Another session's call on the same adapter is none of ours."""
        if self._calling:
            self.interrupt()

    # --- protection ---

    @property
    def protected(self) -> bool:
        """Whether content may be shown at this moment: the last look said so, and still counts (APP-3). Any thread may ask."""
        return not self._closed and self._now_ms() < self._until_ms and os.getpid() == self._process

    @property
    def deadline(self) -> float:
        """Until when the last look counts, in seconds of time.monotonic(), or of the adapter's clock; 0 if nothing is protected."""
        return self._until_ms / 1000 if self.protected else 0.0

    @property
    def simulated(self) -> bool:
        """Whether the driver does not promise a real output: it protects nothing. True before the first answer, and once it is closed."""
        with self._guard:
            return self._closed or not lib.copp_session_bound(self._session[0]) & lib.COPP_BOUND_REAL

    def protect(
        self,
        *,
        hdcp: int = 0,
        acp: int = 0,
        cgmsa: int = 0,
        dpcp: int = 0,
        type1: bool = False,
        unnamed_receiver: bool = False,
        embedded_unbound: bool = False,
    ) -> Change:
        """Puts levels in force, and looks whether they are. Returns with ``protected`` true, or raises ProtectionLost.

        It waits until the output is ready, which takes seconds for HDCP; interrupt() cuts it short. Give at least one level.
        ``dpcp`` and ``type1`` are OPM's. ``unnamed_receiver`` is for drivers that do not say who receives, and ``embedded_unbound``
        for those of displays that are built in and do not bind their answers: see struct copp_requirement in copp/session.h.
        """
        if not (hdcp or acp or cgmsa or dpcp or type1):
            raise CoppError("nothing is to be protected; give a level, such as hdcp=1", result=Result.ARGUMENT)
        self._until_ms = 0
        requirement = new_struct(
            "copp_requirement",
            hdcp=hdcp,
            acp=acp,
            cgmsa=cgmsa,
            dpcp=dpcp,
            type1=type1,
            unnamed_receiver=unnamed_receiver,
            embedded_unbound=embedded_unbound,
        )

        def protect() -> None:
            session = self._session[0]
            self._asked = True
            stop = Stop(lib.copp_session_protect(session, requirement, self._now_ms()))
            if stop is not Stop.NONE:
                raise make_error(lib.COPP_OK, session=session, stop=stop)

        self._call(protect, may_wait=True)
        for _ in range(ROUNDS):
            change = self.look()
            if change.protected:
                return change
        raise make_error(lib.COPP_OK, session=self._session[0], stop=Stop.LEVEL)

    def look(self, *, limit: float | None = None) -> Change:
        """Looks at the protection once, without waiting for more than the driver's answers. Raises ProtectionLost if it is lost.

        Call it at least every 500 ms while content is shown: poll() does. After a change that is not ``protected`` call it again
        at once: that sets the levels again. A player that shows content on several outputs looks at their sessions in turn, and gives
        each look the earliest ``deadline`` of them all as its limit, so that none stops counting meanwhile (OPM-OUT-7).
        """
        limit_ms = NEVER if limit is None else max(0, int(limit * 1000))
        self._check_open()
        try:
            self._check_stored()
            return self._call(lambda: self._look(limit_ms), may_wait=not self._until_ms)
        except (ClosedError, MisuseError, ProtectionLost):
            self._until_ms = 0
            raise
        except CoppError as error:  # the stored list is not in order, or has this driver on it
            self._until_ms = 0
            raise ProtectionLost(
                str(error), result=error.result, rule=error.rule, certificate=error.certificate, remedy=error.remedy
            ) from error
        except BaseException:
            self._until_ms = 0
            raise

    def _look(self, limit_ms: int) -> Change:
        self._wake.clear()
        told = new_struct("copp_poll")
        lib.copp_session_poll_until(self._session[0], self._now_ms(), limit_ms, told)
        protected = told.state == lib.COPP_POLL_PROTECTED
        if not protected and told.state != lib.COPP_POLL_RENEGOTIATE:
            stop = Stop(told.stop)
            if stop is Stop.INTERNAL and not self._asked:
                remedy = "call protect() first"
                raise ProtectionLost(f"{self.connector} is not protected; {remedy}", stop=stop, remedy=remedy)
            raise make_error(lib.COPP_OK, session=self._session[0], stop=Stop.INTERNAL if stop is Stop.NONE else stop)
        self._until_ms = told.deadline_ms if protected else 0
        return Change(
            protected=protected,
            events=Event(told.events),
            late=told.late,
            hdcp_skipped=told.hdcp_skipped,
            receiver_unnamed=told.receiver_unnamed,
            simulated=not lib.copp_session_bound(self._session[0]) & lib.COPP_BOUND_REAL,
        )

    def poll(self, interval: float = INTERVAL_S) -> Changes:
        """Returns an iterator over the changes of protection, for ``for`` and ``async for``: the first is how things are now.

        It looks every ``interval`` seconds (at most one), and as soon as the driver reports something. It raises ProtectionLost
        once protection is lost, so hide content in a ``finally``.
        """
        return Changes(self, interval)

    def unprotect(self) -> None:
        """Gives every level back. Hide content first."""
        self._until_ms = 0
        self._asked = False
        self._call(lambda: check(lib.copp_session_unprotect(self._session[0]), session=self._session[0]))

    def set_lists(self, *, revocations: Iterable[RevocationList] = (), srms: Iterable[Srm] = ()) -> None:
        """Puts other lists of what is revoked in the place of those the session has. Raises CoppError if the driver is on one (CRL-4).

        From then on the stored list does not count for this session any more.
        """
        if self.semantics is not Semantics.COPP:
            raise CoppError("a driver of OPM judges receivers itself, and is on no list", result=Result.UNSUPPORTED)
        messages = _list_of(srms, Srm, "srms")
        self._set_lists(_list_of(revocations, RevocationList, "revocations"), messages)
        self._srms = messages
        if self._stored:
            self._stored.close()
            self._stored = None

    def _set_lists(self, revocations: list[RevocationList], srms: list[Srm]) -> None:
        verdict = new_verdict()

        def put() -> None:
            fresh = self._make_lists(revocations, srms)
            session = self._session[0]
            result = lib.copp_session_set_lists(session, fresh[0][0], verdict)
            fresh, self._lists = (self._lists, fresh) if result != lib.COPP_E_ARGUMENT else (fresh, self._lists)
            for handle in fresh[1]:
                handle._give_back()
            if result != lib.COPP_OK:
                self._until_ms = 0
            check(result, verdict=verdict, session=session)

        self._call(put)

    def _check_stored(self) -> None:
        """The list of `copp crl install` may have been replaced by one with this driver on it (CRL-4)."""
        if self._stored and self._stored.changed():
            self._set_lists(self._stored.read(), self._srms)
            self._stored.close_retired()

    # --- waiting ---

    def fileno(self) -> int:
        """A descriptor for select(): once it can be read from, look(). Never read from it. Leave it out for 20 ms after a look.

        Raises ClosedError if the session is closed, CoppError if the driver has none.
        """
        fd = self._find_fd()
        if fd < 0:
            raise CoppError("the session has ended: nothing is to be waited for", result=Result.STATE)
        return fd

    def _find_fd(self) -> int:
        """-1: the session has ended, and the next look says why."""
        self._check_open()
        return self._wake.fd if self._adapter else int(lib.copp_session_fd(self._session[0]))

    def wake(self) -> None:
        """Lets a poll() that waits look at once. Any thread may call it."""
        self._wake.set()

    def _due_s(self, interval: float) -> float:
        """How long to wait until the next look."""
        now = self._now_ms()
        due = now + round(interval * 1000)
        if self._until_ms:
            due = min(due, now + max(0, self._until_ms - now) // 2)
        if self._adapter:
            due = min(due, self._adapter._deadline_ms())
        return max(0, due - now) / 1000

    def wait(self, seconds: float = INTERVAL_S) -> None:
        """Waits until it is time for the next look(), or the driver reports something, but not longer than that."""
        end = time.monotonic() + self._begin_wait(seconds)
        time.sleep(max(0.0, min(lib.COPP_WAKE_MS / 1000, end - time.monotonic())))
        fd = self._find_fd()
        if fd >= 0:
            wait_readable([self._wake.fd, fd], end - time.monotonic())

    async def wait_async(self, seconds: float = INTERVAL_S) -> None:
        """As wait(), without keeping the event loop."""
        end = time.monotonic() + self._begin_wait(seconds)
        await asyncio.sleep(max(0.0, min(lib.COPP_WAKE_MS / 1000, end - time.monotonic())))
        fds = {self._wake.fd, self._find_fd()}
        if -1 in fds:
            return
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        for fd in fds:
            loop.add_reader(fd, ready.set)
        try:
            await asyncio.wait_for(ready.wait(), max(0.0, end - time.monotonic()))
        except asyncio.TimeoutError:
            pass
        finally:
            for fd in fds:
                loop.remove_reader(fd)

    def _begin_wait(self, seconds: float) -> float:
        with self._guard:
            self._check_open()
            return self._due_s(seconds)

    def _now_ms(self) -> int:
        adapter = self._adapter
        return adapter._now_ms() if adapter else time.monotonic_ns() // 1000000

    # --- asyncio: what may take long runs in a thread, but for the simulated adapter, which lives in the loop's own ---

    async def _away(self, work: Callable[[], T]) -> T:
        if self._adapter:
            return work()
        task = asyncio.ensure_future(asyncio.to_thread(work))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(lambda done: done.cancelled() or done.exception())  # nobody asks for it any more
            self.interrupt()
            await asyncio.wait([task])
            raise

    async def protect_async(self, **levels: Any) -> Change:
        """As protect(). If it is cancelled, the session is of no use any more."""
        return await self._away(lambda: self.protect(**levels))

    async def look_async(self) -> Change:
        """As look()."""
        return await self._away(self.look)

    async def __aenter__(self) -> Session:
        return self.__enter__()

    async def __aexit__(self, *_: object) -> None:
        self.close()

    # --- queries ---

    def _query(self, ask: Any, *arguments: int) -> int:
        value = ffi.new("uint32_t *")
        self._call(lambda: check(ask(self._session[0], *arguments, value), session=self._session[0]))
        return int(value[0])

    @property
    def connector_type(self) -> str:
        """The kind of connector, such as "HDMI"."""
        return from_c(lib.copp_connector_type_name(self._query(lib.copp_session_connector_type) & ~lib.COPP_CONNECTOR_INTERNAL))

    @property
    def protection_types(self) -> ProtectionType:
        """What the connector can put in force."""
        return ProtectionType(self._query(lib.copp_session_protection_types))

    def local_level(self, kind: ProtectionType) -> int:
        """Returns the level that this session holds."""
        return self._query(lib.copp_session_local_level, int(kind))

    def global_level(self, kind: ProtectionType) -> int:
        """Returns the level that is in force on the connector, whoever has asked for it."""
        return self._query(lib.copp_session_global_level, int(kind))

    @property
    def certificates(self) -> list[Certificate]:
        """The driver's certificates, in its chain's order."""
        with self._guard:
            self._check_open()
            if self.semantics is Semantics.COPP:
                return copp_certificates(lib.copp_session_chain(self._session[0]))
            return opm_certificates(lib.copp_session_opm_chain(self._session[0]))


def connect(
    device: Adapter | str | None = None,
    connector: str | None = None,
    *,
    anchor: Anchor | Path | None = None,
    revocations: Iterable[RevocationList] | None = None,
    srms: Iterable[Srm] = (),
    purpose: str | None = None,
    output_id: int = 0,
    binding_optional: bool = False,
) -> Session:
    """Begins a session on a connector. Raises CoppError, with the remedy.

    device: "unix:PATH", coppd's socket; "embedded" or an Adapter, a simulated one that protects nothing. By default $COPP_DEVICE, or
        coppd's own socket.
    connector: coppd's name of it, or whatever tells which display is meant: see choose_monitor(). By default the only one with a
        display; where there are several, that is an error that names them.
    anchor: whom to trust, an Anchor or a file. It chooses the protocol. By default $COPP_ANCHOR, or Microsoft's; of an Adapter its own.
    revocations: lists of revoked drivers (COPP). By default the one that `copp crl install` keeps, where there is one; poll() and
        look() notice that it has been replaced.
    srms: lists of revoked displays (HDCP 1's for COPP; for OPM the one of the content).
    purpose, output_id, binding_optional: as in struct copp_session_config of copp/session.h.
    """
    own: Adapter | None = None
    _check_types(device, connector)
    if device == "embedded":  # of the caller's, and not of the environment: it protects nothing
        device = own = Adapter()
    if isinstance(device, Adapter) and anchor is None:
        anchor = device.hierarchy.anchor
    try:
        trusted = find_anchor(anchor)
        session = _open(device, connector, trusted)
    except BaseException:
        if own:
            own.close()
        raise
    session._owned = own
    try:
        session._begin(
            trusted, revocations, srms, purpose=purpose, output_id=output_id, binding_optional=binding_optional
        )
    except BaseException:
        session.close()
        raise
    return session


def _check_types(device: Any, connector: Any) -> None:
    for name, value, kinds in (("device", device, (Adapter, str)), ("connector", connector, (str,))):
        if value is not None and not isinstance(value, kinds):
            wanted = " or ".join(kind.__name__ for kind in kinds)
            raise TypeError(f"{name} must be {wanted}, not {type(value).__name__}")


def _list_of(values: Any, kind: type[H], name: str) -> list[H]:
    """A str is iterable as well, and so is a list of paths."""
    wanted = f"{name} must be an iterable of {kind.__name__}"
    try:
        found = list(values)
    except TypeError:
        raise TypeError(f"{wanted}, not {type(values).__name__}") from None
    for one in found:
        if not isinstance(one, kind):
            raise TypeError(f"{wanted}, not of {type(one).__name__}")
    return found


def _open(device: Adapter | str | None, connector: str | None, anchor: Anchor) -> Session:
    give_up = Wake()
    transport = ffi.new("struct copp_transport **")
    adapter = device if isinstance(device, Adapter) else None
    try:
        if adapter:
            name = connector if connector is not None else adapter.connectors[0]
            with adapter._guard:
                check(adapter._open_transport(name, anchor.semantics, transport), what=name)
        else:
            assert not isinstance(device, Adapter)
            name = open_coppd(device, connector, anchor.semantics, give_up.fd, transport)
    except BaseException:
        give_up.close()
        raise
    return Session(adapter, give_up, transport, name, anchor.semantics)


async def connect_async(*arguments: Any, **options: Any) -> Session:
    """As connect(), without keeping the event loop."""
    device = arguments[0] if arguments else options.get("device")
    if isinstance(device, Adapter):
        return connect(*arguments, **options)
    task = asyncio.ensure_future(asyncio.to_thread(connect, *arguments, **options))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        task.add_done_callback(_close_unwanted)
        raise


def _close_unwanted(task: asyncio.Task[Session]) -> None:
    """A session that came about after all."""
    if not task.cancelled() and task.exception() is None:
        task.result().close()

