"""Roots of the user's own: which key the page's certificate has, where such a root vouches for it.

A browser has no option for a further root. It can be told to take a certificate by its key, so the page's is
looked at first, in a handshake of our own in which everything is verified with the root.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
from contextlib import closing
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from probes.chromium.fence import Rules
from probes.failure import Failure
from probes.wire.addresses import Address
from probes.wire.dial import dial
from probes.wire.names import Names
from probes.wire.tls import TlsStream, terms
from probes.wire.trust import Trust

_SECONDS = 5.0


async def trusted_key(names: Names, rules: Rules, ca: Path) -> str | None:
    """The SHA-256 (base64) of the page's public key; ``None`` where ``ca`` does not vouch for it.

    Raises:
        ValueError: ``ca`` can't be used.
    """
    with_root = terms(Trust(ca=ca), ("h2", "http/1.1"))
    try:
        async with asyncio.timeout(_SECONDS):
            lookup = await names.look_up(
                rules.host, rules.port, ip=rules.ip, pins=rules.pins, servers=rules.servers
            )
            try:
                dialled = await dial(lookup, rules.port, _any)
            finally:
                await lookup.close()
            with closing(TlsStream(dialled.stream, with_root, rules.host)) as stream:
                await stream.handshake()
                shown = stream.shown.certificate
    except (Failure, TimeoutError):
        return None  # the browser sees the same, and says so in its own words
    key = x509.load_der_x509_certificate(shown).public_key()
    plain = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(plain).digest()).decode()


def _any(_: Address) -> None:
    """Permits any address: it is where the config says that the page is."""
