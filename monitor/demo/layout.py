"""Where everything of the demo lies: folders, ports, regions and their distances.

The layout is decided once by the parent and written to ``demo/layout.json``, from which the stage reads it.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from random import SystemRandom
from typing import Self

import orjson

from monitor.demo.plan import VENDORS
from monitor.demo.trouble import DemoTrouble

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Region:
    """A place that the vendors are watched from: an agent, and a relay that stands for the distance."""

    name: str
    address: str
    """The loopback address of the region's relay."""
    delay: float
    """Seconds that a byte takes from the region to the vendors, one way."""
    metrics_port: int
    """The port of the agent's web page and ``/metrics``."""
    continent: str = "EU"
    """Where the region lies."""


REGIONS = (
    Region("eu-west", "127.0.0.11", 0.005, 9464, "EU"),
    Region("us-east", "127.0.0.12", 0.020, 9465, "NA"),
    Region("ap-south", "127.0.0.13", 0.035, 9466, "AS"),
)

DEAD = "127.0.0.19"
"""An address at which nobody listens: the second one of a vendor that does not look after its own."""

PORT = 8443
"""The vendors' port, if it is free."""

OTHER_PORTS = (20_000, 32_768)
"""Where other ports are drawn from: below those that the kernel gives to outgoing connections, one of which
could else take a port between its choice and its use."""

TRIES = 100
"""How often one is drawn, until none is taken to be free."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The demo's paths and ports."""

    state: Path
    started: float
    """Wall time of the start, in seconds since 1970: the plan's zero."""
    port: int
    """The vendors' port: caddy's on 127.0.0.1 and every relay's on its own address."""
    app_port: int
    """The port of the app behind caddy."""
    closed_port: int
    """A port that nobody listens on, where one vendor says that it speaks HTTP/3."""
    regions: tuple[Region, ...]
    browser: str | None = None
    """The browser that looks at first screens, from the first region; ``None`` where none does."""

    @property
    def folder(self) -> Path:
        """Where the demo keeps what is only the demo's."""
        return self.state / "demo"

    @property
    def store_url(self) -> str:
        """The database that the three agents share."""
        return f"sqlite:///{self.state / 'landwatch.db'}"

    @property
    def ca(self) -> Path:
        """The authority that signed the vendors' certificate."""
        return self.folder / "ca.pem"

    @property
    def record(self) -> Path:
        """The demo's own record of what the vendors did."""
        return self.folder / "record.jsonl"

    def chain(self, vendor: str) -> Path:
        """The certificate of a vendor, with what leads to the authority."""
        return self.path(f"{vendor}.chain.pem")

    def key(self, vendor: str) -> Path:
        """The key of a vendor's certificate."""
        return self.path(f"{vendor}.key.pem")

    def path(self, name: str) -> Path:
        """A file of the demo's own."""
        return self.folder / name

    def save(self) -> None:
        """Write the layout for the stage to read."""
        self.path("layout.json").write_bytes(orjson.dumps(asdict(self), default=str))

    @classmethod
    def load(cls, path: Path) -> Self:
        """The layout that :meth:`save` wrote."""
        fields = orjson.loads(path.read_bytes())
        fields["state"] = Path(fields["state"])
        fields["regions"] = tuple(Region(**region) for region in fields["regions"])
        return cls(**fields)


def site(vendor: str) -> str:
    """The host name of a vendor."""
    return f"{vendor}.demo.test"


SITES = [site(vendor) for vendor in VENDORS]


def lay_out(state: Path, started: float, port: int = PORT, regions: Sequence[Region] = REGIONS) -> Layout:
    """Decide the ports: those that are wished for where they are free, else others.

    Raises:
        DemoTrouble: an address of this machine can't be listened on at all.
    """
    taken: set[int] = set()
    port = _free_port(port, [HOST, *(region.address for region in regions)], taken)
    placed = tuple(
        replace(region, metrics_port=_free_port(region.metrics_port, [HOST], taken)) for region in regions
    )
    closed = _free_port(0, [HOST, *(region.address for region in regions)], taken)
    return Layout(state.absolute(), started, port, _free_port(0, [HOST], taken), closed, placed)


def _free_port(wish: int, addresses: Iterable[str], taken: set[int]) -> int:
    """A port that is free on all ``addresses``, for TCP and UDP: ``wish`` where it is, else any."""
    addresses = list(addresses)
    draw = SystemRandom().randrange
    for port in [wish, *(draw(*OTHER_PORTS) for _ in range(TRIES))]:
        if port and port not in taken and _free(port, addresses):
            taken.add(port)
            return port
    raise DemoTrouble(
        f"no port is free on all of {', '.join(addresses)}: it needs Linux, where all of 127.x.x.x is local"
    )


def _free(port: int, addresses: list[str]) -> bool:
    with ExitStack() as held:
        try:
            for address in addresses:
                for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                    sock = held.enter_context(socket.socket(socket.AF_INET, kind))
                    if kind is socket.SOCK_STREAM:
                        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    sock.bind((address, port))
        except OSError:
            return False
    return True
