"""Whether all is well, and who asks."""

from jobrunner.model.access import Role


def test_who_asks_is_told_what_is_allowed(past):
    secret = past.token("deploy", Role.OPERATOR, jobs=("backup",))
    assert past.client(secret=secret).get("/api/v1/me").json() == {
        "name": "deploy",
        "role": "operator",
        "permissions": ["job.read", "job.execute"],
        "jobs": ["backup"],
        "how": "token",
    }


def test_how_the_host_is_is_told_of_the_jobs_that_are_seen(past, viewer):
    whole = viewer.get("/api/v1/status").json()
    assert (whole["jobs"], whole["running"], whole["queued"]) == (12, 1, 1)
    secret = past.token("of-certbot-alone", Role.VIEWER, jobs=("certbot",))
    some = past.client(secret=secret).get("/api/v1/status").json()
    assert (some["jobs"], some["running"], some["queued"], some["retrying"]) == (1, 0, 0, 1)
    assert some["failing"] == []


def test_what_is_unchanged_is_not_sent_again(viewer):
    first = viewer.get("/api/v1/jobs/backup")
    again = viewer.get("/api/v1/jobs/backup", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]


def test_long_answers_are_packed_for_who_can_unpack_them(viewer):
    answer = viewer.get("/api/v1/jobs", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert "Accept-Encoding" in answer.headers["vary"]
