"""The container files: what they copy and mount is there, all is pinned, and nothing runs as root."""

from __future__ import annotations

import fnmatch
import http.server
import re
import shutil
import subprocess
import sys
import sysconfig
import threading
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dockerfile
import pytest
import yaml
from compose_spec import PyCompose
from docspages import ROOT, page

from monitor import daemon
from monitor.config import load

DOCKER = ROOT / "deploy" / "docker"
OPERATIONS = page("docs/operations.md")
STEPS = dockerfile.parse_file(str(DOCKER / "Dockerfile"))
COMPOSE: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]


def steps(kind: str) -> list[Any]:
    return [step for step in STEPS if step.cmd == kind]


def of_last_stage(kind: str) -> list[Any]:
    last = max(step.start_line for step in steps("FROM"))
    return [step for step in steps(kind) if step.start_line > last]


def copied() -> list[str]:
    return [name for step in steps("COPY") if not step.flags for name in step.value[:-1]]


def test_what_is_copied_is_there_and_is_not_ignored() -> None:
    rules = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in rules
    for name in copied():
        assert (ROOT / name).exists(), name
        assert f"!{name}" in rules


def test_the_context_holds_nothing_but_what_is_copied() -> None:
    let_in = {rule[1:] for rule in (ROOT / ".dockerignore").read_text().splitlines() if rule.startswith("!")}
    assert let_in == set(copied())
    for secret in (".git", "landwatch.yaml", "state", ".env", "tests"):
        assert not any(fnmatch.fnmatch(secret, pattern) for pattern in let_in)


def test_what_the_package_is_built_of_is_copied() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    folders = project["tool"]["setuptools"]["packages"]["find"]["include"]
    wanted = {"pyproject.toml", "constraints.txt", project["project"]["readme"]}
    wanted |= set(project["project"]["license-files"]) | {name.rstrip("*") for name in folders}
    assert wanted == set(copied())


def test_the_base_is_pinned_by_its_minor_version_and_the_same_for_both_stages() -> None:
    (base,) = (step for step in steps("ARG") if step.value[0].startswith("PYTHON="))
    assert re.fullmatch(r"PYTHON=3\.\d+-slim-[a-z]+", base.value[0])
    least = re.search(r'requires-python = ">=(3\.\d+)"', (ROOT / "pyproject.toml").read_text())
    assert least
    assert base.value[0].startswith(f"PYTHON={least[1]}-")
    assert {step.value[0] for step in steps("FROM")} == {"python:${PYTHON}"}
    assert len(steps("FROM")) == 2


def test_it_installs_what_was_tested_together() -> None:
    (install,) = (step for step in steps("RUN") if "pip install" in step.value[0])
    assert "--constraint constraints.txt" in install.value[0]
    assert "--no-cache-dir" in install.value[0]


def test_it_runs_as_a_user_of_a_fixed_number_who_owns_the_state() -> None:
    (user,) = of_last_stage("USER")
    uid, _, gid = user.value[0].partition(":")
    assert int(uid) > 0
    made = " ".join(step.value[0] for step in of_last_stage("RUN"))
    assert f"--uid {uid} " in made
    assert f"--gid {gid} " in made
    (volume,) = of_last_stage("VOLUME")
    assert re.search(rf"install -d -o landwatch -g landwatch -m 0700 {volume.value[0]}\b", made)
    after = [step.cmd for step in STEPS if step.start_line > user.start_line]
    assert not {"RUN", "COPY", "ADD"} & set(after)


def test_it_is_ended_by_the_signal_that_landwatch_drains_at() -> None:
    assert [step.value for step in of_last_stage("STOPSIGNAL")] == [("SIGTERM",)]
    (entry,), (usual,) = of_last_stage("ENTRYPOINT"), of_last_stage("CMD")
    assert entry.json, "a shell in between would keep the signal to itself"
    assert usual.json
    assert [*entry.value, *usual.value][:3] == ["landwatch", "run", "--plain"]
    longest = daemon.GRACE + daemon.SETTLING + 2 * daemon.FLUSHING
    assert int(SERVICES["landwatch"]["stop_grace_period"].removesuffix("s")) > 1.5 * longest


class Health(http.server.BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status if self.path == "/healthz" else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def health() -> Iterator[http.server.ThreadingHTTPServer]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Health) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("status", [200, 503])
def test_the_health_check_says_what_healthz_says(
    status: int, health: http.server.ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Health, "status", status)
    (check,) = of_last_stage("HEALTHCHECK")
    _, program, *rest = check.value
    assert program == "python"
    code = rest[1].replace("127.0.0.1:9464", f"127.0.0.1:{health.server_port}")
    assert code != rest[1]
    found = subprocess.run(
        [sys.executable, rest[0], code], env={"http_proxy": "http://127.0.0.1:1"}, check=False, stderr=-3
    )
    assert (found.returncode == 0) == (status == 200)


def test_the_config_in_the_container_is_right_and_fits_it() -> None:
    config = load(DOCKER / "landwatch.yaml")
    (volume,) = of_last_stage("VOLUME")
    (port,) = of_last_stage("EXPOSE")
    assert str(config.state) == volume.value[0]
    assert (config.listen.host, str(config.listen.port)) == ("0.0.0.0", port.value[0])
    usual = of_last_stage("CMD")[0].value[-1]
    assert f"./landwatch.yaml:{usual}:ro" in SERVICES["landwatch"]["volumes"]
    (user,) = of_last_stage("USER")
    assert SERVICES["landwatch"]["user"] == user.value[0]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_pinned_healthy_bound_to_loopback_and_without_rights(name: str) -> None:
    service = SERVICES[name]
    assert re.fullmatch(r"[a-z/]+:v?\d+\.\d+\.\d+", service["image"]) or service["image"] == "landwatch:local"
    assert "build" in service or "healthcheck" in service
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert "privileged" not in service
    assert not service["user"].startswith(("0", "root"))


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_can_starve_no_other(name: str) -> None:
    limits = SERVICES[name]["deploy"]["resources"]["limits"]
    assert limits["memory"]
    assert limits["pids"]
    # One that waits for a CPU taints its samples: landwatch has no limit of it.
    assert ("cpus" in limits) is (name != "landwatch")
    assert SERVICES[name]["logging"]["options"].keys() == {"max-size", "max-file"}


