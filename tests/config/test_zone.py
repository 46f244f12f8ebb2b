"""Time zones by name, by offset, and the host's own."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from jobrunner.config.finding import Refusal
from jobrunner.config.zone import host_zone, zone
from jobrunner.model.value import Zone

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
BERLIN = "Europe/Berlin"


@pytest.mark.parametrize(
    ("name", "hours"),
    [
        ("UTC", 0),
        (BERLIN, 2),
        ("UTC+7", 7),
        ("GMT+7", 7),
        ("UTC-03:30", -3.5),
        ("GMT-0330", -3.5),
        ("UTC+14", 14),
        ("UTC+0", 0),
        ("Etc/GMT+7", -7),
    ],
)
def test_an_offset_is_ahead_of_utc(name: str, hours: float) -> None:
    found = zone(name)
    assert found.name == name
    assert NOON.astimezone(found.info).utcoffset() == timedelta(hours=hours)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Berlin",
        "europe/berlin",
        "Europe",
        "../etc/passwd",
        "/etc/localtime",
        "right/UTC",
        "posix/UTC",
        "zone.tab",
        "tzdata.zi",
        "UTC+15",
        "UTC+7:60",
        "UTC+٣",
        "a\0b",
        "é",
        "x" * 5000,
    ],
)
def test_what_is_no_zone_is_refused_with_advice(name: str) -> None:
    with pytest.raises(Refusal) as caught:
        zone(name)
    assert caught.value.code == "E109"
    assert caught.value.hint


def _host(root: Path, *, link: str = "", copy_of: str = "") -> Path:
    (root / "etc").mkdir()
    if link:
        (root / "etc/localtime").symlink_to(link)
    if copy_of:
        found = next(Path(base) / copy_of for base in _bases() if (Path(base) / copy_of).exists())
        (root / "etc/localtime").write_bytes(found.read_bytes())
    return root


def _bases() -> list[str]:
    import tzdata  # noqa: PLC0415 - only its files are wanted

    return ["/usr/share/zoneinfo", f"{Path(tzdata.__file__).parent}/zoneinfo"]


@pytest.mark.parametrize("name", [BERLIN, f":{BERLIN}", f":/usr/share/zoneinfo/{BERLIN}"])
def test_tz_comes_first(tmp_path: Path, name: str) -> None:
    root = _host(tmp_path, link="/usr/share/zoneinfo/Asia/Tokyo")
    assert host_zone({"TZ": name}, root) == Zone(BERLIN, ZoneInfo(BERLIN))


@pytest.mark.parametrize("link", ["/usr/share/zoneinfo/", "../usr/share/zoneinfo/"])
def test_then_the_name_that_localtime_links_to(tmp_path: Path, link: str) -> None:
    assert host_zone({}, _host(tmp_path, link=link + BERLIN)).name == BERLIN


def test_then_the_file_itself(tmp_path: Path) -> None:
    found = host_zone({}, _host(tmp_path, copy_of=BERLIN))
    assert found.name == "local"
    assert NOON.astimezone(found.info).utcoffset() == timedelta(hours=2)


@pytest.mark.parametrize("content", [None, b"", b"not a zone"])
def test_without_any_it_is_utc(tmp_path: Path, content: bytes | None) -> None:
    (tmp_path / "etc").mkdir()
    if content is not None:
        (tmp_path / "etc/localtime").write_bytes(content)
    assert host_zone({}, tmp_path) == Zone("UTC", UTC)


def test_a_tz_that_names_nothing_is_passed_over(tmp_path: Path) -> None:
    root = _host(tmp_path, link=f"/usr/share/zoneinfo/{BERLIN}")
    assert host_zone({"TZ": "CET-1CEST"}, root).name == BERLIN
