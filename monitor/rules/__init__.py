"""Prometheus's rules for a config: pure, a config goes in and groups of rules come out."""
