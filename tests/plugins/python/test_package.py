"""The package as its users see it: what is documented, and which display is meant."""

from __future__ import annotations

import inspect
import pathlib

import pytest

import copp
import copp.testing


def test_everything_public_is_documented() -> None:
    for name in copp.__all__:
        public = getattr(copp, name)
        if inspect.isclass(public):
            assert public.__doc__, name
            members = {key: value for key, value in vars(public).items() if not key.startswith("_")}
            for key, member in members.items():
                if inspect.isfunction(member) or isinstance(member, (property, classmethod, staticmethod)):
                    assert inspect.getdoc(member), f"{name}.{key}"
        elif inspect.isfunction(public):
            assert public.__doc__, name


@pytest.fixture
def sysfs(tmp_path: pathlib.Path) -> pathlib.Path:
    """A /sys with two displays that nobody can tell apart but by their connectors."""
    for name, number in (("HDMI-A-1", 77), ("DP-1", 90)):
        connector = tmp_path / "class/drm" / f"card0-{name}"
        connector.mkdir(parents=True)
        (connector / "status").write_text("connected\n")
        (connector / "edid").write_bytes(b"")
        (connector / "connector_id").write_text(f"{number}\n")
    return tmp_path


def test_chooses_a_display(sysfs: pathlib.Path) -> None:
    for found in (
        copp.choose_monitor("randr:HDMI-1", sysfs=sysfs),
        copp.choose_monitor(randr="HDMI-1", sysfs=sysfs),
        copp.choose_monitor(wayland="HDMI-A-1", sysfs=sysfs),
        copp.choose_monitor(connector_id=77, sysfs=sysfs),
        copp.choose_monitor(connector="card0-HDMI-A-1", connector_id=77, sysfs=sysfs),
    ):
        assert (found.connector, found.card, found.connected) == ("card0-HDMI-A-1", "card0", True)


def test_guesses_nothing(sysfs: pathlib.Path) -> None:
    with pytest.raises(copp.CoppError, match="card0-DP-1 .* and card0-HDMI-A-1 ") as unknown:
        copp.choose_monitor("VGA-1", sysfs=sysfs)
    assert unknown.value.result is copp.Result.NOT_FOUND and unknown.value.remedy
    with pytest.raises(copp.CoppError):
        copp.choose_monitor(connector="card0-HDMI-A-1", connector_id=90, sysfs=sysfs)
    with pytest.raises(copp.CoppError) as nothing:
        copp.choose_monitor(sysfs=sysfs)
    assert nothing.value.result is copp.Result.ARGUMENT
    twin = sysfs / "class/drm/card1-HDMI-A-1"
    twin.mkdir()
    (twin / "status").write_text("connected\n")
    (twin / "edid").write_bytes(b"")
    with pytest.raises(copp.CoppError, match="card1-HDMI-A-1") as several:
        copp.choose_monitor("wayland:HDMI-A-1", sysfs=sysfs)
    assert several.value.result is copp.Result.AMBIGUOUS


def test_a_coppd_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COPPD", raising=False)
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    with pytest.raises(copp.CoppError, match="install coppd, or name it in "):
        copp.testing.find_coppd()
