"""The steps from an empty database to the tables of today, and what stands when they are done."""

from __future__ import annotations

import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from docspages import page
from sqlalchemy import inspect, text
from storing import make_sample

import storage.migrations
from probes.sample import Outcome
from storage.engine import open_engine, parse_url, writing
from storage.marks import WHOLE, mark
from storage.store import Store, StoreUnavailable
from storage.tables import metadata


def test_the_steps_make_what_tables_py_says(store: Store, store_url: str) -> None:
    store.migrate()
    engine = open_engine(parse_url(store_url))
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_every_constraint_and_index_has_the_name_that_we_gave_it(store: Store, store_url: str) -> None:
    store.migrate()
    engine = open_engine(parse_url(store_url))
    found = inspect(engine)
    assert found.get_pk_constraint("samples")["name"] == "pk_samples"
    assert {index["name"] for index in found.get_indexes("samples")} == {
        "ix_samples_at",
        "ix_samples_page_at",
        "ix_samples_outcome_at",
    }
    assert found.get_pk_constraint("rollups")["name"] == "pk_rollups"
    assert [key["name"] for key in found.get_foreign_keys("rollups")] == ["fk_rollups_series"]
    assert [key["name"] for key in found.get_unique_constraints("series")] == ["uq_series_names"]
    assert found.get_check_constraints("samples") == []
    assert found.get_unique_constraints("samples") == []
    engine.dispose()


def test_the_newest_step_is_known_by_its_number() -> None:
    assert ScriptDirectory(str(Path(storage.migrations.__file__).parent)).get_heads() == [
        storage.migrations.NEWEST
    ]


def test_every_step_stands_in_the_docs() -> None:
    steps = ScriptDirectory(str(Path(storage.migrations.__file__).parent)).walk_revisions()
    said = page("docs/operations.md").under("Upgrades", "step of the tables").by_first()
    assert list(said) == sorted(step.revision for step in steps)


def test_migrating_again_changes_nothing(store: Store, store_url: str) -> None:
    store.add([make_sample()])
    again = Store(store_url)
    again.migrate()
    again.migrate()
    assert len(list(again.samples())) == 1
    again.close()


def step(store_url: str, run: Callable[[Config, str], None], revision: str) -> None:
    """Bring a database to one of the steps."""
    engine = open_engine(parse_url(store_url))
    config = Config()
    config.set_main_option("path_separator", "os")
    config.set_main_option("script_location", str(Path(storage.migrations.__file__).parent))
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        run(config, revision)
    engine.dispose()


def execute(store_url: str, statement: str) -> None:
    engine = open_engine(parse_url(store_url))
    with writing(engine) as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


def test_the_steps_can_be_taken_back(store: Store, store_url: str) -> None:
    store.migrate()
    step(store_url, command.downgrade, "base")
    engine = open_engine(parse_url(store_url))
    assert inspect(engine).get_table_names() == ["alembic_version"]
    engine.dispose()


FIRST = """
INSERT INTO samples (id, at, vendor, page, url, region, probe, attempt, outcome, clock, tainted, hops, vitals,
    evidence, ttfb)
VALUES ('01a20301-e6cb-7a57-ae7f-a81afdaffad1', {at}, 'easyshop', 'sale', 'https://shop.test/', 'eu-west',
    'http', 'scheduled', 'up', 'kernel', '[]', '[]', '{{}}', '{{"tls": {{"verified": true}}}}', 0.25)
"""
"""A sample as the first version kept it."""


def test_samples_of_the_first_version_are_kept_and_read(store: Store, store_url: str) -> None:
    step(store_url, command.upgrade, "0001")
    execute(store_url, FIRST.format(at="1764100000000000" if store.local else "'2025-11-25T19:46:40Z'"))
    with pytest.raises(StoreUnavailable, match="an older landwatch"):
        list(store.samples())
    store.migrate()
    (old,) = store.samples()
    assert (old.variant, old.page, old.ttfb, old.at) == (
        None,
        "sale",
        0.25,
        datetime(2025, 11, 25, 19, 46, 40, tzinfo=UTC),
    )
    assert old.evidence == {"tls": {"verified": True}}
    store.add([make_sample(), make_sample(1, variant="google")])
    assert [sample.variant for sample in store.samples()] == [None, "google", None]
    step(store_url, command.downgrade, "0001")
    step(store_url, command.upgrade, "0002")
    assert [sample.variant for sample in store.samples()] == [None, None, None]


@pytest.mark.parametrize(
    ("outcomes", "whole"), [(("down", "up", "up"), 1), (("down", "down", "down"), 2), ((), None)]
)
def test_from_when_on_samples_are_whole_is_noted_at_the_upgrade(
    store: Store, store_url: str, outcomes: tuple[str, ...], whole: int | None
) -> None:
    samples = [make_sample(number, outcome=Outcome(outcome)) for number, outcome in enumerate(outcomes)]
    store.migrate()
    store.add(samples)
    step(store_url, command.downgrade, "0002")
    step(store_url, command.upgrade, "0003")
    with store.reading() as connection:
        assert mark(connection, WHOLE) == (None if whole is None else samples[whole].at)


def test_a_database_of_a_newer_version_is_left_alone(store: Store, store_url: str) -> None:
    store.migrate()
    engine = open_engine(parse_url(store_url))
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    newer = Store(store_url)
    with pytest.raises(StoreUnavailable, match=r"not of this version.*9999"):
        newer.add([make_sample()])
    newer.close()


def test_nobody_else_reads_what_was_made(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/state/landwatch.db")
    store.add([make_sample()])
    folder = tmp_path / "state"
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())}
    store.close()
    assert modes.pop("state") == 0o700
    assert "landwatch.db-wal" in modes
    assert set(modes.values()) == {0o600}
