"""A rule book: one rules file, ready to decide.

Promise: deciding asks no clock and changes nothing; the same book, facts, day and customer give the same decision for
ever. ``hash`` names the book, so that an old decision can be taken again to the letter.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from rules.deciding.cells import dependents
from rules.deciding.compiled import CompiledDecisions
from rules.deciding.completions import Completions
from rules.deciding.engine import MOST_REMEMBERED, Conclusion, Engine, Locate, locators, with_facts_asked
from rules.deciding.generated_python import Outcomes
from rules.deciding.suggestions import Suggester, Suggestion
from rules.deciding.versions import AppliedVersion, apply_version, versions_of
from rules.model.decision import Decision
from rules.model.definition import LANGUAGES, Agreement, Clause, Definition, Parameter, Rule
from rules.model.errors import RulesError
from rules.model.facts import Fact, parse_facts
from rules.model.quantities import in_words

_STILL_OPEN = {"nl": "Wat bekend is, laat dit nog open.", "en": "What is known leaves this open."}
_EITHER = {"nl": ("Ofwel: ", "Ofwel: "), "en": ("Either: ", "Or: ")}


@dataclass(frozen=True)
class Decider:
    """AppliedVersion with what decides by them."""

    applied: AppliedVersion
    engine: Engine
    locate: tuple[Locate, ...]
    numbers: Mapping[str, Mapping[str, str]]
    """The numbers of the applied as reasons say them, by language."""
    remembered: dict[tuple[object, ...], Decision]
    """Decisions taken before; tickets repeat themselves."""

    def cells(self, known: Mapping[str, Any]) -> tuple[int, ...]:
        """The cell of each variable, given facts that were read by their types."""
        return tuple([locate(known) for locate in self.locate])

    @cached_property
    def outcomes(self) -> Callable[[Mapping[str, Any]], Outcomes]:
        """What decides without saying why, given facts that were read by their types."""
        return self.engine.generated.bound(self.applied)


class RuleBook:
    """One rules file, ready to decide."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self._versions = versions_of(definition)
        self._first_days = [version.first for version in self._versions]
        self._agreements: dict[str, list[Agreement]] = {}
        for agreement in definition.agreements:
            self._agreements.setdefault(agreement.organization.casefold(), []).append(agreement)
        self._deciders: dict[tuple[date, int], Decider] = {}
        self._engines: dict[tuple[object, ...], Engine] = {}
        self._asked = dependents(definition.facts)
        self._parents = [parent for fact in definition.facts.values() for parent in fact.parents]
        self._suggester = Suggester(definition.keywords)

    @property
    def hash(self) -> str:
        """The SHA-256 of the file's text."""
        return self.definition.hash

    @property
    def text(self) -> str:
        """The file as it was read."""
        return self.definition.text

    @property
    def source(self) -> str:
        """Where it was read from."""
        return self.definition.source

    @property
    def facts(self) -> Mapping[str, Fact]:
        """Every fact by name, those computed from others included."""
        return self.definition.facts

    @property
    def clauses(self) -> Mapping[str, Clause]:
        """Every clause by id."""
        return self.definition.clauses

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """Every number of the policy by name."""
        return self.definition.parameters

    @property
    def rules(self) -> Mapping[str, Rule]:
        """Every rule by id, of all versions."""
        return self.definition.rules

    def question(self, fact: str, locale: str) -> str:
        """What a person is asked when a fact is unknown, in the language of ``locale``; English where there is none."""
        language = locale.replace("_", "-").split("-")[0].lower()
        ask = self.definition.facts[fact].ask
        return ask.get(language) or ask.get("en") or fact

    def suggest(self, subject: str, body: str) -> Suggestion | None:
        """The kind that the words of a ticket speak for. It is a suggestion and never decides."""
        return self._suggester.suggest(subject, body)

    def decide(self, facts: Mapping[str, Any], *, on: date | None = None, organization: str | None = None) -> Decision:
        """Decide a ticket, or one time entry when ``activity`` is among the facts.

        Facts are raw (as in YAML or JSON) or read already; an absent or null one is unknown. ``on`` picks the version
        in force on that day, the newest when it is ``None``; ``organization`` (an id or a name) the customer's
        agreement.
        Raises :class:`RulesError` for a name that is not a fact and a value that its fact does not take.
        """
        decider, known = self.situation(facts, on=on, organization=organization)
        cells = decider.cells(known)
        key = (cells, tuple([name in known for name in self._parents]))
        decision = decider.remembered.get(key)
        if decision is None:
            if len(decider.remembered) >= MOST_REMEMBERED:
                decider.remembered.clear()
            conclusion = with_facts_asked(decider.engine.conclude(cells), known, self._asked)
            decision = decider.remembered[key] = self._decision(conclusion, decider)
        return decision

    def outcomes(
        self, facts: Mapping[str, Any], *, on: date | None = None, organization: str | None = None
    ) -> Outcomes:
        """As :meth:`decide`, without the questions, the rules and the reason."""
        decider, known = self.situation(facts, on=on, organization=organization)
        return decider.outcomes(known)

    def outcomes_of_read(
        self, known: Mapping[str, Any], *, on: date | None = None, organization: str | None = None
    ) -> Outcomes:
        """As :meth:`outcomes`, for facts that were read by their types: for a whole history at once."""
        agreement = self.agreement(organization, on)
        if agreement is not None:
            known = self._agreed(dict(known), agreement)
        return self.decider(on, agreement).outcomes(known)

    def situation(
        self, facts: Mapping[str, Any], *, on: date | None = None, organization: str | None = None
    ) -> tuple[Decider, dict[str, Any]]:
        """Who judges these facts, and the facts read by their types with the customer's agreement applied."""
        known = parse_facts(facts, self.definition.facts)
        agreement = self.agreement(organization, on)
        if agreement is not None:
            known = self._agreed(known, agreement)
        return self.decider(on, agreement), known

    def _agreed(self, known: dict[str, Any], agreement: Agreement) -> dict[str, Any]:
        """The facts with what a customer agreed with us."""
        for name, agreed in agreement.facts.items():
            given = known.get(name, self.definition.facts[name].absent)
            known[name] = given | agreed if isinstance(given, frozenset) else agreed if given is None else given
        return known

    def agreement(self, organization: str | None, on: date | None) -> Agreement | None:
        """The agreement of a customer that holds on a day; the newest when no day is given."""
        if organization is None or not self._agreements:
            return None
        agreements = self._agreements.get(organization.casefold(), ())
        holding = [agreement for agreement in agreements if on is None or agreement.period.holds(on)]
        return max(holding, key=lambda agreement: agreement.period.first or date.min, default=None)

    def decider(self, on: date | None = None, agreement: Agreement | None = None) -> Decider:
        """Who judges on a day, for customers with that agreement."""
        position = len(self._versions) if on is None else max(1, bisect_right(self._first_days, on))
        version = self._versions[position - 1]
        key = (version.first, 0 if agreement is None or not agreement.parameters else id(agreement))
        decider = self._deciders.get(key)
        if decider is None:
            applied = apply_version(self.definition, version, agreement)
            engine = self._engines.get(applied.signature)
            if engine is None:
                completions = Completions(CompiledDecisions(applied), self.definition.facts)
                engine = self._engines[applied.signature] = Engine(completions)
            locate = locators(applied.variables, self.definition.facts)
            decider = self._deciders[key] = Decider(applied, engine, locate, self._numbers(applied), {})
        return decider

    def _numbers(self, applied: AppliedVersion) -> dict[str, dict[str, str]]:
        units = {name: parameter.unit for name, parameter in self.definition.parameters.items()}
        return {
            language: {name: in_words(number, units[name], language) for name, number in applied.parameters.items()}
            for language in LANGUAGES
        }

    def why(
        self, decision: Decision, part: str, *, on: date | None = None, organization: str | None = None
    ) -> Mapping[str, str]:
        """The reasons that led to one part of a decision (``scope``), by language; empty where no rule gives one."""
        decider = self.decider(on, self.agreement(organization, on))
        rules = [rule for name in decision.rules if (rule := self.definition.rules.get(name)) and rule.decision == part]
        return {
            language: " ".join(
                dict.fromkeys(rule.reason[language].format_map(decider.numbers[language]) for rule in rules)
            )
            for language in LANGUAGES
        }

    def _decision(self, conclusion: Conclusion, decider: Decider) -> Decision:
        spoken = [rule for name in conclusion.rules if not (rule := self.definition.rules[name]).silent]
        return Decision(
            scope=conclusion.outcomes["scope"],
            route=conclusion.outcomes["route"],
            next_step=conclusion.outcomes["next_step"],
            questions=conclusion.questions,
            rules=tuple(rule.id for rule in spoken),
            clauses=tuple(dict.fromkeys(clause for rule in spoken for clause in rule.clauses)),
            reason={
                language: self._reason(spoken, conclusion, decider.numbers[language], language)
                for language in LANGUAGES
            },
        )

    def _reason(self, spoken: list[Rule], conclusion: Conclusion, numbers: Mapping[str, str], language: str) -> str:
        """The reasons of the rules as one text; when there is none yet, that it is open. The questions stand beside it.

        Where what is not known leaves several rules, and the outcome is the same by each, it says so.
        """
        sentences: dict[str, None] = {}
        either = {rule.decision: iter(_EITHER[language]) for rule in spoken if rule.id in conclusion.alternatives}
        for rule in spoken:
            sentence = rule.reason[language].format_map(numbers)
            if rule.id in conclusion.alternatives:
                sentence = next(either[rule.decision], _EITHER[language][1]) + sentence
            sentences[sentence] = None
        if conclusion.questions and not sentences:
            return _STILL_OPEN[language]
        return " ".join(sentences)


__all__ = ["Decider", "RuleBook", "RulesError"]
