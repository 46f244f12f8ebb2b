"""What is wrong in jobs.toml, shown with its place as compilers do."""

from collections.abc import Sequence

from msgspec import Struct

from jobrunner.config.spelling import shown, width
from jobrunner.errors import UnusableError
from jobrunner.words import numbered

WIDEST = 160
CONTEXT = 60


class Problem(Struct, frozen=True, kw_only=True):
    """One thing that is wrong, where, and what to do.

    `line` and `column` count characters from 1; `line` is 0 where the file as a whole is meant.
    `length` is how many characters of `source`, the line of text, are meant.
    """

    code: str
    message: str
    file: str
    line: int = 0
    column: int = 0
    source: str = ""
    length: int = 1
    suggestion: str = ""

    def render(self) -> str:
        """The problem as it is printed."""
        head = f"error[{self.code}]: {shown(self.message)}"
        suggestion = shown(self.suggestion)
        if not self.line:
            hint = f"\n  = {suggestion}" if suggestion else ""
            return f"{head}\n --> {shown(self.file)}{hint}"
        number = str(self.line)
        gutter = " " * len(number)
        before, at, after = self._pieces()
        caret = " " * width(before) + "^" * max(1, width(at))
        lines = (
            head,
            f"{gutter}--> {shown(self.file)}:{self.line}:{self.column}",
            f"{gutter} |",
            f"{number} | {before}{at}{after}",
            f"{gutter} | {caret} {suggestion}".rstrip(),
        )
        return "\n".join(lines)

    def _pieces(self) -> tuple[str, str, str]:
        """The source line before, at and after the place; far away parts of a long line are cut."""
        start, stop = self.column - 1, self.column - 1 + self.length
        if len(self.source) <= WIDEST:
            first, last = 0, len(self.source)
        else:
            first, last = max(0, start - CONTEXT), start + CONTEXT
        stop = min(stop, last)
        before = ("..." if first else "") + shown(self.source[first:start])
        after = shown(self.source[stop:last]) + ("..." if last < len(self.source) else "")
        return before, shown(self.source[start:stop]), after


class ConfigError(UnusableError):
    """jobs.toml cannot be used.

    Carries every problem found, not just the first, and how many jobs were `checked` for them.
    """

    is_report = True

    def __init__(self, problems: Sequence[Problem], checked: int = 0) -> None:
        self.problems = tuple(problems)
        self.checked = checked
        super().__init__(self.problems, checked)

    def __str__(self) -> str:
        return "\n\n".join(problem.render() for problem in self.problems)

    def summary(self) -> str:
        """How many problems there are and where, and how to learn more."""
        files = sorted({problem.file for problem in self.problems})
        where = shown(files[0]) if len(files) == 1 else f"{len(files)} files"
        checked = f" (checked {numbered(self.checked, 'job')})" if self.checked else ""
        errors = numbered(len(self.problems), "error")
        explain = f"Explain one: jobrunner help {self.problems[0].code}"
        return f"{errors} in {where}{checked}. {explain}"
