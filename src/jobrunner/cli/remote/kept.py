"""What an attempt on the other host wrote, as a file of this one: the same bytes, the same hole."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile

from jobrunner.engine.past.log import Log, kept_of
from jobrunner.model.run import Attempt
from jobrunner.process.output import parted, remark


@contextmanager
def copied(content: bytes, attempt: Attempt) -> Iterator[Log]:
    """An output, open, of which `content` is all that is kept, with a line for what was cut.

    What is not known to be cut, as while the attempt runs, is taken as it is.
    """
    size, cut = attempt.output_size or 0, attempt.output_cut or 0
    parts = parted(size, size - cut)
    told = remark(parts.cut) if parts.cut else b""
    is_parted = bool(told) and len(content) == parts.head + len(told) + parts.tail
    with TemporaryFile() as file:
        if is_parted:
            file.write(content[: parts.head])
            os.pwrite(file.fileno(), content[parts.head + len(told) :], size - parts.tail)
        else:
            size, cut = len(content), 0
            file.write(content)
        file.flush()
        yield Log(file=file.fileno(), size=size, spans=kept_of(size, size - cut))
