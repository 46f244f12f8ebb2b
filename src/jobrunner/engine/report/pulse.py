"""Whether anything has changed that is shown: asked again and again by who waits for news."""

from collections.abc import Callable

import msgspec

from jobrunner.digest import sha256
from jobrunner.engine.scene import Scene
from jobrunner.engine.watch import Prints
from jobrunner.model.run import Run

LENGTH = 16


def pulse_of(scene: Scene, prints: Prints, sees: Callable[[str], bool] | None = None) -> str:
    """Another text when anything has changed in the ledger, or in the files of these prints.

    With `sees`, anything of the jobs that are seen.
    """
    found = scene.store.pulse() if sees is None else _of_some(scene, sees)
    told: str = sha256("\n".join((found, *prints)).encode()).hexdigest()
    return told[:LENGTH]


def _of_some(scene: Scene, sees: Callable[[str], bool]) -> str:
    store = scene.store
    names = [name for name in scene.config.jobs if sees(name)]
    newest = [run for runs in store.latest(names).values() for run in runs]
    health = {name: one for name, one in store.health().items() if sees(name)}
    marks = sorted((*at, mark.next_at) for at, mark in store.marks().items() if sees(at[0]))
    runs = [_told(run) for run in (*newest, *store.live()) if sees(run.job)]
    return msgspec.json.encode((runs, health, marks)).decode()


def _told(run: Run) -> tuple[int, str, int]:
    return run.id, run.state.value, run.attempts
