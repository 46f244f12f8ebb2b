"""The `jobrunner` program: a short way for what starts every minute, the commands for the rest.

What only some starts need is imported by these.
"""

import os
import sys

TICK = "tick"
SUPERVISE = "supervise"
NO_ANSWER = 1


def main() -> None:
    """Do what the command line says, and exit with its code."""
    arguments = sys.argv[1:]
    if arguments[:1] == [SUPERVISE]:
        from jobrunner.engine import supervise  # noqa: PLC0415

        sys.exit(supervise.main(arguments[1:]))
    if TICK in arguments:
        _tick(arguments)
    if len(arguments) <= 1 and _is_shown(arguments):
        return
    from jobrunner.cli.main import main as command  # noqa: PLC0415

    command()


def _is_shown(arguments: list[str]) -> bool:
    """Show what there is, if that is asked for; what cannot be written goes the long way."""
    from jobrunner.cli.overview import ASKED, TEXT  # noqa: PLC0415

    try:
        return tuple(arguments) in ASKED and bool(os.write(1, f"{TEXT}\n".encode()))
    except OSError:
        return False


def _tick(arguments: list[str]) -> None:
    """Go the short way, and come back only if it is not open."""
    from jobrunner.engine import tick  # noqa: PLC0415
    from jobrunner.errors import BusyError  # noqa: PLC0415

    try:
        complaint = tick.main(arguments)
    except BusyError as error:
        _say(f"Error: {error}")
        os._exit(NO_ANSWER)
    if complaint is not None:
        _say(complaint)
        # What Python would tidy up is gone with the process, too: a tenth of what a tick costs.
        os._exit(0)


def _say(text: str) -> None:
    if text and sys.stderr:
        try:  # noqa: SIM105 - contextlib is one import more for every tick
            os.write(2, f"{text}\n".encode(errors="backslashreplace"))
        except OSError:  # nobody can be told; the exit code still tells
            pass


if __name__ == "__main__":
    main()
