"""What a job's own code in Python knows of its run."""

import json
import logging

import pytest

from jobrunner import current_run
from jobrunner.errors import JobrunnerError
from tests.build import NOON


@pytest.fixture
def begun(monkeypatch, tmp_path):
    result = tmp_path / "result.json"
    result.write_text("")
    told = {
        "JOB": "backup",
        "RUN_ID": "12",
        "RUN_UUID": "019a",
        "ATTEMPT": "2",
        "MAX_ATTEMPTS": "3",
        "SCHEDULED_FOR": NOON.isoformat(),
        "PREVIOUS_SUCCESS": "",
        "TRIGGER": "schedule",
        "HOST": "web-1",
        "PARAM_INDEX": "orders",
        "RESULT": str(result),
    }
    for name, value in told.items():
        monkeypatch.setenv(f"JOBRUNNER_{name}", value)
    return result


def test_it_tells_its_slot_attempt_and_parameters(begun):
    run = current_run
    assert (run.is_there, run.job, run.id, run.uuid) == (True, "backup", 12, "019a")
    assert (run.slot, run.previous_success) == (NOON, None)
    assert (run.attempt, run.max_attempts, run.trigger, run.host) == (2, 3, "schedule", "web-1")
    assert run.params == {"index": "orders"}


def test_what_it_says_last_of_itself_is_its_result(begun):
    current_run.tell(message="a long line that is overwritten", data={"at": NOON})
    current_run.tell(message="done", next_in="2h")
    assert json.loads(begun.read_text()) == {"message": "done", "next_in": "2h"}


def test_it_logs_to_standard_error_once_unless_logging_is_set_up(begun, capfd):
    logging.getLogger("backup").propagate = False
    current_run.log.info("one")
    current_run.log.info("two")
    assert capfd.readouterr().err == "INFO one\nINFO two\n"


def test_outside_of_a_run_there_is_none(monkeypatch):
    monkeypatch.delenv("JOBRUNNER_RUN_ID", raising=False)
    monkeypatch.delenv("JOBRUNNER_JOB", raising=False)
    assert not current_run.is_there
    with pytest.raises(JobrunnerError, match="not started by jobrunner"):
        _ = current_run.job
