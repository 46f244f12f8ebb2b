"""Keeps the plan in force up with the files, and tells once what is wrong with them."""

import os
from collections.abc import Iterable
from contextlib import suppress

from jobrunner.engine import glance
from jobrunner.engine.location import location
from jobrunner.engine.plan import Plan, read
from jobrunner.engine.post import Post
from jobrunner.engine.record import About
from jobrunner.engine.scene import is_sound
from jobrunner.engine.watch import Prints, code_version, settled
from jobrunner.errors import JobrunnerError
from jobrunner.jobfile.disk import Disk
from jobrunner.jobfile.place import Asker, find_state
from jobrunner.jobfile.shelf import Shelf
from jobrunner.store.location import is_shared, path_of


class Reader:
    """Reads jobs.toml when it has changed."""

    def __init__(self, path: str, plan: Plan, post: Post, asker: Asker, where: str = "") -> None:
        """`where` is the ledger's place, if that is not in the state folder."""
        self._path = path
        self._where = where or post.ground.state.ledger
        self.has_other_ledger = False  # the files say by now that it is elsewhere
        self._plan = plan
        self._post = post
        self._asker = asker
        self._is_new = True
        self._is_told = False
        self._code = code_version()
        self._began_at = self._place()
        self._keep_versions()
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
            self._keep_versions()
            self.has_other_ledger = self._is_elsewhere()
        if self._plan.problem:
            said = f"jobs.toml is not used: {self._plan.problem}"
            self._post.diary.error(said, About(event="config"))
        self._note()

    def _keep_versions(self) -> None:
        """So that an edit by hand can be undone, too; nothing else depends on it."""
        for source in self._plan.config.sources:
            if source.endswith(".toml"):
                with suppress(OSError, UnicodeDecodeError, JobrunnerError):
                    self._keep_version(os.path.realpath(source))

    def _keep_version(self, file: str) -> None:
        shelf = Shelf(self._post.ground.state.versions)
        saved_at = os.stat(file).st_mtime  # noqa: PTH116 - paths are strings here
        if not shelf.has(saved_at):
            shelf.keep(file, Disk(self._asker.uid).read(file).decode(), saved_at)

    def takes_effect(self) -> bool:
        """Whether the jobs are others than the last time this was asked."""
        was_new, self._is_new = self._is_new, False
        return was_new

    @property
    def problem(self) -> str:
        """What is wrong with the files, if an older version of them is in force."""
        return self._plan.problem

    def told(self) -> str:
        """How things are, for who rings, with a problem that no tick has heard of yet."""
        is_news = self._plan.problem and not self._is_told
        return f"awake\n{self._plan.problem}" if is_news else "awake"

    def note_told(self, rings: Iterable[str]) -> None:
        """Tell a problem once: a tick passes it on, who only looks does not."""
        self._is_told |= any(not is_look(ring) for ring in rings)

    def finds_sound_ledger(self) -> bool:
        """Whether what jobs.toml leads to by now can be used, where ours cannot.

        A file of SQLite was put in its place; a server has another address or password.
        """
        is_changed = self._is_elsewhere() or not is_shared(self._where)
        return is_changed and is_sound(self._location())

    def _is_elsewhere(self) -> bool:
        """Whether the ledger is said to be in another place, which can be known."""
        try:
            return self._location() != self._where
        except JobrunnerError as error:
            self._post.diary.error(str(error), About(event="config"))
            return False

    def _location(self) -> str:
        settings, state = self._plan.config.settings, self._post.ground.state
        return location(settings, state, self._asker.environ)

    def has_moved(self) -> bool:
        """Whether the state is another folder's by now: its supervisor is somebody else."""
        return self._place() != self._began_at

    def _place(self) -> str:
        """Where the state is, by what jobs.toml and habit say now."""
        setting = self._plan.config.settings.state_dir
        return find_state(self._path, self._asker, setting).path

    def leave_note(self) -> None:
        """Leave it in the form that costs ticks least."""
        self._note(settled(self._plan.prints))

    def is_of_this_code(self, ring: str) -> bool:
        """Whether it comes from the version that this process runs."""
        _, _, version = ring.partition(" ")
        return not version or version == self._code

    def _note(self, prints: Prints | None = None) -> None:
        """Leave for ticks what they compare before they ring.

        What cannot be left costs each of them the long way, and stops nothing.
        """
        ground = self._post.ground
        prints = self._plan.prints if prints is None else prints
        place = glance.SHARED if is_shared(self._where) else str(path_of(self._where))
        glance.write(ground.state, self._path, prints, host=ground.host, place=place)
        habit = find_state(self._path, self._asker).path
        if habit != ground.state.folder:
            with suppress(OSError):
                glance.point(habit, ground.state)


def is_look(ring: str) -> bool:
    """Whether somebody only wants to know if anybody is awake."""
    return ring.startswith("look ")
