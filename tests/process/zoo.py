"""Commands that are hard to stop.

    zoo.py KIND TOKEN READY

Every process has TOKEN among its arguments, cleared environments or not, and one of them opens the
FIFO called READY when all are there.
"""

import os
import select
import signal
import sys

KIND, TOKEN, READY = sys.argv[1:4]


def pause():
    while True:
        signal.pause()


def ready_and_pause():
    fifo = os.open(READY, os.O_WRONLY)
    os.write(fifo, b"x")
    os.close(fifo)
    pause()


def forget_environment():
    """Become one that bears no marker, and has no descriptor of ours."""
    os.closerange(0, 64)
    os.execve(sys.executable, [sys.executable, "-I", "-S", __file__, "ready", TOKEN, READY], {})


def child(then, *, session=False):
    if os.fork() == 0:
        if session:
            os.setsid()
        then()
        os._exit(0)


def daemon(then):
    """As daemons are made: an orphan in a session of its own."""
    child(lambda: child(then), session=True)


def plain():
    child(ready_and_pause)
    pause()


def ignores_term():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    plain()


def own_session():
    child(ready_and_pause, session=True)
    pause()


def double_fork():
    daemon(ready_and_pause)
    pause()


def main_exits():
    daemon(ready_and_pause)


def stopped():
    child(lambda: os.kill(os.getpid(), signal.SIGSTOP))
    ready_and_pause()


def spawns_on_term():
    def spawn(*_):
        child(pause, session=True)
        os._exit(0)

    signal.signal(signal.SIGTERM, spawn)
    child(pause)
    ready_and_pause()


def mixed():
    for number in range(12):
        child(lambda: (child(pause, session=True), pause()), session=bool(number % 2))
    ready_and_pause()


def cleared_child():
    child(forget_environment, session=True)
    pause()


def cleared_orphan_of_the_session():
    child(lambda: child(forget_environment))
    pause()


def hop(seconds):
    child(ready_and_pause)
    for _ in range(10_000):  # not for ever, should nobody catch it
        if os.fork():
            os._exit(0)
        os.setsid()
        select.select([], [], [], seconds)


def hopper():
    hop(0.003)


def quick_hopper():
    hop(0.001)


def escaped():
    daemon(forget_environment)
    pause()


def deaf_escaped():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    daemon(forget_environment)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    pause()


def ready():
    ready_and_pause()


globals()[KIND]()
