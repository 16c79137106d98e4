from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
from contextlib import asynccontextmanager, closing
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from pages import Pages, serve_pages
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from monitor.config import parse
from monitor.daemon import SPOOL, StartFailed, kinds_of, open_daemon
from monitor.reload import ReloadRefused
from monitor.service import INTERRUPTED, serve
from probes import http
from storage.store import Store

PATH = Path("landwatch.yaml")


@pytest.fixture
async def site():
    async with serve_pages() as pages:
        yield pages


def text(site: Pages, state: Path, *paths: str, every: str = "250ms", more: str = "") -> str:
    """A config that watches these paths of the site, each named by its path."""
    pages = "".join(
        f"      - {{name: {path[1:]}, url: '{site.url}{path}', probes: {{http: {{every: {every}}}}}}}\n"
        for path in paths
    )
    return (
        f"region: here\nstate: {state}\nlisten: 127.0.0.1:0\n{more}"
        f"vendors:\n  - name: shop\n    pages:\n{pages}"
    )


def make(site: Pages, state: Path, *paths: str, **options: str):
    return parse(text(site, state, *paths, **options))


@asynccontextmanager
async def opened(config, **options):
    """The daemon, and a client of its web."""
    async with (
        open_daemon(config, PATH, **options) as daemon,
        httpx.AsyncClient(base_url=daemon.url, trust_env=False) as client,
    ):
        daemon.start()
        yield daemon, client


