"""What every request is answered from: the configuration in force, the ledger, the clock."""

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import Lock

from msgspec.structs import replace
from starlette.requests import HTTPConnection

from jobrunner.clock import Clock
from jobrunner.engine import plan
from jobrunner.engine.access.first import FirstLink
from jobrunner.engine.plan import Plan
from jobrunner.engine.scene import Scene, state_of
from jobrunner.engine.state import State
from jobrunner.errors import ForbiddenError, StoreError, UnusableError
from jobrunner.jobfile.place import Asker, find_jobs, find_state
from jobrunner.model.settings import Config
from jobrunner.web.cache import Cache
from jobrunner.web.pool import Pool

LOG = logging.getLogger("jobrunner.web")
UNREADABLE = "The ledger cannot be read; the log of serve says why."


class Site:
    """One jobs.toml and its ledger, for as long as the page is served.

    `serve` is what the file said when serving began; what may change meanwhile is read from the
    plan of each request.  `host` and `port` are those that are listened on.
    """

    def __init__(
        self,
        option: str | None,
        asker: Asker,
        clock: Clock,
        *,
        link: FirstLink | None = None,
        host: str = "",
        port: int = 0,
    ) -> None:
        self.asker, self.clock, self.link = asker, clock, link
        self._path = find_jobs(option, asker).path
        self.cache = Cache()
        self._pool = Pool(clock)
        self._turn = Lock()
        self._trouble = ""
        habit = State(find_state(self._path, asker).path)
        self._plan = plan.look(self._path, habit, asker)
        serve = self._plan.config.serve
        self.serve = replace(serve, host=host) if host else serve
        self.port = port or self.serve.port

    @property
    def path(self) -> str:
        """The jobs.toml that is served."""
        return self._path

    def plan(self) -> Plan:
        """The configuration in force, read again when its files have changed."""
        with self._turn:
            if not self._plan.is_current():
                state = state_of(self._plan.config, self.asker)
                self._plan = plan.look(self._path, state, self.asker, self._plan)
            return self._plan

    @contextmanager
    def open(self) -> Iterator[tuple[Scene, str]]:
        """The scene of one request, and why jobs.toml says something else, if it does."""
        standing = self.plan()
        with ExitStack() as stack:
            scene = self._scene(standing.config, stack)
            yield scene, standing.problem

    def _scene(self, config: Config, stack: ExitStack) -> Scene:
        """With its ledger; why that cannot be had is for the log: who asks is not known yet."""
        try:
            scene = stack.enter_context(self._pool.scene(config, self.asker))
        except (StoreError, UnusableError, ForbiddenError) as error:
            if str(error) != self._trouble:  # each request would say it again
                self._trouble = str(error)
                LOG.warning("%s", error)
            kind = type(error) if isinstance(error, StoreError) else StoreError
            raise kind(UNREADABLE) from error
        self._trouble = ""
        return scene

    @property
    def is_owners(self) -> bool:
        """Whether this process is the user that the supervisor is."""
        owner = state_of(self._plan.config, self.asker).owner
        return owner is None or owner == self.asker.uid


def site_of(request: HTTPConnection) -> Site:
    """The site that a request is made to."""
    site: Site = request.app.state.site
    return site


def base_of(request: HTTPConnection) -> str:
    """What every address of ours begins with."""
    return str(request.scope.get("root_path", ""))
