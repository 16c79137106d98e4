from __future__ import annotations

import io
import json
import logging
import sys

import pytest
import structlog

from monitor import logs


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def restored():
    """Leave logging as it was found."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


def lines(stream: io.StringIO) -> list[dict]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_json_lines_where_no_person_reads():
    stream = io.StringIO()
    logs.configure(stream)
    structlog.get_logger().info("it runs", pages=3)
    logging.getLogger("somewhere").warning("%s is late", "tea")
    first, second = lines(stream)
    assert (first["event"], first["level"], first["pages"]) == ("it runs", "info", 3)
    assert first["timestamp"].endswith("Z")
    assert (second["event"], second["level"]) == ("tea is late", "warning")


def test_words_where_a_person_reads():
    stream = Terminal()
    logs.configure(stream)
    structlog.get_logger().info("it runs", pages=3)
    assert "it runs" in stream.getvalue()
    assert not stream.getvalue().startswith("{")


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()])
def test_a_traceback_is_told_whole(stream):
    logs.configure(stream)
    try:
        raise RuntimeError("a bug")
    except RuntimeError:
        structlog.get_logger().exception("a probe failed")
    assert "Traceback" in stream.getvalue()
    assert "RuntimeError: a bug" in stream.getvalue()


def test_what_libraries_tell_of_their_daily_work_is_left_out():
    stream = io.StringIO()
    logs.configure(stream)
    logging.getLogger("httpx").info("HTTP Request")
    logging.getLogger("uvicorn.error").info("Started server process")
    structlog.get_logger().debug("detail")
    assert stream.getvalue() == ""
    logging.getLogger("uvicorn.error").error("no")
    assert lines(stream)[0]["event"] == "no"


def test_standard_error_is_the_one_of_the_moment(monkeypatch):
    logs.configure()
    late = io.StringIO()
    monkeypatch.setattr(sys, "stderr", late)
    structlog.get_logger().info("late")
    logging.getLogger("x").warning("later")
    assert [line["event"] for line in lines(late)] == ["late", "later"]
