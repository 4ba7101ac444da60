"""Sessions with the simulated adapter in this process."""

from __future__ import annotations

import asyncio
import copy
import gc
import os
import pathlib
import pickle
import select
import threading
from typing import Any, Callable, Iterator

import pytest

import copp
from conftest import interrupt, wait_inside

HANGING = """
[adapter]
pending_limit = 3600000
[output HDMI-1]
type = hdmi
modes = 1080p60
protections = hdcp
ksv = 0F0F0F0F0F
"""
BOTH = pytest.mark.parametrize("semantics", [copp.Semantics.COPP, copp.Semantics.OPM])


@BOTH
def test_protects_and_gives_back(copp_adapter: copp.Adapter, semantics: copp.Semantics) -> None:
    with copp_adapter.connect("HDMI-1", semantics=semantics) as session:
        assert not session.protected
        assert session.simulated
        change = session.protect(hdcp=1)
        assert change.protected and change.simulated and session.protected
        assert copp_adapter.protection("HDMI-1")["hdcp"] == 1
        assert session.connector_type == "HDMI"
        kind = copp.ProtectionType.HDCP if semantics is copp.Semantics.COPP else copp.ProtectionType.OPM_HDCP
        assert kind in session.protection_types
        assert session.local_level(kind) == session.global_level(kind) == 1
        session.unprotect()
        assert not session.protected
        assert copp_adapter.protection("HDMI-1")["hdcp"] == 0
        session.protect(hdcp=1)
    assert copp_adapter.protection("HDMI-1")["hdcp"] == 0
    assert copp_adapter.devices("HDMI-1") == 0


@BOTH
def test_a_lost_link_ends_it(copp_adapter: copp.Adapter, semantics: copp.Semantics) -> None:
    with copp_adapter.connect("HDMI-1", semantics=semantics) as session:
        session.protect(hdcp=1)
        changes = session.poll()
        assert next(changes).protected
        copp_adapter.unplug("HDMI-1")
        with pytest.raises(copp.ProtectionLost) as lost:
            next(changes)
        assert lost.value.stop is copp.Stop.LINK_LOST
        assert lost.value.rule == ("EVT-4" if semantics is copp.Semantics.COPP else lost.value.rule)
        assert lost.value.remedy and lost.value.remedy in str(lost.value)
        assert not session.protected
        with pytest.raises(copp.ProtectionLost):
            next(changes)
        with pytest.raises(copp.ProtectionLost):
            session.look()


def test_renegotiates(copp_adapter: copp.Adapter) -> None:
    with copp_adapter.connect("HDMI-1") as session:
        session.protect(hdcp=1)
        changes = session.poll()
        assert next(changes).protected
        copp_adapter.event("mode HDMI-1 1080p60")
        change = next(changes)
        assert not change.protected and not session.protected
        assert change.events == copp.Event.RENEGOTIATION_REQUIRED
        with pytest.raises(TypeError, match="protected"):
            bool(change)
        assert next(changes).protected and session.protected


def test_a_look_counts_for_two_seconds(copp_adapter: copp.Adapter) -> None:
    with copp_adapter.connect("HDMI-1") as session:
        session.protect(hdcp=1)
        copp_adapter.advance(0.5)
        assert session.protected
        copp_adapter.advance(1.5)
        assert not session.protected
        assert session.look().late
        assert session.protected


def test_several_outputs(copp_adapter: copp.Adapter) -> None:
    with copp_adapter.connect("HDMI-1") as one, copp_adapter.connect("DVI-I-1") as other:
        assert one.deadline == 0
        one.protect(hdcp=1)
        other.protect(acp=1)
        assert other.look(limit=min(one.deadline, other.deadline)).protected
        copp_adapter.advance(2)
        assert one.deadline == other.deadline == 0


@pytest.mark.parametrize("interval", [0, -1, 1.5])
def test_nobody_polls_too_seldom(copp_adapter: copp.Adapter, interval: float) -> None:
    with copp_adapter.connect("HDMI-1") as session, pytest.raises(copp.CoppError, match="APP-3"):
        session.poll(interval)


