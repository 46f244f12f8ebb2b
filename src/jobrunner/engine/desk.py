"""Where requests are taken and answered."""

from msgspec import DecodeError, json
from msgspec.structs import replace

from jobrunner.engine.crew import Crew
from jobrunner.engine.lobby import Lobby
from jobrunner.engine.order import RunOrder, decode, decode_stop
from jobrunner.engine.post import Post
from jobrunner.engine.reader import Reader
from jobrunner.engine.record import About
from jobrunner.errors import StoreError
from jobrunner.model.run import Run, Trigger
from jobrunner.store.value import NewRun, Request

# Queued and answered in one step, or neither.
ANSWERED_WITH_A_RUN = frozenset({"run", "retry"})


class Refusal(Exception):  # noqa: N818 - an answer, not an error
    """Why a request is not done."""


class Desk:
    """Does what operators ask for, and says what came of it."""

    def __init__(self, post: Post, reader: Reader, crew: Crew, lobby: Lobby) -> None:
        self._post = post
        self._reader = reader
        self._crew = crew
        self._lobby = lobby
        self._is_behind = False
        self._open: list[Request] = []  # taken, and not answered yet
        self._said: dict[int, tuple[bool, str]] = {}  # what is done, and not told yet

    @property
    def is_behind(self) -> bool:
        """Whether there may be something that is not answered, for the ledger could not be had."""
        return self._is_behind

    def see_to(self) -> None:
        """Do what is asked of this host, or of any.

        Whoever asks has seen the files as they are: they are read after the request is taken.
        """
        post = self._post
        self._is_behind = True
        self._open += post.store.take(owner=post.owner, host=post.ground.host, now=post.now())
        if self._open:
            self._reader.read()
        for request in [*self._open]:
            try:
                self._answer(request)
            except StoreError as error:
                waits = f"request {request.id} is not answered yet: {error}"
                post.diary.error(waits, About(event="trouble"))
        self._is_behind = bool(self._open)

    def _answer(self, request: Request) -> None:
        """Do it once, whatever it takes to say so."""
        post = self._post
        if request.id not in self._said:
            self._said[request.id] = done, answer = self._outcome(request)
            said = f"{request.kind} asked by {request.asked_by}: {answer}"
            post.diary.info(said, About(event="request", job=request.job, run=request.run))
        done, answer = self._said[request.id]
        if not (done and request.kind in ANSWERED_WITH_A_RUN):
            post.store.answer(
                request.id, owner=post.owner, done=done, answer=answer, now=post.now()
            )
        del self._said[request.id]
        self._open.remove(request)

    def _outcome(self, request: Request) -> tuple[bool, str]:
        try:
            return True, self._do(request)
        except Refusal as refusal:
            return False, str(refusal)
        except (DecodeError, RecursionError) as error:  # anybody who may ask can write anything
            return False, f"what is asked for cannot be understood: {error}"

    def _do(self, request: Request) -> str:
        match request.kind:
            case "run":
                return self._run(request, decode(request.arguments))
            case "stop":
                return self._stop(request)
            case "retry":
                return self._retry(request)
            case _:
                raise Refusal(f"{request.kind}: is not asked for by a request")

    def _run(self, request: Request, order: RunOrder) -> str:
        self._refuse_unknown(request.job)
        overlap = order.overlap or self._post.jobs[request.job].overlap
        if overlap == "skip" and (busy := self._live(request.job)):
            raise Refusal(f"{request.job} is already {busy.state}: #{busy.id}")
        new = NewRun(
            job=request.job,
            trigger=order.trigger,
            slot_of=order.slot_of,
            place=self._post.place(self._post.jobs[request.job]),
            params=json.encode(order.params).decode() if order.params else "",
            asked_by=request.asked_by,
            request=request.id,
            route=self._post.route(self._post.jobs[request.job]),
            overlap=order.overlap,
        )
        return self._add(new, order)

    def _retry(self, request: Request) -> str:
        old = self._post.store.run(request.run or 0)
        if old is None:
            raise Refusal(f"there is no run #{request.run}")
        self._refuse_unknown(old.job)
        if old.state.is_live:
            raise Refusal(f"#{old.id} is not over: it is {old.state}")
        new = NewRun(
            job=old.job,
            trigger=Trigger.RETRY,
            slot_of=old.scheduled_for or old.slot_of,
            place=self._post.place(self._post.jobs[old.job]),
            params=old.params,
            asked_by=request.asked_by,
            request=request.id,
            route=self._post.route(self._post.jobs[old.job]),
        )
        return self._add(new, RunOrder())

    def _stop(self, request: Request) -> str:
        number, by = request.run or 0, request.asked_by
        by_force = decode_stop(request.arguments).force
        if self._crew.stop(number, by, by_force=by_force) or self._lobby.stop(
            number, f"stopped by {by}"
        ):
            return f"#{number} is asked to stop"
        if self._post.is_shared:
            return self._stop_elsewhere(request)
        raise Refusal(f"#{number} is not running")

    def _stop_elsewhere(self, request: Request) -> str:
        """Stop what waits for any host; what another one has taken meanwhile is asked there."""
        run = self._post.store.run(request.run or 0)
        if run is None or not run.state.is_live:
            raise Refusal(f"#{request.run} is not running")
        if self._lobby.stop_untaken(run, f"stopped by {request.asked_by}"):
            return f"#{run.id} is asked to stop"
        if run.host == self._post.ground.host:
            raise Refusal(f"#{run.id} is nobody's by now: its host is silent")
        self._post.store.ask(replace(request, host=run.host))
        return f"#{run.id} is asked to stop, on {run.host}"

    def _add(self, new: NewRun, order: RunOrder) -> str:
        post = self._post
        run = post.store.add(new, owner=post.owner, host=post.ground.host, now=post.now())
        if run is None:
            raise Refusal("the slot is taken")
        if run.owner:
            self._lobby.put(run, order.overlap)
        return str(run.id)

    def _refuse_unknown(self, job: str) -> None:
        if job not in self._post.jobs:
            raise Refusal(f"there is no job {job} in the configuration in force")

    def _live(self, job: str) -> Run | None:
        """A run of the job that is not over."""
        if self._post.is_shared:
            place = self._post.place(self._post.jobs[job])
            live = (run for run in self._post.store.live() if run.job == job)
            return next((run for run in live if not place or run.place == place), None)
        running = [each.run for each in self._crew.running]
        return next((run for run in [*running, *self._lobby.waiting] if run.job == job), None)
