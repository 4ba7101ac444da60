"""Sessions with coppd, and watching it. docs/players.md shows the same."""

from __future__ import annotations

import asyncio
import gc
import os
import pathlib
import re
import subprocess
import sys
import threading
import time
from typing import Iterator

import pytest

import copp
from conftest import interrupt, wait_inside
from copp.testing import Coppd

BOTH = pytest.mark.parametrize("semantics", [copp.Semantics.COPP, copp.Semantics.OPM])


@BOTH
def test_protects(coppd: Coppd, semantics: copp.Semantics) -> None:
    with coppd.connect("HDMI-1", semantics=semantics) as session:
        assert session.protect(hdcp=1).protected
        assert session.protected and session.simulated
        assert [one.hdcp for one in copp.list_connectors(coppd.device) if one.name == "HDMI-1"] == [1]
        changes = session.poll()
        assert next(changes).protected
        coppd.unplug("HDMI-1")
        with pytest.raises(copp.ProtectionLost) as lost:
            next(changes)
        assert lost.value.stop is copp.Stop.LINK_LOST
        assert not session.protected
        with pytest.raises(copp.ProtectionLost):  # and so on
            next(changes)
    coppd.plug("HDMI-1")
    with coppd.connect("HDMI-1", semantics=semantics) as session:
        assert session.protect(hdcp=1).protected


def test_what_is_meant_must_be_said(coppd: Coppd) -> None:
    with pytest.raises(copp.CoppError) as several:
        coppd.connect()
    assert several.value.result is copp.Result.AMBIGUOUS and "HDMI-1, DVI-I-1" in str(several.value)
    for name in ("DVI-I-1", "Component-1", "SVideo-1", "eDP-1"):
        coppd.unplug(name)
    if not copp.list_connectors(coppd.device)[4].plugged:
        with coppd.connect() as session:
            assert session.connector == "HDMI-1"
    with pytest.raises(copp.CoppError, match="nothing of that name: .*; name one of HDMI-1") as unknown:
        coppd.connect("nothing of that name")
    assert unknown.value.remedy.startswith("name one of HDMI-1")
    with pytest.raises(TypeError, match="connector must be str, not int"):
        coppd.connect(5)  # type: ignore[arg-type]


def test_an_event_is_one_line(coppd: Coppd) -> None:
    for event in ("unplug HDMI-1\nplug HDMI-1", "unplug HDMI-1\0"):
        with pytest.raises(copp.CoppError, match="one event, on one line"):
            coppd.event(event)


