"""Rules as the file that Prometheus reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import yaml

from monitor.rules.promql import span
from monitor.rules.rule import Alert, Group, Recording, Rule

_HEAD = """\
# Prometheus's rules for a config of landwatch, printed by `landwatch rules`. Change the config and print them
# anew rather than edit them; docs/alerts.md says what each of them means.
"""
_WIDTH = 110


def rules_text(groups: Sequence[Group]) -> str:
    """The groups as YAML."""
    held = {
        "groups": [
            {"name": group.name, "interval": span(group.every), "rules": [_rule(one) for one in group.rules]}
            for group in groups
        ]
    }
    body = yaml.dump(held, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH)
    return _HEAD + body


def _rule(rule: Rule) -> dict[str, Any]:
    if isinstance(rule, Recording):
        return {"record": rule.record, "expr": rule.expr}
    return {
        "alert": rule.name,
        "expr": rule.expr,
        **_times(rule),
        "labels": {"severity": str(rule.severity), **rule.labels},
        "annotations": dict(rule.annotations),
    }


def _times(alert: Alert) -> dict[str, str]:
    times = {"for": alert.lasting, "keep_firing_for": alert.hold}
    return {name: span(seconds) for name, seconds in times.items() if seconds}


class _Dumper(yaml.SafeDumper):
    """YAML for people: an expression of several lines is written as it is."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)
