from __future__ import annotations

import socket
from pathlib import Path

import pytest

from monitor.demo.layout import HOST, REGIONS, Layout, Region, lay_out
from monitor.demo.trouble import DemoTrouble


def test_a_layout_survives_the_way_to_the_stage(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    layout = lay_out(tmp_path, 1700000000.25, port=0)
    layout.save()
    assert Layout.load(layout.path("layout.json")) == layout
    assert layout.store_url == f"sqlite:///{tmp_path}/landwatch.db"


def test_free_ports_are_taken_as_wished(tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as held:
        wish = held.getsockname()[1]
    region = Region("here", "127.0.0.11", 0.0, wish)
    assert lay_out(tmp_path, 0.0, port=0, regions=[region]).regions[0].metrics_port == wish


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
@pytest.mark.parametrize("address", [HOST, REGIONS[2].address])
def test_a_port_that_is_taken_anywhere_gives_way_to_another(
    tmp_path: Path, kind: socket.SocketKind, address: str
) -> None:
    with socket.socket(type=kind) as held:
        held.bind((address, 0))
        if kind is socket.SOCK_STREAM:
            held.listen()
        taken = held.getsockname()[1]
        layout = lay_out(tmp_path, 0.0, port=taken)
        assert layout.port != taken


def test_no_port_is_given_twice(tmp_path: Path) -> None:
    same = [Region(str(number), f"127.0.0.{11 + number}", 0.0, 0) for number in range(20)]
    with socket.create_server((HOST, 0)) as held:
        wish = held.getsockname()[1]
    layout = lay_out(tmp_path, 0.0, port=wish, regions=[*same, Region("wish", "127.0.0.9", 0.0, wish)])
    ports = [layout.port, layout.app_port, *(region.metrics_port for region in layout.regions)]
    assert len(set(ports)) == len(ports)


def test_an_address_that_is_not_ours_is_said(tmp_path: Path) -> None:
    with pytest.raises(DemoTrouble, match=r"192\.0\.2\.1"):
        lay_out(tmp_path, 0.0, regions=[Region("mars", "192.0.2.1", 0.0, 0)])
