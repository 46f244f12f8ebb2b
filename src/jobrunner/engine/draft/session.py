"""An editor on a private copy of a file, and what becomes of a text that cannot be saved."""

import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path, PurePath
from tempfile import NamedTemporaryFile, TemporaryDirectory

from jobrunner.config.spelling import shown
from jobrunner.errors import BusyError, JobrunnerError, UnusableError

DEFAULTS = ("sensible-editor", "editor", "nano", "vi")
# These open a file at a line that is given before its name.
WITH_LINE = {"vi", "vim", "nvim", "nano", "emacs", "mcedit", "micro", "kak", "jed", "joe", "ne"}
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def editor_of(environ: Mapping[str, str]) -> list[str]:
    """The words of the editor's command: $VISUAL, $EDITOR, or what the host has."""
    for variable in ("VISUAL", "EDITOR"):
        if wanted := environ.get(variable, "").strip():
            try:
                return shlex.split(wanted)
            except ValueError as error:
                reason = f"${variable} is not a command: {error}: {shown(wanted)}"
                raise JobrunnerError(reason) from error
    found = next(filter(None, map(shutil.which, DEFAULTS)), None)
    if found is None:
        raise JobrunnerError("there is no editor.\nName one: EDITOR=nano jobrunner edit")
    return [found]


@contextmanager
def private_copy(file: str, text: str) -> Iterator[Path]:
    """A copy that nobody else can read, under the same name, so that editors know what it is."""
    with TemporaryDirectory(prefix="jobrunner-") as folder:
        copy = Path(folder, PurePath(file).name)
        copy.write_bytes(text.encode())
        yield copy


def open_editor(editor: Sequence[str], copy: Path, line: int) -> str:
    """Have the copy edited, and what it holds then."""
    has_line = line > 1 and PurePath(editor[0]).name in WITH_LINE
    words = [*editor, *([f"+{line}"] if has_line else []), str(copy)]
    with _deaf():
        try:
            code = subprocess.run(words, check=False).returncode  # noqa: S603 - the user's editor
        except OSError as error:
            reason = f"{shown(editor[0])} cannot be started: {error.strerror}"
            raise JobrunnerError(f"{reason}.\nName another: EDITOR=nano jobrunner edit") from error
    if code:
        ending = f"exit code {code}" if code > 0 else f"signal {-code}"
        raise JobrunnerError(f"the editor ended with {ending}. Nothing was changed.")
    return _content(copy)


def instead_of(old: str, new: str) -> Callable[[str], str]:
    """The change to a new text of a file that still holds the old one."""

    def changed(text: str) -> str:
        if text != old:
            raise BusyError("the file was changed by somebody else meanwhile; it is left as it is.")
        return new

    return changed


def rejected(file: str) -> str:
    """The path beside the file for a text that cannot be saved: one that is not there yet."""
    names = (f"{file}.rejected" + (f".{n}" if n > 1 else "") for n in count(1))
    return next(name for name in names if not os.path.lexists(name))


def keep(file: str, text: str) -> str:
    """Write the text beside the file, or where there is room for it; tell where."""
    path = rejected(file)
    try:
        with os.fdopen(os.open(path, NEW, 0o600), "wb") as stream:
            stream.write(text.encode())
    except OSError:
        name = f"{PurePath(file).name}.rejected."
        with NamedTemporaryFile("wb", prefix=name, delete=False) as other:
            other.write(text.encode())
        return other.name
    return path


def _content(copy: Path) -> str:
    try:
        return copy.read_bytes().decode()
    except FileNotFoundError as error:
        raise JobrunnerError("the editor removed the file. Nothing was changed.") from error
    except UnicodeDecodeError as error:
        where = f"byte {error.start} is no UTF-8"
        raise UnusableError(f"what was written is not a text: {where}.") from error


@contextmanager
def _deaf() -> Iterator[None]:
    """Leave Ctrl-C to the editor; a handler, unlike SIG_IGN, is not inherited by it."""
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
