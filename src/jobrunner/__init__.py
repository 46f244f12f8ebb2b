"""jobrunner: cron with a memory.

A `jobs.toml` says what runs when.  Every due slot of every job ends in a ledger in exactly one
way: it ran, and how it ended; or it was skipped or missed, and why.

Where things live; imports point down this list, never up, and a test asserts it:

    0  errors   model   clock   words     values and states; the one clock; durations in words;
       digest   current                   hash functions; what a run can know of itself
    1  cron   schedule   policy   config  pure: instants, decisions, jobs.toml text -> values;
       template   address                 {slot} and its like, filled in; what may be called
    2  jobfile   store   process   kinds  adapters: files on disk, the ledger, an attempt's process,
       notify   formats   lease           what attempts of each kind of job execute, messages out,
                                          other people's formats, leases where no ledger is common
    3  engine                             the use cases: docs/contributing.md has its parts
    4  cli   web                          argv in, exit code out; requests in, responses out
"""

__version__ = "0.1.0.dev0"


def __getattr__(name: str) -> object:
    """`current_run`, for code that a job runs: who does not ask for it does not pay for it."""
    if name == "current_run":
        from jobrunner.current import current_run  # noqa: PLC0415 - see above

        return current_run
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
