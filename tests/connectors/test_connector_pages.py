"""The settings that the pages of connectors show are settings that work."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.registry import HELPDESKS, TIME_TRACKERS

PAGES = Path(__file__).parents[2] / "docs" / "connectors"
SECRET = "a-secret-of-thirty-two-characters"


def examples() -> list[tuple[str, str, dict[str, Any]]]:
    """Page, kind and section of each example."""
    found: list[tuple[str, str, dict[str, Any]]] = []
    for page in sorted(PAGES.glob("*.md")):
        for block in re.findall(r"^```yaml\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE):
            told = yaml.safe_load(block.replace("set me", SECRET))
            if "helpdesk" in told:
                found.append((page.stem, "helpdesk", told["helpdesk"]))
            for name, section in told.get("time_trackers", {}).items():
                found.append((page.stem, "time tracker", {"product": name, **section}))
    return found


def test_there_are_examples() -> None:
    assert examples()


@pytest.mark.parametrize(("page", "kind", "section"), examples())
def test_the_settings_of_a_page_are_valid(page: str, kind: str, section: dict[str, Any]) -> None:
    product = section.pop("product")
    settings = (HELPDESKS if kind == "helpdesk" else TIME_TRACKERS)[product].settings

    settings.model_validate(section)

    assert product.startswith(page.replace("-", "_"))
