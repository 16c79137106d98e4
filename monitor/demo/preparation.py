"""What lies ready in the state folder before the demo's processes start."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from monitor.demo.agents import agent_config, agent_config_path
from monitor.demo.caddy import caddyfile
from monitor.demo.certificates import write_certificates
from monitor.demo.kpis import KPIS, kpi_file
from monitor.demo.layout import Layout
from monitor.demo.trouble import DemoTrouble
from storage.store import Store, StoreUnavailable


def prepare(layout: Layout) -> None:
    """Write certificates, configs and the layout, and bring an old database up to date.

    Raises:
        DemoTrouble: the database in the state folder is not one that this version can use.
    """
    write_certificates(layout)
    layout.path("Caddyfile").write_text(caddyfile(layout), "utf-8")
    layout.path(KPIS).write_text(kpi_file(layout.started), "utf-8")
    for region in layout.regions:
        layout.path(region.name).mkdir(exist_ok=True)
        agent_config_path(layout, region).write_text(agent_config(layout, region), "utf-8")
    layout.save()
    store = Store(layout.store_url)
    try:
        store.migrate()
    except StoreUnavailable as error:
        raise DemoTrouble(f"{error}. Choose another folder: landwatch demo --state OTHER") from error
    finally:
        store.close()


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the folder for this demo; the kernel lets go of it when the process ends, however it ends.

    Raises:
        DemoTrouble: another demo holds it, or it can't be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("ab")
    except OSError as error:
        raise DemoTrouble(f"the state folder can't be written to: {error}") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            message = f"a demo is already at work in {folder}: end it, or choose another folder with --state"
            raise DemoTrouble(message) from None
        yield
