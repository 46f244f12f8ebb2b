"""One request by somebody who may make it: who, when, and what it is answered from."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Request
from msgspec import Struct

from jobrunner.engine.access import audit
from jobrunner.engine.access.visitor import Visitor
from jobrunner.engine.scene import Scene
from jobrunner.model.access import Role
from jobrunner.web.credential import CHALLENGE, visitor_of
from jobrunner.web.problem import RefusedError
from jobrunner.web.site import Site


class Call(Struct, frozen=True, kw_only=True):
    """What a handler works with.

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
        return str(self.request.scope.get("root_path", ""))

    def sees(self, job: str) -> bool:
        """Whether the visitor's token is good for this job."""
        return self.visitor.sees(job)

    def require(self, job: str) -> str:
        """The name of a job that the visitor may see; others are as if they were not there."""
        if not self.sees(job):
            raise RefusedError("not-found", f'There is no job "{job}" that this token may see.')
        return job

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
    """A dependency: the call of a visitor who has at least this role."""

    def __init__(self, role: Role) -> None:
        self.role = role

    def __call__(self, request: Request) -> Iterator[Call]:
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
            yield Call(
                request=request, site=site, scene=scene, visitor=visitor, now=now, problem=problem
            )


Viewer = Annotated[Call, Depends(Needs(Role.VIEWER))]
Operator = Annotated[Call, Depends(Needs(Role.OPERATOR))]
Admin = Annotated[Call, Depends(Needs(Role.ADMIN))]


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