@pytest.mark.parametrize(
    ("event", "stop"),
    [
        ("repeater HDMI-1 on", copp.Stop.REPEATER),
        ("ksv HDMI-1 0000000001", copp.Stop.KSV),
        ("hdcp-refuse HDMI-1 on", copp.Stop.REFUSED),
    ],
)
def test_refuses(copp_adapter: copp.Adapter, event: str, stop: copp.Stop) -> None:
    copp_adapter.event(event)
    with copp_adapter.connect("HDMI-1") as session:
        with pytest.raises(copp.ProtectionLost) as lost:
            session.protect(hdcp=1)
        assert lost.value.stop is stop
        assert (lost.value.hresult_name != "S_OK") == (stop is copp.Stop.REFUSED)
        assert not session.protected
        assert copp_adapter.protection("HDMI-1")["hdcp"] == 0


def test_nothing_is_no_protection(copp_adapter: copp.Adapter) -> None:
    with copp_adapter.connect("HDMI-1") as session:
        with pytest.raises(copp.CoppError, match="nothing is to be protected"):
            session.protect()
        with pytest.raises(copp.ProtectionLost):
            session.look()
        assert not session.protected


def test_what_is_closed_raises(copp_adapter: copp.Adapter) -> None:
    session = copp_adapter.connect("HDMI-1")
    session.protect(hdcp=1)
    session.close()
    session.close()
    assert session.closed and not session.protected and session.simulated
    uses: list[Callable[[], object]] = [session.look, session.unprotect, session.fileno, session.wait, session.__enter__]
    uses += [lambda: session.protect(hdcp=1), lambda: next(session.poll()), lambda: session.connector_type, lambda: session.certificates]
    for use in uses:
        with pytest.raises(copp.ClosedError):
            use()


def test_closing_the_adapter_closes_its_sessions(copp_hierarchy: copp.Hierarchy) -> None:
    with copp.Adapter(hierarchy=copp_hierarchy) as adapter:
        session = adapter.connect("HDMI-1")
        session.protect(hdcp=1)
    assert session.closed and not session.protected
    with pytest.raises(copp.ClosedError):
        adapter.event("unplug HDMI-1")
    with pytest.raises(copp.ClosedError):
        adapter.connectors  # pylint: disable=pointless-statement


def test_what_is_forgotten_is_closed(copp_adapter: copp.Adapter) -> None:
    session = copp_adapter.connect("HDMI-1")
    assert copp_adapter.devices("HDMI-1") == 1
    with pytest.warns(ResourceWarning, match="session"):
        del session
        gc.collect()
    assert copp_adapter.devices("HDMI-1") == 0


def test_a_forgotten_adapter_may_be_freed_before_its_sessions(copp_hierarchy: copp.Hierarchy) -> None:
    with pytest.warns(ResourceWarning):
        for _ in range(3):
            adapter = copp.Adapter(hierarchy=copp_hierarchy)
            session = adapter.connect("HDMI-1")
            session.protect(hdcp=1)
            circle: list[object] = [adapter, session]
            circle.append(circle)
            del adapter, session, circle
            gc.collect()


def test_there_is_one_of_each(copp_adapter: copp.Adapter) -> None:
    with copp_adapter.connect("HDMI-1") as session:
        session.protect(hdcp=1)
        for handle in (session, copp_adapter, copp_adapter.hierarchy.leaf):
            with pytest.raises(TypeError, match="cannot be copied or pickled"):
                copy.copy(handle)
            with pytest.raises(TypeError, match="cannot be copied or pickled"):
                copy.deepcopy(handle)
            with pytest.raises(TypeError, match="cannot be copied or pickled"):
                pickle.dumps(handle)
        assert session.look().protected


def test_a_name_with_a_nul_is_another_name(copp_adapter: copp.Adapter) -> None:
    with pytest.raises(copp.CoppError, match="NUL"):
        copp_adapter.connect("HDMI-1\0")
    with pytest.raises(copp.CoppError, match="NUL"):
        copp_adapter.unplug("HDMI-1\0")
    with pytest.raises(copp.CoppError, match="NUL"):
        copp.list_connectors("unix:/nonexistent\0")


