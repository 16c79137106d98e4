"""What a chain of certificates is: where it leads, how long it lasts, and what is weak in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography import x509

from probes.encryption.certificate import (
    common_name,
    covers,
    has_small_key,
    is_self_issued,
    is_weakly_signed,
    key_name,
    load,
    names_issuers_place,
    names_of,
    signature_name,
    vouches_for,
)
from probes.encryption.roots import Roots


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain as it was sent.

    The path is what leads from the page's certificate towards a root: the certificates that count. A root
    that was sent along has no part in it, because clients have their own.
    """

    sent: tuple[x509.Certificate, ...]
    path: tuple[x509.Certificate, ...]
    issuer: x509.Certificate | None
    """Who issued the page's certificate, from the chain or the roots."""
    anchored: bool
    """Whether the path ends at a root that is trusted here."""
    complete: bool | None
    """Whether the certificates sent lead to a root, a trusted one or a stranger's.

    Where they do not and the last one names no place of its issuer's certificate, the issuer may as well be a
    root of its own, which need not be sent: that is not known.
    """
    ordered: bool
    """Whether each certificate of the path stands right behind the one that it vouches for."""

    @property
    def leaf(self) -> x509.Certificate:
        """The page's own certificate."""
        return self.sent[0]

    @property
    def self_signed(self) -> bool:
        """Whether the page's certificate vouches for itself."""
        return vouches_for(self.leaf, self.leaf)

    @property
    def ends(self) -> datetime:
        """When the first certificate of the path ends."""
        return min(each.not_valid_after_utc for each in self.path)

    @property
    def weak_signatures(self) -> list[str]:
        """How those of the path are signed whose signature can be forged; a root's own does not count."""
        return [
            signature_name(each) for each in self.path if is_weakly_signed(each) and not is_self_issued(each)
        ]

    @property
    def small_keys(self) -> list[str]:
        """Keys of the path that are too small, such as ``RSA 1024``."""
        return [key_name(each) for each in self.path if has_small_key(each)]

    def days_left(self, now: datetime) -> float:
        """Days until the first certificate of the path ends; negative afterwards."""
        return (self.ends - now).total_seconds() / 86_400

    def problems(self, host: str, now: datetime) -> list[str]:
        """What a client that is strict would say, in words."""
        found = []
        for each in self.path:
            if now > each.not_valid_after_utc:
                found.append(f"{common_name(each.subject)} expired on {each.not_valid_after_utc:%Y-%m-%d}")
            if now < each.not_valid_before_utc:
                begins = each.not_valid_before_utc
                found.append(f"{common_name(each.subject)} is not valid before {begins:%Y-%m-%d}")
        if not covers(self.leaf, host):
            names = ", ".join(names_of(self.leaf)[:3]) or "no name at all"
            found.append(f"it is not for {host} but for {names}")
        if self.self_signed and not self.anchored:
            found.append("it is self-signed")
        elif not self.anchored:
            issuer = common_name(self.path[-1].issuer)
            missing = f"the certificate of its issuer {issuer} was not sent, nor is it a trusted root"
            found.append(f"its root {issuer} is not trusted" if self.complete else missing)
        return found

    def facts(self, now: datetime) -> dict[str, Any]:
        """The chain as evidence."""
        return {
            "complete": self.complete,
            "trusted": self.anchored,
            "ordered": self.ordered,
            "self_signed": self.self_signed,
            "expiry_days": round(self.days_left(now), 3),
            "key": key_name(self.leaf),
            "signature": signature_name(self.leaf),
            "weak_signatures": self.weak_signatures,
            "small_keys": self.small_keys,
            "sent": [_certificate(each) for each in self.sent],
        }


def read_chain(ders: Sequence[bytes], roots: Roots) -> Chain | None:
    """The chain that was sent as ``ders``; ``None`` where the page's certificate cannot be read."""
    sent = []
    for place, der in enumerate(ders):
        try:
            sent.append(load(der))
        except ValueError:
            if place == 0:
                return None
    if not sent:
        return None
    path = [sent[0]]
    root = None
    while True:
        last = path[-1]
        # A trusted root comes before what was sent: an expired twin of it does no harm (OpenSSL does alike).
        root = next((each for each in roots.of(last.issuer) if vouches_for(each, last)), None)
        if root is not None or is_self_issued(last):
            break
        above = next((each for each in sent if each not in path and vouches_for(each, last)), None)
        if above is None:
            break
        path.append(above)
    return Chain(
        sent=tuple(sent),
        path=tuple(path),
        issuer=path[1] if len(path) > 1 else root,
        anchored=root is not None,
        complete=_is_complete(path[-1], root),
        ordered=[sent.index(each) for each in path] == list(range(len(path))),
    )


def _is_complete(last: x509.Certificate, root: x509.Certificate | None) -> bool | None:
    if root is not None:
        return is_self_issued(root)
    if is_self_issued(last):
        return True
    return False if names_issuers_place(last) else None


def _certificate(certificate: x509.Certificate) -> dict[str, Any]:
    return {
        "subject": common_name(certificate.subject),
        "issuer": common_name(certificate.issuer),
        "not_before": _time(certificate.not_valid_before_utc),
        "not_after": _time(certificate.not_valid_after_utc),
        "key": key_name(certificate),
        "signature": signature_name(certificate),
    }


def _time(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
