"""Whatever is changed in a bundle is noticed, and named by its file."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from bundling import SHORT, bundle_of, checked, config_in, edited, half_a_day, keep_books, resealed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.evidence.chain import read_chain
from monitor.evidence.failure import Unreadable
from monitor.evidence.manifest import read_manifest
from monitor.evidence.names import MANIFEST, NEEDED, SUMS
from monitor.evidence.verify import Checked, check_chain, check_files, check_neighbours
from storage.store import Store


def lines_of(bundle: Path) -> list[bytes]:
    return (bundle / "samples.csv").read_bytes().splitlines(keepends=True)


def write(bundle: Path, lines: list[bytes]) -> None:
    (bundle / "samples.csv").write_bytes(b"".join(lines))


def files() -> list[str]:
    return sorted([*NEEDED, MANIFEST, SUMS])


def test_every_file_of_a_bundle_is_known(bundle: Path) -> None:
    assert sorted(path.name for path in bundle.iterdir()) == files()


@pytest.mark.parametrize("name", [name for name in files() if name != MANIFEST])
def test_a_file_that_is_missing_is_named(bundle: Path, name: str) -> None:
    (bundle / name).unlink()
    assert any(words.startswith(f"{name}: ") for words in checked(bundle).problems)


def test_a_file_that_was_added_is_named(bundle: Path) -> None:
    (bundle / "visits").mkdir()
    (bundle / "visits" / "picture.png").write_bytes(b"made up")
    found = checked(bundle)
    assert found.problems == ["visits/picture.png: it was added, the manifest does not know it"]


def test_a_bit_that_was_flipped_in_a_sample_names_its_file(bundle: Path) -> None:
    lines = lines_of(bundle)
    changed = bytearray(lines[100])
    changed[changed.index(b",0.3,") + 3] ^= 0x02  # the duration is 0.1 then
    write(bundle, [*lines[:100], bytes(changed), *lines[101:]])
    found = checked(bundle)
    assert "samples.csv: it was changed: its SHA-256 is another" in found.problems
    assert "sample 100 has another `duration` in samples.parquet than in samples.csv" in found.problems


def test_a_sample_that_was_taken_out_names_its_file(bundle: Path) -> None:
    lines = lines_of(bundle)
    write(bundle, lines[:-1])
    found = checked(bundle)
    assert any(words.startswith("samples.csv: it was changed: it has ") for words in found.problems)
    count = len(lines) - 1
    words = f"samples.csv: it has {count - 1:,} samples, and the manifest tells of {count:,}"
    assert words in found.problems


def test_a_verdict_that_was_made_better_is_told_by_the_samples(bundle: Path) -> None:
    """Its hash was made to fit: the files are consistent, and the verdict is not."""

    def better(report: Any) -> None:
        one = next(each for each in report["pages"][0]["verdicts"] if each["objective"] == "availability")
        one["finding"], one["value"] = "met", 1.0

    edited(bundle, "verdicts.json", better)
    resealed(bundle)
    found = checked(bundle)
    assert [words.partition(" is ")[0] for words in found.problems] == [
        "easyshop/sale, verdict availability: `finding`",
        "easyshop/sale, verdict availability: `value`",
    ]
    assert "is met, and what the bundle holds makes it breached" in found.problems[0]


def test_samples_that_were_made_better_are_told_by_the_verdicts(bundle: Path) -> None:
    lines = lines_of(bundle)
    write(bundle, [line.replace(b",down,connect,", b",up,,") for line in lines])
    resealed(bundle)
    found = checked(bundle)
    assert any(
        ": `finding` is breached, and what the bundle holds makes it" in words for words in found.problems
    )
    assert any("outage http page 2026-01-01T02:30:" in words for words in found.problems)
    assert any("has another `outcome` in samples.parquet" in words for words in found.problems)


def test_an_outage_that_was_taken_out_of_the_verdicts_is_missed(bundle: Path) -> None:
    edited(bundle, "verdicts.json", lambda report: report["pages"][0]["outages"].pop(0))
    resealed(bundle)
    found = checked(bundle)
    assert found.problems[0].endswith("is not told of, and what the bundle holds makes one")


def test_a_promise_that_was_changed_afterwards_is_told(bundle: Path) -> None:
    edited(bundle, "config.json", lambda config: config["objectives"][2].update(at_least=0.5))
    resealed(bundle)
    found = checked(bundle)
    assert any("verdict availability: `target` is 0.9999" in words for words in found.problems)


def test_what_a_verdict_rests_on_is_made_again_too(bundle: Path) -> None:
    old = read_manifest((bundle / MANIFEST).read_bytes())
    first = old.verdicts[0].model_copy(update={"finding": "met"})
    resealed(bundle, verdicts=[first, *old.verdicts[1:]])
    assert checked(bundle).problems == ["manifest.json: what it says that verdicts rest on is not so"]


def test_a_manifest_that_was_edited_no_longer_agrees_with_the_sums(bundle: Path) -> None:
    text = (bundle / MANIFEST).read_text()
    (bundle / MANIFEST).write_text(text.replace('"landwatch": "0.1.0"', '"landwatch": "0.1.1"'))
    assert "SHA256SUMS: it was changed, or the manifest was: the two do not agree" in checked(bundle).problems


def test_a_manifest_that_was_made_to_fit_is_told_by_the_chain(made_once: Path, bundle: Path) -> None:
    resealed(bundle, notes=["all is well"])
    links = read_chain(made_once / "state")
    assert links is not None
    found = checked(bundle)
    assert found.good  # by itself it is consistent, and this is what the chain is for
    check_chain(found, links)
    assert found.problems == [
        "manifest.json: it was changed, it is not the one that the chain has as number 1"
    ]
    good = checked(made_once / "bundle")
    check_chain(good, links)
    assert good.good
    assert good.done[-1] == "its manifest is number 1 of the chain"


def test_a_chain_of_others_says_nothing(bundle: Path, tmp_path: Path, sqlite_store: Store) -> None:
    config = config_in(tmp_path / "elsewhere")
    sqlite_store.add(half_a_day(SHORT))
    bundle_of(sqlite_store, config, tmp_path / "theirs", now=SHORT)
    found = checked(bundle)
    check_chain(found, read_chain(tmp_path / "elsewhere") or ())
    assert found.good
    assert found.notes == ["it was made by another installation than the one whose chain is here"]


def two_bundles(store: Store, tmp_path: Path) -> tuple[Path, Path]:
    config = config_in(tmp_path / "state")
    store.add(half_a_day(SHORT))
    keep_books(store, config, SHORT)
    for name in ("first", "second"):
        bundle_of(store, config, tmp_path / name, now=SHORT)
    return tmp_path / "first", tmp_path / "second"


def neighbours(*bundles: Path) -> list[Checked]:
    found = [checked(one) for one in bundles]
    check_neighbours(found)
    return found


def test_bundles_prove_each_other(sqlite_store: Store, tmp_path: Path) -> None:
    first, second = two_bundles(sqlite_store, tmp_path)
    early, late = neighbours(first, second)
    assert early.good
    assert late.done[-1] == f"its manifest has the hash of {first}, the bundle before it"
    resealed(first, notes=["all is well"])
    early, late = neighbours(second, first)
    words = f"manifest.json: the bundle before it, {first}, is not the one whose hash is in {second}"
    assert early.problems == [f"{words}; one of the two was changed"]
    assert late.good


def test_two_bundles_of_one_number_are_told(sqlite_store: Store, tmp_path: Path) -> None:
    first, second = two_bundles(sqlite_store, tmp_path)
    place = read_manifest((first / MANIFEST).read_bytes()).chain
    resealed(second, chain=place, notes=["all is well"])
    early, _ = neighbours(first, second)
    assert early.problems == [f"manifest.json: {second} has the same number, 1"]


def test_a_number_that_the_chain_never_gave_is_told(made_once: Path, bundle: Path) -> None:
    place = read_manifest((bundle / MANIFEST).read_bytes()).chain
    resealed(bundle, chain=place.model_copy(update={"number": 7, "previous": "a" * 64}))
    found = checked(bundle)
    check_chain(found, read_chain(made_once / "state") or ())
    assert found.problems == ["manifest.json: the chain knows no bundle 7"]


def test_bundles_that_do_not_follow_each_other_prove_nothing(
    made_once: Path, sqlite_store: Store, tmp_path: Path
) -> None:
    first, second = two_bundles(sqlite_store, tmp_path)
    assert [one.notes for one in neighbours(first, second)] == [[], []]
    theirs, mine = neighbours(made_once / "bundle", second)
    words = "the bundles before and after it are not among these: none proves it"
    assert theirs.notes == mine.notes == [words]


def test_words_that_were_made_better_are_told(bundle: Path) -> None:
    """Their hashes were made to fit; a person would read these, and not the figures."""
    (bundle / "README.txt").write_text((bundle / "README.txt").read_text().replace("breached", "met"))
    asked = read_manifest((bundle / MANIFEST).read_bytes()).asked
    resealed(bundle, asked=asked.model_copy(update={"words": "every promise over 2026-01"}))
    assert checked(bundle).problems == [
        "manifest.json: `asked.words` is not what the rest of `asked` says",
        "README.txt: it does not say what the bundle holds",
    ]
    assert checked(bundle, "9.0").good  # another version may put it otherwise


def test_another_version_may_know_more_and_says_so(bundle: Path) -> None:
    edited(bundle, "verdicts.json", lambda report: report["pages"][0]["verdicts"][0].pop("notes"))
    resealed(bundle)
    assert not checked(bundle).good
    found = checked(bundle, "9.0")
    assert found.good
    assert found.notes == ["made by landwatch 0.1.0, checked by 9.0"]


def test_more_problems_than_anybody_reads_are_counted(bundle: Path) -> None:
    for number in range(130):
        (bundle / f"{number}.txt").touch()
    found = checked(bundle)
    assert len(found.problems) == 101
    assert found.problems[-1] == "and 30 more of that kind"


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("room")


def told_of(bundle: Path) -> set[str]:
    """The files of which a look at hashes alone tells."""
    found = Checked(bundle)
    try:
        check_files(found, read_manifest((bundle / MANIFEST).read_bytes()))
    except Unreadable as error:
        return {error.file}
    return {words.partition(": ")[0] for words in found.problems}


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(files()), place=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
def test_any_byte_that_is_changed_is_noticed(
    made_once: Path, room: Path, name: str, place: float, flip: int
) -> None:

    target = room / "bundle"
    if not target.exists():
        shutil.copytree(made_once / "bundle", target)
    good = (made_once / "bundle" / name).read_bytes()
    changed = bytearray(good or b"\0")
    changed[int(place * len(changed))] ^= flip
    (target / name).write_bytes(changed)
    try:
        told = told_of(target)
        # A manifest that still is one no longer agrees with the sums.
        assert name in told or (name == MANIFEST and SUMS in told)
    finally:
        (target / name).write_bytes(good)


@pytest.mark.parametrize("tamper", [lambda path: path.write_bytes(b""), lambda path: path.write_bytes(b"{}")])
@pytest.mark.parametrize("name", files())
def test_a_file_that_was_emptied_is_named(bundle: Path, name: str, tamper: Callable[[Path], object]) -> None:
    before = (bundle / name).read_bytes()
    tamper(bundle / name)
    if (bundle / name).read_bytes() == before:
        return
    assert any(words.startswith(f"{name}: ") for words in checked(bundle).problems)


def test_a_report_is_json(bundle: Path) -> None:
    assert orjson.loads((bundle / "incidents.json").read_bytes()) == []
