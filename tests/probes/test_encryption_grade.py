"""The grade: worse is never better, what is not known never flatters, and every rule and grade is reached."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.encryption.grade import Finding, judge
from probes.encryption.grades import GRADES, is_financial, place
from probes.encryption.rules import RULES

NAMES = [rule.name for rule in RULES]
Broken = dict[str, bool | None]
FINDINGS = st.fixed_dictionaries({name: st.sampled_from([False, None, True]) for name in NAMES})
MOSTLY_GOOD = st.fixed_dictionaries({name: st.sampled_from([False] * 9 + [None, True]) for name in NAMES})


def grade(broken: Broken) -> str | None:
    return judge({name: Finding(value) for name, value in broken.items()}).grade


def clean(**broken: bool | None) -> Broken:
    return dict.fromkeys(NAMES, False) | broken


def test_without_a_fault_it_is_the_best() -> None:
    verdict = judge({name: Finding(False) for name in NAMES})
    assert (verdict.grade, verdict.reasons) == ("A+", ())


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_each_rule_caps_by_itself_and_says_so(rule) -> None:
    found = {name: Finding(False) for name in NAMES} | {rule.name: Finding(True, "this one")}
    verdict = judge(found)
    assert verdict.grade == rule.cap != "A+"
    assert verdict.reasons == (f"{rule.cap}: {rule.words}: this one",)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_what_is_not_known_blocks_the_best_or_any_grade(rule) -> None:
    found = {name: Finding(False) for name in NAMES} | {rule.name: Finding(None, "silence")}
    verdict = judge(found)
    assert verdict.grade == rule.unknown
    assert verdict.reasons == (f"not known: {rule.subject}: silence",)
    # Where a grade is given all the same, it is not the one for servers of which all is known to be good.
    assert rule.unknown in (None, "A")


def test_a_rule_that_nobody_looked_at_is_not_known() -> None:
    assert judge({}).grade is None
    assert len(judge({}).reasons) == len(RULES)


def test_what_is_known_to_be_as_bad_needs_no_more_knowledge() -> None:
    assert grade(clean(not_accepted=True, tls10=None, rc4=None)) == "F"
    assert grade(clean(rc4=True, tls10=None)) == "D"
    assert grade(clean(tls11=True, tls10=None)) == "B"
    assert grade(clean(tls11=True, rc4=None)) is None


@given(st.one_of(FINDINGS, MOSTLY_GOOD), st.sampled_from(NAMES))
def test_a_worse_fact_never_gives_a_better_grade(broken: Broken, name: str) -> None:
    good, unknown, bad = (grade({**broken, name: value}) for value in (False, None, True))
    if good is not None and bad is not None:
        assert place(bad) <= place(good)
    if unknown is not None and good is not None:
        assert place(unknown) <= place(good)


@given(st.one_of(FINDINGS, MOSTLY_GOOD))
def test_a_grade_that_is_given_holds_whatever_the_unknown_turns_out_to_be(broken: Broken) -> None:
    """But for rules that say what they assume: those cap at A."""
    given_grade = grade(broken)
    if given_grade is None:
        return
    assumed = {rule.name for rule in RULES if rule.unknown is not None}
    worst = {name: (value is None and name not in assumed) or value for name, value in broken.items()}
    assert grade(worst) == given_grade


@given(st.one_of(FINDINGS, MOSTLY_GOOD))
def test_no_grade_comes_without_its_reasons(broken: Broken) -> None:
    verdict = judge({name: Finding(value) for name, value in broken.items()})
    assert len(verdict.reasons) == sum(value is not False for value in broken.values())
    if verdict.grade not in (None, "A+"):
        assert verdict.grade == "A" or verdict.reasons[0].startswith(f"{verdict.grade}: ")


def test_every_grade_is_reached() -> None:
    assert {rule.cap for rule in RULES} | {"A+"} == set(GRADES)
    assert [place(rule.cap) for rule in RULES] == sorted(place(rule.cap) for rule in RULES)
    assert len(set(NAMES)) == len(NAMES)


def test_financial_grade_is_a_or_better() -> None:
    assert [name for name in GRADES if is_financial(name)] == ["A", "A+"]
    assert not is_financial(None)
