"""Keeps the plan in force up with the files, and tells once what is wrong with them."""

from collections.abc import Iterable
from contextlib import suppress

from jobrunner.engine import glance
from jobrunner.engine.plan import Plan, read
from jobrunner.engine.post import Post
from jobrunner.engine.watch import code_version, settled
from jobrunner.jobfile.place import Asker, find_state


class Reader:
    """Reads jobs.toml when it has changed."""

    def __init__(self, path: str, plan: Plan, post: Post, asker: Asker) -> None:
        self._path = path
        self._plan = plan
        self._post = post
        self._asker = asker
        self._is_new = True
        self._is_told = False
        self._code = code_version()
        self._began_at = self._place()
        self._note()

    def read(self) -> None:
        """Read what has changed on disk."""
        if self._plan.is_current():
            return
        before = self._plan
        self._plan = read(self._path, self._post.ground.state, self._asker, before)
        self._is_told = self._is_told and before.problem == self._plan.problem
        if self._plan.config is not before.config:
            self._post.adopt(self._plan.config)
            self._is_new = True
        if self._plan.problem:
            self._post.diary.error(f"jobs.toml is not used: {self._plan.problem}")
        self._note()

    def takes_effect(self) -> bool:
        """Whether the jobs are others than the last time this was asked."""
        was_new, self._is_new = self._is_new, False
        return was_new

    def told(self) -> str:
        """How things are, for who rings, with a problem that no tick has heard of yet."""
        is_news = self._plan.problem and not self._is_told
        return f"awake\n{self._plan.problem}" if is_news else "awake"

    def note_told(self, rings: Iterable[str]) -> None:
        """Tell a problem once: a tick passes it on, who only looks does not."""
        self._is_told |= any(not is_look(ring) for ring in rings)

    def has_moved(self) -> bool:
        """Whether the state is another folder's by now: its supervisor is somebody else."""
        return self._place() != self._began_at

    def _place(self) -> str:
        """Where the state is, by what jobs.toml and habit say now."""
        setting = self._plan.config.settings.state_dir
        return find_state(self._path, self._asker, setting).path

    def leave_note(self) -> None:
        """Leave it in the form that costs ticks least."""
        ground = self._post.ground
        prints = settled(self._plan.prints)
        glance.write(ground.state, self._path, prints, host=ground.host)

    def is_of_this_code(self, ring: str) -> bool:
        """Whether it comes from the version that this process runs."""
        _, _, version = ring.partition(" ")
        return not version or version == self._code

    def _note(self) -> None:
        """Leave for ticks what they compare before they ring.

        What cannot be left costs each of them the long way, and stops nothing.
        """
        ground = self._post.ground
        glance.write(ground.state, self._path, self._plan.prints, host=ground.host)
        habit = find_state(self._path, self._asker).path
        if habit != ground.state.folder:
            with suppress(OSError):
                glance.point(habit, ground.state)


def is_look(ring: str) -> bool:
    """Whether somebody only wants to know if anybody is awake."""
    return ring.startswith("look ")
