"""Who may change jobs.toml from here."""

from jobrunner.model.access import Role
from jobrunner.web.call import Call
from jobrunner.web.problem import RefusedError


def may_edit(call: Call) -> bool:
    """Whether this visitor may change jobs.toml from here.

    What is executed comes from files alone: only the user that the supervisor is writes them.
    """
    return call.visitor.may(Role.ADMIN) and not obstacle(call)


def require_edit(call: Call) -> None:
    """Refuse who may not, and say what stands in the way."""
    call.require_every_job()
    if why := obstacle(call):
        raise RefusedError("not-editable", why)


def obstacle(call: Call) -> str:
    """What stands in an admin's way, in a sentence; nothing if nothing does."""
    if call.visitor.jobs:
        return "This token is good for some jobs only."
    if not call.scene.config.serve.allow_edit:
        return "jobs.toml says who may: set allow_edit = true below [serve] there."
    if not call.site.is_owners:
        return "serve runs as another user than the supervisor, so that it may write no command."
    return ""
