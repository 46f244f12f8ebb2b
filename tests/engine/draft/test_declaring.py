"""The files that declare jobs, whatever is wrong with them."""

import pytest

from jobrunner.engine.draft.declaring import declaring, problems
from jobrunner.engine.draft.site import survey
from tests.engine.draft.desk import make_asker

MAIN = 'include = ["more/*.toml"]\ncrontabs = ["tab"]\n[jobs.a]\ncommand = "true"\n'


@pytest.fixture
def look(tmp_path):
    def look(main=MAIN, more='[jobs.b]\ncommand = "true"\n'):
        (tmp_path / "more").mkdir(exist_ok=True)
        (tmp_path / "more/b.toml").write_text(more)
        (tmp_path / "tab").write_text("0 1 * * * true\n")
        (tmp_path / "jobs.toml").write_text(main)
        site = survey(str(tmp_path / "jobs.toml"), make_asker(tmp_path))
        names = [path.removeprefix(f"{tmp_path}/") for path in declaring(site)]
        return names, [(one.code, one.file.removeprefix(f"{tmp_path}/")) for one in problems(site)]

    return look


def test_the_main_file_and_what_it_includes_declare_jobs_and_crontabs_do_not(look):
    assert look() == (["jobs.toml", "more/b.toml"], [])


def test_a_broken_file_is_one_of_them_still(look):
    assert look(more="= broken") == (["jobs.toml", "more/b.toml"], [("E100", "more/b.toml")])


def test_a_main_file_that_is_no_toml_is_alone(look):
    assert look(main="= broken") == (["jobs.toml"], [("E100", "jobs.toml")])
