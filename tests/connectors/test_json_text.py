"""JSON from outside is read so that nothing in it can harm a terminal, a database or a calculation."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.json_text import harmless, read_json


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ('"menu \\u001b]52;c;cm0gLXJm\\u0007"', "menu \ufffd]52;c;cm0gLXJm\ufffd"),
        ('"\\u001b[2J\\u009b2J\\u007f"', "\ufffd[2J\ufffd2J\ufffd"),
        ('"half \\ud83d a pair"', "half \ufffd a pair"),
        ('"half \\ude00 a pair"', "half \ufffd a pair"),
        ('"\\ud83d\\ude00"', "😀"),
        ('"a\\u0000b"', "a\ufffdb"),
        ('"line\\nand\\ttab"', "line\nand\ttab"),
        ('"\\u200fעברית"', "\u200fעברית"),
        ('"back\\bspace\\f"', "back\ufffdspace\ufffd"),
    ],
)
def test_text_is_made_harmless(said: str, read: str) -> None:
    assert read_json(said.encode()) == read
    assert read_json(f'{{"a": [{said}]}}'.encode()) == {"a": [read]}


@pytest.mark.parametrize("said", ["NaN", "Infinity", "-Infinity", "1e400", "-1e999", "1" * 19, "9" * 5000])
def test_numbers_beyond_measure_are_the_text_that_they_are(said: str) -> None:
    assert read_json(f"[{said}]".encode()) == [said]


@pytest.mark.parametrize("said", ["0", "-7", "1.5", "123456789012345678", "1e3"])
def test_numbers_of_this_world_are_numbers(said: str) -> None:
    (number,) = read_json(f"[{said}]".encode())

    assert number == float(said) or number == int(said)


def test_names_are_made_harmless_too() -> None:
    assert read_json(b'{"a\\u001b": 1}') == {"a\ufffd": 1}


@pytest.mark.parametrize("content", [b"", b"{", b"nothing", b"\xff\xfe", b"[1,]", b"[" * 100_000, b'"\n"'])
def test_what_is_no_json_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"^is (not UTF-8|not JSON|nested too deeply)$"):
        read_json(content)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**17), 10**17)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(VALUES, st.booleans())
def test_whatever_is_harmless_comes_through_as_it_is(value: Any, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)

    assert read_json(text.encode()) == cleaned(value)


def cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return harmless(value)
    if isinstance(value, list):
        return [cleaned(item) for item in value]
    return {harmless(name): cleaned(item) for name, item in value.items()} if isinstance(value, dict) else value


@given(st.binary(max_size=200))
def test_any_bytes_are_a_value_or_a_value_error(content: bytes) -> None:
    try:
        value = read_json(content)
    except ValueError:
        return
    assert not isinstance(value, float) or math.isfinite(value)
