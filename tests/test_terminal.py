"""Foreign text is shown on a terminal and never obeyed."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout

import pytest
import structlog

from care_sync import terminal
from care_sync.clock import ManualClock
from care_sync.logs import configure_logs, logger
from tests.hostile import HOSTILE, obeyed


class Screen(io.StringIO):
    """A terminal that keeps what it was sent."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")


@contextmanager
def screen() -> Iterator[Screen]:
    """A terminal that standard output goes to."""
    with redirect_stdout(Screen()) as shown:
        yield shown


@pytest.fixture
def _restored_logs() -> Iterator[None]:
    handlers, level = logging.getLogger().handlers, logging.getLogger().level
    yield
    logging.getLogger().handlers, logging.getLogger().level = handlers, level
    structlog.reset_defaults()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]52;c;cm0gLXJm\x07", r"\x1b]52;c;cm0gLXJm\x07"),
        ("\x1b[2J", r"\x1b[2J"),
        ("\x9b2J", r"\x9b2J"),
        ("\ud800", r"\ud800"),
        ("abc\u202ecba", r"abc\u202ecba"),
        ("\U000e0041", r"\U000e0041"),
        ("one\r\ntwo\tthree\u2028four", "one two three four"),
        ("Straße, 日本, naïve, 👩‍💻", "Straße, 日本, naïve, 👩‍💻"),
        ("[bold]x[/]", "[bold]x[/]"),
        (None, "None"),
    ],
)
def test_one_line_writes_out_what_a_terminal_would_obey(text: object, shown: str) -> None:
    assert terminal.one_line(text) == shown


def test_a_line_of_an_answer_is_one_line() -> None:
    with screen() as shown:
        terminal.say(f"Ticket {HOSTILE} is new")

    assert shown.getvalue().count("\n") == 1
    assert obeyed(shown.getvalue()) == []
    assert "is new" in shown.getvalue()


def test_a_table_shows_hostile_titles_columns_and_cells() -> None:
    with screen() as shown:
        terminal.print_table(HOSTILE, ["n", HOSTILE], [(1, HOSTILE)])

    assert obeyed(shown.getvalue(), but=r"\x1b\[[0-9;]*m") == []


def test_whatever_is_printed_past_the_functions_is_harmless_too() -> None:
    with screen() as shown:
        terminal.console().print("\x1b[2J\x9b2J\u202eabc", markup=False)

    assert shown.getvalue() == "\\x1b[2J\\x9b2J\\u202eabc\n"


def test_a_json_document_says_the_same_and_is_harmless() -> None:
    with screen() as shown:
        terminal.print_json({HOSTILE: [HOSTILE, "ë"]})

    assert obeyed(shown.getvalue()) == []
    assert json.loads(shown.getvalue()) == {HOSTILE: [HOSTILE, "ë"]}
    assert "ë" in shown.getvalue()


def test_a_document_goes_to_the_letter_into_a_pipe_and_harmless_to_a_terminal() -> None:
    with screen() as shown:
        terminal.write("a\x1b[2Jb\n")
    with redirect_stdout(io.StringIO()) as pipe:
        terminal.write("a\x1b[2Jb\n")

    assert (shown.getvalue(), pipe.getvalue()) == ("a\\x1b[2Jb\n", "a\x1b[2Jb\n")


def test_an_error_with_hostile_text_is_harmless() -> None:
    with redirect_stderr(Screen()) as shown:
        terminal.complain("Error", HOSTILE, [HOSTILE])

    assert obeyed(shown.getvalue(), but=r"\x1b\[[0-9;]*m") == []


@pytest.mark.usefixtures("_restored_logs")
@pytest.mark.parametrize("style", ["console", "json"])
def test_logs_show_hostile_text_and_obey_none(clock: ManualClock, style: str) -> None:
    stream = Screen()
    configure_logs(clock=clock, style=style, stream=stream)
    logger("ours").warning(HOSTILE, subject=HOSTILE, names=[HOSTILE])
    try:
        raise ValueError(HOSTILE)
    except ValueError:
        logging.getLogger("library").exception("inside %s", HOSTILE)

    assert obeyed(stream.getvalue()) == []
    assert "Traceback" in stream.getvalue()


@pytest.mark.usefixtures("_restored_logs")
@pytest.mark.parametrize(("wish", "colored"), [("", True), ("1", False)])
def test_no_color_is_respected(clock: ManualClock, wish: str, colored: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", wish)
    logged = Screen()
    configure_logs(clock=clock, style="console", stream=logged)
    logger("ours").warning("late")
    with screen() as shown:
        terminal.console().print("[green]ok[/]")

    assert ("\x1b[" in logged.getvalue()) is colored
    assert ("\x1b[" in shown.getvalue()) is colored


def test_a_letter_keeps_its_lines(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.say_lines("Beste Eva,\n\nklaar.\n")

    assert capsys.readouterr().out == "Beste Eva,\n\nklaar.\n"
