"""A site whose ledger other hosts share, too."""

from jobrunner.model.run import State
from jobrunner.store.fleet import Beat
from jobrunner.store.value import Launch
from tests.build import NOON
from tests.engine.report.ledger import MINUTE, ended
from tests.store.life import by_hand
from tests.store.server import empty
from tests.web.house import JOBS, House


def shared_house(folder, url):
    """A house over an emptied ledger in PostgreSQL, where web-1 and db-1 live."""
    empty(url)
    house = House(folder, f'[settings]\nhost = "web-1"\nstore = "{url}"\n{JOBS}')
    with house.scene() as scene:
        for name in ("web-1", "db-1"):
            beat(scene.store, name)
    return house


def beat(store, name, **changes):
    """Have a host say that it lives."""
    told = {"owner": f"{name}/1", "boot": "a", "version": "1.0", "config": "same", "capacity": 8}
    return store.beat(Beat(host=name, **(told | changes)))


def ran_on(house, host, job):
    """A run that ended on a host at noon, after two minutes."""
    with house.scene() as scene:
        store, begun = scene.store, NOON - 2 * MINUTE
        run = store.add(by_hand(job), owner="me", host=host, now=begun)
        run = store.start([Launch(run=run.id)], owner="me", host=host, now=begun)[0]
        ended(store, run, State.SUCCESS, NOON, took=2 * MINUTE)


def audited(house):
    """What was done to hosts: action, subject, outcome."""
    found = house.client("admin").get("/api/v1/audit").json()["items"]
    return [(one["action"], one["subject"], one["outcome"]) for one in found]
