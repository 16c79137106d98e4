"""An HTTPS server (HTTP/1.1 and 2) that knows how long it made each request wait: ``knowndelay.py CERT KEY``.

Each request is answered 5 to 80 ms after it came. The truth is the time from the kernel's receipt of the
request's last byte to just before the answer's first byte is handed to the kernel, encrypted already. The
moment after that hand-over is kept too: on loopback the client's kernel receives the answer between the two,
so their distance bounds the error of the truth itself. One thread and no framework: nothing comes between.

Its port goes to standard output; a line on standard input is answered with the record so far, as JSON, and
begins a new one.
"""

from __future__ import annotations

import contextlib
import heapq
import json
import select
import socket
import ssl
import struct
import sys
import time
import zlib
from collections import Counter
from collections.abc import Callable
from itertools import count

import h2.config
import h2.connection
import h2.events

SHORTEST, LONGEST = 0.005, 0.080
_SO_TIMESTAMPING = 37
_RX_SOFTWARE_AND_SOFTWARE = 1 << 3 | 1 << 4
_BODY = b"hello"
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: text/html\r\n\r\n" + _BODY


class _Connection:
    """The server's end of a connection. ``later`` is told when an answer is due, and what sends it."""

    def __init__(self, sock: socket.socket, context: ssl.SSLContext, server: _Server) -> None:
        self._sock = sock
        self._server = server
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._http2: h2.connection.H2Connection | None = None
        self._shaken = False
        self._received = b""
        self._paths: dict[int, str] = {}
        self._arrived = 0.0

    def readable(self) -> None:
        """Take what came; raises OSError or EOFError where the connection is over."""
        self._fill()
        try:
            if not self._shaken:
                self._tls.do_handshake()
                self._begin()
            while True:
                data = self._tls.read(65536)
                if not data:
                    raise EOFError
                self._take(data)
        except ssl.SSLWantReadError:
            self._flush()

    def _begin(self) -> None:
        self._shaken = True
        if self._tls.selected_alpn_protocol() == "h2":
            self._http2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
            self._http2.initiate_connection()
            self._tls.write(self._http2.data_to_send())
        self._flush()

    def _take(self, data: bytes) -> None:
        if self._http2 is None:
            self._received += data
            if self._received.endswith(b"\r\n\r\n"):
                path = self._received.split(b" ", 2)[1].decode()
                self._received = b""
                self._server.answer(path, self._arrived, lambda: _ANSWER, self._send)
            return
        for event in self._http2.receive_data(data):
            if isinstance(event, h2.events.RequestReceived):
                self._paths[event.stream_id] = dict(event.headers)[b":path"].decode()
            elif isinstance(event, h2.events.StreamEnded):
                self._server.answer(
                    self._paths[event.stream_id], self._arrived, self._frames(event.stream_id), self._send
                )
        if pending := self._http2.data_to_send():
            self._tls.write(pending)

    def _frames(self, stream: int) -> Callable[[], bytes]:
        http = self._http2
        assert http is not None

        def frames() -> bytes:
            http.send_headers(stream, [(":status", "200"), ("content-type", "text/html")])
            http.send_data(stream, _BODY, end_stream=True)
            return http.data_to_send()

        return frames

    def _send(self, answer: Callable[[], bytes]) -> tuple[float, float]:
        """Send the answer; the moments before and after."""
        self._tls.write(answer())
        encrypted = self._outgoing.read()
        before = time.time()
        self._sock.send(encrypted)
        return before, time.time()

    def _flush(self) -> None:
        if self._outgoing.pending:
            self._sock.send(self._outgoing.read())

    def _fill(self) -> None:
        data, ancillary, _, _ = self._sock.recvmsg(65536, 256)
        if not data:
            raise EOFError
        self._arrived = time.time()
        for level, kind, stamps in ancillary:
            if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPING:
                seconds, nanoseconds = struct.unpack_from("=qq", stamps)
                self._arrived = seconds + nanoseconds * 1e-9
        self._incoming.write(data)

    def close(self) -> None:
        self._sock.close()


class _Server:
    """Accepts, answers when it is time, and keeps the record."""

    def __init__(self, listener: socket.socket, context: ssl.SSLContext) -> None:
        self._listener = listener
        self._context = context
        self._connections: dict[int, _Connection] = {}
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()
        self._seen: Counter[str] = Counter()
        self._record: list[tuple[str, float, float, float]] = []
        self._ready = select.epoll()

    def run(self) -> None:
        """Serve until standard input ends."""
        for source in (self._listener.fileno(), sys.stdin.fileno()):
            self._ready.register(source, select.EPOLLIN)
        while True:
            wait = max(0.0, self._due[0][0] - time.time()) if self._due else None
            for source, _ in self._ready.poll(wait):
                if source == self._listener.fileno():
                    self._accept()
                elif source != sys.stdin.fileno():
                    self._serve(source)
                elif sys.stdin.readline():
                    sys.stdout.write(json.dumps(self._record) + "\n")
                    sys.stdout.flush()
                    self._record = []
                else:
                    return
            while self._due and self._due[0][0] <= time.time():
                heapq.heappop(self._due)[2]()

    def answer(
        self,
        path: str,
        arrived: float,
        answer: Callable[[], bytes],
        send: Callable[[Callable[[], bytes]], tuple[float, float]],
    ) -> None:
        """Send ``answer`` when it is due, and record the truth."""
        self._seen[path] += 1
        chance = zlib.crc32(f"{path} {self._seen[path]}".encode()) / 2**32

        def later() -> None:
            with contextlib.suppress(OSError):  # the client has gone
                self._record.append((path, arrived, *send(answer)))

        due = arrived + SHORTEST + chance * (LONGEST - SHORTEST)
        heapq.heappush(self._due, (due, next(self._numbers), later))

    def _accept(self) -> None:
        sock, _ = self._listener.accept()
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPING, _RX_SOFTWARE_AND_SOFTWARE)
        self._connections[sock.fileno()] = _Connection(sock, self._context, self)
        self._ready.register(sock.fileno(), select.EPOLLIN)

    def _serve(self, source: int) -> None:
        try:
            self._connections[source].readable()
        except (OSError, EOFError, h2.exceptions.ProtocolError):
            self._ready.unregister(source)
            self._connections.pop(source).close()


def _main(certificate: str, key: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.set_alpn_protocols(["h2", "http/1.1"])
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        sys.stdout.write(f"{listener.getsockname()[1]}\n")
        sys.stdout.flush()
        _Server(listener, context).run()


if __name__ == "__main__":
    _main(*sys.argv[1:])
