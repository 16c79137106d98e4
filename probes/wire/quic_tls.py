"""The TLS of a QUIC handshake: aioquic's, with what a fresh visit each time has no use for left out."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Any

from aioquic import tls
from aioquic._buffer import Buffer
from cryptography import x509

from probes.wire.sparing import sparing

_SUITES = [
    tls.CipherSuite.AES_128_GCM_SHA256,
    tls.CipherSuite.AES_256_GCM_SHA384,
    tls.CipherSuite.CHACHA20_POLY1305_SHA256,
]

Check = Callable[[list[bytes]], None]
"""Holds a certificate and those sent with it (DER) against what is trusted; an ``Alert`` refuses it."""


class Handshake(tls.Context):
    """One client's handshake, without resumption."""

    def __init__(self, *, alpn: str, host: str, check: Check | None) -> None:
        super().__init__(
            is_client=True,
            alpn_protocols=[alpn],
            cipher_suites=_SUITES,
            server_name=host,
            verify_mode=ssl.CERT_NONE,  # by aioquic, that is
        )
        # The two groups that every server has one of; each key that is offered costs its making.
        self._supported_groups = [tls.Group.X25519, tls.Group.SECP256R1]
        self.new_session_ticket_cb = _unused  # lets the server send its tickets, which are looked at below
        self.shown: list[bytes] = []
        """The server's certificate and those sent with it, in DER."""
        self.early_data: bool | None = None
        """Whether the server's tickets allow early data; ``None`` where it sent none."""
        self._check = check

    @property
    def cipher(self) -> str | None:
        """The cipher suite, by OpenSSL's name, once it is agreed on."""
        return f"TLS_{self.key_schedule.cipher_suite.name}" if self.key_schedule is not None else None

    def _set_peer_certificate(self, certificate: tls.Certificate) -> None:
        self.shown = [der for der, _ in certificate.certificates]
        try:
            self._peer_certificate = _parsed(self.shown[0])
        except ValueError as error:
            raise tls.AlertBadCertificate(f"the certificate cannot be read: {error}") from error

    def _client_handle_certificate_verify(self, input_buf: Buffer) -> None:
        super()._client_handle_certificate_verify(input_buf)
        if self._check is not None:
            self._check(self.shown)

    def _client_handle_new_session_ticket(self, input_buf: Buffer) -> None:
        ticket = tls.pull_new_session_ticket(input_buf)
        self.early_data = bool(self.early_data or ticket.max_early_data_size)


def _unused(_: Any) -> None:
    """Takes a ticket that nobody makes."""


_parsed = sparing(x509.load_der_x509_certificate)
