"""The time ahead, and what jobs usually take: found out once a minute, however many ask."""

from collections.abc import Mapping
from datetime import timedelta

from jobrunner.config.zone import host_zone
from jobrunner.engine.figures.load import Load, see_load, usual_times
from jobrunner.web.call import Call


def load_of(call: Call, within: timedelta) -> Load:
    """How full the time ahead is; kept for a minute, as it takes long for a thousand jobs."""
    zone = host_zone()

    def find() -> Load:
        return see_load(call.scene, call.now, within, zone.info, zone.name)

    if call.visitor.jobs:  # of few jobs, and of others for each visitor
        return find()
    return call.site.cache.get(("load", within), call.scene.config, call.now, find)


def usual_of(call: Call) -> Mapping[str, float]:
    """What a success of each job takes, in seconds; of jobs that the visitor may not see, too."""
    store, now = call.scene.store, call.now
    return call.site.cache.get("usual", call.site, now, lambda: usual_times(store, now))
