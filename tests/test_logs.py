"""What the logs promise: one id a pass, JSON for machines, and never a secret."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from care_sync.clock import ManualClock
from care_sync.logs import bound, configure_logs, logger

SECRETS = ("hush-token", "hush-token-longer", "abc")


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    handlers, level = logging.getLogger().handlers, logging.getLogger().level
    yield
    logging.getLogger().handlers, logging.getLogger().level = handlers, level
    structlog.reset_defaults()


@pytest.fixture
def output(clock: ManualClock) -> io.StringIO:
    stream = io.StringIO()
    configure_logs(clock=clock, style="json", secrets=SECRETS, stream=stream)
    return stream


def lines(output: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.getvalue().splitlines()]


def test_a_line_is_one_json_object_with_the_time_of_the_clock(output: io.StringIO) -> None:
    logger("care_sync.test").info("pulled", tickets=3)

    assert lines(output) == [
        {
            "event": "pulled",
            "level": "info",
            "logger": "care_sync.test",
            "tickets": 3,
            "timestamp": "2026-11-02T01:30:00.000+00:00",
        }
    ]


def test_the_pass_id_stands_on_every_line_of_the_pass_and_on_no_other(output: io.StringIO) -> None:
    with bound(pass_id="p-1"):
        logger("ours").info("inside")
        logging.getLogger("library").warning("inside %s", "too")
    logger("ours").info("outside")

    assert [line.get("pass_id") for line in lines(output)] == ["p-1", "p-1", None]


def test_a_secret_is_hidden_wherever_it_stands(output: io.StringIO) -> None:
    logger("ours").info(
        "sent hush-token",
        url="https://x/?t=hush-token-longer&y",
        nested={"headers": [{"Authorization": "Basic Zm9v"}], "also": ("hush-token",)},
        token="short",
    )
    logging.getLogger("library").error("failed with %s", "hush-token")
    try:
        raise ValueError("hush-token in an exception")
    except ValueError:
        logger("ours").exception("crashed")

    text = output.getvalue()
    assert "hush-token" not in text
    assert "Zm9v" not in text
    first, _, crashed = lines(output)
    assert first["url"] == "https://x/?t=[hidden]&y"
    assert first["token"] == "[hidden]"
    assert "ValueError: [hidden] in an exception" in crashed["exception"]


def test_very_short_secrets_do_not_eat_the_lines(output: io.StringIO) -> None:
    logger("ours").info("abcdef")

    assert lines(output)[0]["event"] == "abcdef"


def test_the_level_is_kept_and_chatty_libraries_are_quiet(output: io.StringIO) -> None:
    logger("ours").debug("detail")
    logging.getLogger("apscheduler.scheduler").info("added job")
    logging.getLogger("urllib3.connectionpool").warning("retrying")

    assert [line["event"] for line in lines(output)] == ["retrying"]


def test_people_read_words_instead_of_json(clock: ManualClock) -> None:
    stream = io.StringIO()
    configure_logs(clock=clock, style="console", secrets=SECRETS, stream=stream)

    logger("ours").warning("limit near", product="toggl", note="hush-token")

    assert "limit near" in stream.getvalue()
    assert "product=toggl" in stream.getvalue()
    assert "hush-token" not in stream.getvalue()