async def figures(client: httpx.AsyncClient, name: str, **labels: str) -> float:
    """The sum of the series of ``name`` that have these labels."""
    answer = await client.get("/metrics")
    return sum(
        sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


async def until(condition, *arguments, **options):
    """Wait until ``condition`` says so."""
    async with asyncio.timeout(20):
        while not await condition(*arguments, **options):
            await asyncio.sleep(0.02)


async def at_least(number: float, client: httpx.AsyncClient, name: str, **labels: str) -> bool:
    return await figures(client, name, **labels) >= number


def stored(config) -> list:
    with closing(Store(config.store_url)) as store:
        return list(store.samples())


async def test_pages_are_measured_kept_and_shown(site, tmp_path):
    config = make(site, tmp_path, "/fine", "/missing")
    async with opened(config) as (daemon, client):
        await until(at_least, 2, client, "landwatch_samples_total", page="fine", outcome="up")
        await until(at_least, 1, client, "landwatch_samples_total", page="missing", fault="status")
        assert await figures(client, "landwatch_up", page="fine") == 1
        assert await figures(client, "landwatch_targets") == 2
        assert await figures(client, "landwatch_schedule_lag_seconds_count") >= 3
        assert (await client.get("/readyz")).json() == {"ready": True, "reasons": []}
        assert (await client.get("/healthz")).status_code == 200
        assert "shop / fine" in (await client.get("/")).text
        await daemon.drain()
        ready = await client.get("/readyz")
        assert (ready.status_code, ready.json()["reasons"]) == (503, ["the schedule does not run"])
        run = await figures(client, "landwatch_runs_total", result="run")
        counted = await figures(client, "landwatch_samples_total", attempt="scheduled")
    samples = stored(config)
    assert len([sample for sample in samples if sample.attempt == "scheduled"]) == counted == run
    assert {(sample.page, sample.outcome) for sample in samples} == {("fine", "up"), ("missing", "down")}


async def test_a_drain_lets_a_run_under_way_end(site, tmp_path):
    config = make(site, tmp_path, "/slow", every="20s")
    async with opened(config) as (daemon, _client):
        daemon.schedule.replace(make(site, tmp_path, "/slow").watches())
        await site.until("/slow")
        drain = asyncio.create_task(daemon.drain())
        await asyncio.sleep(0)
        assert not daemon.schedule.running
        site.go_on.set()
        await drain
    assert "up" in [sample.outcome for sample in stored(config)]


async def test_a_drain_cuts_what_does_not_end_and_makes_no_sample_of_it(site, tmp_path):
    config = make(site, tmp_path, "/hang", "/fine", every="1s")
    async with opened(config) as (daemon, _client):
        await site.until("/fine")
        # A run that has just begun: it hangs for the second of its timeout, far longer than the drain takes.
        await site.until("/hang", site.asked["/hang"] + 1)
        with capture_logs() as logs:
            await daemon.drain(0.0)
        assert next(line["cut"] for line in logs if line["event"] == "drained") >= 1
    assert {sample.page for sample in stored(config)} >= {"fine"}


async def test_a_daemon_that_is_left_without_a_drain_loses_no_sample_either(site, tmp_path):
    config = make(site, tmp_path, "/fine")
    async with opened(config) as (_daemon, client):
        await until(at_least, 2, client, "landwatch_samples_total", outcome="up")
        seen = await figures(client, "landwatch_samples_total", outcome="up")
    assert len(stored(config)) >= seen


async def test_a_reload_goes_on_where_nothing_changed(site, tmp_path):
    async with opened(make(site, tmp_path, "/fine", "/gone")) as (daemon, client):
        await until(at_least, 2, client, "landwatch_samples_total", page="fine", outcome="up")
        before = await figures(client, "landwatch_samples_total", page="fine")
        more = "objectives: [{name: t, indicator: ttfb, at_most: 700ms}]\n"
        await daemon.apply(make(site, tmp_path, "/fine", "/new"))
        assert await figures(client, "landwatch_samples_total", page="fine") >= before
        assert await figures(client, "landwatch_runs_total", page="gone") == 0
        await until(at_least, 1, client, "landwatch_samples_total", page="new", outcome="up")
        page = (await client.get("/")).text
        assert "shop / new" in page
        await daemon.apply(make(site, tmp_path, "/fine", more=more))
        await until(at_least, 1, client, "landwatch_ttfb_seconds_bucket", le="0.7")
        assert daemon.facts().promises.ttfb.target == 0.7


@pytest.mark.parametrize("line", ["region: there\n", "listen: 127.0.0.1:1\n", "store: sqlite:////tmp/x.db\n"])
async def test_a_reload_that_needs_a_restart_is_refused_and_changes_nothing(site, tmp_path, line):
    config = make(site, tmp_path, "/fine")
    key = line.partition(":")[0]
    kept = [old for old in text(site, tmp_path, "/new").splitlines(keepends=True) if not old.startswith(key)]
    async with opened(config) as (daemon, _client):
        with pytest.raises(ReloadRefused, match=f"{key} changed: that needs a restart"):
            await daemon.apply(parse(line + "".join(kept)))
        assert daemon.config is config
        assert [watch.target.page for watch in daemon.config.watches()] == ["fine"]


async def test_controls_can_come_and_go(site, tmp_path):
    with_controls = make(site, tmp_path, "/fine", more=f"controls: ['{site.url}/control']\n")
    assert kinds_of(with_controls) == {"http"}
    async with opened(make(site, tmp_path, "/fine")) as (daemon, _client):
        await daemon.apply(with_controls)
        await site.until("/control")
        await daemon.apply(with_controls)  # nothing changed: they are not asked anew
        await daemon.apply(make(site, tmp_path, "/fine"))
        asked = site.asked["/control"]
        await site.until("/fine", site.asked["/fine"] + 2)
        assert site.asked["/control"] == asked == 1


def test_kinds_that_only_the_controls_need_are_opened_too():
    config = SimpleNamespace(watches=list, controls=["http://127.0.0.1/"])
    assert kinds_of(config) == {"http"}


@pytest.fixture
def broken_kind():
    """The http probe, in a world where it can't be opened at first."""

    class Broken:
        Options, EVERY, TIMEOUT, BURSTS = http.Options, http.EVERY, http.TIMEOUT, http.BURSTS
        error: Exception | None = RuntimeError("no browser here")

        def open_probe(self):
            if self.error is not None:
                raise self.error
            return http.open_probe()

    return Broken()


async def test_a_probe_that_cannot_be_opened_stops_the_start_with_one_line(site, tmp_path, broken_kind):
    config = make(site, tmp_path, "/fine")
    with pytest.raises(StartFailed, match=r"^the http probe can't be opened: no browser here$"):
        async with opened(config, kinds={"http": broken_kind}):
            pass
    broken_kind.error = None
    async with opened(config, kinds={"http": broken_kind}):
        await site.until("/fine")


async def test_how_often_a_probes_own_programs_failed_it_is_told(site, tmp_path):
    class Restarting:
        Options, EVERY, TIMEOUT, BURSTS = http.Options, http.EVERY, http.TIMEOUT, http.BURSTS
        probe = None

        @asynccontextmanager
        async def open_probe(self):
            async with http.open_probe() as probe:
                self.probe = SimpleNamespace(measure=probe.measure, restarts=0)
                yield self.probe

    kind = Restarting()
    name = "landwatch_probe_restarts_total"
    async with opened(make(site, tmp_path / "with", "/fine"), kinds={"http": kind}) as (_, client):
        assert f'{name}{{probe="http"}} 0.0' in (await client.get("/metrics")).text
        kind.probe.restarts = 3
        assert await figures(client, name, probe="http") == 3
    async with opened(make(site, tmp_path / "without", "/fine")) as (_, client):
        assert f"{name}{{" not in (await client.get("/metrics")).text


async def test_a_probe_that_cannot_be_opened_leaves_the_old_config_in_force(site, tmp_path, broken_kind):
    config = make(site, tmp_path, "/fine")
    async with opened(config) as (daemon, _client):
        daemon._probes.kinds = {"http": broken_kind}
        daemon._probes.opened.clear()
        with pytest.raises(ReloadRefused, match="no browser here"):
            await daemon.apply(make(site, tmp_path, "/new"))
        assert daemon.config is config


async def test_a_port_that_is_taken_stops_the_start_with_one_line(site, tmp_path):
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        config = parse(text(site, tmp_path, "/fine").replace("127.0.0.1:0", f"127.0.0.1:{port}"))
        with pytest.raises(StartFailed, match=f"^can't listen on 127.0.0.1:{port}: Address already in use$"):
            async with opened(config):
                pass


async def test_a_state_folder_that_cannot_be_written_stops_the_start_with_one_line(site, tmp_path):
    (tmp_path / "file").touch()
    config = make(site, tmp_path / "file" / "state", "/fine")
    with pytest.raises(StartFailed, match=r"^the state folder .* can't be written: Not a directory$"):
        async with opened(config):
            pass


async def test_two_daemons_never_share_a_state_folder(site, tmp_path):
    config = make(site, tmp_path, "/fine")
    async with opened(config):
        with pytest.raises(StartFailed, match=r"^another landwatch uses the state folder"):
            async with opened(config):
                pass
    async with opened(config):
        pass


async def test_without_its_store_it_starts_on_the_spool_and_says_so(site, tmp_path):
    with closing(socket.create_server(("127.0.0.1", 0))) as nobody:
        port = nobody.getsockname()[1]
    config = make(site, tmp_path, "/fine", more=f"store: postgresql://127.0.0.1:{port}/landwatch\n")
    with capture_logs() as logs:
        async with opened(config) as (_daemon, client):
            await until(at_least, 2, client, "landwatch_spool_samples")
            assert (await client.get("/readyz")).status_code == 200
            assert await figures(client, "landwatch_store_up") == 0
            page = (await client.get("/")).text
            assert "samples wait on this machine" in page
            assert "the store can&#39;t be read" in page
    assert any(line["event"].startswith("the store is away; samples wait") for line in logs)


async def test_a_store_that_does_not_answer_holds_the_start_up_for_a_while_only(site, tmp_path, monkeypatch):
    monkeypatch.setattr("monitor.daemon.PATIENCE", 0.05)
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        port = silent.getsockname()[1]
        store = f"store: postgresql://127.0.0.1:{port}/landwatch?connect_timeout=2\n"
        with capture_logs() as logs:
            async with opened(make(site, tmp_path, "/fine", more=store)):
                await site.until("/fine")
    assert "no answer within 0.05 s" in [line.get("reason") for line in logs]


async def test_when_neither_store_nor_spool_takes_samples_it_is_not_ready(site, tmp_path):
    (tmp_path / SPOOL).mkdir()
    config = make(site, tmp_path, "/fine", more="store: sqlite:////dev/null/landwatch.db\n")

    async def unready(client):
        return (await client.get("/readyz")).status_code == 503

    async with opened(config) as (daemon, client):
        await until(unready, client)
        (reason,) = (await client.get("/readyz")).json()["reasons"]
        assert reason.startswith("neither store nor spool takes samples: ")
        assert await figures(client, "landwatch_store_up") == 0
        assert (await client.get("/healthz")).status_code == 200
        await daemon.drain(0.0, 0.1)


async def test_what_was_lost_is_said(site, tmp_path):
    async with opened(make(site, tmp_path, "/fine")) as (daemon, client):
        daemon._recorder._count_dropped(3)
        daemon.reloads.error = "c.yaml:1:1: odd"
        page = (await client.get("/")).text
    assert "3 samples were lost" in page
    assert "the old one stays in force: c.yaml:1:1: odd" in page


async def test_old_samples_are_deleted_as_the_config_says(site, tmp_path):
    config = make(site, tmp_path, "/fine", more="retention: {successes: 1h, failures: 2h}\n")
    async with opened(config) as (daemon, client):
        await until(at_least, 1, client, "landwatch_samples_written_total")
        assert await asyncio.to_thread(daemon.purge) == 0


class Served:
    """``serve`` in this process, with the lines that systemd gets."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        monkeypatch.chdir(folder)
        self.manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.manager.bind("notify")
        self.manager.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", "notify")
        monkeypatch.setenv("WATCHDOG_USEC", "200000")
        monkeypatch.delenv("WATCHDOG_PID", raising=False)
        self.path = path

    async def told(self, wanted: str) -> list[str]:
        """Wait until systemd is told ``wanted``, and give that message's lines."""
        async with asyncio.timeout(20):
            while True:
                data = await asyncio.get_running_loop().sock_recv(self.manager, 4096)
                lines = data.decode().splitlines()
                if lines[0] == wanted:
                    return lines


@pytest.fixture
def served(tmp_path, monkeypatch):
    service = Served(tmp_path / "landwatch.yaml", monkeypatch, tmp_path)
    yield service
    service.manager.close()
    gc.collect()


async def test_a_service_tells_systemd_how_it_goes_and_reloads_when_asked(site, tmp_path, served):
    served.path.write_text(text(site, tmp_path, "/fine"))
    daemons = []

    async def beside(daemon):
        daemons.append(daemon)
        await asyncio.Event().wait()

    running = asyncio.create_task(serve(served.path, beside=beside))
    ready = await served.told("READY=1")
    assert ready[1].startswith("STATUS=1 pages, http://127.0.0.1:")
    await served.told("WATCHDOG=1")
    await served.told("WATCHDOG=1")
    await site.until("/fine")

    served.path.write_text(text(site, tmp_path, "/fine", "/new"))
    assert (await served.told("RELOADING=1"))[1].startswith("MONOTONIC_USEC=")
    await served.told("READY=1")
    await site.until("/new")

    served.path.write_text("region: 1\n")
    await served.told("RELOADING=1")
    assert "the old config stays in force" in (await served.told("READY=1"))[1]
    async with httpx.AsyncClient(base_url=daemons[0].url, trust_env=False) as client:
        assert await figures(client, "landwatch_config_last_reload_successful") == 0
    await site.until("/new", site.asked["/new"] + 1)

    os.kill(os.getpid(), signal.SIGHUP)
    await served.told("RELOADING=1")
    await served.told("READY=1")
    os.kill(os.getpid(), signal.SIGTERM)
    await served.told("STOPPING=1")
    assert await running == 0


async def test_a_second_signal_cuts_at_once(site, tmp_path, served):
    served.path.write_text(text(site, tmp_path, "/hang"))
    running = asyncio.create_task(serve(served.path))
    await served.told("READY=1")
    await site.until("/hang")
    os.kill(os.getpid(), signal.SIGTERM)
    await served.told("STOPPING=1")
    await asyncio.sleep(0.05)
    assert not running.done()
    began = asyncio.get_running_loop().time()
    os.kill(os.getpid(), signal.SIGINT)
    assert await running == INTERRUPTED
    assert asyncio.get_running_loop().time() - began < 4.0  # the drain alone would have waited 5 s


async def test_a_part_that_fails_beside_stops_nothing(site, tmp_path, served):
    served.path.write_text(text(site, tmp_path, "/fine"))

    async def beside(daemon):
        raise RuntimeError("no terminal")

    with capture_logs() as logs:
        running = asyncio.create_task(serve(served.path, beside=beside))
        await served.told("READY=1")
        await site.until("/fine")
        os.kill(os.getpid(), signal.SIGTERM)
        assert await running == 0
    assert any(line["event"].startswith("a part of landwatch failed") for line in logs)


async def test_a_service_whose_task_is_cancelled_ends_in_order(site, tmp_path, served):
    served.path.write_text(text(site, tmp_path, "/fine"))
    running = asyncio.create_task(serve(served.path))
    await served.told("READY=1")
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    async with opened(make(site, tmp_path, "/fine")):
        pass  # its state folder is free again


async def test_a_daemon_serves_before_it_measures_and_is_not_ready_then(site, tmp_path):
    async with open_daemon(make(site, tmp_path, "/fine"), PATH) as daemon:
        async with httpx.AsyncClient(base_url=daemon.url, trust_env=False) as client:
            answer = await client.get("/readyz")
            assert (answer.status_code, answer.json()["reasons"]) == (503, ["the schedule does not run"])
        daemon.start()
        await site.until("/fine")
