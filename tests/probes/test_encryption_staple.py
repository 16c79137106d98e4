"""OCSP staples: what they say, for how long, and by whom."""

from __future__ import annotations

from datetime import timedelta

import pytest
from chains import NOW, Made, make
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.x509 import ocsp
from staples import ANSWERS, ISSUER, LEAF, staple

from probes.encryption.staple import Staple, read_staple


def read(der: bytes, issuer: Made | None = ISSUER) -> Staple:
    return read_staple(der, LEAF.certificate, issuer.certificate if issuer else None, NOW)


def test_a_good_staple() -> None:
    found = read(staple())
    assert (found.present, found.status, found.fresh, found.genuine) == (True, "good", True, True)
    assert (found.good, found.revoked) == (True, False)
    facts = found.facts(must_staple=True)
    assert facts["must_staple"] is True
    assert facts["next_update"] == f"{NOW + timedelta(days=3):%Y-%m-%dT%H:%M:%S}Z"


def test_none_at_all() -> None:
    found = read(b"")
    assert (found.present, found.good, found.revoked) == (False, False, False)


def test_a_revoked_certificate() -> None:
    found = read(staple(status=ocsp.OCSPCertStatus.REVOKED))
    assert (found.status, found.revoked, found.good) == ("revoked", True, False)


@pytest.mark.parametrize(("begun", "ends"), [(5, -1), (-1, 3)], ids=["over", "not yet"])
def test_one_that_is_not_of_today(begun: float, ends: float) -> None:
    found = read(staple(begun=begun, ends=ends))
    assert (found.status, found.fresh, found.good) == ("good", False, False)


def test_one_without_an_end_is_as_fresh_as_it_says() -> None:
    found = read(staple(ends=None))
    assert (found.fresh, found.next_update) == (True, None)


def test_one_by_somebody_whom_the_issuer_lets_answer() -> None:
    assert read(staple(signer=make("Responder", ISSUER, extensions=[ANSWERS]))).genuine is True
    key = rsa.generate_private_key(65537, 2048)
    assert read(staple(signer=make("Responder", ISSUER, extensions=[ANSWERS], key=key))).genuine is True


def test_a_forged_one_neither_helps_nor_harms() -> None:
    stranger = make("Responder", make("Stranger", authority=True), extensions=[ANSWERS])
    unasked = make("Responder", ISSUER)
    odd = make("Responder", ISSUER, extensions=[ANSWERS], key=ed25519.Ed25519PrivateKey.generate())
    for signer, digest in ((stranger, hashes.SHA256()), (unasked, hashes.SHA256()), (odd, None)):
        assert read(staple(signer=signer, digest=digest)).genuine is False
    forged = read(staple(signer=stranger, status=ocsp.OCSPCertStatus.REVOKED))
    assert (forged.status, forged.revoked, forged.good) == ("revoked", False, False)


def test_without_the_issuer_it_is_not_known_who_signed() -> None:
    found = read(staple(), issuer=None)
    assert (found.genuine, found.good) == (None, True)


def test_what_is_of_no_use_says_why() -> None:
    assert read(staple(about=make("other.test", ISSUER))).detail == "it is about another certificate"
    busy = ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER)
    later = read(busy.public_bytes(serialization.Encoding.DER))
    assert (later.detail, later.status) == ("the responder says try_later", None)
    assert "cannot be read" in (read(b"nothing").detail or "")
