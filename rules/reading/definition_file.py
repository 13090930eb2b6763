"""Reading a whole rules file: its sections in turn, then what only shows when all of them are known."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from pathlib import Path

from rules.model.contract import Contract
from rules.model.decision import ANSWER
from rules.model.definition import DecisionTable, Definition, Parameter
from rules.model.errors import Problem, RulesError
from rules.reading.agreements import read_agreements
from rules.reading.contract import hold_to
from rules.reading.decisions import DecisionReader
from rules.reading.positioned_yaml import MOST_BYTES, ListNode, MapNode, TextNode, read_yaml, text_at
from rules.reading.properties import read_properties
from rules.reading.reader import Reader, UnreadableNode
from rules.reading.suggestions import read_suggestions
from rules.reading.vocabulary import read_clauses, read_facts, read_parameters

MOST_FACTS = 150
_SECTIONS = (
    "policy",
    "effective_from",
    "parameters",
    "clauses",
    "facts",
    "decisions",
    "properties",
    "agreements",
    "suggestions",
)
_REQUIRED = ("policy", "effective_from", "parameters", "clauses", "facts", "decisions")


def read_text(file: Path) -> str:
    """The text of a rules file. Raises :class:`RulesError` when it cannot be read or is too large."""
    try:
        if file.stat().st_size > MOST_BYTES:
            raise RulesError([Problem(f"the file is larger than {MOST_BYTES // 1_000_000} MB", str(file))])
        return file.read_bytes().decode("utf-8")
    except OSError as error:
        raise RulesError([Problem(f"cannot be read: {error.strerror or error}", str(file))]) from None
    except UnicodeDecodeError as error:
        raise RulesError([Problem(f"is not UTF-8 text (byte {error.start})", str(file))]) from None


def read_definition(text: str, source: str = "rules", contract: Contract | None = None) -> Definition:
    """Read what a rules file says, without making it ready to decide; any words, or those of ``contract`` alone.

    Raises :class:`RulesError` with every mistake.
    """
    root = read_yaml(text, source)
    reader = Reader(source)
    try:
        definition = _definition(reader, root, text, source, contract)
    except UnreadableNode:
        raise RulesError(reader.problems) from None
    if reader.problems:
        raise RulesError(sorted(reader.problems, key=lambda problem: (problem.line, problem.column)))
    return definition


def _definition(reader: Reader, root: MapNode, text: str, source: str, contract: Contract | None) -> Definition:
    reader.fields(root, "a rules file", _SECTIONS, _REQUIRED)
    clauses = read_clauses(reader, root.at("clauses"))
    parameters = read_parameters(reader, root.at("parameters"), clauses)
    facts = read_facts(reader, root.at("facts"))
    if len(facts) > MOST_FACTS:
        reader.problem(
            root.key("facts"), f"there are {len(facts)} facts; rules can be proven over {MOST_FACTS} at most"
        )
    decisions = DecisionReader(reader, facts, parameters, clauses)
    decisions.read(root.at("decisions"))
    properties = read_properties(decisions.conditions, root.find("properties") or _no_items(root))
    agreements = read_agreements(reader, root.find("agreements") or _no_items(root), facts, parameters)
    suggestions = root.find("suggestions")
    keywords = {} if suggestions is None else read_suggestions(reader, suggestions, facts)
    _require_answer(reader, root.key("decisions"), decisions.decisions)
    if contract is not None:
        hold_to(contract, reader, root, facts, clauses, decisions.decisions)
    _refuse_unused_parameters(reader, parameters, decisions.conditions.compared)
    _refuse_entangled(reader, decisions)
    return Definition(
        source=source,
        text=text,
        hash=hashlib.sha256(text.encode()).hexdigest(),
        title=reader.languages(root.at("policy"), "'policy'"),
        effective_from=reader.day(root.at("effective_from"), "'effective_from'"),
        parameters=parameters,
        clauses=clauses,
        facts=facts,
        decisions=decisions.decisions,
        properties=properties,
        agreements=agreements,
        keywords=keywords,
        rules=decisions.rules,
    )


def _require_answer(reader: Reader, section: TextNode, decisions: Mapping[str, DecisionTable]) -> None:
    """The decisions that the rest of CareSync asks for are there, and shown."""
    for name in ANSWER:
        decision = decisions.get(name)
        if name not in reader.spoiled and (decision is None or not decision.shown):
            reader.problem(section, f"the decision {name!r} is missing, or lacks 'shown: yes'")


def _refuse_unused_parameters(reader: Reader, parameters: Mapping[str, Parameter], compared: Collection[str]) -> None:
    """A number that no rule uses is most likely a number that somebody thinks is used."""
    if reader.problems:
        return  # what could not be read may well have used it
    for name, parameter in parameters.items():
        if name not in compared:
            reader.problem(text_at(name, parameter), f"parameter {name!r} is used by no rule")


def _refuse_entangled(reader: Reader, decisions: DecisionReader) -> None:
    """A fact is tested in one way: itself, or through one fact computed from it.

    Facts are taken as independent of each other; answers are exact only where they are.
    """
    conditions = [condition for rule in decisions.rules.values() for condition in rule.when]
    first: dict[str, str] = {}
    for condition in conditions:
        fact = decisions.facts.get(condition.name)
        for name in () if fact is None else fact.parents or (fact.name,):
            tested = first.setdefault(name, condition.name)
            if tested != condition.name:
                reader.problem(
                    text_at(condition.name, condition),
                    f"{condition.name} and {tested} both rest on {name}: rules test a fact in one way only",
                )
                return


def _no_items(root: MapNode) -> ListNode:
    nothing = ListNode()
    nothing.line, nothing.column = root.line, root.column
    return nothing
