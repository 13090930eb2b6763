"""Loading a rules file: text in, a :class:`~rules.book.RuleBook` out, or every mistake with its line and column."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from rules.book import RuleBook
from rules.errors import Problem, RulesError, TooEntangled
from rules.reading import Reader, Refused
from rules.ruleset import ANSWER, Definition
from rules.source import MOST_BYTES, Items, Table, read, text_at
from rules.statements import Statements
from rules.vocabulary import read_agreements, read_clauses, read_facts, read_parameters, read_suggestions

SHIPPED = Path(__file__).with_name("care.yaml")
"""The policy that comes with CareSync."""
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


def load_rules(path: Path | None = None) -> RuleBook:
    """Load a rules file, the shipped policy when ``path`` is ``None``.

    Raises :class:`RulesError` for a file that cannot be read and for every mistake in it.
    """
    file = SHIPPED if path is None else path
    return load_text(read_text(file), str(file))


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


def load_text(text: str, source: str = "rules") -> RuleBook:
    """Load rules from text; ``source`` names it in messages. Raises :class:`RulesError` with every mistake."""
    book = RuleBook(read_definition(text, source))
    try:
        book.court()
    except TooEntangled as error:
        raise RulesError([replace(problem, source=source) for problem in error.problems]) from None
    return book


def read_definition(text: str, source: str = "rules") -> Definition:
    """Read what a rules file says, without making it ready to decide. Raises :class:`RulesError`."""
    root = read(text, source)
    reader = Reader(source)
    try:
        definition = _definition(reader, root, text, source)
    except Refused:
        raise RulesError(reader.problems) from None
    if reader.problems:
        raise RulesError(sorted(reader.problems, key=lambda one: (one.line, one.column)))
    return definition


def _definition(reader: Reader, root: Table, text: str, source: str) -> Definition:
    reader.fields(root, "a rules file", _SECTIONS, _REQUIRED)
    clauses = read_clauses(reader, root.at("clauses"))
    parameters = read_parameters(reader, root.at("parameters"), clauses)
    facts = read_facts(reader, root.at("facts"))
    if len(facts) > MOST_FACTS:
        reader.problem(
            root.key("facts"), f"there are {len(facts)} facts; rules can be proven over {MOST_FACTS} at most"
        )
    statements = Statements(reader, facts, parameters, clauses)
    statements.read_decisions(root.at("decisions"))
    properties = statements.read_properties(root.find("properties") or _no_items(root))
    agreements = read_agreements(reader, root.find("agreements") or _no_items(root), facts, parameters)
    suggestions = root.find("suggestions")
    keywords = {} if suggestions is None else read_suggestions(reader, suggestions, facts)
    for name in ANSWER:
        decision = statements.decisions.get(name)
        if name not in reader.spoiled and (decision is None or not decision.shown):
            reader.problem(root.key("decisions"), f"the decision {name!r} is missing, or lacks 'shown: yes'")
    for name, parameter in parameters.items():
        if name not in statements.compared and not reader.problems:
            reader.problem(root.at("parameters"), f"parameter {name!r} (line {parameter.line}) is used by no rule")
    _refuse_entangled(reader, statements)
    return Definition(
        source,
        text,
        hashlib.sha256(text.encode()).hexdigest(),
        reader.languages(root.at("policy"), "'policy'"),
        reader.day(root.at("effective_from"), "'effective_from'"),
        parameters,
        clauses,
        facts,
        statements.decisions,
        properties,
        agreements,
        keywords,
        statements.rules,
    )


def _refuse_entangled(reader: Reader, statements: Statements) -> None:
    """A fact is tested in one way: itself, or through one fact computed from it.

    Facts are taken as free of each other; answers are exact only where they are.
    """
    conditions = [condition for rule in statements.rules.values() for condition in rule.when]
    first: dict[str, str] = {}
    for condition in conditions:
        fact = statements.facts.get(condition.name)
        for name in () if fact is None else fact.parents or (fact.name,):
            tested = first.setdefault(name, condition.name)
            if tested != condition.name:
                reader.problem(
                    text_at(condition.name, condition),
                    f"{condition.name} and {tested} both rest on {name}: rules test a fact in one way only",
                )
                return


def _no_items(root: Table) -> Items:
    nothing = Items()
    nothing.line, nothing.column = root.line, root.column
    return nothing
