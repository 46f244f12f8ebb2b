"""Where a shell looks for the completions of programs, and putting one there."""

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from jobrunner.errors import ForbiddenError, JobrunnerError

BASH_COMPLETION = "/usr/share/bash-completion/bash_completion"
HOST_ZSH = "/usr/local/share/zsh/site-functions"


class Place(Struct, frozen=True):
    """A file that a shell reads by itself; `needs` is what has to be in the shell's own file."""

    path: Path
    needs: str = ""


def place(shell: str, environ: Mapping[str, str], uid: int) -> Place:
    """Where this user's shell looks; for zsh only root's place is looked at unasked."""
    home = environ.get("HOME", "")
    if not home.startswith("/"):
        raise JobrunnerError("$HOME names no folder. Put it where you like: jobrunner completion")
    data = _base(environ, "XDG_DATA_HOME", f"{home}/.local/share")
    if shell == "fish":
        config = _base(environ, "XDG_CONFIG_HOME", f"{home}/.config")
        return Place(config / "fish/completions/jobrunner.fish")
    if shell == "zsh":
        if uid == 0:
            return Place(Path(HOST_ZSH, "_jobrunner"))
        folder = data / "zsh/site-functions"
        return Place(folder / "_jobrunner", f"~/.zshrc, before compinit: fpath=({folder} $fpath)")
    own = environ.get("BASH_COMPLETION_USER_DIR", "")
    folder = Path(own) if own.startswith("/") else data / "bash-completion"
    path = folder / "completions/jobrunner"
    has_loader = Path(BASH_COMPLETION).exists()
    return Place(path, "" if has_loader else f"~/.bashrc: source {path}")


def write(path: Path, text: str) -> bool:
    """Put the text there, unless it is there already; a link's target is what is written."""
    try:
        if path.exists() and path.read_text() == text:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    except PermissionError as error:
        raise ForbiddenError(f"{path} cannot be written: {error.strerror}.") from error
    except OSError as error:
        raise JobrunnerError(f"{path} cannot be written: {error.strerror}.") from error
    return True


def _base(environ: Mapping[str, str], variable: str, default: str) -> Path:
    named = environ.get(variable, "")
    return Path(named if named.startswith("/") else default)
