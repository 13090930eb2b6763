"""The two small pattern languages of the settings. Neither can be made slow by what people write in an entry.

Terms
    template   text with one placeholder: ``#{number}``, ``zd-{number}``, ``https://host/agent/tickets/{id}``;
               it is looked for anywhere, and does not begin or end in the middle of a word or of another number:
               ``#3.2``, ``#10%``, ``#12-2024`` and ``#12:30`` are versions, shares, days and times
    wildcards  text in which ``*`` stands for anything: ``Acme*``, ``* {number}``; it covers the whole name

``{number}`` is what people see of a ticket, ``{id}`` what the product calls it. Case does not matter.

Promise: matching takes time in proportion to the text (no nested or open-ended repeats, atomic groups for ``*``),
and a mistake is reported with its value and what to write instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

LONGEST_PATTERN = 200
_PLACEHOLDERS = {
    "{number}": r"(?<![0-9])(?P<number>[0-9]{1,12})",
    "{id}": r"(?<![A-Za-z0-9])(?P<id>[A-Za-z0-9_-]{1,64})",
}
_PLACEHOLDER = re.compile(r"(\{[^{}]*\})")
_NOT_INSIDE = r"(?:(?<![\w&/#])|(?<=[0-9]/))"
"""What a reference does not follow: a word, an HTML entity (``&#39;``), a fragment of an address.

It may follow another reference and a slash, as in ``#12/#13``; :func:`find_templates` sees to it that it is one.
"""
_NUMBER_IS_OVER = r"(?!\w|[.,:/-][0-9]|%)"
"""What a number does not end before: a word, the rest of a longer number, a per cent sign."""


@lru_cache(maxsize=1000)
def compile_template(text: str) -> re.Pattern[str]:
    """Compile a template; the result is to be searched. Raises :class:`ValueError` saying what to write."""
    _check(text)
    parts = _PLACEHOLDER.split(text)
    if len(parts) != 3:
        raise ValueError("needs exactly one {number} or {id}, such as #{number}")
    before, placeholder, after = parts
    if not before.strip():
        raise ValueError("needs a mark before the placeholder, such as #{number}: a bare number is no reference")
    body = _literal(before) + _placeholder(placeholder) + _literal(after)
    return re.compile(
        _NOT_INSIDE + body + ("" if after and not after[-1].isalnum() else _NUMBER_IS_OVER), re.IGNORECASE
    )


def find_templates(text: str, templates: Iterable[re.Pattern[str]]) -> Iterator[re.Match[str]]:
    """Where compiled templates stand in ``text``, in its order, the longer of two at one place first."""
    matches = [match for template in templates for match in template.finditer(text)]
    ends: set[int] = set()
    for match in sorted(matches, key=lambda match: (match.start(), -match.end())):
        after_slash = match.start() > 0 and text[match.start() - 1] == "/"
        if not after_slash or match.start() - 1 in ends:
            ends.add(match.end())
            yield match


@lru_cache(maxsize=100)
def compile_words_before(words: Sequence[str]) -> re.Pattern[str]:
    """Compile words; the result is to be searched in what stands before a number, and holds the word as ``word``."""
    longest_first = sorted(words, key=len, reverse=True)
    choice = "|".join(r"\s+".join(map(re.escape, word.split())) for word in longest_first)
    return re.compile(rf"(?<!\w)(?P<word>{choice or '(?!)'})[\s:=(\[]{{0,5}}\Z", re.IGNORECASE)


@lru_cache(maxsize=1000)
def compile_url(text: str) -> re.Pattern[str]:
    """Compile the template of an address, found with ``http`` and ``https`` alike, and without either."""
    _check(text)
    if not re.match(r"https?://[^/{}]+/", text, re.IGNORECASE):
        raise ValueError("is not an address; write it in full, such as https://acme.zendesk.com/agent/tickets/{id}")
    address = re.sub(r"^https?://", "", text, flags=re.IGNORECASE)
    parts = _PLACEHOLDER.split(address)
    if len(parts) != 3:
        raise ValueError("needs exactly one {number} or {id} where the ticket stands in the address")
    before, placeholder, after = parts
    body = _literal(before) + _placeholder(placeholder) + _literal(after)
    return re.compile(r"(?:https?://|(?<![\w./@-]))" + body + r"(?![\w-])", re.IGNORECASE)


@lru_cache(maxsize=1000)
def compile_wildcards(text: str) -> re.Pattern[str]:
    """Compile wildcards; the result is to be matched against a whole name, and may hold one placeholder."""
    _check(text)
    if not text.strip():
        raise ValueError("is empty; write a name, or * for every one")
    if len(_PLACEHOLDER.findall(text)) > 1:
        raise ValueError("has more than one placeholder; write one {number} or one {id}")
    first, *others = [_with_placeholder(part) for part in text.split("*")]
    if not others:
        return re.compile(rf"{first}\Z", re.IGNORECASE | re.DOTALL)
    middle = "".join(f"(?>.*?{part})" for part in others[:-1] if part)
    return re.compile(rf"{first}{middle}.*{others[-1]}\Z", re.IGNORECASE | re.DOTALL)


def _check(text: str) -> None:
    if len(text) > LONGEST_PATTERN:
        raise ValueError(f"is longer than {LONGEST_PATTERN} characters")


def _with_placeholder(text: str) -> str:
    return "".join(
        _placeholder(part) if _PLACEHOLDER.fullmatch(part) else _literal(part) for part in _PLACEHOLDER.split(text)
    )


def _placeholder(text: str) -> str:
    try:
        return _PLACEHOLDERS[text]
    except KeyError:
        raise ValueError(f"has the unknown placeholder {text}; write {{number}} or {{id}}") from None


def _literal(text: str) -> str:
    if "{" in text or "}" in text:
        raise ValueError("has a brace that does not close; write {number} or {id}")
    return re.escape(text)
