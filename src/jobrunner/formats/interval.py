"""`every` as five fields of cron, where it begins anew each day."""

from jobrunner.config.quantity import spelt
from jobrunner.formats.leaving import CannotSayError
from jobrunner.model.job import Job
from jobrunner.model.value import Duration

MINUTE, HOUR, DAY = 60, 3600, 86400


def interval_fields(job: Job, interval: Duration) -> str:
    """The fields; CannotSayError where it counts from something else, or in other steps."""
    seconds = round(interval.total_seconds())
    if not job.start and job.every_from == "start":
        if seconds == DAY:
            return "0 0 * * *"
        if seconds % HOUR == 0 and DAY % seconds == 0:
            return f"0 */{seconds // HOUR} * * *" if seconds > HOUR else "0 * * * *"
        if seconds % MINUTE == 0 and HOUR % seconds == 0:
            return f"*/{seconds // MINUTE} * * * *" if seconds > MINUTE else "* * * * *"
    raise CannotSayError(f"every {spelt(interval)} cannot be said here")
