"""The page on the grade says what the rules say, and the facts of a sample stand in the docs."""

from __future__ import annotations

from datetime import UTC, datetime

from docspages import page, spans

from probes import tls
from probes.encryption import ask, certificate, hsts, look
from probes.encryption.findings import Seen, evidence
from probes.encryption.grades import GRADES, is_financial
from probes.encryption.rules import RULES

ENCRYPTION = page("docs/encryption.md")
SAMPLES = page("docs/samples.md")
MEASUREMENT = page("docs/measurement.md")


def test_the_table_of_rules_is_that_of_the_code() -> None:
    rows = ENCRYPTION.under("The rules", "rule").rows
    assert [[spans(row[0])[0], *row[1:4]] for row in rows] == [
        [rule.name, rule.words, rule.cap, rule.unknown or "none"] for rule in RULES
    ]
    assert all(row[4] for row in rows)


def test_the_readme_has_every_rule_under_its_grade() -> None:
    caps: dict[str, list[str]] = {}
    for rule in RULES:
        caps.setdefault(rule.cap, []).append(rule.words)
    table = next(table for table in page("README.md").tables if table.columns[0] == "best grade")
    assert table.rows == [[cap, "; ".join(words)] for cap, words in caps.items()]


def test_the_grades_and_what_counts_as_financial_are_those_of_the_code() -> None:
    for grade in GRADES:
        assert f"`{grade}`" in ENCRYPTION.prose
    assert "here it is A or better" in ENCRYPTION.prose
    assert [grade for grade in GRADES if is_financial(grade)] == ["A", "A+"]
    places = ", ".join(f"{place} for {grade}" for place, grade in enumerate(GRADES))
    assert places in SAMPLES.prose


def test_every_fact_of_an_encryption_stands_in_the_docs_and_no_other() -> None:
    rows = SAMPLES.under("Encryption", "fact").rows
    said = [name for row in rows for name in spans(row[0])]
    given = {"grade", "reasons", *evidence(Seen("site.test", datetime.now(UTC), 14))}
    assert sorted(said) == sorted(given)


def test_the_figures_in_the_text_are_those_of_the_code() -> None:
    assert f"is waited for {ask.ASK_SECONDS:g} s" in MEASUREMENT.prose
    assert f"certificate ({look.MOST_CERTIFICATES} at most)" in SAMPLES.prose
    assert f"(HSTS) for {hsts.LONG_ENOUGH // 86_400} days" in ENCRYPTION.prose
    assert f"RSA below {certificate.LEAST_RSA_BITS} bits" in ENCRYPTION.prose
    assert f"curves below {certificate.LEAST_CURVE_BITS} bits" in ENCRYPTION.prose
    assert f"`expiry_days`, {tls.Options().expiry_days:g}" in ENCRYPTION.prose
