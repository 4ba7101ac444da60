"""What coppd tells whoever watches it: connectors, sessions, and what was refused. It is not authenticated: good to show."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any, AsyncIterator, Iterator, Union

from ._native import lib
from .adapter import LONGEST_S, wait_readable
from .handles import Guard, new_struct
from .results import CoppError, Event, from_c
from .transport import Connection, Connector


@dataclasses.dataclass(frozen=True)
class ConnectorNews:
    """How a connector is now, or a new one."""

    index: int
    losses: int
    """How often a link was lost there."""
    reconfigurations: int
    connector: Connector


@dataclasses.dataclass(frozen=True)
class SessionNews:
    """How a session is now, or a new one. Levels that the connector does not have are None."""

    id: int
    connector: int
    """The connector's index."""
    uid: int
    pid: int
    active: bool
    """Whether its handshake has been made."""
    hdcp: int | None
    acp: int | None
    cgmsa: int | None
    events: Event


@dataclasses.dataclass(frozen=True)
class SessionEnded:
    """A session has ended."""

    id: int
    cause: str
    """In words; "": its player has closed it, or died."""


@dataclasses.dataclass(frozen=True)
class Refused:
    """coppd has refused something."""

    id: int
    uid: int
    pid: int
    request: str
    """Such as "ProtectionCommand"; "": to be let in at all."""
    hresult: int
    cause: str
    count: int


@dataclasses.dataclass(frozen=True)
class Complete:
    """All that was there when watching began has been told."""


News = Union[ConnectorNews, SessionNews, SessionEnded, Refused, Complete]


def _level(level: int) -> int | None:
    return None if level == 0xFFFFFFFF else level


class Events(Connection, Iterator[News], AsyncIterator[News]):
    """Watches coppd: iterate over it, with ``for`` or ``async for``. First comes how things are, until Complete, then every change."""

    _what = "watch"

    def __init__(self, device: str | None = None) -> None:
        """``device`` is as in connect()."""
        super().__init__(device)
        self._guard = Guard()
        result = lib.copp_socket_watch(self._socket[0])
        if result != lib.COPP_OK:
            error = self.error(result, "watching coppd")
            self.close()
            raise error

    def fileno(self) -> int:
        """A descriptor for select(): once it can be read from, there is news."""
        self._check_open()
        return int(lib.copp_socket_fd(self._socket[0]))

    def take(self) -> News | None:
        """Returns the next piece of news, or None if there is none at present. Raises CoppError once coppd is gone."""
        with self._guard:
            self._check_open()
            told = new_struct("copp_socket_news")
            result = lib.copp_socket_news(self._socket[0], told)
            if result == lib.COPP_E_PENDING:
                return None
            if result != lib.COPP_OK:
                raise self.error(result, "watching coppd")
            return _news(told)

    def __next__(self) -> News:
        while (news := self.take()) is None:
            wait_readable([self.fileno()], LONGEST_S)
        return news

    async def __anext__(self) -> News:
        while (news := self.take()) is None:
            loop = asyncio.get_running_loop()
            ready = asyncio.Event()
            fd = self.fileno()
            loop.add_reader(fd, ready.set)
            try:
                await ready.wait()
            finally:
                loop.remove_reader(fd)
        return news


def _news(told: Any) -> News:
    kind, u = told.kind, told.u
    if kind == lib.COPP_SOCKET_CONNECTOR:
        one = u.connector
        return ConnectorNews(one.index, one.losses, one.reconfigurations, Connector.of(one.now))
    if kind == lib.COPP_SOCKET_SESSION:
        one = u.session
        return SessionNews(
            id=one.id,
            connector=one.connector,
            uid=one.uid,
            pid=one.pid,
            active=one.state != lib.COPP_SOCKET_OPENED,
            hdcp=_level(one.hdcp),
            acp=_level(one.acp),
            cgmsa=_level(one.cgmsa),
            events=Event(one.events),
        )
    if kind == lib.COPP_SOCKET_ENDED:
        return SessionEnded(u.ended.id, from_c(u.ended.cause))
    if kind == lib.COPP_SOCKET_REFUSED:
        one = u.refused
        return Refused(one.id, one.uid, one.pid, from_c(one.request), one.hresult, from_c(one.cause), one.count)
    if kind == lib.COPP_SOCKET_COMPLETE:
        return Complete()
    raise CoppError("coppd tells something that this package does not know; use the package of its version")
