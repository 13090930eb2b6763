"""Turning contexts into the text that people read.

Templates are Jinja2, in a sandbox, one per message and language: ``nl/note.txt.j2``,
``en/low_balance.txt.j2`` … A site overrides one by a file of the same name in its own directory, and can take
in the original with ``{% include "shipped/nl/note.txt.j2" %}``. What a template can name is described in
:mod:`care_sync.messages.context`; its filters are listed in :func:`_filters`.

Promise: a message is plain text, complete, or not written at all. A template that cannot be read or filled
raises :class:`care_sync.errors.UserError` with file and line. Values are put on one line without control
characters, so that a ticket's subject cannot pass for a line of ours.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
import traceback
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, FileSystemLoader, PackageLoader, PrefixLoader, StrictUndefined, pass_context
from jinja2.exceptions import TemplateSyntaxError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from care_sync.errors import UserError
from care_sync.messages.context import MemoContext, MemoKind, NoteContext, ReplyContext
from care_sync.messages.examples import EXAMPLE_MEMOS, EXAMPLE_NOTES, EXAMPLE_REPLIES
from care_sync.messages.formats import LANGUAGES, Language, whole_minutes
from care_sync.model.account import Account
from care_sync.model.explanation import AccountTime
from care_sync.model.month import Month
from care_sync.model.notices import NoticeKind

LONGEST_TEXT = 60_000
"""Characters; helpdesks refuse comments of 64 kB, and a message of ours is a page at most."""

TEMPLATES = ("note", *(kind.value for kind in NoticeKind), *(kind.value for kind in MemoKind))

AnyContext = NoteContext | ReplyContext | MemoContext


class Messages:
    """The messages of one site: the shipped templates, with those in ``overrides`` in their place.

    ``default_locale`` is the company's: notes are written in it, and replies to whom no locale is known.
    """

    def __init__(self, overrides: Path | None = None, *, default_locale: str = "nl") -> None:
        shipped = PackageLoader("care_sync.messages", "templates")
        original = PrefixLoader({"shipped": shipped})
        own = [FileSystemLoader(overrides)] if overrides else []
        self._overrides = overrides
        self._default_locale = default_locale
        self._environment = ImmutableSandboxedEnvironment(
            loader=ChoiceLoader([*own, shipped, original]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=False,
            # Plain text: connectors escape for the product, escaping here too would show as `&amp;`.
            autoescape=False,
        )
        self._environment.filters.update(_filters())

    def render_note(self, context: NoteContext, locale: str | None = None) -> str:
        """Return the internal note; ``locale`` is the agent's, without one the company's language is used."""
        return self._render("note", context, locale)

    def render_reply(self, kind: NoticeKind, context: ReplyContext, locale: str | None = None) -> str:
        """Return the reply of ``kind`` to a customer whose locale is ``locale``."""
        return self._render(kind.value, context, locale)

    def render_memo(self, kind: MemoKind, context: MemoContext, locale: str | None = None) -> str:
        """Return the memo of ``kind`` to somebody of ours; without a locale the company's language is used."""
        return self._render(kind.value, context, locale)

    def check(self) -> None:
        """Fill every template with examples; raise :class:`UserError` naming all that cannot be used."""
        problems = dict.fromkeys(self._misnamed())
        for code in LANGUAGES:
            attempts: list[tuple[str, AnyContext]] = [("note", note) for note in EXAMPLE_NOTES]
            attempts += [(kind.value, reply) for kind, reply in EXAMPLE_REPLIES]
            attempts += [(kind.value, memo) for kind, memo in EXAMPLE_MEMOS]
            for name, example in attempts:
                try:
                    self._render(name, example, code)
                except UserError as error:
                    problems[error.message] = None
        if problems:
            raise UserError("Some message templates cannot be used:", tuple(problems))

    def _render(self, name: str, context: AnyContext, locale: str | None) -> str:
        language = Language.of(locale, self._default_locale)
        path = f"{language.code}/{name}.txt.j2"
        values = {field.name: getattr(context, field.name) for field in dataclasses.fields(context)}
        if isinstance(context, ReplyContext):
            values["seconds"] = context.seconds
        if isinstance(context, (NoteContext, ReplyContext)):
            values["time"] = _adding_up(context.time)
        try:
            text = self._environment.get_template(path).render(_one_line(values), language=language)
        except TemplateSyntaxError as error:
            raise UserError(_problem(error.filename or path, error.lineno, error.message or "")) from error
        except Exception as error:  # whatever a site's template does must not stop the pass
            raise UserError(_problem(*_place(error, path), str(error))) from error
        text = _tidy(text)
        if not text:
            raise UserError(_problem(self._file_of(path), 1, "the template gives an empty text"))
        if len(text) > LONGEST_TEXT:
            raise UserError(_problem(self._file_of(path), 1, f"the text is longer than {LONGEST_TEXT} characters"))
        return text

    def _file_of(self, path: str) -> str:
        return self._environment.get_template(path).filename or path

    def _misnamed(self) -> Iterator[str]:
        """Files of the site that would never be used, because no message has their name."""
        if self._overrides is None:
            return
        if not self._overrides.is_dir():
            yield f"{self._overrides}: there is no such directory. Make it, or take out messages.templates."
            return
        known = {f"{code}/{name}.txt.j2" for code in LANGUAGES for name in TEMPLATES}
        for file in sorted(self._overrides.rglob("*.j2")):
            name = file.relative_to(self._overrides).as_posix()
            if name not in known and name.split("/")[0] != "parts":
                close = difflib.get_close_matches(name, sorted(known), 1)
                hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(sorted(known))}."
                yield f"{file}: no message has this name; {hint} (Parts to include belong in parts/.)"


