from __future__ import annotations

import pytest

from monitor.config.source import read


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("22:22", "22:22"),
        ("2025-01-31", "2025-01-31"),
        ("1_000", "1_000"),
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("null", None),
        ("12", 12),
        ("-3", -3),
        ("010", 10),
        ("0x1f", 31),
        ("0o17", 15),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("-.inf", float("-inf")),
        ("'12'", "12"),
        ("!!str 12", "12"),
        ("!!float 12", 12.0),
        ("!!int 12", 12),
        ("99.99%", "99.99%"),
        ("127.0.0.1:9464", "127.0.0.1:9464"),
    ],
)
def test_scalars_are_read_as_yaml_1_2_reads_them(text: str, value: object) -> None:
    document = read(f"key: {text}\n")
    assert document.value == {"key": value}
    assert type(document.value["key"]) is type(value)
    assert not document.mistakes


def test_not_a_number_is_read() -> None:
    value = read("key: .nan").value["key"]
    assert value != value


def test_values_and_keys_know_their_places() -> None:
    document = read("a:\n  - b: 1\n    c: 2\n")
    assert document.place(("a", 0, "c")) == (3, 8)
    assert document.place(("a", 0, "c"), of_key=True) == (3, 5)
    assert document.place(("a", 0, "missing")) == (2, 5)
    assert document.place((), of_key=True) == (1, 1)


def test_merge_keys_take_what_is_not_written_the_first_one_winning() -> None:
    document = read(
        "one: &one {a: 1, b: 1}\ntwo: &two {b: 2, c: 2}\n"
        "both: {<<: [*one, *two], a: 0}\nnext: {<<: &n {<<: *two, d: 4}}"
    )
    assert document.value["both"] == {"a": 0, "b": 1, "c": 2}
    assert document.value["next"] == {"d": 4, "b": 2, "c": 2}
    assert document.place(("both", "c")) == (2, 21)
    assert not document.mistakes


def test_an_alias_is_the_same_value_at_another_path() -> None:
    document = read("a: &x [1]\nb: *x\n")
    assert document.value == {"a": [1], "b": [1]}
    assert document.place(("b", 0)) == (1, 8)


def test_keys_are_text_whatever_they_look_like() -> None:
    assert read("1: a\ntrue: b\n<<x: c").value == {"1": "a", "true": "b", "<<x": "c"}


def test_an_equals_sign_and_two_less_thans_are_text() -> None:
    assert read("a: =\nb: <<\n").value == {"a": "=", "b": "<<"}


def test_an_empty_text_has_no_value_and_no_mistake() -> None:
    document = read("# only a comment\n")
    assert document.value is None
    assert document.mistakes == []


@pytest.mark.parametrize("depth", [51, 100_000])
def test_depth_beyond_what_a_config_needs_is_a_mistake(depth: int) -> None:
    """A hundred thousand levels crash libyaml's composer, and the process with it."""
    document = read("[" * depth + "]" * depth)
    (mistake,) = document.mistakes
    assert mistake.message.startswith("lists and mappings stand more than 50 deep")
    assert (mistake.line, mistake.column) == (1, 51)


def test_aliases_nest_a_document_deeper_than_its_text() -> None:
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 60)]
    document = read("\n".join(lines))
    assert document.value is None
    assert "stand more than 50 deep" in document.mistakes[-1].message
