"""Rules files that rename what CareSync acts on are refused, however consistent they are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from care_sync.cli.main import run
from care_sync.errors import UserError
from care_sync.messages import Language
from care_sync.rules_contract import CONTRACT
from care_sync.rules_file import read_rules, read_rules_text
from rules.loading import SHIPPED, load_text
from rules.model.words import Activity, FactName, NextStep, Route, Scope
from rules.proving.proof import prove
from tests.rules.small import SMALL, for_care_sync

ROOT = Path(__file__).parent.parent
SHIPPED_TEXT = SHIPPED.read_text("utf-8")


def renamed(word: str, new: str) -> str:
    """The shipped rules with a word renamed everywhere, as careful people do."""
    return re.sub(rf"(?<![\w-]){word}(?![\w-])", new, SHIPPED_TEXT)


def line_of(text: str, start: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if line.lstrip().startswith(start))


def problems_of(text: str) -> list[str]:
    with pytest.raises(UserError) as refused:
        read_rules_text(text, "our.yaml")
    return refused.value.problems


def test_the_shipped_rules_keep_the_contract() -> None:
    assert read_rules(None).rules


@pytest.mark.parametrize(
    ("word", "new", "told"),
    [
        ("fair_use", "fairuse", "'fairuse' is not an outcome of route that CareSync can act on"),
        ("hour_card", "strip_card", "'strip_card' is not an outcome of route that CareSync can act on"),
        ("handle", "solve", "'solve' is not an outcome of next_step that CareSync can act on"),
        ("not_included", "excluded", "'excluded' is not an outcome of scope that CareSync can act on"),
        ("pending", "held", "'held' is not an outcome of route that CareSync can act on"),
        ("scope", "coverage", "the decision 'coverage' is shown, and CareSync does not know it"),
        ("next_step", "step", "the decision 'step' is shown, and CareSync does not know it"),
        ("extra_work", "overwork", "'overwork' is not a value of activity that CareSync gives"),
        ("phone", "telephone", "'telephone' is not a value of channel that CareSync gives"),
        ("agreed", "settled", "fact estimate lacks 'agreed', which CareSync goes by"),
        ("sla", "contract", "fact 'sla' is missing, of type 'yes or no'"),
        ("covered_services", "services", "fact 'covered_services' is missing, of type 'set of texts'"),
        ("estimate", "guess", "fact 'estimate' is missing, of type 'choice'"),
        ("reported_on", "reported_at", "fact 'reported_on' is missing, of type 'date'"),
        ("I4", "I5", "clause 'I4' is missing: CareSync acts on decisions that cite it"),
    ],
)
def test_a_consistent_renaming_of_what_the_code_acts_on_is_refused(word: str, new: str, told: str) -> None:
    text = renamed(word, new)
    if word not in ("scope", "next_step"):  # without which nothing at all can be decided
        assert load_text(text), "no mistake that reading without the contract would see"

    problems = problems_of(text)

    assert any(told in problem for problem in problems), problems
    assert all(re.match(r"our\.yaml:\d+:\d+: ", problem) for problem in problems)


def test_the_proof_alone_would_have_passed_a_renamed_outcome() -> None:
    assert prove(load_text(renamed("fair_use", "fairuse")).definition).holds


def test_a_renaming_is_told_at_the_word_with_the_word_that_was_meant() -> None:
    text = renamed("fair_use", "fairuse")
    line = line_of(text, "outcomes: [sla, hour_card")
    column = text.splitlines()[line - 1].index("fairuse") + 1

    (problem,) = problems_of(text)

    assert problem.startswith(f"our.yaml:{line}:{column}: 'fairuse'")
    assert problem.endswith("did you mean 'fair_use'?")


def test_a_word_that_looks_like_none_is_taken_for_the_only_one_that_is_missing() -> None:
    (problem,) = problems_of(renamed("handle", "solve"))

    assert problem.endswith("did you mean 'handle'?")


@pytest.mark.parametrize(("word", "new"), [("hour_card", "hour_cards"), ("fair_use_left_minutes", "fair_use_minutes")])
def test_a_renamed_fact_is_told_where_it_was_renamed(word: str, new: str) -> None:
    text = renamed(word, new)

    place = f"our.yaml:{line_of(text, f'{new}:')}:3: fact '{word}' is missing"
    problems = problems_of(text)

    assert any(problem.startswith(place) and problem.endswith(f"did you mean '{word}'?") for problem in problems)


@pytest.mark.parametrize("name", list(FactName))
def test_a_fact_that_code_fills_or_reads_cannot_be_removed(name: FactName) -> None:
    facts = for_care_sync(SMALL).split("facts:\n")[1].split("decisions:\n")[0]
    block = re.search(rf"^  {name}:.*\n(?:    .*\n)*", facts, re.MULTILINE)
    assert block is not None

    with pytest.raises(UserError) as refused:
        read_rules_text(for_care_sync(SMALL).replace(block[0], "", 1), "our.yaml")

    told = " ".join(refused.value.problems)
    assert f"fact '{name}' is missing" in told or f"'{name}' is neither a fact" in told


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("hour_card: {type: yes or no,", "hour_card: {type: number,", "hour_card is of type 'number': CareSync gives"),
        ('unit: minutes, ask: {nl: "Over', 'unit: hours, ask: {nl: "Over', "is in hours: CareSync counts"),
        ("    absent: whole_ticket\n", "", "fact activity lacks 'absent'"),
        ("fair_use_left_minutes: {type: number,", "fair_use_left_minutes: {type: number, minimum: 1,", "is at least 1"),
        ("    undetermined: pending\n", "", "while facts are missing, route is 'undetermined'"),
        ("undetermined: pending", "undetermined: invoice", "while facts are missing, route is 'invoice'"),
        ("work, intake, administration", "work, administration", "fact activity lacks 'intake', which CareSync"),
        ("values: [none, agreed]", "values: [none, accepted]", "fact estimate lacks 'agreed'"),
    ],
)  # fmt: skip
def test_what_code_could_not_read_is_refused(old: str, new: str, told: str) -> None:
    text = for_care_sync(SMALL)
    assert old in text

    assert any(told in problem for problem in problems_of(text.replace(old, new, 1)))


def test_a_file_may_lack_outcomes_and_declare_facts_of_its_own() -> None:
    book = read_rules_text(for_care_sync(SMALL), "our.yaml")

    assert set(book.definition.decisions["route"].outcomes) < set(Route)
    assert "minutes" in book.facts


@pytest.mark.parametrize(
    "command", [("check",), ("test",), ("decide", "--facts", "facts.yaml"), ("schema",), ("code",)]
)
def test_every_command_refuses_a_word_that_the_code_does_not_know(
    command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("our.yaml").write_text(renamed("fair_use", "fairuse"), encoding="utf-8")
    Path("our.cases.yaml").write_text("cases: []\n", encoding="utf-8")
    Path("facts.yaml").write_text("{kind: incident}", encoding="utf-8")

    code = run(["rules", command[0], "our.yaml", *command[1:]])

    told = capsys.readouterr().err
    assert code == 2
    assert "'fairuse' is not an outcome of route that CareSync can act on" in told
    assert "did you mean 'fair_use'?" in told


def test_rules_are_read_with_the_contract_alone() -> None:
    """Whoever loads rules without it in CareSync would misread them silently."""
    readers = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "care_sync").rglob("*.py")
        if re.search(r"\bload_(rules|text)\b|\bread_definition\b", path.read_text("utf-8"))
    ]

    assert readers == ["care_sync/rules_file.py"]


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize(("group", "words"), [("scope", Scope), ("route", Route), ("next_step", NextStep)])
def test_people_have_a_name_for_every_word(language: str, group: str, words: type[Scope]) -> None:
    names = Language.of(language, language)

    assert [word for word in words if names.word(group, word) == word and word != "fair_use"] == []


def test_the_contract_names_every_activity_and_fact() -> None:
    assert set(CONTRACT.facts) == set(FactName)
    assert set(CONTRACT.facts[FactName.ACTIVITY].words) == set(Activity)
