"""Samples as files that other programs read: CSV and Parquet."""
