"""The revocation list that `copp crl install` keeps on this machine."""

from __future__ import annotations

import os

from .results import CoppError, Result
from .trust import Anchor, RevocationList

STATE_DIRECTORY = "/var/lib/copp"


class StoredList:
    """The stored list, as far as a session knows it. Where it is there it counts, and never goes back (SES-9, CRL-3)."""

    def __init__(self, anchor: Anchor) -> None:
        self.path = os.path.join(os.environ.get("COPP_STATE_DIR") or STATE_DIRECTORY, "revocation.crl")
        self._anchor = anchor
        self._list: RevocationList | None = None
        self._retired: list[RevocationList] = []
        self._seen = self._stat()

    def _stat(self) -> tuple[int, ...] | None:
        """What tells one file from another; None: it is not there. A file that cannot be looked at is another one each time."""
        try:
            now = os.stat(self.path)
        except FileNotFoundError:
            return None
        return now.st_dev, now.st_ino, now.st_size, now.st_mtime_ns

    def changed(self) -> bool:
        """Whether it is another file than the one that was read."""
        return self._stat() != self._seen

    def read(self) -> list[RevocationList]:
        """Reads it, before the first session and whenever it has changed. Raises CoppError if it has gone, or does not validate."""
        self._seen = self._stat()
        try:
            fresh = RevocationList.load(self.path, self._anchor)
        except CoppError as error:
            if error.result is Result.NOT_FOUND and self._list is None:
                return []  # none has ever been stored
            self._seen = (0,)  # it is read again, until it is in order
            raise
        if self._list is not None:
            if fresh.version < self._list.version:
                fresh.close()
                self._seen = (0,)
                raise CoppError(
                    f"{self.path}: the stored revocation list is older than before (CRL-3); install the newest",
                    result=Result.ROLLBACK,
                    rule="CRL-3",
                    remedy="install the newest",
                )
            self._retired.append(self._list)
        self._list = fresh
        return [fresh]

    def close_retired(self) -> None:
        """Closes the lists that another one has replaced; sessions may still use them."""
        for one in self._retired:
            one.close()
        self._retired.clear()

    def close(self) -> None:
        """Closes all lists; sessions may still use them."""
        self.close_retired()
        if self._list is not None:
            self._list.close()
        self._list = None
