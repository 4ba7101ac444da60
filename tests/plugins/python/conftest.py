"""What the tests of the Python package have in common. $COPP names the tool, $COPPD the daemon, $COPP_SOURCE this tree."""

from __future__ import annotations

import os
import pathlib
import signal
import time

import pytest

import copp

SOURCE = pathlib.Path(os.environ.get("COPP_SOURCE", pathlib.Path(__file__).resolve().parents[3]))


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    """Whom this machine trusts, and what is revoked on it, is none of the tests' business."""
    for name in ("COPP_DEVICE", "COPP_ANCHOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COPP_STATE_DIR", str(tmp_path))


@pytest.fixture
def source() -> pathlib.Path:
    """The tree."""
    return SOURCE


@pytest.fixture
def vectors() -> pathlib.Path:
    """Chains and lists of an independent implementation."""
    return SOURCE / "tests/vectors"


def wait_inside(session: copp.Session) -> None:
    """Until another thread is in a call on the session."""
    end = time.monotonic() + 60
    while not session._guard.busy:
        assert time.monotonic() < end, "nobody calls"
        time.sleep(0.001)


def interrupt(session: copp.Session) -> None:
    """Ctrl-C, once another thread is in a call on the session."""
    wait_inside(session)
    os.kill(os.getpid(), signal.SIGINT)