def test_nobody_can_log_in_to_grafana_with_a_password_that_all_know() -> None:
    said = SERVICES["grafana"]["environment"]
    assert said["GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION"] == "true"
    assert said["GF_AUTH_BASIC_ENABLED"] == "false"
    assert said["GF_AUTH_ANONYMOUS_ORG_ROLE"] == "Viewer"
    home = Path(said["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert f"../../grafana/dashboards:{home.parent}:ro" in SERVICES["grafana"]["volumes"]
    assert (ROOT / "grafana" / "dashboards" / home.name).is_file()


def test_what_is_secret_is_in_files_that_are_never_committed() -> None:
    folders = sorted(folder for folder in (DOCKER / "secrets").iterdir())
    mounted = {mount.split(":")[0] for service in SERVICES.values() for mount in service["volumes"]}
    for folder in folders:
        assert f"./secrets/{folder.name}" in mounted
        assert (folder / ".gitignore").read_text().splitlines()[1:] == ["*", "!.gitignore"]
    assert {folder.name for folder in folders} == {"alertmanager", "landwatch"}
    told = (ROOT / "deploy" / "alertmanager" / "alertmanager.yml").read_text()
    named = re.findall(r"_file: *([^\s}]+)", told)
    assert named
    assert {str(Path(name).parent) for name in named} == {"/etc/alertmanager/secrets"}
    assert "./secrets/alertmanager:/etc/alertmanager/secrets:ro" in SERVICES["alertmanager"]["volumes"]
    for name in named:
        assert f"`{Path(name).name}`" in OPERATIONS.text


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_mounts_is_there(name: str) -> None:
    for mount in SERVICES[name].get("volumes", []):
        source = mount.split(":")[0]
        if source.startswith("."):
            assert (DOCKER / source).exists(), mount
            assert mount.endswith(":ro")
        else:
            assert source in COMPOSE["volumes"], mount
    build = SERVICES[name].get("build")
    if build:
        assert (DOCKER / build["context"]).resolve() == ROOT
        assert (ROOT / build["dockerfile"]).exists()
        arguments = {step.value[0].partition("=")[0] for step in steps("ARG")}
        assert build["args"].keys() <= arguments


def test_no_file_has_a_secret_in_it() -> None:
    for path in (path for path in (ROOT / "deploy").rglob("*") if path.is_file()):
        assert not re.search(r"(?i)(password|secret|token|api_?key)\s*[:=]\s*\S", path.read_text()), path


def test_a_linter_of_dockerfiles_finds_nothing() -> None:
    hadolint = Path(sysconfig.get_path("scripts")) / "hadolint"
    found = subprocess.run([hadolint, DOCKER / "Dockerfile"], check=False, capture_output=True, text=True)
    assert (found.returncode, found.stdout + found.stderr) == (0, "")
    without = (DOCKER / "Dockerfile").read_text().replace("--no-install-recommends", "")
    found = subprocess.run([hadolint, "-"], input=without, check=False, capture_output=True, text=True)
    assert "DL3015" in found.stdout


def test_the_file_is_what_the_compose_specification_knows() -> None:
    """Merged first, as Compose does it: the parser leaves that to others."""
    text = yaml.safe_dump(COMPOSE)
    assert set(PyCompose.from_yaml(text).service_names()) == SERVICES.keys()
    for right, wrong in (("read_only:", "read_onl:"), ("interval: 30s", "interval: often")):
        with pytest.raises(ValueError, match="services"):
            PyCompose.from_yaml(text.replace(right, wrong, 1))


def test_a_linter_of_compose_files_finds_nothing_grave() -> None:
    found = subprocess.run(
        [sys.executable, "-m", "compose_lint", str(DOCKER / "compose.yaml")],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert found.returncode == 0, found.stdout + found.stderr


def compose_knows() -> bool:
    docker = shutil.which("docker")
    return (
        bool(docker) and subprocess.run([docker, "compose", "version"], capture_output=True).returncode == 0
    )


@pytest.mark.skipif(not compose_knows(), reason="docker compose is missing")
def test_docker_compose_takes_the_file() -> None:  # pragma: no cover - where it is there
    found = subprocess.run(
        ["docker", "compose", "-f", str(DOCKER / "compose.yaml"), "config", "--quiet"],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert found.returncode == 0, found.stderr


@pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is missing: apt-get install prometheus"
)
def test_prometheus_takes_its_config_and_scrapes_landwatch_where_it_is() -> None:
    path = ROOT / "deploy" / "prometheus" / "prometheus.yml"
    found = subprocess.run(["promtool", "check", "config", path], check=False, capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
    config = yaml.safe_load(path.read_text())
    (job,) = config["scrape_configs"]
    (port,) = of_last_stage("EXPOSE")
    assert job["static_configs"] == [{"targets": [f"landwatch:{port.value[0]}"]}]
    named = config["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"]
    assert {name.partition(":")[0] for name in named} <= SERVICES.keys()


@pytest.mark.parametrize("path", sorted(DOCKER.iterdir()), ids=lambda path: path.name)
def test_every_file_stands_in_the_docs(path: Path) -> None:
    assert str(path.relative_to(ROOT)) in OPERATIONS.text
