"""Quantities and secrets as people write them in a config: ``15s``, ``10MiB``, ``99.99%``, ``{env: NAME}``.

A leaf with the annotated types that the options of a kind of probe use. A quantity without a unit is refused,
because nobody remembers whether 300 meant seconds or milliseconds. Each type has a JSON Schema pattern for
editors, and is written back as it was read.
"""

from __future__ import annotations

import os
import re
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)

_NUMBER = r"[0-9]+(?:\.[0-9]+)?"
_DURATION_UNITS = {
    "ms": Decimal("0.001"),
    "s": Decimal(1),
    "m": Decimal(60),
    "h": Decimal(3_600),
    "d": Decimal(86_400),
    "w": Decimal(604_800),
}
_SIZE_UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
_LONGEST = 36_500 * 86_400  # a hundred years: beyond it dates overflow
_LARGEST = 2**50
_SECRET_BYTES = 65_536

DURATION_PATTERN = rf"^(?:{_NUMBER}(?:ms|s|m|h|d|w))+$"
SIZE_PATTERN = rf"^{_NUMBER}(?:B|KB|MB|GB|KiB|MiB|GiB)$"
RATIO_PATTERN = rf"^{_NUMBER}%$"


def parse_duration(text: object) -> float:
    """Seconds in a duration such as ``15s``, ``300ms``, ``1h30m`` or ``30d``.

    Raises:
        ValueError: ``text`` is no duration, or one of more than a hundred years.
    """
    if not isinstance(text, str) or not re.match(DURATION_PATTERN, text.strip(), re.ASCII):
        raise ValueError(_no_quantity(text, "duration", "s", "15s, 300ms, 5m, 2h, 1h30m or 30d"))
    parts = re.findall(rf"({_NUMBER})([a-z]+)", text)
    seconds = sum((Decimal(number) * _DURATION_UNITS[unit] for number, unit in parts), Decimal(0))
    if seconds > _LONGEST:
        raise ValueError(
            f"{_quoted(text)} is more than a hundred years: write a shorter duration, such as 400d"
        )
    return float(seconds)


def format_duration(seconds: float) -> str:
    """A duration as :func:`parse_duration` reads it, in the largest unit that leaves no fraction."""
    for unit, scale in (("d", 86_400), ("h", 3600), ("m", 60)):
        if seconds and seconds % scale == 0:
            return f"{seconds / scale:.0f}{unit}"
    if 0 < seconds < 1:
        return f"{_plain(seconds * 1000)}ms"
    return f"{_plain(seconds)}s"


def parse_size(text: object) -> int:
    """Bytes in a size such as ``10MiB``, ``512KiB`` or ``100B``.

    Raises:
        ValueError: ``text`` is no size, or one of more than 2**50 bytes.
    """
    if not isinstance(text, str) or not re.match(SIZE_PATTERN, text.strip(), re.ASCII):
        raise ValueError(_no_quantity(text, "size", "B", "10MiB, 512KiB or 100B"))
    number, unit = re.findall(rf"({_NUMBER})([A-Za-z]+)", text)[0]
    size = int(Decimal(number) * _SIZE_UNITS[unit])
    if size > _LARGEST:
        raise ValueError(
            f"{_quoted(text)} is more than any machine holds: write a smaller size, such as 10MiB"
        )
    return size


def format_size(size: int) -> str:
    """A size as :func:`parse_size` reads it, in the largest unit that leaves no fraction."""
    for unit in ("GiB", "MiB", "KiB"):
        if size and size % _SIZE_UNITS[unit] == 0:
            return f"{size // _SIZE_UNITS[unit]}{unit}"
    return f"{size}B"


def parse_ratio(text: object) -> float:
    """The share in ``99.99%``, or in a number from 0 to 1 such as ``0.9999``.

    Raises:
        ValueError: ``text`` is neither, or lies beyond 100 %.
    """
    if isinstance(text, str) and re.match(RATIO_PATTERN, text.strip(), re.ASCII):
        ratio = float(Decimal(text.strip().removesuffix("%")) / 100)
    elif isinstance(text, int | float) and not isinstance(text, bool):
        ratio = float(text)
    else:
        raise ValueError(f"{_quoted(text)} is no share: write 99.99%, or a number from 0 to 1 such as 0.9999")
    if not 0 <= ratio <= 1:
        raise ValueError(f"{_quoted(text)} is not between 0 and 1: write a share such as 99.99% or 0.9999")
    return ratio