def test_a_nul_ends_no_name_of_keys_lists_and_displays(copp_hierarchy: copp.Hierarchy, tmp_path: pathlib.Path) -> None:
    data, anchor = copp_hierarchy.issue_revocation_list(1), copp_hierarchy.anchor
    stored = tmp_path / "revocation.crl"
    copp.RevocationList.store(stored, data, anchor)
    copp_hierarchy.leaf.save(tmp_path / "leaf.pem")
    uses: list[Callable[[], object]] = [
        lambda: copp.choose_monitor(sysfs=f"{tmp_path}\0", text="HDMI-1"),
        lambda: copp.choose_monitor("HDMI-1\0"),
        lambda: copp.choose_monitor(serial="7\0"),
        lambda: copp.RevocationList.load(f"{stored}\0", anchor),
        lambda: copp.RevocationList.store(f"{stored}\0", data, anchor),
        lambda: copp.Chain(copp_hierarchy.opm_chain_bytes, copp_hierarchy.opm_anchor, purpose="1.2.3\0"),
        lambda: copp.PrivateKey(f"{tmp_path}/leaf.pem\0"),
        lambda: copp.Hierarchy(name="test\0"),
    ]
    for use in uses:
        with pytest.raises(copp.CoppError, match="contains a NUL") as refused:
            use()
        assert refused.value.result is copp.Result.ARGUMENT
    with pytest.raises(copp.CoppError, match="the passphrase contains a NUL") as secret:
        copp.PrivateKey(f"{tmp_path}/leaf.pem", passphrase="hush\0")
    assert "hush" not in str(secret.value)


def test_arguments_of_other_types_are_named(copp_adapter: copp.Adapter) -> None:
    wrong: list[tuple[Any, str]] = [
        ({"connector": 5}, "connector must be str, not int"),
        ({"device": 5}, "device must be Adapter or str, not int"),
        ({"revocations": "abc"}, "revocations must be an iterable of RevocationList, not of str"),
        ({"revocations": 5}, "revocations must be an iterable of RevocationList, not int"),
        ({"srms": ["srm.bin"]}, "srms must be an iterable of Srm, not of str"),
    ]
    for options, said in wrong:
        with pytest.raises(TypeError, match=f"^{said}$"):
            copp.connect(**options) if "device" in options else copp_adapter.connect(**options)
    with pytest.raises(TypeError, match="device must be a str, not int"):
        copp.list_connectors(5)  # type: ignore[arg-type]
    assert copp_adapter.devices("HDMI-1") == 0


def test_nothing_is_looked_at_before_protect(copp_adapter: copp.Adapter) -> None:
    with copp_adapter.connect("HDMI-1") as session:
        for _ in range(2):
            with pytest.raises(copp.ProtectionLost, match="call protect\\(\\) first") as lost:
                next(session.poll())
            assert lost.value.stop is copp.Stop.INTERNAL and lost.value.remedy == "call protect() first"
            assert session.protect(hdcp=1).protected
            session.unprotect()


@pytest.mark.parametrize("seconds", [-1.0, float("nan"), float("inf"), 1e18])
def test_the_clock_never_goes_back(copp_adapter: copp.Adapter, seconds: float) -> None:
    with copp_adapter.connect("HDMI-1") as session:
        session.protect(hdcp=1)
        with pytest.raises(copp.CoppError, match="never goes back"):
            copp_adapter.advance(seconds)
        assert session.look().protected


def test_keys_live_as_long_as_they_are_used() -> None:
    with copp.Hierarchy() as hierarchy:
        adapter = copp.Adapter(hierarchy=hierarchy)
    with adapter, adapter.connect(anchor=hierarchy.anchor) as session:  # the driver's key is still needed
        assert hierarchy.leaf.closed
        assert session.protect(hdcp=1).protected
    with pytest.raises(copp.ClosedError):
        hierarchy.leaf.anchor  # pylint: disable=pointless-statement


def test_embedded_needs_nothing_else() -> None:
    with copp.connect("embedded", "HDMI-1") as session:
        assert session.protect(hdcp=1).protected


def test_trusts_nobody_else(copp_adapter: copp.Adapter) -> None:
    for anchor in (copp.Anchor.microsoft(), copp.Anchor.microsoft(copp.Semantics.OPM)):
        with pytest.raises(copp.CoppError) as refused:
            copp_adapter.connect("HDMI-1", anchor=anchor)
        assert refused.value.result is copp.Result.INVALID
        assert refused.value.rule and refused.value.remedy
    assert copp_adapter.devices("HDMI-1") == 0


@BOTH
def test_names_the_driver(copp_adapter: copp.Adapter, semantics: copp.Semantics) -> None:
    with copp_adapter.connect("HDMI-1", semantics=semantics) as session:
        assert session.certificates[0].subject == "pytest driver"


# --- waiting, and who may ---