def test_no_coppd(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(copp.CoppError, match="coppd cannot be reached: .*; start it") as missing:
        copp.connect(f"unix:{tmp_path}/nobody", "HDMI-1")
    assert missing.value.result is copp.Result.NOT_FOUND
    with pytest.raises(copp.CoppError, match="not coppd's socket"):
        copp.connect("tcp:nobody", "HDMI-1")
    monkeypatch.setenv("COPP_DEVICE", "embedded")  # protects nothing, so it must be asked for
    with pytest.raises(copp.CoppError, match="not coppd's socket"):
        copp.connect(connector="HDMI-1")


def test_a_coppd_that_is_gone(coppd: Coppd) -> None:
    with coppd.connect("HDMI-1") as session:
        session.protect(hdcp=1)
        changes = session.poll()
        next(changes)
        with pytest.raises(copp.CoppError, match="runs already"):
            coppd.start()
        coppd.stop()
        with pytest.raises(copp.ProtectionLost) as lost:
            next(changes)
        assert lost.value.stop is copp.Stop.TRANSPORT
    with pytest.raises(copp.CoppError, match="does not run"):
        coppd.unplug("HDMI-1")
    coppd.start()
    with coppd.connect("HDMI-1") as session:
        assert session.protect(hdcp=1).protected


def test_a_coppd_that_hangs(coppd: Coppd) -> None:
    """However it hangs, what was protected is not for longer than a look counts (APP-3)."""
    with coppd.connect("HDMI-1") as session:
        session.protect(hdcp=1)
        coppd.pause()
        with pytest.raises(copp.ProtectionLost) as lost:
            for _ in session.poll():
                pass
        assert lost.value.stop is copp.Stop.TRANSPORT
        assert not session.protected
        coppd.resume()


def test_a_look_has_its_limit(coppd: Coppd) -> None:
    """One output that does not answer leaves time for the others (OPM-OUT-7)."""
    with coppd.connect("DVI-I-1") as other, coppd.connect("HDMI-1") as one:
        other.protect(acp=1)
        one.protect(hdcp=1)
        coppd.pause()
        with pytest.raises(copp.ProtectionLost) as lost:
            one.look(limit=time.monotonic() + 0.05)
        assert lost.value.stop is copp.Stop.TRANSPORT
        assert other.protected and not one.protected
        coppd.resume()


@pytest.fixture
def hanging(copp_hierarchy: copp.Hierarchy) -> Iterator[Coppd]:
    """One that waits for an output for as long as a test may take."""
    with Coppd(hierarchy=copp_hierarchy, settings="pending_limit = 3600000") as daemon:
        yield daemon


def test_the_lock_is_free_while_a_command_waits(hanging: Coppd) -> None:
    coppd = hanging
    coppd.event("hdcp-hang HDMI-1 on")
    with coppd.connect("HDMI-1") as session:
        stops: list[copp.Stop] = []

        def protect() -> None:
            try:
                session.protect(hdcp=1)
            except copp.ProtectionLost as error:
                stops.append(error.stop)

        thread = threading.Thread(target=protect)
        thread.start()
        wait_inside(session)
        coppd.unplug("HDMI-1")
        thread.join()
        assert stops



def test_ctrl_c_ends_a_command_that_waits(hanging: Coppd) -> None:
    coppd = hanging
    coppd.event("hdcp-hang HDMI-1 on")
    with coppd.connect("HDMI-1") as session:
        thread = threading.Thread(target=interrupt, args=(session,))
        thread.start()
        with pytest.raises(KeyboardInterrupt):
            session.protect(hdcp=1)
        thread.join()
        assert not session.protected


def test_async(coppd: Coppd) -> None:
    async def play() -> list[bool]:
        seen = []
        session = await copp.connect_async(coppd.device, "HDMI-1", anchor=coppd.anchor_path)
        async with session:
            await session.protect_async(hdcp=1)
            with pytest.raises(copp.ProtectionLost):
                async for change in session.poll():
                    seen.append(change.protected)
                    if len(seen) == 1:
                        coppd.event("mode HDMI-1 1080p60")
                    elif change.protected:
                        coppd.unplug("HDMI-1")
        assert not session.protected
        return seen

    assert asyncio.run(play()) == [True, False, True]


def test_async_is_cancelled(hanging: Coppd) -> None:
    coppd = hanging
    coppd.event("hdcp-hang HDMI-1 on")
    said: list[object] = []

    async def play() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: said.append(context))
        async with await copp.connect_async(coppd.device, "HDMI-1", anchor=coppd.anchor_path) as session:
            task = asyncio.ensure_future(session.protect_async(hdcp=1))
            await asyncio.to_thread(wait_inside, session)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert not session.protected
            del task
            gc.collect()

    asyncio.run(play())
    assert not said


def test_a_session_that_comes_too_late_is_closed(coppd: Coppd) -> None:
    async def play() -> None:
        coppd.pause()
        task = asyncio.ensure_future(copp.connect_async(coppd.device, "HDMI-1", anchor=coppd.anchor_path))
        for _ in range(3):
            await asyncio.sleep(0)  # its thread has begun
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        coppd.resume()
        await asyncio.get_running_loop().shutdown_default_executor()
        end = time.monotonic() + 20
        while any(one.devices for one in copp.list_connectors(coppd.device)):
            assert time.monotonic() < end, "it is never closed"
            await asyncio.sleep(0.05)

    asyncio.run(play())
    gc.collect()


def test_the_stored_list_counts_and_is_renewed(coppd: Coppd, tmp_path: pathlib.Path) -> None:
    hierarchy = coppd.hierarchy
    stored = tmp_path / "revocation.crl"  # in $COPP_STATE_DIR
    copp.RevocationList.store(stored, hierarchy.issue_revocation_list(1), hierarchy.anchor)
    with copp.connect(coppd.device, "HDMI-1", anchor=coppd.anchor_path) as session:
        session.protect(hdcp=1)
        copp.RevocationList.store(stored, hierarchy.issue_revocation_list(2), hierarchy.anchor)
        assert session.look().protected
        leaf = session.certificates[0].digest
        copp.RevocationList.store(stored, hierarchy.issue_revocation_list(3, [leaf]), hierarchy.anchor)
        with pytest.raises(copp.ProtectionLost) as revoked:
            session.look()
        assert (revoked.value.result, revoked.value.rule) == (copp.Result.REVOKED, "CRL-4")
        assert not session.protected
    with pytest.raises(copp.CoppError) as refused:
        copp.connect(coppd.device, "HDMI-1", anchor=coppd.anchor_path)
    assert refused.value.rule == "CRL-4"


