"""A change of one file, judged by what all files say together."""

import pytest

from jobrunner.config.edit import set_value
from jobrunner.engine.draft.trial import RefusedError, Trial, preview, rewrite
from tests.engine.draft.desk import ME

MAIN = 'include = ["more.toml"]\n\n[jobs.a]\nafter = ["b"]\ncommand = "a"\n'
MORE = '[jobs.b]\ncommand = "b"\n'


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "jobs.toml").write_text(MAIN)
    (tmp_path / "more.toml").write_text(MORE)
    return tmp_path


def trial(folder, name):
    return Trial(f"{folder}/jobs.toml", f"{folder}/{name}", ME, "jobrunner -c x")


def test_an_included_file_is_changed_and_the_whole_is_told(folder):
    draft = rewrite(trial(folder, "more.toml"), lambda text: text + 'timeout = "1h"\n')
    assert (folder / "more.toml").read_text() == MORE + 'timeout = "1h"\n'
    assert [*draft.before.jobs] == [*draft.after.jobs] == ["a", "b"]
    assert (draft.before.jobs["b"].timeout, draft.after.jobs["b"].timeout.seconds) == (None, 3600)


def test_what_would_break_another_file_is_refused(folder):
    with pytest.raises(RefusedError, match=r"which no .* table declares") as refused:
        rewrite(trial(folder, "more.toml"), lambda _: "")
    assert (folder / "more.toml").read_text() == MORE
    assert str(refused.value).endswith(f"\n\nNothing was changed in {folder}/more.toml.")


def test_a_refusal_tells_the_line_and_that_it_was_broken_before(folder):
    (folder / "jobs.toml").write_text(MAIN + "x = 1\n")
    with pytest.raises(RefusedError) as refused:
        rewrite(trial(folder, "jobs.toml"), lambda text: text + "y = 2\n")
    assert refused.value.line == 6
    assert "It was broken before; mend it: jobrunner -c x edit" in str(refused.value)


def test_a_broken_file_can_be_mended(folder):
    (folder / "more.toml").write_text(MORE + 'cron = "99 * * * *"\n')
    draft = rewrite(
        trial(folder, "more.toml"), lambda text: set_value(text, "jobs.b.cron", "9 * * * *")
    )
    assert (draft.before, [*draft.after.jobs]) == (None, ["a", "b"])


def test_an_objection_stops_a_change_that_has_no_errors(folder):
    def object_(config):
        raise KeyError(len(config.jobs))

    with pytest.raises(KeyError, match="2"):
        rewrite(trial(folder, "more.toml"), lambda text: text + "# more\n", object_)
    assert (folder / "more.toml").read_text() == MORE


def test_a_preview_writes_nothing(folder):
    draft = preview(trial(folder, "more.toml"), MORE, lambda text: text + 'lock = "x"\n')
    assert draft.after.jobs["b"].lock == "x"
    assert (folder / "more.toml").read_text() == MORE


def test_problems_are_counted_over_all_files(folder):
    assert [trial(folder, "more.toml").problems(text) for text in (MORE, "", "x = 1\n")] == [
        0,
        1,
        2,
    ]
