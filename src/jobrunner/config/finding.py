"""A problem before its place is looked up: which document, which key, what is wrong."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from jobrunner.config.problem import ConfigError, Problem
from jobrunner.errors import JobrunnerError

if TYPE_CHECKING:  # a command spells a duration without the parsers of whole files
    from jobrunner.config.document import Document
    from jobrunner.config.position import Path


class Refusal(ValueError):  # noqa: N818 - becomes a finding, never leaves this package
    """A value that is not what its type says; `piece` are the offsets of the bad part in it."""

    def __init__(
        self, code: str, message: str, hint: str = "", piece: tuple[int, int] | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.piece = piece

    @property
    def told(self) -> str:
        """What is wrong, and what to write, in a sentence."""
        return f"{self.message}: {self.hint}"


def unusable(what: str, error: JobrunnerError) -> Refusal:
    """That a file cannot be used; the error's lines after its first say what to do."""
    reason, _, advice = str(error).partition("\n")
    return Refusal("E141", f"{what} cannot be used: {reason}", advice.replace("\n", " "))


class Finding(Struct, frozen=True, kw_only=True):
    """One thing that is wrong at a key path of a document."""

    document: "Document"
    path: "Path"
    code: str
    message: str
    hint: str = ""
    at_key: bool = False
    value: str = ""
    piece: tuple[int, int] | None = None

    def problem(self) -> Problem:
        if not self.path:
            return self._told(0, 0, "", 1)
        start, stop = self.document.span(self.path, key=self.at_key)
        if self.piece and self.value:
            start, stop = self.document.inside((start, stop), self.value, self.piece)
        line, column, source = self.document.place(start)
        return self._told(line, column, source, min(stop - start, len(source) - column + 1))

    def _told(self, line: int, column: int, source: str, length: int) -> Problem:
        return Problem(
            code=self.code,
            message=self.message,
            file=self.document.origin,
            line=line,
            column=column,
            source=source,
            length=max(1, length),
            suggestion=self.hint,
        )


class Findings:
    """What has been found wrong so far."""

    def __init__(self) -> None:
        self.all: list[Finding] = []
        self.told: list[Problem] = []

    def add(
        self,
        document: "Document",
        path: "Path",
        refusal: Refusal,
        value: object = None,
        *,
        at_key: bool = False,
    ) -> None:
        """Keep a refusal; `at_key` puts the caret under the key instead of the value."""
        self.all.append(
            Finding(
                document=document,
                path=path,
                code=refusal.code,
                message=refusal.message,
                hint=refusal.hint,
                value=value if isinstance(value, str) and not at_key else "",
                piece=refusal.piece,
                at_key=at_key,
            )
        )

    def extend(self, problems: Iterable[Problem]) -> None:
        self.told.extend(problems)

    def settle(self, files: Sequence[str], checked: int) -> None:
        """Raise everything found, in the order of the files and of their lines; or nothing."""
        found = [*self.told, *(finding.problem() for finding in self.all)]
        if found:
            order = {file: index for index, file in enumerate(reversed(files))}
            unique = dict.fromkeys(found)
            by_place = sorted(
                unique, key=lambda p: (-order.get(p.file, -1), p.line, p.column, p.code)
            )
            raise ConfigError(by_place, checked)
