"""Options that make no sense are refused when the config is read."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from probes.browser import Options


@pytest.mark.parametrize(
    "options",
    [
        {"steps": [{"click": "a", "press": "Enter"}]},
        {"steps": [{"fill": "a"}]},
        {"steps": [{"click": "a", "value": "x"}]},
        {"steps": [{"goto": "file:///etc/passwd"}]},
        {"steps": [{"goto": "http:///x"}]},
        {"steps": [{"goto": "http://a\0b/"}]},
        {"headers": {"Authorization": "x"}},
        {"headers": {"X": "\n"}},
        {"allow_networks": ["10.0.0.0/99"]},
        {"resolve": ["x"]},
        {"nameservers": ["x"]},
        {"limit": "0s"},
        {"cpu": 0.5},
        {"runs": 0},
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Options.model_validate(options)


def test_a_file_that_is_not_there_is_a_mistake_when_it_is_about_to_be_used(tmp_path: Path) -> None:
    for key in ("ca", "executable"):
        Options.model_validate({key: str(tmp_path / "none")})
        with pytest.raises(ValidationError, match="can't be read"):
            Options.model_validate({key: str(tmp_path / "none")}, context={"reveal": True})
        file = tmp_path / "there"
        file.touch()
        Options.model_validate({key: str(file)}, context={"reveal": True})
