"""The time ahead, for who may see all of it: found out once a minute."""

from datetime import timedelta

from jobrunner.config.zone import host_zone
from jobrunner.engine.figures.load import Load, see_load
from jobrunner.web.call import Call


def load_of(call: Call, within: timedelta) -> Load:
    """How full the time ahead is; kept for a minute, as it takes long for a thousand jobs."""
    zone = host_zone()

    def find() -> Load:
        return see_load(call.scene, call.now, within, zone.info, zone.name)

    if call.visitor.jobs:  # of few jobs, and of others for each visitor
        return find()
    return call.site.kept.get(("load", within), call.scene.config, call.now, find)
