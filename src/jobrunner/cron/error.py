"""Why a cron expression cannot be used, and where in it the trouble is."""

from jobrunner.errors import JobrunnerError

SHOWN = 40


class CronError(JobrunnerError, ValueError):
    """A cron expression that cannot be used, or would never come due.

    `field` names the field and `value` the offending piece, `allowed` says what could stand there,
    and `span` is where the piece lies in the expression, for a caret under it.
    """

    def __init__(
        self,
        message: str,
        *,
        field: str = "",
        value: str = "",
        allowed: str = "",
        span: tuple[int, int] = (0, 0),
    ) -> None:
        super().__init__(message)
        self.field = field
        self.value = value
        self.allowed = allowed
        self.span = span

    def shifted(self, offset: int) -> "CronError":
        """The same trouble, told of a text in which the field starts at `offset`."""
        return CronError(
            str(self),
            field=self.field,
            value=self.value,
            allowed=self.allowed,
            span=(self.span[0] + offset, self.span[1] + offset),
        )


def shown(text: str) -> str:
    """What was typed, fit for one line of a terminal: escaped where needed, and cut short."""
    cut = text if len(text) <= SHOWN else text[:SHOWN] + "..."
    return cut if cut.isascii() and cut.isprintable() else ascii(cut)[1:-1]
