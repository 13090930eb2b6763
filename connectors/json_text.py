"""JSON from outside, read so that nothing in it can harm: products' answers and the bodies of webhook calls.

What is made of odd content
    text that is no UTF-8    refused: nothing is guessed
    half a surrogate pair    the replacement character; apps cut texts by UTF-16 units and leave such halves
    control characters       the replacement character, but for line breaks and tabs: a terminal obeys them
    numbers beyond measure   (``NaN``, ``Infinity``, ``1e400``, integers of more than 18 digits) the text that they are,
                             which no field that wants a number takes
    deep nesting             refused beyond :data:`DEEPEST`
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

DEEPEST = 100
"""Objects and lists within each other; no product nests a tenth as deep."""
MOST_DIGITS = 18
"""Of a whole number: databases keep 64 bits."""
REPLACEMENT = "\ufffd"
_HARMFUL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_MAY_HARM = re.compile(r"[\x7f-\x9f]|\\u(?:00[01789]|[dD][89a-fA-F])|\\[bf]")


def harmless(text: str) -> str:
    """``text`` without what terminals obey and databases refuse; line breaks and tabs stay."""
    return _HARMFUL.sub(REPLACEMENT, text)


def read_json(content: bytes) -> Any:
    """The value that ``content`` says. Raises :class:`ValueError`, whose text says what is wrong with it."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8") from None
    try:
        value = _DECODER.decode(text)
    except RecursionError:
        raise ValueError("is nested too deeply") from None
    except ValueError:
        raise ValueError("is not JSON") from None
    # Most answers hold nothing odd, and looking at their text costs less than walking through their values.
    may_be_deep = text.count("[") + text.count("{") > DEEPEST
    return _made_harmless(value) if may_be_deep or _MAY_HARM.search(text) else value


def _made_harmless(value: Any, depth: int = 0) -> Any:
    if depth > DEEPEST:
        raise ValueError("is nested too deeply")
    if isinstance(value, str):
        return harmless(value)
    if isinstance(value, list):
        return [_made_harmless(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {harmless(name): _made_harmless(item, depth + 1) for name, item in value.items()}
    return value


def _whole_number(digits: str) -> int | str:
    return int(digits) if len(digits.lstrip("-")) <= MOST_DIGITS else digits


def _decimal(digits: str) -> float | str:
    number = float(digits)
    return number if math.isfinite(number) else digits


def _as_text(word: str) -> str:
    return word


_DECODER = json.JSONDecoder(parse_int=_whole_number, parse_float=_decimal, parse_constant=_as_text)
