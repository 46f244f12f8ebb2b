"""`jobrunner drain`: a host takes nothing new."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from msgspec import Struct

from jobrunner.cli import output
from jobrunner.cli.caller import asker
from jobrunner.cli.elsewhere import elsewhere
from jobrunner.cli.option import Globals, global_options
from jobrunner.config.spelling import shown
from jobrunner.engine.actions import drain
from jobrunner.engine.actions.drain import Drained, Still
from jobrunner.engine.actions.who import who
from jobrunner.engine.report.host import HostRow, Roster, see_hosts
from jobrunner.engine.scene import scene
from jobrunner.errors import UnknownError
from jobrunner.words import listed, numbered

PACE = 0.5  # seconds between two looks at what still runs
FEW = 5


class Place(Struct, frozen=True, kw_only=True):
    """Where it is asked for: on this host, or on another one."""

    drain: Callable[[str], Drained]
    undrain: Callable[[str], Drained]
    hosts: Callable[[], Roster]
    still: Callable[[str], tuple[Still, ...]]


@click.command()
@click.argument("host")
@click.option("--off", is_flag=True, help="Let it take runs again.")
@click.option("--wait", is_flag=True, help="Wait until nothing runs there any more.")
@global_options
@click.pass_obj
def command(settings: Globals, *, host: str, off: bool, wait: bool) -> None:
    """Have a host take nothing new.

    What runs there goes on to its end, what waits goes to other hosts.  It stays so over a restart
    of the host, until it is told otherwise.

    \b
    Examples:
      jobrunner drain web-2 --wait
      jobrunner drain web-2 --off
    """
    if off and wait:
        raise click.UsageError("--off lets it work: there is nothing to wait for")
    with _place(settings) as there:
        found = (there.undrain if off else there.drain)(host)
        output.tell(_told(found, is_off=off))
        if found.running and not off:
            output.tell(f"  still runs there: {_named(found.running)}")
        if wait:
            _wait(there, host, settings)
    if not off:
        output.tell(f"  to let it work again: jobrunner drain {shown(host)} --off")


@contextmanager
def _place(settings: Globals) -> Iterator[Place]:
    far = elsewhere(settings)
    if far is not None:
        yield Place(
            drain=far.drain,
            undrain=far.undrain,
            hosts=far.hosts,
            still=lambda host: drain.still_on(far.scene.store, host),
        )
        return
    with scene(settings.config, asker()) as here:
        yield Place(
            drain=lambda host: drain.drain(here.store, host, who(asker())),
            undrain=lambda host: drain.undrain(here.store, host),
            hosts=lambda: see_hosts(here, settings.clock.now()),
            still=lambda host: drain.still_on(here.store, host),
        )


def _wait(there: Place, name: str, settings: Globals) -> None:
    """Until the host has heard of it and nothing runs there, or nobody is there to hear."""
    before: tuple[Still, ...] | None = None
    while True:
        host = next((each for each in there.hosts().hosts if each.name == name), None)
        if host is None:
            raise UnknownError(f"{shown(name)} is forgotten: nobody tells what runs there.")
        still = there.still(name)
        if not still and _has_heard(host):
            output.tell(f"Nothing runs on {shown(name)}.")
            return
        if still != before and before is not None and still:
            output.tell(f"  still runs there: {_named(still)}")
        before = still
        settings.clock.sleep(PACE)


def _has_heard(host: HostRow) -> bool:
    """Whether it has said that it lives since it is drained, with nothing left that waits."""
    if host.state in {"silent", "left"} or host.drained_at is None:
        return True
    is_later = host.last_beat_at is not None and host.last_beat_at > host.drained_at
    return is_later and not host.waiting


def _told(found: Drained, *, is_off: bool) -> str:
    host = shown(found.host)
    if is_off:
        return f"{host} takes runs again." if found.changed else f"{host} is not drained."
    if not found.changed:
        return f"{host} takes nothing new already, as {shown(found.by)} asked."
    return f"{host} takes nothing new from now on."


def _named(still: tuple[Still, ...]) -> str:
    runs = [f"{each.job} #{each.run}" for each in still[:FEW]]
    more = [numbered(len(still) - FEW, "more run")] if len(still) > FEW else []
    return shown(listed([*runs, *more]))
