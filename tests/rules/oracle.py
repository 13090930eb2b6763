"""A second evaluator of rules files, as plain as can be: it reads the YAML by itself and tries everything.

It shares no code with the rules package. Unknown facts are enumerated: every fact that is not known takes every value
that could make a difference.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product
from typing import Any

import yaml
from dateutil.relativedelta import relativedelta

UNDETERMINED = "undetermined"
DAY = date(2026, 1, 31)
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "less than": lambda value, bound: value < bound,
    "before": lambda value, bound: value < bound,
    "at most": lambda value, bound: value <= bound,
    "on or before": lambda value, bound: value <= bound,
    "exactly": lambda value, bound: value == bound,
    "on": lambda value, bound: value == bound,
    "at least": lambda value, bound: value >= bound,
    "on or after": lambda value, bound: value >= bound,
    "more than": lambda value, bound: value > bound,
    "after": lambda value, bound: value > bound,
}
WORDS = re.compile(r"(less than|at most|exactly|at least|more than|on or before|on or after|before|after|on) (.+)")
Facts = Mapping[str, Any]
Test = Callable[[Facts], bool]


@dataclass(frozen=True)
class PlainRule:
    """A rule; ``when`` says which facts it tests, ``tests`` does."""

    id: str
    when: tuple[tuple[str, Any], ...]
    tests: tuple[Test, ...]
    then: str
    unless: tuple[PlainRule, ...]

    def applies(self, facts: Facts) -> bool:
        return all(test(facts) for test in self.tests)

    def may_apply(self, facts: Facts) -> bool:
        """Whether nothing that is known speaks against it."""
        for test in self.tests:
            try:
                if not test(facts):
                    return False
            except KeyError:
                continue
        return True


class Oracle:
    """One rules file, evaluated by trying."""

    def __init__(self, text: str) -> None:
        self.file = yaml.load(text, Loader=yaml.BaseLoader)
        self.facts = self.file["facts"]
        self.decisions = self.file["decisions"]
        self.rules = {name: tuple(self._rules(table["rules"], ())) for name, table in self.decisions.items()}
        self.values = {name: self._values(name) for name, fact in self.facts.items() if "ask" in fact}

    def _rules(self, items: list[Any], given: tuple[tuple[str, Any], ...]) -> Iterator[PlainRule]:
        for item in items:
            if "given" in item:
                yield from self._rules(item["rules"], (*given, *item["given"].items()))
            else:
                when = (*given, *item["when"].items())
                tests = tuple(self._test(name, wanted) for name, wanted in when)
                yield PlainRule(item["id"], when, tests, item["then"], tuple(self._rules(item.get("unless", []), when)))

    def bound(self, text: str) -> Any:
        if text in self.file["parameters"]:
            text = self.file["parameters"][text]["value"]
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return date.fromisoformat(text)
        number, _, unit = text.partition(" ")
        return int(number) * (60 if unit.startswith("hour") else 1)

    def _comparisons(self, wanted: Any) -> Iterator[tuple[Callable[[Any, Any], bool], Any]]:
        for text in (part for one in as_list(wanted) for part in one.split(" and ")):
            match = WORDS.fullmatch(text)
            assert match is not None
            yield COMPARE[match[1]], self.bound(match[2])

    def _test(self, name: str, wanted: Any) -> Test:
        fact = self.facts.get(name, {"type": "decision"})
        if fact["type"] == "contained":
            text, texts, words = fact["text"], fact["set"], as_list(wanted)
            return lambda facts: ("yes" if facts[text] in facts[texts] else "no") in words
        if fact["type"] == "months between":
            first, last, compared = fact["first"], fact["last"], list(self._comparisons(wanted))
            return lambda facts: all(
                compare(facts[last], facts[first] + relativedelta(months=bound)) for compare, bound in compared
            )
        if fact["type"] in ("number", "date"):
            compared = list(self._comparisons(wanted))
            return lambda facts: all(compare(facts[name], bound) for compare, bound in compared)
        words = as_list(wanted)
        if words[0].startswith("not "):
            refused = words[0].removeprefix("not ")
            return lambda facts: bool(facts[name] != refused)
        return lambda facts: facts[name] in words

    def winners(self, rules: tuple[PlainRule, ...], facts: Facts) -> list[PlainRule]:
        """The rules that apply and of which no exception does."""
        found: list[PlainRule] = []
        for rule in rules:
            if rule.applies(facts):
                limited = any(one.applies(facts) for one in rule.unless)
                found.extend(self.winners(rule.unless, facts) if limited else [rule])
        return found

    def decided(self, name: str, facts: Facts, rules: tuple[PlainRule, ...] | None = None) -> str | None:
        """The outcome of one decision, ``None`` where rules do not agree on one."""
        outcomes = {rule.then for rule in self.winners(self.rules[name] if rules is None else rules, facts)}
        return outcomes.pop() if len(outcomes) == 1 else None

    def everything_known(self, facts: Facts) -> dict[str, str | None]:
        """Every decision when every fact is known."""
        situation = dict(facts)
        for name in self.decisions:
            situation[name] = self.decided(name, situation)
        return {name: situation[name] for name in self.decisions}

    def answers(self, facts: Facts, unknown: list[str]) -> tuple[dict[str, str], set[str]]:
        """The decisions that are shown, by trying every completion of the unknown facts; and the questions.

        What is named (the scope) is settled first; then every completion sees the same answer of it. A fact is asked
        for when two completions that differ in it alone differ in an outcome that is open.
        """
        certain = {name: value for name, value in facts.items() if name not in unknown}
        possible = {
            name: tuple(rule for rule in rules if rule.may_apply(certain)) for name, rules in self.rules.items()
        }
        tried = list(product(*(self.values[name] for name in unknown)))
        completions = [{**facts, **dict(zip(unknown, values, strict=True))} for values in tried]
        answers: dict[str, str] = {}
        questions: set[str] = set()
        for name, table in self.decisions.items():
            outcomes = set()
            for completion in completions:
                completion[name] = self.decided(name, completion, possible[name])
                outcomes.add(completion[name])
            if table.get("shown") != "yes" and table.get("named") != "yes":
                continue
            settled = len(outcomes) == 1 and None not in outcomes
            answers[name] = str(next(iter(outcomes))) if settled else table.get("undetermined", UNDETERMINED)
            if not settled:
                by_values = dict(zip(tried, (one[name] for one in completions), strict=True))
                questions |= {fact for position, fact in enumerate(unknown) if _matters(by_values, position)}
            if table.get("named") == "yes":
                for completion in completions:
                    completion[name] = answers[name] if settled else UNDETERMINED
        return answers, questions

    def _values(self, name: str) -> tuple[Any, ...]:
        """Values of a fact among which every difference that the rules make shows."""
        fact = self.facts[name]
        if fact["type"] == "choice":
            return tuple(fact["values"])
        if fact["type"] == "yes or no":
            return ("yes", "no")
        if fact["type"] == "text":
            return ("website", "mail", "hosting")
        if fact["type"] == "set of texts":
            return (("website",), ("mail",), ("website", "mail"), ())
        if fact["type"] == "date":
            return tuple(DAY + timedelta(days=days) for days in (-1500, -181, 0, 150, 180, 181, 182, 1500))
        bounds = {bound for rule in self.every_rule() for bound in self._bounds(rule, name)}
        near = {bound + step for bound in bounds for step in (-1, 0, 1)}
        return tuple(sorted(number for number in near if number >= int(fact.get("minimum", -10))))

    def every_rule(self) -> Iterator[PlainRule]:
        waiting = [rule for rules in self.rules.values() for rule in rules]
        while waiting:
            rule = waiting.pop()
            waiting.extend(rule.unless)
            yield rule

    def _bounds(self, rule: PlainRule, name: str) -> Iterator[Any]:
        for tested, wanted in rule.when:
            if tested == name:
                yield from (bound for _, bound in self._comparisons(wanted))


def _matters(outcomes: Mapping[tuple[Any, ...], str | None], position: int) -> bool:
    """Whether some value of one fact makes a difference, the others being the same."""
    seen: dict[tuple[Any, ...], str | None] = {}
    for values, outcome in outcomes.items():
        others = values[:position] + values[position + 1 :]
        if seen.setdefault(others, outcome) != outcome:
            return True
    return False


def as_list(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]
