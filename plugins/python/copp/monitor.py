"""Which connector a display is at: from what a player knows of it to the name that coppd and the kernel use."""

from __future__ import annotations

import dataclasses
import os
from typing import Any

from ._native import ffi, lib
from .handles import new_struct, to_c
from .results import CoppError, Result, from_c
from .trust import Path


@dataclasses.dataclass(frozen=True)
class Monitor:
    """One of the kernel's connectors, and the display on it."""

    connector: str
    """Its name, such as "card0-HDMI-A-1"."""
    card: str
    connector_id: int
    """DRM's number of it; 0: the kernel does not tell."""
    connected: bool
    manufacturer: str
    name: str
    """The display's model."""
    serial: str
    """The display's serial number as text; "": none."""


def choose_monitor(
    text: str | None = None,
    *,
    connector: str | None = None,
    randr: str | None = None,
    wayland: str | None = None,
    serial: str | None = None,
    model: str | None = None,
    connector_id: int = 0,
    drm_fd: int | None = None,
    edid: bytes | None = None,
    sysfs: Path | None = None,
) -> Monitor:
    """Returns the one connector of which everything that is given is true; at least one thing must be.

    ``text`` is what a person has said: any of these names, or with the kind in front, as in "randr:HDMI-1". Raises CoppError with
    Result.NOT_FOUND or Result.AMBIGUOUS, whose text names the candidates: nothing is guessed. It may wait for a graphics driver.
    """
    texts = {"text": text, "connector": connector, "randr": randr, "wayland": wayland, "serial": serial, "model": model}
    given: dict[str, Any] = {name: to_c(value) for name, value in texts.items() if value is not None}
    if drm_fd is not None:
        given["drm_fd"] = ffi.new("int *", drm_fd)
    if edid is not None:
        given["edid"] = ffi.from_buffer("uint8_t[]", edid)
        given["edid_size"] = len(edid)
    query = new_struct("copp_monitor_query", connector_id=connector_id, **given)
    path = to_c(os.fsencode(sysfs)) if sysfs is not None else ffi.NULL
    found = new_struct("copp_monitor")
    why = ffi.new("char[1024]")
    result = lib.copp_monitor_choose(new_struct("copp_monitors_config", sysfs=path), query, found, why, len(why))
    if result != lib.COPP_OK:
        said = text or connector or randr or wayland or serial or model or "the display"
        reason = from_c(why) or from_c(lib.copp_strerror(result))
        raise CoppError(f"{said}: cannot tell which display that is: {reason}", result=Result(result), remedy="name the connector")
    return Monitor(
        connector=from_c(found.connector),
        card=from_c(found.card),
        connector_id=found.connector_id,
        connected=found.connected,
        manufacturer=from_c(found.manufacturer),
        name=from_c(found.name),
        serial=from_c(found.serial_text),
    )