def in_thread(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread



@pytest.fixture
def hanging(copp_hierarchy: copp.Hierarchy) -> Iterator[copp.Adapter]:
    """One whose HDCP neither comes up nor fails: only what a test does ends that."""
    with copp.Adapter(HANGING, hierarchy=copp_hierarchy) as adapter:
        adapter.event("hdcp-hang HDMI-1 on")
        yield adapter


def test_one_thread_at_a_time(hanging: copp.Adapter) -> None:
    failures: list[copp.CoppError] = []

    def protect() -> None:
        try:
            session.protect(hdcp=1)
        except copp.CoppError as error:
            failures.append(error)

    with hanging.connect("HDMI-1") as session:
        thread = in_thread(protect)
        wait_inside(session)
        uses: list[Callable[[], object]] = [session.look, session.unprotect, lambda: session.protect(hdcp=1), lambda: hanging.connectors]
        for use in uses:
            with pytest.raises(copp.MisuseError):
                use()
        assert not session.protected
        session.interrupt()
        thread.join()
        assert len(failures) == 1 and isinstance(failures[0], copp.ProtectionLost)


def test_an_event_comes_from_any_thread_and_the_lock_is_free_meanwhile(hanging: copp.Adapter) -> None:
    with hanging.connect("HDMI-1") as session:
        stops: list[copp.Stop] = []

        def protect() -> None:
            try:
                session.protect(hdcp=1)
            except copp.ProtectionLost as error:
                stops.append(error.stop)

        thread = in_thread(protect)
        wait_inside(session)
        with pytest.raises(copp.CoppError, match="unknown event"):
            hanging.event("nonsense")
        hanging.unplug("HDMI-1")
        thread.join()
        assert stops and not session.protected


def test_closing_ends_the_call_of_another_thread(hanging: copp.Adapter) -> None:
    failures: list[copp.CoppError] = []

    def protect() -> None:
        try:
            session.protect(hdcp=1)
        except copp.CoppError as error:
            failures.append(error)

    session = hanging.connect("HDMI-1")
    thread = in_thread(protect)
    wait_inside(session)
    session.close()
    thread.join()
    assert len(failures) == 1
    assert hanging.devices("HDMI-1") == 0


def test_another_session_is_closed_beside_a_call(hanging: copp.Adapter) -> None:
    stops: list[copp.Stop] = []

    def protect() -> None:
        try:
            session.protect(hdcp=1)
        except copp.ProtectionLost as error:
            stops.append(error.stop)

    other = hanging.connect("HDMI-1")
    with hanging.connect("HDMI-1") as session:
        thread = in_thread(protect)
        wait_inside(session)
        other.close()
        assert not stops and thread.is_alive()  # it goes on
        hanging.unplug("HDMI-1")
        thread.join()
        assert stops
        assert hanging.devices("HDMI-1") == 1


def test_an_event_wakes_who_polls(copp_adapter: copp.Adapter) -> None:
    with copp_adapter.connect("HDMI-1") as session:
        session.protect(hdcp=1)
        assert not select.select([session], [], [], 0)[0]
        copp_adapter.event("mode HDMI-1 1080p60")
        assert select.select([session], [], [], 0)[0]
        changes = session.poll()
        next(changes)
        next(changes)
        assert not select.select([session], [], [], 0)[0]
        told = threading.Event()

        def unplug() -> None:
            told.wait()
            copp_adapter.unplug("HDMI-1")

        thread = in_thread(unplug)
        told.set()
        with pytest.raises(copp.ProtectionLost):
            next(changes)
        thread.join()


def test_ctrl_c_ends_a_command_that_waits(hanging: copp.Adapter) -> None:
    with hanging.connect("HDMI-1") as session:
        thread = in_thread(lambda: interrupt(session))
        with pytest.raises(KeyboardInterrupt):
            session.protect(hdcp=1)
        thread.join()
        assert not session.protected


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # newer Pythons warn of threads
def test_a_child_is_not_protected(copp_adapter: copp.Adapter) -> None:
    with copp_adapter.connect("HDMI-1") as session:
        session.protect(hdcp=1)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                if not session.protected:
                    session.look()
            except copp.ProtectionLost:
                code = 0
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert session.look().protected


# --- asyncio ---


@BOTH
def test_async(copp_adapter: copp.Adapter, semantics: copp.Semantics) -> None:
    async def play() -> list[bool]:
        seen = []
        session = await copp.connect_async(copp_adapter, "HDMI-1", anchor=copp_adapter.hierarchy.anchor_of(semantics))
        async with session:
            await session.protect_async(hdcp=1)
            with pytest.raises(copp.ProtectionLost):
                async for change in session.poll():
                    seen.append(change.protected)
                    asyncio.get_running_loop().call_soon(copp_adapter.unplug, "HDMI-1")
        return seen

    assert asyncio.run(play()) == [True]
