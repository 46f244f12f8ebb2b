"""Takes the pictures of docs/pictures: every page as a reader of the documents sees it.

    python -m tests.web.pictures

A page is taken as far as a screen shows it, in both themes; the first three on a phone, too.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from tests.build import NOON, FakeClock
from tests.web.browsing import DESK, PHONE, THEMES, chromium_at, plain, visiting
from tests.web.house import House
from tests.web.pages.sight import FORM
from tests.web.seed import JOBS, seed
from tests.web.test_looks import AT_THE_DOOR, EDITABLE, shown

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
QUALITY = 60
ON_A_PHONE = {"/", "/jobs/backup", "/runs/13760"}
# The run of the seed that has most to show in the place of the first.
TELLING = {"/runs/1": "/runs/13760"}
SIZES = {"": DESK, "-phone": PHONE}


def take(chromium: Path, folder: Path) -> None:
    with tempfile.TemporaryDirectory() as place:
        house = House(Path(place), EDITABLE + JOBS, FakeClock(NOON))
        seed(house)
        house.client("admin").post("/badges/renew", headers=FORM)
        with chromium_at(chromium) as browser, visiting(browser, house) as visit:
            for path in shown():
                _page(visit, TELLING.get(path, path), folder)


def _page(visit, path: str, folder: Path) -> None:
    for suffix, size in SIZES.items():
        if suffix and path not in ON_A_PHONE:
            continue
        for theme in THEMES:
            name = f"{plain(path)}{suffix}-{theme}.jpg"
            signed_in = path != AT_THE_DOOR
            with visit.look(path, theme=theme, viewport=size, signed_in=signed_in) as page:
                page.screenshot(path=folder / name, type="jpeg", quality=QUALITY)


def main() -> None:
    program = shutil.which("chromium")
    if not program:
        sys.exit("chromium is not installed: apt-get install chromium")
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.jpg"):
        old.unlink()
    take(Path(program), FOLDER)


if __name__ == "__main__":
    main()
