"""What all objects of the package have in common: when they are closed, and by which thread they are used."""

from __future__ import annotations

import collections
import concurrent.futures
import logging
import os
import threading
import types
import warnings
from typing import Any, Callable, TypeVar

from ._native import ffi, lib
from .results import ClosedError, CoppError, MisuseError, Result, from_c

T = TypeVar("T")
Self = TypeVar("Self", bound="Handle")

_logger = logging.getLogger("copp")
_levels = {lib.COPP_LOG_ERROR: logging.ERROR, lib.COPP_LOG_WARNING: logging.WARNING, lib.COPP_LOG_INFO: logging.INFO}


@ffi.def_extern()
def python_log_line(_log: Any, level: int, text: Any) -> None:
    """Hands a line of libcopp's log to the logger "copp". It contains no secret."""
    _logger.log(_levels.get(level, logging.DEBUG), "%s", from_c(text))


_borrowing = threading.RLock()
_log_ops = ffi.new("struct copp_log_ops *", {"size": ffi.sizeof("struct copp_log_ops"), "line": lib.python_log_line})
_log = ffi.new("struct copp_log *", {"ops": _log_ops})


def log() -> Any:
    """Returns the struct copp_log that tells the logger "copp"."""
    return _log


def new_struct(name: str, **members: Any) -> Any:
    """Returns a new struct with its size filled in."""
    return ffi.new(f"struct {name} *", {"size": ffi.sizeof(f"struct {name}"), **members})


def to_c(text: str | bytes, *, what: str | None = None) -> Any:
    """Returns a C string. What contains a NUL would be another one there. ``what`` names a text that is secret."""
    if not isinstance(text, (str, bytes)):
        raise TypeError(f"{what or 'a name'} must be a str, not {type(text).__name__}")
    data = text.encode() if isinstance(text, str) else text
    if b"\0" in data:
        raise CoppError(f"{what or repr(text)} contains a NUL", result=Result.ARGUMENT)
    return ffi.new("char[]", data)


class Handle:
    """Something of libcopp's that must be closed: by ``with``, or by close()."""

    _what = "object"

    def __init__(self) -> None:
        self._closed = False
        self._borrowers = 0

    def _release(self) -> None:
        raise NotImplementedError

    def close(self) -> None:
        """Frees what this object holds, or as soon as no other object uses it any more. Secrets are wiped. Closing again does nothing."""
        with _borrowing:
            release = not self._closed and self._borrowers == 0
            self._closed = True
        if release:
            self._release()

    def _borrow(self: Self) -> Self:
        """Another object uses this one, which must live until it is given back."""
        with _borrowing:
            self._check_open()
            self._borrowers += 1
        return self

    def _give_back(self) -> None:
        """The other object does not use it any more."""
        with _borrowing:
            self._borrowers -= 1
            release = self._closed and self._borrowers == 0
        if release:
            self._release()

    @property
    def closed(self) -> bool:
        """Whether it has been closed."""
        return self._closed

    def _check_open(self) -> None:
        if self._closed:
            raise ClosedError(self._what)

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Neither copied nor pickled: whichever of the two is closed first would end the other."""
        raise TypeError(f"a {self._what} cannot be copied or pickled")

    def __enter__(self: Self) -> Self:
        self._check_open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: types.TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if not getattr(self, "_closed", True):
            warnings.warn(f"a {self._what} was never closed", ResourceWarning, source=self)
            self.close()


class Guard:
    """Lets one thread at a time in. What belongs together, such as an adapter and its sessions, has one guard."""

    def __init__(self) -> None:
        self._mutex = threading.RLock()  # the garbage collector may close another object inside
        self._owner: int | None = None
        self._handed: collections.deque[Callable[[], None]] = collections.deque()  # done even while the owner waits
        self._last: collections.deque[Callable[[], None]] = collections.deque()  # done once the owner's call has ended

    def __enter__(self) -> None:
        with self._mutex:
            if self._owner is not None:
                raise MisuseError()
            self._owner = threading.get_ident()

    def __exit__(self, *_: object) -> None:
        while True:
            with self._mutex:
                if not self._handed and not self._last:
                    self._owner = None
                    return
                work = (self._handed or self._last).popleft()
            work()

    @property
    def busy(self) -> bool:
        """Whether a thread is inside."""
        return self._owner is not None

    def run_handed(self) -> None:
        """Does what other threads have handed over. For the thread that is inside, while it waits."""
        while True:
            with self._mutex:
                if not self._handed:
                    return
                work = self._handed.popleft()
            work()

    def run_or_hand_over(self, work: Callable[[], T], wake: Callable[[], None]) -> T:
        """Does the work, by whichever thread is inside; wake() lets that one know. Raises what the work raises."""
        future: concurrent.futures.Future[T] = concurrent.futures.Future()

        def run() -> None:
            try:
                future.set_result(work())
            except BaseException as error:  # pylint: disable=broad-except
                future.set_exception(error)

        if self._owner == threading.get_ident():  # which no other thread makes it
            raise MisuseError()
        self._leave(run, self._handed, wake)
        return future.result()

    def finish(self, work: Callable[[], None], wake: Callable[[], None]) -> None:
        """Does what frees an object: now, or as soon as the call has ended that somebody is in, which wake() lets know."""
        self._leave(work, self._last, wake)

    def _leave(
        self, work: Callable[[], None], queue: collections.deque[Callable[[], None]], wake: Callable[[], None]
    ) -> None:
        """Leaves the work to the thread that is inside, or does it if there is none."""
        with self._mutex:
            busy = self._owner is not None
            queue.append(work)
            if not busy:
                self._owner = threading.get_ident()
        if busy:
            wake()
        else:
            self.__exit__()


class Wake:
    """A descriptor that is readable once it has been set."""

    def __init__(self) -> None:
        self.fd, self._end = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._mutex = threading.Lock()  # so that nobody writes to a descriptor that has been closed

    def set(self) -> None:
        """Makes it readable. Any thread may call it."""
        with self._mutex:
            try:
                os.write(self._end, b"!")
            except OSError:
                pass  # it is full, and so readable; or closed

    def clear(self) -> None:
        """Makes it unreadable again."""
        try:
            os.read(self.fd, 65536)
        except OSError:
            pass

    def close(self) -> None:
        """Closes the descriptor."""
        with self._mutex:
            fds = self.fd, self._end
            self.fd = self._end = -1
            for fd in fds:
                if fd >= 0:
                    os.close(fd)
