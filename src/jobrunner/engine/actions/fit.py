"""Whether parameters of a run can be told to fit the patterns of their job in time."""

import json
from collections.abc import Iterator, Mapping

from jobrunner.engine.bounded import told
from jobrunner.model.job import Job

SECONDS = 1
PROGRAM = """
import json, re, sys, warnings
warnings.simplefilter("ignore")
for pattern, value in json.load(sys.stdin.buffer):
    re.fullmatch(pattern, value)
"""


def slow(job: Job, given: Mapping[str, str]) -> str:
    """A sentence if it takes too long to tell; '' if it does not, whatever the answer is."""
    pairs = [*_pairs(job, given)]
    if not pairs or told(PROGRAM, json.dumps(pairs).encode(), seconds=SECONDS) is not None:
        return ""
    names = " or ".join(name for name in given if name in job.params and job.params[name].pattern)
    return f"it takes too long to tell whether {names} fits its pattern: give something shorter"


def _pairs(job: Job, given: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in given.items():
        param = job.params.get(name)
        if param and param.pattern and not param.choices and value != param.default:
            yield param.pattern, value
