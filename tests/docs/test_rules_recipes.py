"""The recipes of ``docs/rules.md``: each edit holds by the proof, and decides its situation as the page says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from care_sync.rules_file import read_rules, read_rules_text
from rules.deciding.rule_book import RuleBook
from rules.loading import SHIPPED
from rules.proving.proof import prove

PAGE = Path(__file__).parents[2] / "docs" / "rules.md"


@dataclass(frozen=True)
class Recipe:
    """A heading, the hunks of its edit, and the situation that it shows."""

    title: str
    hunks: tuple[str, ...]
    situation: Mapping[str, Any]

    def applied_to(self, text: str) -> str:
        """The rules with the edit; each hunk fits in one place alone."""
        for hunk in self.hunks:
            lines = hunk.strip("\n").split("\n")
            before = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("+"))
            after = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("-"))
            assert text.count(f"\n{before}") == 1, f"{self.title}: this stands {text.count(before)} times:\n{before}"
            text = text.replace(f"\n{before}", f"\n{after}")
        return text


def recipes() -> list[Recipe]:
    found = re.findall(
        r"^### (\d+\. .*?)\n.*?```diff\n(.*?)```\n```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE
    )
    return [
        Recipe(title, tuple(re.split(r"^@@$", edit, flags=re.MULTILINE)), yaml.load(case, Loader=yaml.BaseLoader))
        for title, edit, case in found
    ]


def answer(book: RuleBook, situation: Mapping[str, Any]) -> str:
    on = date.fromisoformat(situation["on"]) if "on" in situation else None
    return " ".join(book.outcomes(situation["facts"], on=on, organization=situation.get("organization")))


def test_there_are_twelve() -> None:
    assert [recipe.title.split(".")[0] for recipe in recipes()] == [str(number) for number in range(1, 13)]


@pytest.mark.parametrize("recipe", recipes(), ids=lambda recipe: recipe.title)
def test_a_recipe_holds_and_decides_as_it_says(recipe: Recipe) -> None:
    book = read_rules_text(recipe.applied_to(SHIPPED.read_text("utf-8")), "recipe")

    assert [violation.message for violation in prove(book.definition).violations] == []
    assert answer(book, recipe.situation) == recipe.situation["expect"]
    if "shipped" in recipe.situation:
        assert answer(read_rules(None), recipe.situation) == recipe.situation["shipped"]
