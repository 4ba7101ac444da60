"""The way to coppd: its connectors, and a device on one of them."""

from __future__ import annotations

import dataclasses
import os
from typing import Any

from ._native import ffi, lib
from .handles import Handle, new_struct, to_c
from .monitor import choose_monitor
from .results import CoppError, ProtectionType, Result, Semantics, from_c

COPPD_SOCKET = "/run/coppd/socket"


@dataclasses.dataclass(frozen=True)
class Connector:
    """What coppd says of a connector. It is not authenticated: good to choose and to show, not to rely on."""

    name: str
    real: bool
    """False: it is simulated, and protects nothing."""
    plugged: bool
    """Whether a display is there."""
    kind: str
    """Such as "HDMI"."""
    protection_types: ProtectionType
    hdcp: int
    acp: int
    cgmsa: int
    devices: int
    """How many sessions are open on it."""
    display: str
    """What the display calls itself."""

    @classmethod
    def of(cls, told: Any) -> Connector:
        """Returns what a struct copp_socket_connector says."""
        return cls(
            name=from_c(told.name),
            real=told.real,
            plugged=told.plugged,
            kind=from_c(lib.copp_connector_type_name(told.connector_type & ~lib.COPP_CONNECTOR_INTERNAL)),
            protection_types=ProtectionType(told.protection_types),
            hdcp=told.hdcp,
            acp=told.acp,
            cgmsa=told.cgmsa,
            devices=told.devices,
            display=from_c(told.display),
        )


def socket_path(device: str | None) -> str | None:
    """Returns a socket's path from a device's name; None: coppd's own."""
    if device is None:
        device = os.environ.get("COPP_DEVICE") or None
    if device is None:
        return None
    if not isinstance(device, str):
        raise TypeError(f"device must be a str, not {type(device).__name__}")
    if not device.startswith("unix:"):
        raise CoppError(f"{device}: not coppd's socket; give unix:PATH", result=Result.ARGUMENT, remedy="give unix:PATH")
    return device[5:]


class Connection(Handle):
    """A connection to coppd that has no device yet."""

    _what = "connection to coppd"

    def __init__(self, device: str | None = None, *, semantics: Semantics = Semantics.COPP, give_up_fd: int = -1) -> None:
        super().__init__()
        self._closed = True
        path = socket_path(device)
        self._socket = ffi.new("struct copp_socket **")
        text = to_c(os.fsencode(path)) if path is not None else ffi.NULL
        give_up = ffi.new("int *", give_up_fd)
        config = new_struct("copp_socket_config", path=text, semantics=semantics.value)
        if give_up_fd >= 0:
            config.give_up_fd = give_up
        result = lib.copp_socket_connect(config, self._socket)
        if result != lib.COPP_OK:
            remedy = "start it, or name its socket"
            reason = from_c(lib.copp_strerror(result))
            raise CoppError(
                f"{path or COPPD_SOCKET}: coppd cannot be reached: {reason}; {remedy}", result=Result(result), remedy=remedy
            )
        self._closed = False

    def _release(self) -> None:
        lib.copp_socket_close(self._socket)

    def connectors(self) -> list[Connector]:
        """Returns coppd's connectors."""
        self._check_open()
        found: list[Connector] = []
        told = new_struct("copp_socket_connector")
        while (result := lib.copp_socket_connector(self._socket[0], len(found), told)) == lib.COPP_OK:
            found.append(Connector.of(told))
        if result != lib.COPP_E_NOT_FOUND:
            raise self.error(result, "coppd's connectors")
        return found

    def error(self, result: int, what: str) -> CoppError:
        """Returns the exception for a failure, with coppd's own reason where it has given one."""
        reason = from_c(lib.copp_socket_disconnect_reason(self._socket[0]))
        return CoppError(f"{what}: {from_c(lib.copp_strerror(result))}{': ' if reason else ''}{reason}", result=Result(result))

    def open_transport(self, name: str, transport: Any) -> None:
        """Opens a device; the connection has become its transport then."""
        self._check_open()
        result = lib.copp_socket_transport_open(self._socket, to_c(name), transport)
        if result != lib.COPP_OK:
            raise self.error(result, f"{name}: coppd opens no device there")


def list_connectors(device: str | None = None) -> list[Connector]:
    """Returns coppd's connectors. ``device`` is as in connect()."""
    with Connection(device) as connection:
        return connection.connectors()


def choose_connector(connectors: list[Connector], wanted: str | None) -> str:
    """Returns the connector's name. Nothing is guessed: without a name only what is not ambiguous is taken.

    coppd's list is not authenticated; the session's answers are, and they name the connector (BIND-7).
    """
    if not isinstance(wanted, (str, type(None))):
        raise TypeError(f"connector must be a str, not {type(wanted).__name__}")
    displays = [one.name for one in connectors if one.plugged]
    if wanted is not None:
        if any(one.name == wanted for one in connectors):
            return wanted  # one with outputs of an X server's, or simulated ones, names them itself
        try:
            return choose_monitor(wanted).connector
        except CoppError as error:
            if not displays:
                raise
            remedy = f"name one of {', '.join(displays)}"
            raise CoppError(f"{error}; {remedy}", result=error.result, remedy=remedy) from error
    if not displays:
        remedy = "plug one in, or name the connector"
        raise CoppError(f"coppd has no connector with a display; {remedy}", result=Result.NOT_FOUND, remedy=remedy)
    if len(displays) > 1:
        remedy = f"name one of {', '.join(displays)}"
        raise CoppError(f"coppd has several connectors with a display; {remedy}", result=Result.AMBIGUOUS, remedy=remedy)
    return displays[0]


def open_coppd(device: str | None, connector: str | None, semantics: Semantics, give_up_fd: int, transport: Any) -> str:
    """Opens a device at coppd and returns its connector's name."""
    with Connection(device, semantics=semantics, give_up_fd=give_up_fd) as connection:
        name = choose_connector(connection.connectors(), connector)
        connection.open_transport(name, transport)
        return name
