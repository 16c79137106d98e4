"""The names of the files of a bundle, and their bounds."""

from __future__ import annotations

MANIFEST = "manifest.json"
SUMS = "SHA256SUMS"
README = "README.txt"
CONFIG = "config.json"
VERDICTS = "verdicts.json"
INCIDENTS = "incidents.json"
SAMPLES = "samples.csv"
PARQUET = "samples.parquet"
BOOKS = "books.jsonl"
SCORECARD = "scorecard.json"
"""Only where a stage was asked for."""
NEEDED = (README, CONFIG, VERDICTS, INCIDENTS, SAMPLES, PARQUET, BOOKS)
"""The files that every bundle has, beside its manifest and the sums."""
LARGEST = 16 * 1024 * 1024
"""Bytes of a manifest."""
MOST_FILES = 20_000
