"""The spool: a queue on disk that forgets nothing, whatever is done to it."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from storing import any_sample, make_sample, make_samples
from structlog.testing import capture_logs

from probes.sample import Sample
from storage.spool import Spool, SpoolUnavailable


def samples(spool: Spool) -> list[Sample]:
    return [sample for _, sample in spool.head(10_000)]


def test_first_in_first_out(spool: Spool) -> None:
    taken = make_samples(10)
    spool.append(taken[:6])
    spool.append(taken[6:])
    assert len(spool) == 10
    head = spool.head(4)
    assert [sample for _, sample in head] == taken[:4]
    spool.remove(head[-1][0])
    assert samples(spool) == taken[4:]
    assert len(spool) == 6


def test_an_empty_spool(spool: Spool) -> None:
    assert len(spool) == 0
    assert spool.head(10) == []
    spool.append([])
    assert len(spool) == 0


def test_what_waits_is_there_for_the_next_process(spool: Spool) -> None:
    taken = make_samples(3)
    spool.append(taken)
    spool.close()
    again = Spool(spool.path)
    assert samples(again) == taken
    assert len(again) == 3
    again.close()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sample=any_sample)
def test_gives_back_every_value_exactly(spool: Spool, sample: Sample) -> None:
    spool.append([sample])
    ((seq, found),) = spool.head(10)
    assert found == sample
    spool.remove(seq)


def test_the_place_of_one_that_left_is_given_to_no_other(spool: Spool) -> None:
    spool.append(make_samples(2))
    last = spool.head(2)[-1][0]
    spool.remove(last)
    spool.append([make_sample(5)])
    assert spool.head(1)[0][0] > last


def test_what_json_has_no_word_for_is_written_as_text(spool: Spool) -> None:
    spool.append([make_sample(detail="bad \udcff", evidence={"huge": 2**70})])
    (found,) = samples(spool)
    assert found.detail == "bad ?"
    assert found.evidence == {"huge": str(2**70)}


def test_a_sample_from_before_there_were_variants_is_read(spool: Spool) -> None:
    taken = make_samples(1)
    spool.append(taken)
    with sqlite3.connect(spool.path) as other:
        other.execute("UPDATE waiting SET sample = CAST(json_remove(sample, '$.variant') AS BLOB)")
        (text,) = other.execute("SELECT sample FROM waiting").fetchone()
    other.close()
    assert b"variant" not in text
    assert samples(spool) == taken


def test_a_row_that_holds_no_sample_is_laid_aside(spool: Spool) -> None:
    taken = make_samples(3)
    spool.append(taken)
    with sqlite3.connect(spool.path) as other:
        other.execute('UPDATE waiting SET sample = \'{"of": "another version"}\' WHERE seq < 3')
    other.close()
    with capture_logs() as logs:
        assert [sample for _, sample in spool.head(2)] == [taken[2]]
    assert [entry["event"] for entry in logs] == ["sample_refused", "sample_refused"]
    assert (len(spool), spool.refused) == (1, 2)


def test_a_refused_sample_stays_in_the_file_with_the_reason(spool: Spool) -> None:
    spool.append(make_samples(2))
    first, second = spool.head(2)
    spool.refuse(first[0], "wrong in some way")
    assert [seq for seq, _ in spool.head(10)] == [second[0]]
    spool.close()
    with sqlite3.connect(spool.path) as other:
        ((text, reason),) = other.execute("SELECT sample, reason FROM refused")
    other.close()
    assert Sample.from_json(text) == first[1]
    assert reason == "wrong in some way"
    again = Spool(spool.path)
    assert len(again.head(10)) == 1
    assert again.refused == 1
    again.close()


@pytest.mark.parametrize("damage", ["header", "pages"])
def test_a_damaged_file_is_moved_aside_and_said(spool: Spool, damage: str) -> None:
    spool.append(make_samples(200))
    spool.close()
    content = bytearray(spool.path.read_bytes())
    start = 0 if damage == "header" else 4096
    content[start : start + 40_000] = b"\xa5" * 40_000
    spool.path.write_bytes(content)
    again = Spool(spool.path)
    with capture_logs() as logs:
        again.append([make_sample(500)])
    (entry,) = logs
    assert entry["event"] == "spool_damaged"
    assert Path(entry["moved_to"]).read_bytes() == content
    assert len(samples(again)) == 1
    again.close()


def test_damage_that_shows_while_it_is_open(spool: Spool) -> None:
    spool.append(make_samples(500))
    # A second one: the first file that was moved aside is not written over.
    spool.path.with_name("spool.db.damaged-1").write_text("an older one")
    with sqlite3.connect(spool.path) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    other.close()
    with spool.path.open("r+b") as file:
        file.seek(8192)
        file.write(b"\xa5" * 200_000)
    with sqlite3.connect(spool.path) as other:  # so that the pages are read anew
        other.execute("PRAGMA user_version = 1")
    other.close()
    with capture_logs() as logs, pytest.raises(SpoolUnavailable, match="malformed"):
        spool.head(500)
    assert [entry["event"] for entry in logs] == ["spool_damaged"]
    assert (spool.path.parent / "spool.db.damaged-2").exists()
    assert len(spool) == 0
    spool.append([make_sample(7)])
    assert len(samples(spool)) == 1


def test_a_path_that_can_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file stands where the folder should be")
    spool = Spool(tmp_path / "state" / "spool.db")
    with pytest.raises(SpoolUnavailable, match="state"):
        spool.append([make_sample()])
    assert len(spool) == 0
    (tmp_path / "state").unlink()
    spool.append([make_sample()])
    assert len(samples(spool)) == 1
    spool.close()


def test_a_file_that_is_taken_away_while_it_is_open(spool: Spool) -> None:
    spool.append([make_sample(1)])
    with sqlite3.connect(spool.path) as other:
        other.execute("DROP TABLE waiting")
    other.close()
    with pytest.raises(SpoolUnavailable, match="no such table"):
        spool.append([make_sample(2)])
    spool.append([make_sample(2)])  # opened anew
    assert len(samples(spool)) == 1


def test_an_emptied_spool_gives_its_space_back(spool: Spool) -> None:
    for start in range(0, 6000, 1000):
        spool.append([make_sample(number, detail="x" * 2000) for number in range(start, start + 1000)])
    spool.close()  # moves what is in the write-ahead log into the file
    assert spool.path.stat().st_size > 8_000_000
    again = Spool(spool.path)
    again.remove(again.head(6000)[-1][0])
    assert len(again) == 0
    again.close()
    assert spool.path.stat().st_size < 1_000_000


def test_nobody_else_reads_it(spool: Spool) -> None:
    spool.append([make_sample()])
    folder = spool.path.parent
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())}
    assert modes.pop("state") == 0o700
    assert set(modes.values()) == {0o600}
