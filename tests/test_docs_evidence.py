from __future__ import annotations

import re

from docspages import page, spans

from monitor.evidence import keepsakes, manifest, names, settings
from monitor.evidence.asked import Asked
from monitor.evidence.sample_csv import COLUMNS
from monitor.evidence.verify import Checked

EVIDENCE = page("docs/evidence.md")


def test_every_file_of_a_bundle_stands_in_the_docs() -> None:
    files = EVIDENCE.under("What is in it", "file").by_first()
    assert files.keys() == {*names.NEEDED, names.MANIFEST, names.SUMS, names.SCORECARD, keepsakes.FOLDER}


def test_every_field_of_a_manifest_stands_in_the_docs_in_its_place() -> None:
    rows = EVIDENCE.under("The manifest", "field").by_first()
    assert list(rows) == list(manifest.Manifest.model_fields)
    for name, model in (
        ("chain", manifest.ChainPlace),
        ("samples", manifest.SamplesHeld),
        ("verdicts", manifest.Basis),
        ("keepsakes", manifest.Keepsakes),
        ("files", manifest.Entry),
        ("asked", Asked),
    ):
        assert set(model.model_fields) == set(spans(rows[name][2])), name


def test_what_is_left_out_of_a_config_stands_in_the_docs() -> None:
    assert f"`{settings.LEFT_OUT}`" in EVIDENCE.prose
    for key in ("state", "store", "listen"):
        assert key not in settings.SHOWN
        assert f"`{key}`" in EVIDENCE.prose


def test_bounds_stand_in_the_docs() -> None:
    assert f"the newest {keepsakes.MOST_FAILED}" in EVIDENCE.prose
    assert f"the slowest {keepsakes.MOST_SLOW}" in EVIDENCE.prose
    assert f"{keepsakes.LARGEST // 1024**2} MiB" in EVIDENCE.prose


def test_the_columns_are_the_fields_of_a_sample_but_one() -> None:
    fields = page("docs/samples.md").under("Fields of a sample", "field").by_first()
    assert [name for name in fields if name != "evidence"] == list(COLUMNS)


def test_the_keys_of_a_check_as_json_stand_in_the_docs() -> None:
    from pathlib import Path

    from monitor.cli.evidence_verify import plain_check

    told = re.search(r"prints a list with (.*?) of each", EVIDENCE.prose)
    assert told is not None
    assert set(spans(told[1])) == set(plain_check(Checked(Path("x"))))
