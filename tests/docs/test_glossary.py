"""The glossary: the code has no second word for one of its terms, and every term is one that the code uses."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "glossary.md"
PACKAGES = ("care_sync", "connectors", "rules")


def rows() -> Iterator[list[str]]:
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and not set(cells[0]) <= {"-", " "} and cells[0] not in ("term", "verb"):
            yield cells


def words_of(name: str) -> tuple[str, ...]:
    """``PostedEntry`` and ``posted_entry`` are both ``posted entry``."""
    return tuple(word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name))


@cache
def names() -> dict[tuple[str, ...], str]:
    """Every name that our code gives: modules, classes, functions, parameters, fields; with the place of one use."""
    known: dict[tuple[str, ...], str] = {}
    for path in (path for package in PACKAGES for path in (ROOT / package).rglob("*.py")):
        place = path.relative_to(ROOT).as_posix()
        known.setdefault(words_of(path.stem), place)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            given = []
            if isinstance(node, ast.ClassDef | ast.FunctionDef):
                given.append(node.name)
            if isinstance(node, ast.ClassDef):
                given += [
                    target.id
                    for member in node.body
                    if isinstance(member, ast.Assign)
                    for target in member.targets
                    if isinstance(target, ast.Name)
                ]
            if isinstance(node, ast.FunctionDef):
                given += [argument.arg for argument in (*node.args.args, *node.args.kwonlyargs)]
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                given.append(node.target.id)
            for name in given:
                known.setdefault(words_of(name), f"{place}: {name}")
    return known


def holds(name: tuple[str, ...], term: str) -> bool:
    wanted = tuple(term.lower().replace("-", " ").split())
    return any(name[start : start + len(wanted)] == wanted for start in range(len(name) - len(wanted) + 1))


SECOND_WORDS = sorted(
    {word for cells in rows() if len(cells) > 2 for word in map(str.strip, cells[2].split(",")) if word}
)


@pytest.mark.parametrize("word", SECOND_WORDS)
def test_the_code_has_no_second_word_for_a_term(word: str) -> None:
    assert [place for name, place in names().items() if holds(name, word)] == []


@pytest.mark.parametrize("term", [cells[0] for cells in rows()])
def test_every_term_is_a_word_of_the_code(term: str) -> None:
    assert any(holds(name, form) for name in names() for form in forms(term)), f"nothing is called {term}"


def forms(term: str) -> set[str]:
    """A term as names write it: the plural, and the past of a verb, count too."""
    last = term.rsplit(maxsplit=1)[-1]
    return {term, f"{term}s", f"{term}ed", f"{term}d", f"{term}{last[-1]}ed", f"{term[:-1]}ied", f"{term[:-1]}ies"}


def test_each_term_stands_once() -> None:
    terms = [cells[0] for cells in rows()]
    assert len(terms) == len(set(terms))
