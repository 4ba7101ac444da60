"""Protected playback: the Certified Output Protection Protocol (COPP) and OPM, by libcopp.

    with copp.connect(connector="card0-HDMI-A-1") as session:
        session.protect(hdcp=1)
        for change in session.poll():
            show() if change.protected else hide()

Errors are CoppError, with the broken rule and the remedy; ProtectionLost means that content must be hidden. What is closed or lost is
not protected. What libcopp tells of causes goes to the logger "copp".
"""

from ._native import ffi as _ffi, lib as _lib
from .adapter import Adapter
from .changes import Change, Changes
from .hierarchy import Hierarchy, PrivateKey
from .monitor import Monitor, choose_monitor
from .news import Complete, ConnectorNews, Events, News, Refused, SessionEnded, SessionNews
from .results import ClosedError, CoppError, Event, MisuseError, ProtectionLost, ProtectionType, Result, Semantics, Stop
from .session import Session, connect, connect_async
from .transport import Connector, list_connectors
from .trust import Anchor, Certificate, Chain, RevocationList, Srm

__version__: str = _ffi.string(_lib.python_header_version).decode()
"""The version of libcopp that this package was built for."""


def library_version() -> str:
    """Returns the version of the libcopp that runs."""
    return str(_ffi.string(_lib.copp_version()).decode())


__all__ = [
    "Adapter",
    "Anchor",
    "Certificate",
    "Chain",
    "Change",
    "Changes",
    "ClosedError",
    "Complete",
    "Connector",
    "ConnectorNews",
    "CoppError",
    "Event",
    "Events",
    "Hierarchy",
    "MisuseError",
    "Monitor",
    "News",
    "PrivateKey",
    "ProtectionLost",
    "ProtectionType",
    "Refused",
    "Result",
    "RevocationList",
    "Semantics",
    "Session",
    "SessionEnded",
    "SessionNews",
    "Srm",
    "Stop",
    "choose_monitor",
    "connect",
    "connect_async",
    "library_version",
    "list_connectors",
]
