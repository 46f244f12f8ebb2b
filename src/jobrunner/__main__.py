"""The `jobrunner` program: a short way for what starts every minute, the commands for the rest.

What only some starts need is imported by these.
"""

import gc
import os
import sys

TICK = "tick"
SUPERVISE = "supervise"
SEND = "send"
PAIR = "pair"
COMPLETE = "complete"
HELP = "help"
# How a command line ends that may ask for help.
ASKING = (HELP, "-h", "--help", "--version")
HINTS = "typing_extensions"
NO_ANSWER = 1
LEFT_EARLY = 141


def main() -> None:
    """Do what the command line says, and exit with its code."""
    arguments = sys.argv[1:]
    if arguments[:1] == [SUPERVISE]:
        _import_values()
        from jobrunner.engine import supervise  # noqa: PLC0415

        sys.exit(supervise.main(arguments[1:]))
    if arguments[:1] == [SEND]:
        _import_values()
        from jobrunner.engine.alert import send  # noqa: PLC0415

        sys.exit(send.main(arguments[1:]))
    if arguments[:1] == [PAIR]:
        _import_values()
        from jobrunner.engine.serving import pair  # noqa: PLC0415

        sys.exit(pair.main(arguments[1:]))
    if arguments[:1] == [COMPLETE]:
        from jobrunner.cli import suggest  # noqa: PLC0415

        suggest.main(arguments[1:])
        return
    if (not arguments or arguments[-1] in ASKING or arguments[0] == HELP) and _is_shown(arguments):
        return
    if TICK in arguments:
        _tick(arguments)
    gc.disable()  # what is imported stays: until then a look for garbage is in vain
    _import_values()
    from jobrunner.cli.main import main as command  # noqa: PLC0415

    command()


def _import_values() -> None:
    """Import msgspec alone.

    From typing_extensions, where that is installed, it takes what Python has itself by now; with
    all that imports in turn it is a megabyte of a supervisor, and more than a bare Python's time.
    """
    sys.modules.setdefault(HINTS, None)  # type: ignore[arg-type] # None says that there is none
    import msgspec  # noqa: F401, PLC0415 - for those who import it next

    if sys.modules[HINTS] is None:
        del sys.modules[HINTS]


def _is_shown(arguments: list[str]) -> bool:
    """Show a page of help if one is asked for."""
    from jobrunner.cli.page import asked  # noqa: PLC0415

    text = asked(arguments, os.environ)
    if text is None:
        return False
    try:
        os.write(1, f"{text}\n".encode())
    except BrokenPipeError:
        sys.exit(LEFT_EARLY)
    except OSError as error:
        _say(f"Error: the answer cannot be written: {error.strerror}.")
        sys.exit(1)
    return True


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
