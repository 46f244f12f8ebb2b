"""A value of jobs.toml that may stand in it, in a file, or in a variable."""

import os
from collections.abc import Mapping

from jobrunner.errors import UnusableError
from jobrunner.jobfile.disk import Disk
from jobrunner.jobfile.trust import shown
from jobrunner.model.job import Job
from jobrunner.model.settings import Channel, Settings
from jobrunner.model.value import Secret

Holder = Channel | Job | Settings


def given(holder: Holder, key: str, environ: Mapping[str, str]) -> Secret:
    """A value of a table in whichever form it is given, read now; what is not given is ''.

    UnusableError if its file or variable holds none, ForbiddenError if that file may not be read or
    others may write it.
    """
    path, variable = getattr(holder, f"{key}_file"), getattr(holder, f"{key}_env")
    if path:
        text = Disk(os.geteuid()).read(path).decode(errors="replace").strip()
        if not text:
            raise UnusableError(f"{shown(path)} is empty ({key}_file)")
        return Secret(text)
    if variable:
        if not environ.get(variable):
            raise UnusableError(f"the variable {variable} is not set ({key}_env)")
        return Secret(environ[variable])
    value: Secret = getattr(holder, key)
    return value
