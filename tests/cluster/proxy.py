"""A way from a host to the database that can be cut: by silence, or by a refusal."""

import socket
from contextlib import suppress
from threading import Event, Lock, Thread

CHUNK = 1 << 16


class Proxy:
    """Forwards connections to a server; nothing passes while it is silent."""

    def __init__(self, address: str, port: int) -> None:
        self._upstream = address, port
        self._passes = Event()
        self._passes.set()
        self._lock = Lock()
        self._ends: set[socket.socket] = set()
        self._servers: list[Thread] = []
        self._listener: socket.socket | None = None
        self.port = 0
        self.open()

    def open(self) -> None:
        """Let everything pass, what was held back first."""
        self._passes.set()
        if self._listener is None:
            self._listener = socket.create_server(("127.0.0.1", self.port))
            self.port = self._listener.getsockname()[1]
            self._acceptor = Thread(target=self._accept, args=(self._listener,), daemon=True)
            self._acceptor.start()

    def hush(self) -> None:
        """Hold back whatever is said; nobody is told."""
        self._passes.clear()

    def refuse(self) -> None:
        """Break what there is, and refuse what comes."""
        if self._listener is not None:
            _end(self._listener)  # wakes who waits in accept
            self._acceptor.join()
        with self._lock:
            self._listener = None
            for each in self._ends:
                _end(each)
        self._passes.set()

    def close(self) -> None:
        self.refuse()
        for server in self._servers:
            server.join()

    def _accept(self, listener: socket.socket) -> None:
        with listener, suppress(OSError):
            while True:
                near, _ = listener.accept()
                server = Thread(target=self._serve, args=(near, listener), daemon=True)
                self._servers.append(server)
                server.start()

    def _serve(self, near: socket.socket, listener: socket.socket) -> None:
        with near, suppress(OSError):
            self._passes.wait()
            with socket.create_connection(self._upstream) as far:
                ends = near, far
                for each in ends:
                    each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with self._lock:
                    if self._listener is not listener:
                        return
                    self._ends |= {*ends}
                back = Thread(target=self._pump, args=(far, near), daemon=True)
                back.start()
                self._pump(near, far)
                back.join()
                with self._lock:
                    self._ends -= {*ends}

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(CHUNK):
                self._passes.wait()
                sink.sendall(data)
        self._passes.wait()
        for each in (source, sink):
            _end(each)


def _end(each: socket.socket) -> None:
    with suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