def format_ratio(ratio: float) -> str:
    """A share as :func:`parse_ratio` reads it."""
    return f"{_plain(ratio * 100)}%"


Seconds = Annotated[
    float,
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration, return_type=str),
    WithJsonSchema(
        {"type": "string", "pattern": DURATION_PATTERN, "examples": ["15s", "300ms", "5m", "30d"]},
    ),
]
"""A duration: ``15s`` in the config, seconds in the program."""

Size = Annotated[
    int,
    BeforeValidator(parse_size),
    PlainSerializer(format_size, return_type=str),
    WithJsonSchema({"type": "string", "pattern": SIZE_PATTERN, "examples": ["10MiB", "512KiB"]}),
]
"""A number of bytes: ``10MiB`` in the config, an integer in the program."""

Ratio = Annotated[
    float,
    BeforeValidator(parse_ratio),
    PlainSerializer(format_ratio, return_type=str),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": RATIO_PATTERN, "examples": ["99.99%"]},
                {"type": "number", "minimum": 0, "maximum": 1},
            ]
        }
    ),
]
"""A share: ``99.99%`` in the config, 0 to 1 in the program."""


class Secret(BaseModel):
    """Where a secret is found: the name of an environment variable, or a file. Never the secret itself.

    A relative ``file`` starts at the directory in which landwatch was started. Where pydantic is given the
    context ``{"reveal": True}``, a secret that cannot be had is a mistake already when the config is read.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    env: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", examples=["SHOP_TOKEN"])] | None = None
    """The name of an environment variable."""
    file: Path | None = None
    """A file whose whole content, without the line end, is the secret."""

    @model_validator(mode="before")
    @classmethod
    def _is_a_reference(cls, value: Any) -> Any:
        if isinstance(value, dict | Secret):
            return value
        # The value is left out of the message: it may be the secret.
        raise ValueError("a secret is never written into the config: write {env: NAME} or {file: PATH}")

    @model_validator(mode="after")
    def _is_one(self, info: ValidationInfo) -> Self:
        if (self.env is None) == (self.file is None):
            raise ValueError("a secret has one source: write {env: NAME} or {file: PATH}")
        if info.context and info.context.get("reveal"):
            self.reveal()
        return self

    def reveal(self) -> str:
        """The secret, read anew each time, so that a rotated one is taken up.

        Raises:
            ValueError: the variable is not set, the file can't be read, or there is nothing in it.
        """
        secret = self._read_file(self.file) if self.file is not None else self._read_variable()
        if not secret:
            raise ValueError(f"the secret in {self.place} is empty")
        return secret

    def _read_variable(self) -> str:
        try:
            return os.environ[self.env or ""]
        except KeyError:
            raise ValueError(f"{self.place} is not set: set it before landwatch starts") from None

    def _read_file(self, path: Path) -> str:
        try:
            with path.open("rb") as file:
                content = file.read(_SECRET_BYTES + 1)
            if len(content) > _SECRET_BYTES:
                raise ValueError(f"{self.place} is larger than {format_size(_SECRET_BYTES)}: no secret is")
            return content.decode().rstrip("\r\n")
        except OSError as error:
            raise ValueError(f"{self.place} can't be read: {error.strerror or error}") from error
        except UnicodeDecodeError as error:
            raise ValueError(f"{self.place} is not UTF-8 text") from error

    @property
    def place(self) -> str:
        """Where the secret is, in words."""
        return f"the file {self.file}" if self.file is not None else f"the environment variable {self.env}"


def _plain(number: float) -> str:
    """The shortest text of a number that has no exponent; twelve digits hide what binary fractions add."""
    return f"{Decimal(f'{number:.12g}'):f}"


def _quoted(value: object) -> str:
    if value is None:
        return "nothing"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _no_quantity(value: object, noun: str, unit: str, examples: str) -> str:
    bare = value if isinstance(value, int | float) and not isinstance(value, bool) else None
    if bare is not None or (isinstance(value, str) and re.fullmatch(_NUMBER, value)):
        return f"{value} has no unit: write {value}{unit} if that is meant, or a {noun} such as {examples}"
    return f"{_quoted(value)} is no {noun}: write {examples}"
