"""What `list`, completion and all help cost, as multiples of the CPU time of a bare Python.

The jobs have each been looked at and run once; a supervisor has read their file.

python benchmarks/list.py [--json] [--jobs 1000] [--rounds 15]
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from jobrunner.cli.overview import COMMANDS
from jobrunner.clock import SystemClock
from jobrunner.engine.plan import read
from jobrunner.engine.scene import ledger
from jobrunner.engine.state import State, prepare
from jobrunner.jobfile.place import Asker
from jobrunner.model.decision import Look
from jobrunner.model.run import Outcome, Trigger
from jobrunner.model.run import State as RunState
from jobrunner.schedule.identity import fingerprint
from jobrunner.store.value import Ending, Launch, NewRun

# Of the last two each is the word that somebody presses Tab after.
LIMITS = {
    "list": 12.0,
    "--version": 4.0,
    "--help": 4.0,
    "complete bash li": 6.0,
    "complete bash show job-1": 6.0,
}
HELP = 4.0  # of every command; click alone, which it does without, is four times a bare Python
PROGRAM = Path(__file__).parents[1] / "src/jobrunner/program"
BARE = [sys.executable, "-c", "pass"]
# An installed package has its bytecode beside it.
ENVIRON = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "JOBRUNNER_"))}
US = {"owner": "benchmark", "host": "benchmark"}


def home(folder: Path, jobs: int) -> Path:
    """The jobs.toml of a host with so many jobs and a past."""
    file = folder / "jobs.toml"
    file.write_text(
        "".join(
            f'[jobs.job-{n}]\ncron = "{n % 60} {n % 24} * * *"\ncommand = "true"\n'
            for n in range(jobs)
        )
    )
    state = State(f"{folder}/.jobrunner")
    prepare(state)
    asker = Asker(environ=ENVIRON, cwd=str(folder), uid=os.geteuid())
    declared = read(str(file), state, asker).config.jobs
    now = SystemClock().now()
    store = ledger(state)
    looks = [
        Look(job=name, since=None, until=now, next_at=now + timedelta(1), schedule=fingerprint(job))
        for name, job in declared.items()
    ]
    store.claim(looks, now=now, **US)
    for name in declared:
        run = store.add(NewRun(job=name, trigger=Trigger.MANUAL, asked_by="ann"), now=now, **US)
        assert run
        store.start([Launch(run=run.id, definition="", output="")], now=now, **US)
        outcome = Outcome(state=RunState.SUCCESS, finished_at=now, exit_code=0)
        store.finish([Ending(run=run.id, attempt=1, outcome=outcome)], owner=US["owner"])
    store.checkpoint()
    store.close()
    return file


def cpu(command: Sequence[str | Path]) -> float:
    """Seconds of CPU time; the command has to succeed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True, env=ENVIRON)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measured(commands: Sequence[Sequence[str | Path]], rounds: int) -> list[float]:
    """The median of each, taken in turns, so that all see the same machine."""
    for command in commands:
        cpu(command)
    turns = [[cpu(command) for command in commands] for _ in range(rounds)]
    return [statistics.median(figures) for figures in zip(*turns, strict=True)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        ENVIRON["JOBRUNNER_CONFIG"] = str(home(Path(folder), options.jobs))
        limits = LIMITS | {f"{command} --help": HELP for command in COMMANDS}
        commands = [[sys.executable, PROGRAM, *words.split()] for words in limits]
        bare, *figures = measured([BARE, *commands], options.rounds)
    ratios = {words: round(figure / bare, 2) for words, figure in zip(limits, figures, strict=True)}
    answer = {"bare_ms": round(bare * 1000, 2), "ratio": ratios, "limit": limits}
    print(json.dumps(answer) if options.json else f"{answer}")
    return int(any(ratios[words] > limit for words, limit in limits.items()))


if __name__ == "__main__":
    sys.exit(main())
