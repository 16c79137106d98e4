"""Why a QUIC connection ended, in words (RFC 9000, 20; RFC 9114, 8.1; RFC 8446, 6)."""

from __future__ import annotations

from aioquic.quic.events import ConnectionTerminated
from aioquic.quic.packet import QuicErrorCode
from aioquic.tls import AlertDescription

from probes.failure import Failure
from probes.sample import Fault

_H3 = (
    "H3_NO_ERROR",
    "H3_GENERAL_PROTOCOL_ERROR",
    "H3_INTERNAL_ERROR",
    "H3_STREAM_CREATION_ERROR",
    "H3_CLOSED_CRITICAL_STREAM",
    "H3_FRAME_UNEXPECTED",
    "H3_FRAME_ERROR",
    "H3_EXCESSIVE_LOAD",
    "H3_ID_ERROR",
    "H3_SETTINGS_ERROR",
    "H3_MISSING_SETTINGS",
    "H3_REQUEST_REJECTED",
    "H3_REQUEST_CANCELLED",
    "H3_REQUEST_INCOMPLETE",
    "H3_MESSAGE_ERROR",
    "H3_CONNECT_ERROR",
    "H3_VERSION_FALLBACK",
)
_QPACK = ("QPACK_DECOMPRESSION_FAILED", "QPACK_ENCODER_STREAM_ERROR", "QPACK_DECODER_STREAM_ERROR")

NO_ERROR = 0x100
"""H3_NO_ERROR: what we say when we are done."""

_NO_ALPN = QuicErrorCode.CRYPTO_ERROR + AlertDescription.no_application_protocol
_IDLE = "Idle timeout"
_REASON_CHARACTERS = 120


def application_error(code: int) -> str:
    """What HTTP/3 calls the error ``code``."""
    if 0x100 <= code < 0x100 + len(_H3):
        return _H3[code - 0x100]
    if 0x200 <= code < 0x200 + len(_QPACK):
        return _QPACK[code - 0x200]
    return f"error 0x{code:x}"


def transport_error(code: int) -> str:
    """What QUIC calls the error ``code``, or TLS where it is one of its alerts."""
    try:
        if 0x100 <= code < 0x200:
            return f"TLS alert: {AlertDescription(code - 0x100).name.replace('_', ' ')}"
        return QuicErrorCode(code).name
    except ValueError:
        return f"error 0x{code:x}"


def failure(end: ConnectionTerminated, *, by_peer: bool, shaken: bool) -> Failure:
    """What a connection's end says of the page; ``shaken`` is whether its handshake was complete."""
    by_application = end.frame_type is None and by_peer
    name = (application_error if by_application else transport_error)(end.error_code)
    reason = f" ({end.reason_phrase[:_REASON_CHARACTERS]})" if end.reason_phrase else ""
    if end.reason_phrase == _IDLE and not by_peer:
        words = "QUIC: nothing came for as long as the connection is kept"
    elif by_peer:
        words = f"QUIC: the server closed the connection: {name}{reason}"
    else:
        words = f"QUIC: the connection was given up: {name}{reason}"
    return Failure(_fault(end.error_code, by_application=by_application, shaken=shaken), words)


def _fault(code: int, *, by_application: bool, shaken: bool) -> Fault:
    if shaken or by_application or code == _NO_ALPN:
        return Fault.PROTOCOL
    return Fault.TLS if 0x100 <= code < 0x200 else Fault.CONNECT
