"""The roots that are trusted, by the name that they vouch under."""

from __future__ import annotations

import base64
import re
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

import certifi
from cryptography import x509

from probes.encryption.certificate import load

_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", re.DOTALL)


class Roots:
    """Mozilla's roots (the certifi package), and those of a file of the user's."""

    def __init__(self, certificates: list[x509.Certificate]) -> None:
        self._by_subject: dict[bytes, list[x509.Certificate]] = {}
        for each in certificates:
            self._by_subject.setdefault(each.subject.public_bytes(), []).append(each)

    def of(self, issuer: x509.Name) -> list[x509.Certificate]:
        """The roots of this name."""
        return self._by_subject.get(issuer.public_bytes(), [])


@lru_cache(maxsize=16)
def roots(ca: Path | None) -> Roots:
    """The roots with those of ``ca``; kept, because reading them takes tens of milliseconds.

    Raises:
        OSError: the file cannot be read.
        ValueError: it holds no certificate.
    """
    certificates = _read(Path(certifi.where()))
    if ca is not None:
        own = _read(ca)
        if not own:
            raise ValueError(f"{ca}: no certificate is in it")
        certificates += own
    return Roots(certificates)


def _read(path: Path) -> list[x509.Certificate]:
    """The certificates in a file; one that cannot be read is passed over, so that it costs no other."""
    found = []
    for block in _PEM.findall(path.read_bytes()):
        with suppress(ValueError):
            found.append(load(base64.b64decode(block)))
    return found
