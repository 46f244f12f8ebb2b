"""What an attempt wrote, as a page shows it: its end, in colour, and nothing of it is markup."""

from markupsafe import Markup
from msgspec import Struct

from jobrunner.engine.discretion import discretion_of
from jobrunner.engine.past import log
from jobrunner.engine.scene import Scene
from jobrunner.errors import JobrunnerError
from jobrunner.model.run import Attempt, Run
from jobrunner.web.draw.ansi import Paint, html_of

LINES = 2000
BYTES = 512 * 1024  # of them at most, so that a page stays a page


class Output(Struct, frozen=True, kw_only=True):
    """The end of an output, where it ends, and whether it is the whole; or why there is none.

    What comes after `end` is for who follows it.
    """

    text: Markup = Markup()
    end: int = 0
    kept: int = 0
    is_whole: bool = True
    missing: str = ""


def output_of(scene: Scene, run: Run, attempt: Attempt) -> Output:
    """The output of an attempt; what is not there any more is said, not raised."""
    try:
        with log.opened(scene, run, attempt) as found:
            _, lines = found.last(LINES)
            end, kept = found.size, found.kept
    except JobrunnerError as error:
        return Output(missing=str(error).partition("\n")[0])
    shown = _last(discretion_of(scene.config.jobs, run, attempt).whole(lines))
    paint = Paint()
    text = html_of([*paint.feed(shown), *paint.end()])
    return Output(text=text, end=end, kept=kept, is_whole=len(shown) >= kept)


def _last(lines: bytes) -> bytes:
    """At most so many bytes, from the beginning of a line on if there is one."""
    if len(lines) <= BYTES:
        return lines
    _, _, rest = lines[-BYTES:].partition(b"\n")
    return rest or lines[-BYTES:]
