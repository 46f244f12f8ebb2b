"""Classes with execute() as they were: nothing in them knows of jobrunner."""

from dataclasses import dataclass, field
from datetime import date


@dataclass
class JobResult:
    """What every job returns."""

    success: bool
    message: str
    data: dict[str, object] = field(default_factory=dict)


class SyncCustomers:
    """A coroutine: it waits for others most of the time."""

    async def execute(self) -> JobResult:
        """Fetch what changed."""
        changed = ["ann", "bob"]
        return JobResult(success=True, message=f"{len(changed)} customers", data={"ids": changed})


class CloseDay:
    """Has today's work been done?  A slot has a day of its own, so nobody has to ask the clock."""

    def execute(self, day: str) -> dict[str, object]:
        """Close the books of this day."""
        print(f"closing {date.fromisoformat(day):%d.%m.%Y}")
        return {"success": True, "message": f"closed {day}", "data": {"entries": 42}}


class CheckStock:
    """Says itself that it failed: no exception, no exit code."""

    def execute(self, least: int) -> JobResult:
        """Compare what is there with what has to be."""
        there = 7
        if there < least:
            return JobResult(success=False, message=f"{there} left, {least} wanted")
        return JobResult(success=True, message=f"{there} left")


def rates() -> dict[str, float]:
    """A plain function; what it raises is the reason, its traceback is kept."""
    raise ConnectionError("rates.example.com does not answer")
