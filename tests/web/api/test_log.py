"""What runs wrote, over HTTP: the bytes as they are, whole or in parts."""

import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobrunner.engine.past.log import Log, kept_of
from jobrunner.model.access import Role
from jobrunner.process.sighting import PAIR
from jobrunner.web.problem import RefusedError
from jobrunner.web.span import part_of
from tests.web.seed import WROTE

RUNS = "/api/v1/runs"
WHOLE = WROTE.encode()


@pytest.fixture(scope="module")
def path(viewer):
    """The log of a run with three attempts."""
    [run] = viewer.get(f"{RUNS}?job=backup&limit=1").json()["items"]
    return f"{RUNS}/{run['id']}/log"


def test_a_log_is_sent_byte_for_byte_as_a_file_that_no_browser_shows(viewer, path):
    answer = viewer.get(path)
    assert answer.content == WHOLE
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"].startswith("attachment; filename=")


def test_what_is_no_text_is_sent_as_it_is(viewer):
    [run] = viewer.get(f"{RUNS}?job=reindex&limit=1").json()["items"]
    assert viewer.get(f"{RUNS}/{run['id']}/log?inline=true").content == b"\xff\x07\n"


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("bytes=0-9", slice(0, 10)),
        ("bytes=10-", slice(10, None)),
        ("bytes=-7", slice(-7, None)),
        ("BYTES = 3-3", slice(3, 4)),
        ("bytes=5-99999", slice(5, None)),
        ("bytes=-99999", slice(0, None)),
    ],
)
def test_a_part_is_sent_to_who_asks_for_one(viewer, path, asked, part):
    answer = viewer.get(path, headers={"Range": asked})
    assert (answer.status_code, answer.content) == (206, WHOLE[part])
    first, last, _ = part.indices(len(WHOLE))
    assert answer.headers["content-range"] == f"bytes {first}-{last - 1}/{len(WHOLE)}"


@pytest.mark.parametrize("asked", ["bytes=9999-", "bytes=-0"])
def test_a_part_that_lies_outside_is_refused_with_the_length(viewer, path, asked):
    answer = viewer.get(path, headers={"Range": asked})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{len(WHOLE)}"


@pytest.mark.parametrize("asked", ["lines=1-2", "bytes=5-2", "bytes=0-1,3-4", "bytes=-", "x"])
def test_what_is_no_single_range_is_answered_with_the_whole(viewer, path, asked):
    answer = viewer.get(path, headers={"Range": asked})
    assert (answer.status_code, answer.content) == (200, WHOLE)


def test_a_part_is_not_sent_to_who_wants_it_only_if_nothing_changed(viewer, path):
    headers = {"Range": "bytes=0-9", "If-Range": viewer.get(path).headers["etag"]}
    assert viewer.get(path, headers=headers).status_code == 200


def test_the_last_lines_and_another_attempt_can_be_asked_for(viewer, path):
    assert viewer.get(f"{path}?tail=1").content == WHOLE.splitlines(keepends=True)[-1]
    assert viewer.get(f"{path}?attempt=1").content == WHOLE
    assert viewer.get(f"{path}?attempt=4").status_code == 404


def test_a_log_that_is_known_is_not_sent_again(viewer, path):
    tag = viewer.get(path).headers["etag"]
    assert viewer.get(path, headers={"If-None-Match": tag}).status_code == 304


def test_a_log_that_was_thrown_away_or_never_was_is_not_found_and_the_reason_told(viewer):
    answer = viewer.get(f"{RUNS}/1/log")
    assert answer.status_code == 404
    assert "is gone; outputs are kept for 30d" in answer.json()["detail"]
    [missed] = viewer.get(f"{RUNS}?state=missed&limit=1").json()["items"]
    assert "was missed" in viewer.get(f"{RUNS}/{missed['id']}/log").json()["detail"]


def test_the_log_of_a_job_that_may_not_be_seen_is_not_there(past, path):
    client = past.client(secret=past.token("of-other", Role.ADMIN, jobs=("certbot",)))
    assert client.get(path).status_code == 404
    assert client.get(f"{path}/stream").status_code == 404


@given(
    content=st.binary(max_size=60),
    limit=st.integers(0, 70),
    first=st.integers(0, 140),
    length=st.integers(0, 140),
)
def test_the_parts_of_a_log_are_what_the_whole_has_there(content, limit, first, length):
    file = os.memfd_create("log")
    try:
        os.write(file, content)
        log = Log(file=file, size=len(content), spans=kept_of(len(content), limit))
        whole = b"".join(log.pieces())
        assert log.length == len(whole)
        until = min(first + length, log.length)
        assert b"".join(log.part(first, until)) == whole[first:until]
    finally:
        os.close(file)


@given(header=st.text(max_size=30), length=st.integers(0, 50))
def test_any_range_is_a_part_the_whole_or_refused(header, length):
    with suppress(RefusedError):
        found = part_of(header, length)
        assert found is None or 0 <= found[0] < found[1] <= length


def test_the_looks_at_an_output_tell_when_it_came(past, viewer):
    [run] = viewer.get(f"{RUNS}?job=backup&limit=1").json()["items"]
    with past.scene() as scene:
        path = scene.state.output_path(scene.state.output(run["id"], 2))
    beside = Path(scene.state.sightings(path))
    beside.write_bytes(PAIR.pack(1_500_000, 4) + PAIR.pack(0, 9))
    told = viewer.get(f"{RUNS}/{run['id']}/log/times?attempt=2").json()
    looks = [{"at": "1970-01-01T00:00:01.500000Z", "size": 4}, {"at": None, "size": 9}]
    assert told == {"attempt": 2, "looks": looks}
    beside.unlink()
    assert viewer.get(f"{RUNS}/{run['id']}/log/times?attempt=2").json()["looks"] == []
    assert viewer.get(f"{RUNS}/{run['id']}/log/times?attempt=9").status_code == 404
