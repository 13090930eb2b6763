"""Help with writing rules: the schema, what a real language server makes of it, and tidy files."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

from rules.loading import SHIPPED, load_rules
from rules.model.errors import RulesError
from rules.model.facts import FactType
from rules.reading.formatting import formatted
from rules.reading.json_schema import schema_of
from tests.rules.language_server import Editor, command, editor

_drafts = itertools.count(1)


def a_draft() -> Path:
    """A name beside the shipped rules that no file has; one of its own, so that no old marks come with it."""
    return SHIPPED.with_name(f"being-written-{next(_drafts)}.yaml")


@pytest.fixture(scope="module")
def written() -> Iterator[Editor]:
    executable = command()
    if executable is None:
        pytest.skip("yaml-language-server is not installed (npm install --no-save yaml-language-server@2)")
    with editor(executable) as opened:
        yield opened


def test_the_schema_beside_the_shipped_rules_is_what_they_make() -> None:
    shown = json.loads(SHIPPED.with_name("care.schema.json").read_text("utf-8"))
    assert shown == schema_of(load_rules().definition)
    jsonschema.Draft7Validator.check_schema(shown)


def test_the_shipped_rules_name_their_schema() -> None:
    assert SHIPPED.read_text("utf-8").startswith("# yaml-language-server: $schema=care.schema.json\n")


def test_a_language_server_finds_nothing_to_mark_in_the_shipped_rules(written: Editor) -> None:
    assert written.open(SHIPPED, SHIPPED.read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("when: {cause: third_party}", "when: {cause: third_part}"),
        ("when: {sla: no}", "when: {sla: maybe}"),
        ("clauses: [I3a, N1]", "clauses: [I3z, N1]"),
        ("expected_minutes: more than short_question", "expected_minutes: bigger than short_question"),
        ("when: {worked_before: no}", "when: {worked_befor: no}"),
    ],
)
def test_a_wrong_value_is_marked_at_its_place(written: Editor, right: str, wrong: str) -> None:
    text = SHIPPED.read_text("utf-8")
    assert right in text
    spoiled = text.replace(right, wrong, 1)
    line = spoiled[: spoiled.index(wrong)].count("\n")
    marked = written.open(a_draft(), spoiled)
    assert line in {one["range"]["start"]["line"] for one in marked}


def test_every_fact_that_can_be_tested_is_offered_with_its_values(written: Editor) -> None:
    lines = SHIPPED.read_text("utf-8").splitlines()
    line = next(number for number, one in enumerate(lines) if one.strip() == "when: {cause: third_party}")
    indent = len(lines[line]) - len(lines[line].lstrip()) + 2
    lines[line : line + 1] = [lines[line].replace(" {cause: third_party}", ""), " " * indent]
    draft = a_draft()
    written.open(draft, "\n".join(lines))
    testable = {one.name for one in load_rules().facts.values() if one.type is not FactType.TEXTS}
    assert testable <= written.complete(draft, line + 1, indent)

    lines[line + 1] += "cause: "
    draft = a_draft()
    written.open(draft, "\n".join(lines))
    offered = written.complete(draft, line + 1, len(lines[line + 1]))
    assert set(load_rules().facts["cause"].values) <= offered


def test_the_shipped_rules_are_tidy_and_tidying_twice_is_tidying_once() -> None:
    text = SHIPPED.read_text("utf-8")
    assert formatted(text) == text


def test_tidying_keeps_comments_and_order_and_changes_the_look_alone() -> None:
    text = SHIPPED.read_text("utf-8")
    untidy = text.replace("  quote_above:", "  quote_above:   ", 1).replace("parameters:\n", "parameters:   \n", 1)
    assert untidy != text
    assert formatted(untidy) == text


def test_what_is_no_rules_file_is_refused_with_its_place() -> None:
    with pytest.raises(RulesError) as refused:
        formatted("policy: {nl: a, en: b}\npolicy: {}\n", "ours.yaml")
    assert str(refused.value.problems[0]).startswith("ours.yaml:2:1")


def test_a_file_that_cannot_be_read_is_left_as_it_is(tmp_path: Path) -> None:
    from care_sync.cli.main import run

    broken = tmp_path / "ours.yaml"
    broken.write_text("facts: [", encoding="utf-8")
    assert run(["rules", "fmt", str(broken)]) == 2
    assert broken.read_text("utf-8") == "facts: ["
