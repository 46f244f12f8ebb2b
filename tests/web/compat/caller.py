"""A program of another scheduler, and the host that it calls."""

import tomllib

from tests.web.api.stage import Stage

JOBS = """
[serve]
allow_edit = true

[jobs.crawl]
description = "What every crawl does"
tags = ["compat", "web"]
timezone = "Asia/Seoul"
cron = "0 3 * * *"
timeout = "30m"
command = 'printf "hello %s" "$JOBRUNNER_PARAM_WHO" && exit "$JOBRUNNER_PARAM_CODE"'
params.who = { default = "you" }
params.code = { default = "0" }

[jobs.refresh]
every = "3h"
timezone = "UTC"
command = 'echo "{\\"message\\": \\"done\\", \\"data\\": {\\"rows\\": 42}}" > "$JOBRUNNER_RESULT"'

[jobs.sleeper]
command = "exec sleep 1000"
"""


class Caller(Stage):
    """Calls below /api/compat, as whoever may what is called for."""

    def __init__(self, folder, text=JOBS):
        super().__init__(folder, text)

    def get(self, path, role="viewer", **more):
        return self.client(role).get(f"/api/compat{path}", **more)

    def post(self, path, body=None, role="operator", **more):
        return self.client(role).post(f"/api/compat{path}", json=body, **more)

    def put(self, path, body=None, role="admin", **more):
        return self.client(role).put(f"/api/compat{path}", json=body, **more)

    def delete(self, path, role="admin"):
        return self.client(role).delete(f"/api/compat{path}")

    def table(self, name):
        """The keys of a job as jobs.toml has them."""
        return self.toml()["jobs"].get(name)

    def toml(self):
        return tomllib.loads(self.house.file.read_text())
