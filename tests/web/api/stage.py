"""A site with a real supervisor behind it."""

from tests.engine.theatre import Theatre
from tests.web.house import House

JOBS = """
[jobs.hello]
cron = "*/15 * * * *"
command = 'printf "hello %s\\n" "$JOBRUNNER_PARAM_WHO"'
params.who = { default = "you" }

[jobs.sleeper]
command = "exec sleep 1000"

[jobs.report]
cron = "30 2 * * *"
timezone = "UTC"
command = "echo report"
"""


class Stage:
    """One folder, served, with supervisors that a test starts."""

    def __init__(self, folder, text=JOBS):
        self.house = House(folder, text)
        self.theatre = Theatre(folder)
        with self.house.scene() as scene:
            assert scene.state == self.theatre.state
        self.store = self.theatre.store

    def client(self, role="operator", **more):
        return self.house.client(role, **more)

    def post(self, path, body=None, role="operator", **more):
        return self.client(role).post(f"/api/v1{path}", json=body or {}, **more)

    def deeds(self):
        """Who did what to what, and what came of it, oldest first."""
        found = self.store.deeds(limit=100)
        return [(each.who, each.action, each.subject, each.outcome) for each in found[::-1]]

    def close(self):
        self.theatre.close()
