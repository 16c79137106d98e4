"""One QUIC connection without its socket: aioquic's, with our TLS, our windows and our bounds."""

from __future__ import annotations

from logging import getLogger
from typing import Any

from aioquic._buffer import Buffer
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.connection import (
    CONNECTION_LIMIT_FRAME_CAPACITY,
    CRYPTO_BUFFER_SIZE,
    MAX_STREAM_DATA_FRAME_CAPACITY,
    Limit,
    QuicConnection,
    QuicConnectionAdapter,
    QuicConnectionState,
)
from aioquic.quic.crypto import CryptoPair
from aioquic.quic.events import ConnectionTerminated, QuicEvent, StreamDataReceived
from aioquic.quic.packet import QuicFrameType, QuicHeader, QuicProtocolVersion
from aioquic.quic.packet_builder import QuicPacketBuilder
from aioquic.quic.recovery import QuicPacketSpace
from aioquic.quic.stream import QuicStream
from aioquic.tls import Epoch, ExtensionType

from probes.wire.quic_tls import Check, Handshake
from probes.wire.trust import Identity

STREAM_WINDOW = 6 * 1024 * 1024
CONNECTION_WINDOW = 8 * 1024 * 1024
"""What a server may send ahead of what came in order: Chrome's window for a stream, and a little more."""

_SERVERS_WINDOW = 64 * 1024
_SERVERS_STREAMS = 16
"""The same for each stream that the server opens (HTTP/3 has three of them), and how many it may."""

_MOST_GAPS = 256
"""Into how many pieces with gaps between them a stream may fall, out of order; each costs time."""

_IDLE_SECONDS = 30.0


class _InitialKeys(dict[int, CryptoPair]):
    """The keys of each version's first packets, made when they are asked for."""

    def __init__(self, peer_cid: bytes) -> None:
        super().__init__()
        self._peer_cid = peer_cid

    def __missing__(self, version: int) -> CryptoPair:
        made = self[version] = CryptoPair()
        made.setup_initial(cid=self._peer_cid, is_client=True, version=version)
        return made


class _Silent(QuicConnectionAdapter):
    """Says nothing, and makes nothing of what it is told: what became of a connection is said by its end."""

    def debug(self, msg: object, *args: object, **kwargs: Any) -> None: ...
    def info(self, msg: object, *args: object, **kwargs: Any) -> None: ...
    def warning(self, msg: object, *args: object, **kwargs: Any) -> None: ...
    def error(self, msg: object, *args: object, **kwargs: Any) -> None: ...


_SILENT = _Silent(getLogger(__name__), {})


