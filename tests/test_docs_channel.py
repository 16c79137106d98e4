"""What the docs say of advertising channels is what the code does."""

from __future__ import annotations

import pytest
from adpages import come_from, page, seen, site
from docspages import page as docs_page

from probes.advertising import parameters, reading, visitors
from probes.advertising.channels import channels
from probes.visit.body import KEPT_BYTES

MEASUREMENT = docs_page("docs/measurement.md")
SAMPLES = docs_page("docs/samples.md")


async def test_every_fact_of_a_channel_stands_in_the_docs_and_no_other() -> None:
    async with site(lambda asked: page("<p>Boots")) as shop:
        found = seen(await come_from("google", shop.url("/")))
    rows = SAMPLES.under("Advertising channels", "fact").by_first()
    assert rows.keys() == found.keys()
    assert all(f"`{word}`" in SAMPLES.prose for word in ("tracking", "similarity", "same_page", "cloaked"))
    for name in found["crawler"].keys() - found["visitor"].keys() | {"unclear", "url"}:
        assert f"`{name}`" in rows["crawler"][1] + rows["visitor"][1]


@pytest.mark.parametrize(
    "words",
    [
        f"first {reading.MOST_WORDS:,} words in the first {reading.MOST_CHARACTERS // 1024} KiB of text",
        f"of the first {KEPT_BYTES // 1024**2} MiB of the page",
        f"more than {reading.MOST_CPU_SECONDS:g} s of CPU time",
        f"The last two have {visitors.LOOK_SECONDS:g} s each at most",
        f"campaigns that say `{dict(channels()['google'].parameters)['utm_campaign']}`",
    ],
)
def test_a_figure_of_the_channel_probe_is_that_of_the_code(words: str) -> None:
    assert words in MEASUREMENT.prose


def test_how_much_is_shown_is_that_of_the_code() -> None:
    assert f"({parameters.SHOWN} characters at most are shown of each)" in SAMPLES.prose
    assert f"(that address, {parameters.SHOWN_URL} characters at most)" in SAMPLES.prose


def test_every_click_parameter_is_named() -> None:
    names = {name for one in channels().values() for name, _ in one.parameters if not name.startswith("utm_")}
    assert all(f"`{name}`" in MEASUREMENT.prose for name in names)
