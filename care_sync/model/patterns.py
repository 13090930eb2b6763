"""The two small pattern languages of the settings. Neither can be made slow by what people write in an entry.

Terms
    template   text with one placeholder: ``#{number}``, ``zd-{number}``, ``https://host/agent/tickets/{id}``;
               it is looked for anywhere, and does not begin or end in the middle of a word
    wildcards  text in which ``*`` stands for anything: ``Acme*``, ``* {number}``; it covers the whole name

``{number}`` is what people see of a ticket, ``{id}`` what the product calls it. Case does not matter.

Promise: matching takes time in proportion to the text (no nested or open-ended repeats, atomic groups for ``*``),
and a mistake is reported with its value and what to write instead.
"""

from __future__ import annotations

import re
from functools import lru_cache

LONGEST_PATTERN = 200
_PLACEHOLDERS = {
    "{number}": r"(?<![0-9])(?P<number>[0-9]{1,12})",
    "{id}": r"(?<![A-Za-z0-9])(?P<id>[A-Za-z0-9_-]{1,64})",
}
_PLACEHOLDER = re.compile(r"(\{[^{}]*\})")
_NOT_INSIDE = r"(?<![\w&/#])"
"""What a reference does not follow: a word, an HTML entity (``&#39;``), a fragment of an address."""


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
    return re.compile(_NOT_INSIDE + body + ("" if after and not after[-1].isalnum() else r"(?!\w)"), re.IGNORECASE)


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
