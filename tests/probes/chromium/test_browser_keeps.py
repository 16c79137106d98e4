"""What a visit with a browser leaves beside its sample."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from firstscreen_pages import hero_image
from firstscreen_site import Case, at_once, site
from PIL import Image
from visiting import Untroubled

from monitor.runner import Runner
from probes import browser
from probes.sample import Outcome, Sample
from probes.target import Target

BLANK = Case("blank", {"": at_once("<!doctype html><title>nothing</title>")})
PAGE = hero_image(0.1)


async def visits(folder: Path, *wanted: tuple[Case, dict[str, object]]) -> list[Sample]:
    """Visit each page with its options, all with one browser."""
    cases = tuple({case.name: case for case, _ in wanted}.values())
    async with site(cases) as served, browser.open_probe(folder=folder / "browser") as probe:
        runner = Runner({"browser": probe}, Untroubled())
        return [
            await runner.run(
                Target(
                    "v",
                    case.name,
                    served.url(case),
                    "here",
                    "browser",
                    browser.Options.model_validate(options),
                    60.0,
                )
            )
            for case, options in wanted
        ]


async def test_a_filmstrip_the_requests_and_a_picture_are_kept_and_named(
    tmp_path: Path,
) -> None:
    good, bad = await visits(tmp_path, (PAGE, {}), (BLANK, {}))
    assert (good.outcome, bad.outcome) == (Outcome.UP, Outcome.DOWN)
    files = {what: tmp_path / path for what, path in good.evidence["browser"]["files"].items()}
    with Image.open(files["filmstrip"]) as strip:
        assert strip.width > strip.height
    log = json.loads(files["har"].read_bytes())["log"]
    assert [entry["request"]["url"].rpartition("/")[2] for entry in log["entries"]][:2] == ["", "hero.png"]
    assert log["pages"][0]["pageTimings"]["_firstScreen"] == pytest.approx(
        good.vitals["first_screen"] * 1000, abs=0.01
    )
    with Image.open(files["screenshot"]) as picture:
        assert picture.format == "JPEG"
    assert files["har"].parts[-3] == "up"
    assert Path(bad.evidence["browser"]["files"]["har"]).parts[1] == "failed"


async def test_what_is_not_to_be_kept_is_not(tmp_path: Path) -> None:
    failures, none = {"keep": "failures"}, {"keep": "none"}
    good, bad, nothing = await visits(tmp_path, (PAGE, failures), (BLANK, failures), (BLANK, none))
    assert good.evidence["browser"]["files"] == {}
    assert bad.evidence["browser"]["files"].keys() >= {"har"}
    assert nothing.evidence["browser"]["files"] == {}


async def test_a_shelf_that_cannot_be_written_costs_the_files_and_not_the_sample(tmp_path: Path) -> None:
    (tmp_path / "browser").write_bytes(b"a file where a folder should be")
    (good,) = await visits(tmp_path, (PAGE, {}))
    assert good.outcome is Outcome.UP
    assert good.evidence["browser"]["files"] == {}
