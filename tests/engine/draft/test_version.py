"""What differs between two texts of jobs.toml."""

from jobrunner.engine.draft.version import lines_between

OLD = 'webhook = "https://hooks.example/sesame"\ncommand = "a"\n'
NEW = 'webhook = "https://hooks.example/open"\ncommand = "b"\n'


def test_no_line_shows_a_secret_be_it_old_or_new():
    lines = lines_between(OLD, NEW, "before", "after")
    assert ("--- before" in lines, '-command = "a"' in lines, '+command = "b"' in lines) == (
        True,
        True,
        True,
    )
    assert [line for line in lines if "hooks.example" in line] == []
    assert sum("webhook = ***" in line for line in lines) == 2
