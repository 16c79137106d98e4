"""The rules of the house: imports only go down, and each kind of probe keeps the contract."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from importlinter.cli import lint_imports
from pydantic import BaseModel, ValidationError

from probes.kinds import Kind, kinds

ROOT = Path(__file__).parents[1]
FLOORS = ("monitor", "probes", "storage")


def modules() -> list[Path]:
    """Every module of the three floors."""
    return [path for floor in FLOORS for path in sorted((ROOT / floor).rglob("*.py"))]


def test_imports_only_go_down(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    status = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)
    assert status == 0, capsys.readouterr().out


def test_every_folder_of_the_floors_is_a_package() -> None:
    folders = {path.parent for path in modules()}
    assert [str(folder) for folder in sorted(folders) if not (folder / "__init__.py").is_file()] == []


@pytest.mark.parametrize("floor", FLOORS)
def test_a_package_imports_nothing_by_being_named(floor: str) -> None:
    """A noun may be imported without the daemon."""
    tree = ast.parse((ROOT / floor / "__init__.py").read_text())
    assert not any(isinstance(node, ast.Import | ast.ImportFrom) for node in ast.walk(tree))


def test_the_tests_hold_no_packages() -> None:
    """One of ``tests/probes`` would hide the real ``probes``."""
    assert list((ROOT / "tests").rglob("__init__.py")) == []


def test_test_files_have_names_of_their_own() -> None:
    """Without packages, two of one name would be one module to pytest."""
    fixtures = list((ROOT / "tests" / "fixtures").rglob("*.py"))
    names = [path.name for path in [*fixtures, *(ROOT / "tests").rglob("test_*.py")]]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("name", ["utils", "helpers", "common", "misc"])
def test_there_are_no_grab_bags(name: str) -> None:
    assert [path for path in modules() if path.stem == name or path.parent.name == name] == []


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


def test_nouns_are_light() -> None:
    """What every floor imports must not pull in what measures, or a start takes seconds."""
    code = "import sys, probes.sample, probes.target, monitor.watch; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    heavy = {
        "httpx",
        "h2",
        "dns",
        "pydantic",
        "playwright",
        "sqlalchemy",
        "cryptography",
        "fastapi",
        "aioquic",
    }
    assert heavy.isdisjoint(done.stdout.split())


def test_listing_the_kinds_imports_no_browser() -> None:
    code = "import sys, probes.kinds; probes.kinds.kinds(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert {"playwright", "aioquic"}.isdisjoint(done.stdout.split())


def test_http_is_a_kind() -> None:
    assert "http" in kinds()


def test_modules_that_measure_nothing_are_no_kinds() -> None:
    assert {"sample", "target", "trace", "failure", "kinds", "ids"}.isdisjoint(kinds())


def test_kinds_come_in_order_and_cannot_be_changed() -> None:
    assert list(kinds()) == sorted(kinds())
    with pytest.raises(TypeError):
        kinds()["mine"] = kinds()["http"]  # type: ignore[index]


@pytest.mark.parametrize("name", kinds())
class TestKind:
    """What holds for every kind of probe."""

    @pytest.fixture
    def kind(self, name: str) -> Kind:
        return kinds()[name]

    def test_its_docstring_is_its_manual(self, kind: Kind) -> None:
        first, _, rest = kind.__doc__.partition("\n")
        assert first.endswith((".", ":"))
        assert "Outcomes:" in rest
        assert "Evidence:" in rest

    def test_its_name_can_be_a_key_and_a_label(self, name: str) -> None:
        assert name.isidentifier()
        assert name == name.lower()

    def test_its_options_are_a_frozen_model_that_knows_all_its_keys(self, kind: Kind) -> None:
        assert issubclass(kind.Options, BaseModel)
        assert kind.Options.model_config.get("frozen") is True
        assert kind.Options.model_config.get("extra") == "forbid"
        with pytest.raises(ValidationError):
            kind.Options.model_validate({"no such option": 1})

    def test_its_options_all_have_a_default(self, kind: Kind) -> None:
        chosen = kind.Options()
        assert hash(type(chosen)) is not None
        for field in kind.Options.model_fields:
            with pytest.raises(ValidationError):
                setattr(chosen, field, None)

    def test_its_options_leave_the_keys_of_the_schedule_alone(self, kind: Kind) -> None:
        assert {"every", "timeout", "bursts"}.isdisjoint(kind.Options.model_fields)

    def test_its_options_have_a_schema_for_editors(self, kind: Kind) -> None:
        assert kind.Options.model_json_schema()["type"] == "object"

    def test_a_run_ends_before_the_next_begins(self, kind: Kind) -> None:
        assert 0 < kind.TIMEOUT <= kind.EVERY
        assert isinstance(kind.BURSTS, bool)

    async def test_it_opens_and_closes_and_opens_again(self, kind: Kind) -> None:
        for _ in range(2):
            opened = kind.open_probe()
            assert isinstance(opened, AbstractAsyncContextManager)
            async with opened as probe:
                assert inspect.iscoroutinefunction(probe.measure)
                assert list(inspect.signature(probe.measure).parameters) == ["target", "trace"]
