"""Functions as a scheduler component called them, with figures of their own."""

from jobrunner import current_run


def extract(day: str) -> dict[str, object]:
    """Take over the orders of a day."""
    current_run.log.info("attempt %s of %s", current_run.attempt, current_run.max_attempts)
    return {"message": f"orders of {day}", "metrics": {"orders": 17, "rejected": 1}}


async def load() -> str:
    """Load what was extracted; a text is the message."""
    return "loaded"


def migrate() -> bool:
    """What is done once."""
    return True
