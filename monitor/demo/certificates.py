"""The demo's certificates: an authority made at every start, which nothing but the demo's agents trusts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import trustme

from monitor.demo.layout import Layout, site
from monitor.demo.plan import VENDORS

VALID = timedelta(days=90)
NEARLY_OVER = {"shaky": timedelta(days=9)}
"""Whose certificate ends soon, and when."""


def write_certificates(layout: Layout) -> None:
    """Make an authority and a certificate for each vendor; write them and the keys."""
    authority = trustme.CA(organization_name="landwatch demo")
    for vendor in VENDORS:
        valid = NEARLY_OVER.get(vendor, VALID)
        server = authority.issue_cert(site(vendor), not_after=datetime.now(UTC) + valid)
        layout.key(vendor).touch(mode=0o600)
        server.private_key_pem.write_to_path(layout.key(vendor))
        layout.chain(vendor).write_bytes(b"".join(blob.bytes() for blob in server.cert_chain_pems))
    authority.cert_pem.write_to_path(layout.ca)
