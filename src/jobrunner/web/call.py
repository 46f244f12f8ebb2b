"""One request by somebody who may make it: who, when, and what it is answered from."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Request
from msgspec import Struct
from msgspec.structs import replace

from jobrunner.config.spelling import unknown
from jobrunner.engine.access import audit
from jobrunner.engine.access.visitor import Visitor
from jobrunner.engine.past.choose import is_known
from jobrunner.engine.scene import Scene
from jobrunner.errors import UnknownError
from jobrunner.model.access import Role
from jobrunner.web.address import is_secure
from jobrunner.web.credential import CHALLENGE, visitor_of
from jobrunner.web.once import claim
from jobrunner.web.problem import RefusedError
from jobrunner.web.site import Site, base_of

# A problem of jobs.toml shows lines of it, which may be those of any job.
HIDDEN = "jobs.toml cannot be used; who may see every job is told why."


class Call(Struct, frozen=True, kw_only=True):
    """What a handler works with.

    In the configuration of `scene` are the jobs that the visitor may see; its store knows more.
    `problem` says why what jobs.toml says now is not in force, if it is not.
    """

    request: Request
    site: Site
    scene: Scene
    visitor: Visitor
    now: datetime
    problem: str

    @property
    def base(self) -> str:
        """What every address of ours begins with."""
        return base_of(self.request)

    @property
    def origin(self) -> str:
        """By what scheme and name the visitor reaches this server."""
        trusted = self.scene.config.serve.trusted_proxies
        scheme = "https" if is_secure(self.request, trusted) else "http"
        return f"{scheme}://{self.request.headers['host']}"

    def sees(self, job: str) -> bool:
        """Whether the visitor's token is good for this job."""
        return self.visitor.sees(job)

    @property
    def sight(self) -> Callable[[str], bool] | None:
        """What tells the jobs that the visitor may see; None for every one."""
        return self.sees if self.visitor.jobs else None

    def require(self, job: str) -> str:
        """The name of a job that the visitor may see; others are as if they were not there."""
        if not self.sees(job):
            raise RefusedError("not-found", f'There is no job "{job}" that this token may see.')
        return job

    def require_known(self, job: str) -> str:
        """The same of a job that is declared, or was once: the ledger remembers."""
        if is_known(self.require(job), self.scene.store, self.scene.config.jobs):
            return job
        raise UnknownError(unknown("job", job, self.scene.config.jobs))

    def names(self) -> tuple[str, ...] | None:
        """The jobs that the visitor may see, of those that are or were; None for every one."""
        if not self.visitor.jobs:
            return None
        there_were = {*self.scene.config.jobs, *self.scene.store.totals()}
        return tuple(name for name in sorted(there_were) if self.sees(name))

    def require_every_job(self) -> None:
        """Refuse a token that is good for some jobs only."""
        if self.visitor.jobs:
            raise RefusedError(
                "not-allowed", "That is about every job, and this token is good for some only."
            )

    def note(self, action: str, subject: str = "", detail: str = "", outcome: str = "done") -> None:
        """Write into the audit what was changed, and by whom."""
        audit.note(
            self.scene.store,
            self.visitor,
            action,
            subject,
            detail,
            outcome,
            address=self.visitor.address,
            now=self.now,
        )


class Needs:
    """A dependency: the call of a visitor who has at least this role.

    Only where `anything` may be asked, parameters that there are not are taken.
    """

    def __init__(self, role: Role, *, anything: bool = False) -> None:
        self.role, self._anything = role, anything

    def __call__(self, request: Request) -> Iterator[Call]:
        if not self._anything:
            _refuse_unknown_parameters(request)
        site: Site = request.app.state.site
        now = site.clock.now()
        with site.open() as (scene, problem):
            visitor = visitor_of(request, site, scene, request.app.state.throttle, now)
            if visitor is None:
                raise RefusedError("not-signed-in", headers=CHALLENGE)
            if not visitor.may(self.role):
                raise RefusedError(
                    "not-allowed", f"That takes the role {self.role}; yours is {visitor.role}."
                )
            claim(request, visitor, scene.store)
            yield Call(
                request=request,
                site=site,
                scene=_seen_by(visitor, scene),
                visitor=visitor,
                now=now,
                problem=HIDDEN if problem and visitor.jobs else problem,
            )


# The ledger is let go of before the answer is sent: who reads slowly holds nothing.
Viewer = Annotated[Call, Depends(Needs(Role.VIEWER), scope="function")]
Operator = Annotated[Call, Depends(Needs(Role.OPERATOR), scope="function")]
Admin = Annotated[Call, Depends(Needs(Role.ADMIN), scope="function")]


def _seen_by(visitor: Visitor, scene: Scene) -> Scene:
    """The scene with those jobs alone that the visitor may see."""
    if not visitor.jobs:
        return scene
    jobs = {name: job for name, job in scene.config.jobs.items() if visitor.sees(name)}
    return replace(scene, config=replace(scene.config, jobs=jobs))


def role_of(route: Any) -> Role | None:
    """The role that a route asks for; None for one that anybody may call."""
    calls = [each.call for each in _dependants(route.dependant)]
    return next((each.role for each in calls if isinstance(each, Needs)), None)


def parameters_of(route: Any) -> set[str]:
    """The query parameters that a route knows."""
    return {one.alias for each in _dependants(route.dependant) for one in each.query_params}


def _dependants(dependant: Any) -> Iterator[Any]:
    """What a route depends on, itself included."""
    yield dependant
    for each in dependant.dependencies:
        yield from _dependants(each)


def _refuse_unknown_parameters(request: Request) -> None:
    """A parameter that is mistyped must not silently widen the answer."""
    if not request.query_params:
        return
    known = parameters_of(request.scope["route"])
    for name in request.query_params:
        if name not in known:
            there_are = ", ".join(sorted(known)) or "none"
            told = f'There is no parameter "{name[:60]}"; there are: {there_are}.'
            raise RefusedError("unknown-parameter", told)
