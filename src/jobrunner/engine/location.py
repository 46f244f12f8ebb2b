"""Where the ledger is: where jobs.toml says, else in a file of the state folder."""

import os
from collections.abc import Mapping

from jobrunner.engine.given import given
from jobrunner.engine.state import State
from jobrunner.errors import ForbiddenError, UnusableError
from jobrunner.model.settings import Settings
from jobrunner.model.value import Secret
from jobrunner.store.location import is_shared, is_url, path_of

ELSEWHERE = "elsewhere"
EXPORTED = "Who starts jobrunner has to set it: cron, the unit, this shell"
LOOKS = "A URL looks like this: postgresql://USER:PASSWORD@HOST/DATABASE"


def location(settings: Settings, state: State, environ: Mapping[str, str] = os.environ) -> Secret:
    """The path or the URL of the ledger; it may hold a password: `store.telling` tells it.

    A file or variable that holds it is read now; UnusableError or ForbiddenError if it cannot be.
    """
    try:
        said = given(settings, "store", environ)
    except ForbiddenError as error:
        raise ForbiddenError(f"where the ledger is cannot be known: {error}") from error
    except UnusableError as error:
        advice = f"\n{EXPORTED}" if settings.store_env else ""
        raise UnusableError(f"where the ledger is cannot be known: {error}{advice}") from error
    if said and not is_url(said) and not said.startswith("/"):
        raise UnusableError(f"{_source(settings)} holds neither a URL nor a whole path.\n{LOOKS}")
    return said or Secret(state.ledger)


def name_of(settings: Settings) -> str:
    """What a ledger is called that is not the state folder's own; else ''.

    Hosts may reach it by different addresses: what its runs are called does not depend on them.
    """
    is_elsewhere = settings.store or settings.store_file or settings.store_env
    return ELSEWHERE if is_elsewhere else ""


def is_there(where: str) -> bool:
    """Whether there may be a ledger: what many hosts share is known only when it is opened."""
    return is_shared(where) or os.path.lexists(path_of(where))


def _source(settings: Settings) -> str:
    if settings.store_env:
        return f"the variable {settings.store_env} (store_env)"
    return f"{settings.store_file or 'jobs.toml'} (store{'_file' if settings.store_file else ''})"
