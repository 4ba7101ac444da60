"""How a session's protection is, and an iterator over how it changes."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, AsyncIterator, Iterator

from .results import CoppError, Event, Result

if TYPE_CHECKING:
    from .session import Session

INTERVAL_S = 0.5  # between two looks: four in the time for which one counts (APP-3)


@dataclasses.dataclass(frozen=True)
class Change:
    """How a session's protection is now."""

    protected: bool
    """Whether content may be shown. If not, the levels are being set again: hide it, and go on."""
    events: Event
    """What has happened to the connector."""
    late: bool
    """Whether content was shown for a while without anybody knowing that it was protected: the look came too late."""
    hdcp_skipped: bool
    """Whether HDCP was required and not asked for, since the display is built in (APP-4)."""
    receiver_unnamed: bool
    """Whether HDCP is in force with a receiver that the driver does not name, as ``unnamed_receiver`` allows."""
    simulated: bool
    """Whether the driver does not promise a real output: it protects nothing."""

    def __bool__(self) -> bool:
        raise TypeError("a change is neither true nor false: see its member `protected`")


class Changes(Iterator[Change], AsyncIterator[Change]):
    """The changes of a session's protection: see Session.poll()."""

    def __init__(self, session: Session, interval: float) -> None:
        if not 0 < interval <= 1:
            raise CoppError("poll at least once a second: a look counts for two (APP-3)", result=Result.ARGUMENT, rule="APP-3")
        self._session = session
        self._interval = interval
        self._told: Change | None = None

    def _is_news(self, change: Change) -> bool:
        """Each event and each late look is news, even if all is as before."""
        news = self._told is None or change.late or int(change.events) != 0 or change != self._told
        self._told = change
        return news

    @property
    def _at_once(self) -> bool:
        """Nothing waits before the first look, nor where the levels have to be set again."""
        return self._told is None or not self._told.protected

    def __next__(self) -> Change:
        while True:
            if not self._at_once:
                self._session.wait(self._interval)
            change = self._session.look()
            if self._is_news(change):
                return change

    async def __anext__(self) -> Change:
        while True:
            if not self._at_once:
                await self._session.wait_async(self._interval)
            change = await self._session.look_async()
            if self._is_news(change):
                return change
