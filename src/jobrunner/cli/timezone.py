"""The zone in which times are shown and understood: UTC if that is asked for, else as usual."""

from datetime import tzinfo

from jobrunner.cli.option import manner
from jobrunner.config.zone import host_zone, zone
from jobrunner.model.job import Job
from jobrunner.model.value import Zone


def here() -> Zone:
    """The zone of this host."""
    return zone("UTC") if manner().utc else host_zone()


def of(job: Job | None) -> tzinfo:
    """The zone of a job; that of this host if it is not known."""
    return job.timezone.info if job and not manner().utc else here().info


def seen(own: tzinfo | None) -> tzinfo:
    """The zone of something that has its own."""
    return own if own and not manner().utc else here().info
