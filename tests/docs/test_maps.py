"""The pages that say where things are: every file that they name exists, and every table has its line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from care_sync.store.schema import metadata

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "docs/architecture.md", "docs/tables.md", "docs/conformance.md"])
def test_every_file_that_a_page_names_is_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    named = re.findall(r"`((?:care_sync|connectors|rules|tests|docs)/[\w./-]*)`", text)
    assert named or page == "docs/conformance.md"
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", ["README.md", "docs/architecture.md", "CONTRIBUTING.md"])
def test_every_link_of_a_page_leads_somewhere(page: str) -> None:
    here = (ROOT / page).parent
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", (ROOT / page).read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (here / link).exists()] == []


def test_every_table_has_its_line() -> None:
    page = (ROOT / "docs" / "tables.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == set(metadata.tables)


def test_the_map_can_be_read_in_one_sitting() -> None:
    assert len((ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").split()) < 2500
