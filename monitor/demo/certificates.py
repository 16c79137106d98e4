"""The demo's certificates: an authority made at every start, which nothing but the demo's agents trusts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme

VALID = timedelta(days=90)


def write_certificates(names: list[str], ca: Path, chain: Path, key: Path) -> None:
    """Make an authority and one certificate for ``names``; write the authority's, the chain and the key."""
    authority = trustme.CA(organization_name="landwatch demo")
    server = authority.issue_cert(*names, not_after=datetime.now(UTC) + VALID)
    key.touch(mode=0o600)
    server.private_key_pem.write_to_path(key)
    chain.write_bytes(b"".join(blob.bytes() for blob in server.cert_chain_pems))
    authority.cert_pem.write_to_path(ca)
