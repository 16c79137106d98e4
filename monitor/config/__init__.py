"""The config: one YAML file, read into models, with every mistake told at once."""

from monitor.config.load import example, load, parse
from monitor.config.mistakes import ConfigError, Mistake
from monitor.config.model import Config, Page, ProbeSettings, Retention, Vendor
from monitor.config.objectives import INDICATORS, Objective, Unit, default_objectives
from monitor.config.schema import json_schema

__all__ = [
    "load",
    "parse",
    "example",
    "json_schema",
    "Config",
    "ConfigError",
    "Mistake",
    "Vendor",
    "Page",
    "ProbeSettings",
    "Retention",
    "Objective",
    "INDICATORS",
    "Unit",
    "default_objectives",
]