class Connection(QuicConnection):
    """A client's connection to ``host``."""

    tls: Handshake

    def __init__(self, alpn: str, host: str, check: Check | None, identity: Identity | None) -> None:
        super().__init__(
            configuration=QuicConfiguration(
                alpn_protocols=[alpn],
                certificate=identity and identity.certificate,
                certificate_chain=list(identity.chain) if identity else [],
                idle_timeout=_IDLE_SECONDS,
                max_data=CONNECTION_WINDOW,
                max_stream_data=STREAM_WINDOW,
                private_key=identity and identity.key,
                server_name=host,
            )
        )
        self._logger = self._loss._logger = _SILENT
        self.offered: list[int] | None = None
        """The versions that the server offered in the place of ours."""
        self._read = 0
        """Bytes of streams that were read."""
        self._alpn = alpn
        self._host = host
        self._check = check
        self._local_max_stream_data_uni = _SERVERS_WINDOW
        self._local_max_streams_uni = Limit(
            QuicFrameType.MAX_STREAMS_UNI, "max_streams_uni", _SERVERS_STREAMS
        )
        self._local_max_streams_bidi = Limit(QuicFrameType.MAX_STREAMS_BIDI, "max_streams_bidi", 0)

    @property
    def ended(self) -> ConnectionTerminated | None:
        """Why the connection is over, if it is."""
        return self._close_event

    @property
    def ended_by_peer(self) -> bool:
        """Whether it was the server that ended it."""
        return self._state is QuicConnectionState.DRAINING

    @property
    def shaken(self) -> bool:
        """Whether the handshake is complete."""
        return self._handshake_complete

    @property
    def version(self) -> str:
        """The version of QUIC: ``1`` or ``2``."""
        return "2" if self._version == QuicProtocolVersion.VERSION_2 else "1"

    @property
    def retried(self) -> bool:
        """Whether the server had our address validated by a Retry packet."""
        return self._retry_count > 0

    def sends(self, stream_id: int) -> bool:
        """Whether something that was written to the stream was never sent; what was lost does not count."""
        stream = self._streams.get(stream_id)
        return stream is not None and stream.sender.highest_offset < stream.sender._buffer_stop

    def forget(self) -> None:
        """Let go of all that the connection holds, much of which refers to it in turn.

        It would stay until the collector comes otherwise, which costs more than the whole goodbye.
        """
        self.__dict__.clear()

    def next_event(self) -> QuicEvent | None:
        """What happened next; ``None`` where nothing further did."""
        event = super().next_event()
        if isinstance(event, StreamDataReceived):
            self._read += len(event.data)
        return event

    def receive_datagram(self, data: bytes, addr: Any, now: float) -> None:
        """Take a datagram that came at ``now``."""
        super().receive_datagram(data, addr, now)
        for streams in (self._streams, self._crypto_streams):
            for stream in streams.values():
                if len(stream.receiver._ranges) > _MOST_GAPS:
                    self.close(0xC, None, f"more than {_MOST_GAPS} gaps in what was sent")

    def _initialize(self, peer_cid: bytes) -> None:
        # As aioquic does it for a client without a ticket, but with our handshake, and without keys for
        # versions and epochs that are not used.
        made = Handshake(alpn=self._alpn, host=self._host, check=self._check)
        made.certificate = self._configuration.certificate
        made.certificate_chain = self._configuration.certificate_chain
        made.certificate_private_key = self._configuration.private_key
        parameters = self._serialize_transport_parameters()
        made.handshake_extensions = [(ExtensionType.QUIC_TRANSPORT_PARAMETERS, parameters)]
        made.alpn_cb = self._alpn_handler
        made.update_traffic_key_cb = self._update_traffic_key
        self.tls = made
        assert self._version is not None  # connecting has chosen one
        self._cryptos_initial = _InitialKeys(peer_cid)
        self._cryptos = {epoch: CryptoPair() for epoch in Epoch}
        self._cryptos[Epoch.INITIAL] = self._cryptos_initial[self._version]
        epochs = (Epoch.INITIAL, Epoch.HANDSHAKE, Epoch.ONE_RTT)
        self._crypto_buffers = {epoch: Buffer(capacity=CRYPTO_BUFFER_SIZE) for epoch in epochs}
        self._crypto_streams = {epoch: QuicStream() for epoch in epochs}
        self._spaces = {
            epoch: QuicPacketSpace(is_application_data=epoch is Epoch.ONE_RTT) for epoch in epochs
        }
        self._loss.spaces = list(self._spaces.values())

    def _receive_version_negotiation_packet(self, header: QuicHeader, now: float) -> None:
        self.offered = header.supported_versions
        super()._receive_version_negotiation_packet(header, now)

    def _probe_preferred_address(self) -> None:
        # Nobody moves in the course of a visit, least of all to an address that was not permitted.
        self._remote_preferred_address = None

    def _write_connection_limits(self, builder: QuicPacketBuilder, space: QuicPacketSpace) -> None:
        # aioquic doubles a window with the furthest byte that came. Ours slides with what was read.
        limit = self._local_max_data
        if self._read + CONNECTION_WINDOW // 2 > limit.value:
            limit.value = self._read + CONNECTION_WINDOW
        if limit.value != limit.sent:
            buf = builder.start_frame(
                QuicFrameType.MAX_DATA,
                capacity=CONNECTION_LIMIT_FRAME_CAPACITY,
                handler=self._on_connection_limit_delivery,
                handler_args=(limit,),
            )
            buf.push_uint_var(limit.value)
            limit.sent = limit.value

    def _write_stream_limits(
        self, builder: QuicPacketBuilder, space: QuicPacketSpace, stream: QuicStream
    ) -> None:
        assert stream.stream_id is not None  # only the streams of the handshake have none
        window = _SERVERS_WINDOW if stream.stream_id & 1 else STREAM_WINDOW
        read = stream.receiver.starting_offset()
        if stream.max_stream_data_local and read + window // 2 > stream.max_stream_data_local:
            stream.max_stream_data_local = read + window
        if stream.max_stream_data_local_sent != stream.max_stream_data_local:
            buf = builder.start_frame(
                QuicFrameType.MAX_STREAM_DATA,
                capacity=MAX_STREAM_DATA_FRAME_CAPACITY,
                handler=self._on_max_stream_data_delivery,
                handler_args=(stream,),
            )
            buf.push_uint_var(stream.stream_id)
            buf.push_uint_var(stream.max_stream_data_local)
            stream.max_stream_data_local_sent = stream.max_stream_data_local
