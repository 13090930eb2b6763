"""The text of an HTML body: what people read, and never more work than its length."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.html_text import LONGEST_BODY, text_of


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<p>Hello</p><p>there</p>", "Hello\nthere"),
        ("one<br>two<BR/>three", "one\ntwo\nthree"),
        ("<div><div>nested</div></div>", "nested"),
        ("a &amp; b &lt;c&gt; &eacute;", "a & b <c> é"),
        ("<style>p { color: red }</style>text<script>if (1 < 2) alert('x')</script> more", "text more"),
        ("before<!-- <p>hidden</p> -->after", "beforeafter"),
        ("<!DOCTYPE html><html><body>x</body></html>", "x"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("<a href='x'>link</a>", "link"),
        ("İstanbul <STYLE>x</STYLE>ß", "İstanbul ß"),
        ("cut <a href='never closed", "cut"),
        ("cut <!-- never closed", "cut"),
        ("cut <script> never closed", "cut"),
        ("", ""),
    ],
)
def test_a_body_reads_as_people_read_it(body: str, text: str) -> None:
    assert text_of(body) == text


@pytest.mark.parametrize("piece", ["<a ", "<", "<!--", "<script>", "</script", "<![CDATA[", "&", "&#", "<p>", "<a b='"])
def test_the_work_grows_with_the_length_alone(piece: str) -> None:
    assert len(text_of(piece * (1_000_000 // len(piece)))) <= LONGEST_BODY


@given(st.text(alphabet="<>/!-&;abipr \n'\"İ"))
def test_whatever_comes_is_text(body: str) -> None:
    assert isinstance(text_of(body), str)
