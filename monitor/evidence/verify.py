"""Checks an evidence bundle, whoever made it: its files, its place in the chain, and its verdicts.

Nothing but the bundle is needed, and nothing in it is believed: files are held against the manifest, and the
verdicts are made again from the samples. A chain, or bundles made before or after, show whether the manifest
itself is the one that was made then.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from monitor.evidence import names
from monitor.evidence.bundle import bases
from monitor.evidence.chain import Link
from monitor.evidence.compare import differences
from monitor.evidence.failure import NotABundle, Unreadable
from monitor.evidence.files import entry_of, walk
from monitor.evidence.manifest import Entry, Manifest, digest, read_manifest
from monitor.evidence.opening import content
from monitor.evidence.parquet_twin import Twins, compare_twins
from monitor.evidence.readme import readme
from monitor.evidence.rebuild import Progress, Question, Rebuilt, parts, rebuild
from monitor.evidence.settings import LARGEST, config_from
from monitor.evidence.told import report_json
from monitor.report.words import moment_words

Compare = Callable[[Path], tuple[Twins, str]]
MOST_VERDICTS = 256 * 1024 * 1024
"""Bytes of a report."""
MOST_TOLD = 100
"""Problems that are told of each kind."""


@dataclass(slots=True)
class Checked:
    """What a check of one bundle found."""

    bundle: Path
    manifest: Manifest | None = None
    sha256: str = ""
    """Of the manifest."""
    problems: list[str] = field(default_factory=list)
    """What was changed or differs, in words; each names its file or verdict."""
    notes: list[str] = field(default_factory=list)
    """What else is to be known."""
    done: list[str] = field(default_factory=list)
    """What was found to be right."""

    @property
    def good(self) -> bool:
        """Whether nothing was changed and all came out the same."""
        return not self.problems

    def take(self, problems: Sequence[str]) -> None:
        """Take note of some problems, of which the first are told."""
        self.problems += problems[:MOST_TOLD]
        if len(problems) > MOST_TOLD:
            self.problems.append(f"and {len(problems) - MOST_TOLD:,} more of that kind")


def check_bundle(
    bundle: Path,
    version: str,
    progress: Progress = lambda share: None,
    *,
    room: Path | None = None,
    twins: Compare = compare_twins,
) -> Checked:
    """Check one bundle by itself. It blocks.

    Args:
        bundle: its folder.
        version: this landwatch's.
        progress: told which share is done.
        room: where temporary folders can be made, in place of the system's own.
        twins: how the two files of samples are compared.

    Raises:
        NotABundle: the folder is none.
        StoreUnavailable: there is no room for a temporary store.
    """
    if not bundle.is_dir():
        raise NotABundle(f"{bundle} is no folder")
    if not (bundle / names.MANIFEST).exists() and not (bundle / names.MANIFEST).is_symlink():
        raise NotABundle(f"{bundle} is no evidence bundle: it has no {names.MANIFEST}")
    checked = Checked(bundle)
    hashing, judging = parts(progress, 1.0, 4.0)
    try:
        data = content(bundle, names.MANIFEST, names.LARGEST)
        checked.sha256 = digest(data)
        checked.manifest = read_manifest(data)
    except Unreadable as error:
        checked.problems.append(str(error))
        return checked
    check_files(checked, checked.manifest, hashing)
    _check_verdicts(checked, checked.manifest, version, judging, room)
    _check_parquet(checked, twins)
    return checked


def check_files(checked: Checked, manifest: Manifest, progress: Progress = lambda share: None) -> None:
    """Hold the files that are there against those that the manifest tells of."""
    bundle, listed = checked.bundle, {one.path: one for one in manifest.files}
    try:
        there = dict(walk(bundle))
    except Unreadable as error:
        checked.problems.append(str(error))
        return
    added = there.keys() - listed.keys() - {names.MANIFEST, names.SUMS}
    found = [f"{path}: it was added, the manifest does not know it" for path in added]
    total, passed = sum(one.size for one in manifest.files) or 1, 0
    for path, entry in listed.items():
        if path not in there:
            found.append(f"{path}: it is missing")
        elif not stat.S_ISREG(there[path].st_mode):
            found.append(f"{path}: it is no plain file any more")
        elif (words := _changed(bundle, entry, there[path].st_size)) is not None:
            found.append(f"{path}: {words}")
        passed += entry.size
        progress(passed / total)
    found += [
        f"{path}: every bundle has it, and the manifest has not"
        for path in names.NEEDED
        if path not in listed
    ]
    found += _check_sums(bundle, manifest)
    checked.take(sorted(found))
    if not found:
        checked.done.append(f"{len(listed) + 2:,} files are as they were when the manifest was written")


def _changed(bundle: Path, entry: Entry, size: int) -> str | None:
    if size != entry.size:
        return f"it was changed: it has {size:,} bytes, and had {entry.size:,}"
    try:
        found = entry_of(bundle, entry.path)
    except Unreadable as error:  # pragma: no cover  # one that only others may read, which root may
        return error.words
    return None if found == entry else "it was changed: its SHA-256 is another"


def _check_sums(bundle: Path, manifest: Manifest) -> list[str]:
    try:
        sums = content(bundle, names.SUMS, names.LARGEST)
    except Unreadable as error:
        return [str(error)]
    if sums != manifest.sums:
        return [f"{names.SUMS}: it was changed, or the manifest was: the two do not agree"]
    return []


def _check_verdicts(
    checked: Checked, manifest: Manifest, version: str, progress: Progress, room: Path | None
) -> None:
    """Make the verdicts again, and hold those that are told of against them."""
    bundle = checked.bundle
    try:
        data = content(bundle, names.CONFIG, LARGEST)
        if digest(data) != manifest.config_sha256:
            raise Unreadable(names.CONFIG, "its SHA-256 is not the one that the manifest has for the config")
        told = _told(bundle)
        question = Question(config_from(data), manifest.asked, manifest.samples, manifest.made_at)
        made = rebuild(bundle, question, progress, room)
    except Unreadable as error:
        checked.problems.append(f"the verdicts can't be made again: {error}")
        return
    lenient = version != manifest.landwatch
    if lenient:
        checked.notes.append(f"made by landwatch {manifest.landwatch}, checked by {version}")
    found = differences(told, orjson.loads(report_json(made.report)), lenient=lenient)
    found += _check_bases(manifest, made)
    if not lenient:
        found += _check_words(manifest, made)
    checked.take(found)
    if any(one.path == names.SCORECARD for one in manifest.files):
        checked.notes.append(f"{names.SCORECARD} was not made again: its KPIs were imported")
    rolled = sum(one.raw_from > one.since for one in manifest.verdicts)
    if rolled:
        words = f"{rolled:,} verdicts rest on rollups for the time before"
        checked.notes.append(
            f"{words} {moment_words(manifest.samples.raw_from)} UTC: its samples were deleted"
        )
    if not found:
        verdicts = sum(len(page.judgements) for page in made.report.pages)
        outages = sum(len(page.happenings) for page in made.report.pages)
        checked.done.append(
            f"{verdicts:,} verdicts and {outages:,} outages come out the same from {made.samples:,} samples"
        )


def _told(bundle: Path) -> object:
    try:
        return orjson.loads(content(bundle, names.VERDICTS, MOST_VERDICTS))
    except orjson.JSONDecodeError as error:
        raise Unreadable(names.VERDICTS, f"it is no JSON: {error}") from error


def _check_bases(manifest: Manifest, made: Rebuilt) -> list[str]:
    found = []
    if made.samples != manifest.samples.count:
        held = manifest.samples.count
        found.append(f"{names.SAMPLES}: it has {made.samples:,} samples, and the manifest tells of {held:,}")
    if bases(made.report, manifest.samples) != manifest.verdicts:
        found.append(f"{names.MANIFEST}: what it says that verdicts rest on is not so")
    return found


def _check_words(manifest: Manifest, made: Rebuilt) -> Iterator[str]:
    """What a person reads of a bundle follows from the rest of it; another version may put it otherwise."""
    if manifest.asked.words != manifest.asked.again().words:
        yield f"{names.MANIFEST}: `asked.words` is not what the rest of `asked` says"
    text = digest(readme(made.report, manifest.samples, manifest.keepsakes, manifest.landwatch))
    if any(one.path == names.README and one.sha256 != text for one in manifest.files):
        yield f"{names.README}: it does not say what the bundle holds"


def _check_parquet(checked: Checked, twins: Compare) -> None:
    found, words = twins(checked.bundle)
    if found is Twins.DIFFERENT:
        told = any(words in one for one in checked.problems)  # of a line that neither of two readers takes
        checked.problems += [] if told else [words]
    elif found is Twins.NOT_COMPARED:
        checked.notes.append(
            f"{names.PARQUET} was not read, as pyarrow is not installed: pip install 'landwatch[parquet]'"
        )
    else:
        checked.done.append(f"{names.PARQUET} says the same as {names.SAMPLES}")


def check_neighbours(bundles: Sequence[Checked]) -> None:
    """Hold bundles of one installation against each other: each manifest has the hash of the one before."""
    known = [one for one in bundles if one.manifest is not None]
    by_place = {_place(one): one for one in known}
    for one in known:
        place = _place(one)
        number = place[1]
        if by_place[place].sha256 != one.sha256:
            one.problems.append(f"{names.MANIFEST}: {by_place[place].bundle} has the same number, {number:,}")
        before, after = (by_place.get((place[0], each)) for each in (number - 1, number + 1))
        if before is None:
            if after is None and len(bundles) > 1:
                one.notes.append("the bundles before and after it are not among these: none proves it")
            continue
        if _previous(one) == before.sha256:
            one.done.append(f"its manifest has the hash of {before.bundle}, the bundle before it")
        else:
            words = f"the bundle before it, {before.bundle}, is not the one whose hash is in {one.bundle}"
            one.problems.append(f"{names.MANIFEST}: {words}; one of the two was changed")


def check_chain(checked: Checked, links: Sequence[Link]) -> None:
    """Hold a bundle against the chain of an installation."""
    manifest = checked.manifest
    if manifest is None:
        return
    mine = [one for one in links if one.place.installation == manifest.chain.installation]
    link = next((one for one in mine if one.place.number == manifest.chain.number), None)
    if not mine:
        checked.notes.append("it was made by another installation than the one whose chain is here")
    elif link is None:
        checked.problems.append(f"{names.MANIFEST}: the chain knows no bundle {manifest.chain.number:,}")
    elif link.manifest != checked.sha256 or link.place != manifest.chain:
        checked.problems.append(
            f"{names.MANIFEST}: it was changed, it is not the one that the chain has as number "
            f"{manifest.chain.number:,}"
        )
    else:
        checked.done.append(f"its manifest is number {link.place.number:,} of the chain")


def _place(one: Checked) -> tuple[str, int]:
    assert one.manifest is not None
    return one.manifest.chain.installation, one.manifest.chain.number


def _previous(one: Checked) -> str | None:
    assert one.manifest is not None
    return one.manifest.chain.previous