@pytest.mark.parametrize("harm", ["torn", "gone", "older"])
def test_a_stored_list_that_is_not_in_order(coppd: Coppd, tmp_path: pathlib.Path, harm: str) -> None:
    hierarchy = coppd.hierarchy
    stored = tmp_path / "revocation.crl"
    stored.write_bytes(hierarchy.issue_revocation_list(2))
    with copp.connect(coppd.device, "HDMI-1", anchor=coppd.anchor_path) as session:
        session.protect(hdcp=1)
        if harm == "torn":
            stored.write_bytes(stored.read_bytes()[:500])
        elif harm == "gone":
            stored.unlink()
        else:
            stored.write_bytes(hierarchy.issue_revocation_list(1))
        for _ in range(2):
            with pytest.raises(copp.ProtectionLost, match="revocation|not found"):
                session.look()
            assert not session.protected


def test_watching(coppd: Coppd) -> None:
    with coppd.events() as events, coppd.connect("HDMI-1") as session:
        told = []
        for news in events:
            told.append(news)
            if isinstance(news, copp.Complete):
                break
        assert sum(isinstance(news, copp.ConnectorNews) for news in told) == 5
        session.protect(hdcp=1)
        held = next(news for news in events if isinstance(news, copp.SessionNews) and news.hdcp == 1)
        assert held.active and held.pid == os.getpid()
        coppd.unplug("HDMI-1")
        lost = next(news for news in events if isinstance(news, copp.ConnectorNews) and news.losses)
        assert lost.connector.name == "HDMI-1"

        async def next_of_all() -> copp.News:
            return await events.__anext__()

        session.close()
        ended = None
        while not isinstance(ended, copp.SessionEnded):
            ended = asyncio.run(next_of_all())
        assert ended.id == held.id
    with pytest.raises(copp.ClosedError):
        next(events)


def test_an_event_that_cannot_happen(coppd: Coppd) -> None:
    with pytest.raises(copp.CoppError, match="unknown event"):
        coppd.event("nonsense")


def test_what_does_not_start_says_why(copp_hierarchy: copp.Hierarchy) -> None:
    with pytest.raises(copp.CoppError, match="nonsense"):
        Coppd(hierarchy=copp_hierarchy, settings="nonsense = 1")


# --- the example, and the page for players ---


def run_player(coppd: Coppd, source: pathlib.Path, frames: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, source / "examples/python/player.py", "HDMI-1", str(frames)],
        env=dict(os.environ, **coppd.environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_example_shows_all(coppd: Coppd, source: pathlib.Path) -> None:
    with run_player(coppd, source, 5) as player:
        out, error = player.communicate(timeout=60)
    assert player.returncode == 0, error
    assert out.splitlines() == [*(f"frame {i}" for i in range(1, 6)), "black"]


def test_the_example_hides_on_loss(coppd: Coppd, source: pathlib.Path) -> None:
    with run_player(coppd, source, 100000) as player:
        assert player.stdout
        while player.stdout.readline() != "frame 5\n":
            pass
        coppd.unplug("HDMI-1")
        out, error = player.communicate(timeout=60)
    assert player.returncode == 1
    assert out.splitlines()[-1] == "black"
    assert "EVT-4" in error


def test_the_page_for_players_works(coppd: Coppd, source: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each block of Python on the page runs; its player stops as the cable is pulled out."""
    for name, value in coppd.environment.items():
        monkeypatch.setenv(name, value)
    blocks = re.findall(r"^```python\n(.*?)^```", (source / "docs/players.md").read_text(encoding="utf-8"), flags=re.S | re.M)
    assert len(blocks) == 3
    shown: list[str] = []

    def show() -> None:
        shown.append("show")
        coppd.unplug("HDMI-1")

    monkeypatch.setenv("PATH", f"{pathlib.Path(os.environ['COPP']).parent}:/usr/bin:/bin")
    for block in blocks:
        scope: dict[str, object] = {"show": show, "hide": lambda: shown.append("hide"), "connector": "HDMI-1"}
        shown.clear()
        exec(compile(block, "docs/players.md", "exec"), scope)  # pylint: disable=exec-used
        if "def test_" in block:
            tests = [value for name, value in scope.items() if name.startswith("test_")]
            for test in tests:
                test(coppd)  # type: ignore[operator]
        else:
            assert shown[-1] == "hide" and "show" in shown
        coppd.plug("HDMI-1")
