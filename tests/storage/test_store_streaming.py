from __future__ import annotations

from storing import make_sample
from weighing import peak

from storage.store import Store


def test_a_process_that_reads_all_takes_no_more_memory_than_one_that_reads_few(
    store: Store, store_url: str
) -> None:
    padding = "x" * 4_000
    for start in range(0, 20_000, 1_000):
        store.add([make_sample(number, detail=padding) for number in range(start, start + 1_000)])
    few, many = peak("read", 1_000, store_url), peak("read", 20_000, store_url)
    assert many - few < 25, f"{few} MiB for 1,000 samples, {many} MiB for 20,000, which have 80 MB"
