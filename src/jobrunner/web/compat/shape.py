"""What users of other schedulers are answered: in the names and shapes that they know."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

Outcome = Literal["success", "error"]


class Said(Struct, frozen=True, kw_only=True):
    """How it went, and a line on it."""

    message: str
    status: Outcome = "success"


class Execution(Struct, frozen=True, kw_only=True):
    """A run; what is still to come is null."""

    id: int
    started_at: datetime | None
    finished_at: datetime | None
    duration_seconds: float | None
    success: bool | None
    message: str
    result_data: Any


class ExecutionOfJob(Execution, frozen=True, kw_only=True):
    """A run of the job that it names; `state` is our own word for how it stands."""

    job_id: str
    state: str


class JobInList(Struct, frozen=True, kw_only=True):
    """A job.

    `status` is active where it never ran, then success, failed or retrying; or our own word for
    what goes on or holds it still.
    """

    job_id: str
    name: str
    description: str
    next_run: datetime | None
    trigger: str
    enabled: bool
    status: str


class JobInFull(JobInList, frozen=True, kw_only=True):
    """A job with its latest run, its retries, and its dates where it has such."""

    latest_execution: Execution | None
    start_date: str | None
    end_date: str | None
    timezone: str
    max_retries: int
    retry_delay: float


class JobList(Said, frozen=True, kw_only=True):
    """Every job, in the order of jobs.toml."""

    data: Sequence[JobInList]


class OneJob(Said, frozen=True, kw_only=True):
    """One job."""

    data: JobInFull


class Triggered(Said, frozen=True, kw_only=True):
    """A run as it ended; `status` is error where it did not succeed."""

    data: ExecutionOfJob


class Accepted(Said, frozen=True, kw_only=True):
    """A run that was asked for and is not over: its number, if it has one, and where to look."""

    data: "Ordered"


class Ordered(Struct, frozen=True, kw_only=True):
    """What was asked for: the number of the request and of the run, and the path that tells."""

    job_id: str
    request: int
    id: int | None
    location: str


class PageMeta(Struct, frozen=True, kw_only=True):
    """Which page it is, and of how many."""

    page: int
    limit: int
    total_items: int
    total_pages: int


class ExecutionPage(Said, frozen=True, kw_only=True):
    """Runs of a job, newest first, a page of them."""

    data: Sequence[ExecutionOfJob]
    meta: PageMeta


class RecentExecutions(Said, frozen=True, kw_only=True):
    """Runs of every job, newest first."""

    data: Sequence[ExecutionOfJob]


class SchedulerStatus(Struct, frozen=True, kw_only=True):
    """How the scheduler stands, or one job: counts are since the ledger began."""

    running: bool
    is_processing: bool
    interval_hours: float | None
    last_execution_time: datetime | None
    last_execution_duration: float | None
    last_execution_status: str | None
    execution_count: int
    success_count: int
    failure_count: int
    next_execution_in_seconds: float | None


class RetryConfig(Struct, frozen=True, kw_only=True):
    """How often a failed attempt is tried again, and after how many seconds."""

    max_retries: int
    retry_delay: float
    backoff: str


class RetryAnswer(Said, frozen=True, kw_only=True):
    """The retries of jobs that say nothing of them themselves."""

    data: RetryConfig