def _filters() -> dict[str, Callable[..., str]]:
    """What templates can write after ``|``; each formats in the language of the reader."""

    def filter_of(method: Callable[[Language, Any], str]) -> Callable[..., str]:
        @pass_context
        def apply(context: Context, value: Any) -> str:
            return method(context["language"], value)

        return apply

    def word_of(group: str) -> Callable[[Language, str], str]:
        return lambda language, key: language.word(group, key)

    return {
        "hours": filter_of(Language.hours),
        "hours_in_words": filter_of(Language.hours_in_words),
        "minutes_in_words": filter_of(Language.minutes_in_words),
        "date": filter_of(Language.date),
        "month": filter_of(Language.month),
        "money": filter_of(Language.money),
        "account": filter_of(Language.account),
        "text": filter_of(Language.text),
        **{group: filter_of(word_of(group)) for group in ("scope", "route", "next_step", "kind")},
    }


def _adding_up(time: tuple[AccountTime, ...]) -> tuple[AccountTime, ...]:
    """The parts in whole minutes that add up to the total that is shown."""
    minutes = whole_minutes([part.seconds for part in time])
    return tuple(dataclasses.replace(part, seconds=60 * number) for part, number in zip(time, minutes, strict=True))


def _one_line(value: Any) -> Any:
    """Return ``value`` with every text in it on one line and free of control characters."""
    if isinstance(value, (Account, Month)):
        return value  # their shape allows nothing that could do harm, and templates ask them what they are of
    if isinstance(value, str):
        return " ".join("".join(" " if _is_control(letter) else letter for letter in value).split())
    if isinstance(value, Mapping):
        return {key: _one_line(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(_one_line(item) for item in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        changes = {field.name: _one_line(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return dataclasses.replace(value, **changes)
    return value


def _is_control(letter: str) -> bool:
    """Control and line-separating characters, and those that turn the direction of the text around them."""
    return unicodedata.category(letter) in ("Cc", "Zl", "Zp") or unicodedata.bidirectional(letter) in _TURNING


_TURNING = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})


def _tidy(text: str) -> str:
    """No space at line ends, at most one blank line in a row, none around the text."""
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip()


def _place(error: Exception, path: str) -> tuple[str, int | None]:
    """Where in a template an error arose: Jinja puts template lines into the traceback."""
    place: tuple[str, int | None] = (path, None)
    for frame, line in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_filename.endswith(".j2"):
            place = (frame.f_code.co_filename, line)
    return place


def _problem(file: str, line: int | None, message: str) -> str:
    where = f"{file}:{line}" if line else file
    return (
        f"{where}: the template cannot be used: {message.rstrip('.')}. "
        "Correct it, or take the file away to use the shipped text."
    )
