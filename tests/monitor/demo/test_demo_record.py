from __future__ import annotations

from datetime import datetime
from pathlib import Path

from monitor.demo.record import Record, read


def test_a_record_tells_what_happened_in_order(tmp_path: Path) -> None:
    path = tmp_path / "record.jsonl"
    now = 0.0
    with Record(path, lambda: now) as record:
        record.start()
        now = 8.25
        record.change("shaky", "error")
        record.fault("shaky", "eu-west", "/", "error")
        record.served("swift", "us-east", "/sale", 0.02)
        record.served("swift", "us-east", "/sale", 0.04)
        record.tally()
        record.served("slow", "eu-west", "/", 0.5)
    lines = list(read(path))
    assert [line["event"] for line in lines] == ["start", "change", "fault", "served", "served"]
    assert lines[1]["seconds"] == 8.25
    assert lines[2].items() >= {"vendor": "shaky", "region": "eu-west", "path": "/", "mode": "error"}.items()
    assert lines[3].items() >= {"vendor": "swift", "region": "us-east", "count": 2, "delay": 0.03}.items()
    assert lines[4].items() >= {"vendor": "slow", "count": 1, "delay": 0.5}.items()
    assert all(datetime.fromisoformat(line["at"]).utcoffset() is not None for line in lines)


def test_a_second_demo_adds_to_the_record_of_the_first(tmp_path: Path) -> None:
    path = tmp_path / "record.jsonl"
    for _ in range(2):
        with Record(path, lambda: 0.0) as record:
            record.start()
    assert len(list(read(path))) == 2


def test_a_line_that_is_still_being_written_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "record.jsonl"
    path.write_bytes(b'{"event":"start"}\n{"event":"cha')
    assert list(read(path)) == [{"event": "start"}]
