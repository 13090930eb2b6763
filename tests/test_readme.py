"""What the README says is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from connectors.registry import BOOKKEEPINGS, HELPDESKS, TIME_TRACKERS

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_it_names_every_product() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8").casefold()

    products = {*HELPDESKS.shipped, *TIME_TRACKERS.shipped, *BOOKKEEPINGS.shipped}
    assert sorted(name for name in products if name.replace("_", " ") not in text) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")

    targets = [target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in target]
    assert [target for target in targets if target and not (page.parent / target).exists()] == []
