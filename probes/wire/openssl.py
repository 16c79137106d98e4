"""One client's TLS without its socket, by the OpenSSL that the cryptography package brings.

pyOpenSSL makes the context. What it does for a connection beyond that (callbacks, exceptions for what is no
error, a fresh buffer for each read) has no use here, and takes a sixth of the whole time that TLS does.
The functions are those that pyOpenSSL itself calls; a new release of either package may change them.
"""

from __future__ import annotations

import threading
from functools import lru_cache

from cryptography.hazmat.bindings.openssl.binding import Binding
from OpenSSL import SSL

from probes.wire.addresses import Address

_BUFFER_BYTES = 16 * 1024
"""As much as a record holds."""

lib, _ffi = Binding().lib, Binding().ffi
_allocate = _ffi.new_allocator(should_clear_after_alloc=False)
_MEMORY = lib.BIO_s_mem()


class _Here(threading.local):
    """A buffer for each thread: OpenSSL runs without Python's lock."""

    def __init__(self) -> None:
        self.buffer = _allocate("char[]", _BUFFER_BYTES)


_here = _Here()


class TlsError(Exception):
    """What came is not TLS, or the other side broke off; the words are OpenSSL's."""


class Session:
    """The client's end of one connection: bytes that came are put in, bytes to send are taken out."""

    __slots__ = ("_came", "_leaves", "_tls")

    def __init__(self, context: SSL.Context, host: str) -> None:
        self._tls = tls = _ffi.gc(lib.SSL_new(context._context), lib.SSL_free)
        self._came, self._leaves = lib.BIO_new(_MEMORY), lib.BIO_new(_MEMORY)
        lib.SSL_set_bio(tls, self._came, self._leaves)  # which are freed with it
        lib.SSL_set_connect_state(tls)
        name = _server_name(host)
        if name is not None:
            lib.SSL_set_tlsext_host_name(tls, name)

    def ask_for_staple(self) -> None:
        """Ask for an OCSP response (RFC 6066, section 8), before the handshake."""
        lib.SSL_set_tlsext_status_type(self._tls, lib.TLSEXT_STATUSTYPE_ocsp)

    def shake(self) -> bool:
        """Go on with the handshake; whether it is over, or else waits for the other side.

        Raises:
            TlsError: it failed.
        """
        returned = lib.SSL_do_handshake(self._tls)
        return returned == 1 or self._waits(returned)

    def read(self) -> bytes | None:
        """The next bytes in clear; ``b""`` at an end that was said, ``None`` where more has to come.

        Raises:
            TlsError: what came is not TLS.
        """
        lib.ERR_clear_error()  # what others left in the thread's queue would pass for an error of ours
        buffer = _here.buffer
        returned = lib.SSL_read(self._tls, buffer, _BUFFER_BYTES)
        if returned > 0:
            return bytes(_ffi.buffer(buffer, returned))
        if lib.SSL_get_error(self._tls, returned) == lib.SSL_ERROR_ZERO_RETURN:
            return b""
        self._waits(returned)
        return None

    def write(self, data: bytes) -> None:
        """Encrypt ``data``, to be taken out."""
        lib.ERR_clear_error()
        if data and lib.SSL_write(self._tls, data, len(data)) <= 0:
            raise TlsError(_words())  # pragma: no cover  # memory takes everything

    def put(self, data: bytes) -> None:
        """Put in what came."""
        lib.BIO_write(self._came, data, len(data))

    def take(self) -> bytes:
        """What is to be sent, which may be nothing."""
        return _drained(self._leaves)

    @property
    def alpn(self) -> str | None:
        """The protocol that was agreed on, by its ALPN name."""
        name, size = _ffi.new("unsigned char **"), _ffi.new("unsigned int *")
        lib.SSL_get0_alpn_selected(self._tls, name, size)
        return bytes(_ffi.buffer(name[0], size[0])).decode("ascii", "replace") if size[0] else None

    @property
    def version(self) -> str:
        """The version of TLS, such as ``TLSv1.3``."""
        return _text(lib.SSL_get_version(self._tls))

    @property
    def cipher(self) -> str:
        """The cipher suite, by OpenSSL's name."""
        return _text(lib.SSL_CIPHER_get_name(lib.SSL_get_current_cipher(self._tls)))

    @property
    def group(self) -> str:
        """The group that keys were exchanged over, by OpenSSL's name."""
        return _text(lib.SSL_get0_group_name(self._tls))

    @property
    def chain(self) -> list[bytes]:
        """The certificates that the other side showed, in DER, its own first."""
        shown = lib.SSL_get_peer_cert_chain(self._tls)
        memory = lib.BIO_new(_MEMORY)
        try:
            return [_der(lib.sk_X509_value(shown, at), memory) for at in range(lib.sk_X509_num(shown))]
        finally:
            lib.BIO_free(memory)

    @property
    def staple(self) -> bytes:
        """The OCSP response that came with them, empty where none did."""
        response = _ffi.new("const unsigned char **")
        size = lib.SSL_get_tlsext_status_ocsp_resp(self._tls, response)
        return bytes(_ffi.buffer(response[0], size)) if size > 0 else b""

    def _waits(self, returned: int) -> bool:
        """``False`` where no more than bytes of the other side are missing.

        Raises:
            TlsError: something else is.
        """
        if lib.SSL_get_error(self._tls, returned) != lib.SSL_ERROR_WANT_READ:
            raise TlsError(_words())
        return False


def _der(certificate: object, memory: object) -> bytes:
    lib.i2d_X509_bio(memory, certificate)
    return _drained(memory)


def _drained(memory: object) -> bytes:
    """What is in a memory BIO, which is empty then."""
    pieces = []
    buffer = _here.buffer
    while (size := lib.BIO_read(memory, buffer, _BUFFER_BYTES)) > 0:
        pieces.append(bytes(_ffi.buffer(buffer, size)))
        if size < _BUFFER_BYTES:
            break
    return b"".join(pieces)


def _words() -> str:
    """What is in OpenSSL's queue of errors, which is empty then."""
    reasons = []
    while code := lib.ERR_get_error():
        reasons.append(_text(lib.ERR_reason_error_string(code)))
    words = ", ".join(filter(None, reasons)) or "the connection was closed"
    return words if words.startswith("tls") else f"TLS: {words}"


def _text(pointer: object) -> str:
    return str(_ffi.string(pointer), "ascii", "replace") if pointer != _ffi.NULL else ""


@lru_cache(maxsize=4096)
def _server_name(host: str) -> bytes | None:
    """What the other side is told whom we want: no address, and no dot at the end (RFC 6066, section 3)."""
    return host.rstrip(".").encode("ascii") if Address.parse(host) is None else None
