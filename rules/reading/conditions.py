"""Reading conditions: what stands under ``when``, ``given``, ``unless`` and ``never``.

A condition names a fact or an earlier decision, and says which of its values satisfy it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rules.model.definition import UNDETERMINED, Comparison, Condition, DecisionTable, Parameter
from rules.model.errors import nearest
from rules.model.facts import Fact, FactType
from rules.model.quantities import read_comparisons, read_quantity
from rules.reading.positioned_yaml import Node, TextNode
from rules.reading.reader import Reader, UnreadableNode

UNKNOWN = "unknown"
"""The word by which a property speaks of a fact that is not known."""
_BOOL_WORDS = {"yes": "yes", "true": "yes", "no": "no", "false": "no"}


@dataclass(slots=True)
class ConditionReader:
    """Reads conditions against the facts, parameters and decisions that stand above them."""

    reader: Reader
    facts: Mapping[str, Fact]
    parameters: Mapping[str, Parameter]
    decisions: Mapping[str, DecisionTable]
    compared: set[str] = field(default_factory=set)
    """The parameters that some condition compares with."""

    def read(self, node: Node, what: str, *, in_property: bool = False) -> tuple[Condition, ...]:
        """Every condition of a mapping; those that cannot be read are noted and left out."""
        table = self.reader.table(node, what)
        if not table:
            raise self.reader.refuse(table, f"{what} has at least one condition")
        conditions: list[Condition] = []
        for name, value in table.items():
            try:
                conditions.append(self._condition(name, value, in_property=in_property))
            except UnreadableNode:
                continue
        return tuple(conditions)

    def _condition(self, name: TextNode, value: Node, *, in_property: bool) -> Condition:
        decision = self.decisions.get(name)
        if decision is not None:
            known = (*decision.outcomes, *((UNDETERMINED,) if decision.named or in_property else ()))
            return self._named(name, value, known)
        if name in self.reader.spoiled:
            raise UnreadableNode
        fact = self.facts.get(name)
        if fact is None or fact.type is FactType.TEXTS:
            usable = [fact.name for fact in self.facts.values() if fact.type is not FactType.TEXTS]
            raise self.reader.refuse(
                name,
                f"{str(name)!r} is neither a fact that can be tested nor a decision that stands above",
                nearest(name, [*usable, *self.decisions]),
            )
        if in_property and value == UNKNOWN:
            return _satisfied_by(name, frozenset({UNKNOWN}))
        if fact.type.is_measured:
            return self._compared(name, value, fact)
        if fact.type is FactType.TEXT:
            return self._named(name, value, None)
        if fact.type is FactType.CHOICE:
            return self._named(name, value, (*fact.values, *((str(fact.absent),) if fact.absent is not None else ())))
        words = [self.reader.text(word, "yes or no").lower() for word in self.reader.words(value, "yes or no")]
        if any(word not in _BOOL_WORDS for word in words):
            raise self.reader.refuse(value, f"{name} is yes or no")
        return _satisfied_by(name, frozenset(_BOOL_WORDS[word] for word in words))

    def _named(self, name: TextNode, value: Node, known: Sequence[str] | None) -> Condition:
        """One of several words; ``not x`` is every other. ``known`` is ``None`` for texts, where any word will do."""
        written = self.reader.words(value, f"a value of {name}")
        if not written:
            raise self.reader.refuse(value, f"{name} lists at least one value")
        words = [str(word).strip() for word in written]
        negated = len(words) == 1 and words[0].startswith("not ")
        if negated:
            words = [words[0].removeprefix("not ").strip()]
        if known is None:
            words = [word.casefold() for word in words]
            if negated:
                words = [f"not {words[0]}"]
            return _satisfied_by(name, frozenset(words))
        for word, place in zip(words, written, strict=True):
            if word not in known:
                self.reader.problem(
                    place, f"{word!r} is not a value of {name}: {', '.join(known)}", nearest(word, known)
                )
        allowed = frozenset(known) - frozenset(words) if negated else frozenset(words)
        return _satisfied_by(name, allowed)

    def _compared(self, name: TextNode, value: Node, fact: Fact) -> Condition:
        """Comparisons with parameters or quantities of the fact's unit; all of a list must hold."""
        unit = "date" if fact.type is FactType.DATE else fact.unit
        comparisons: list[Comparison] = []
        for text in self.reader.words(value, f"a comparison of {name}"):
            try:
                written = read_comparisons(text)
            except ValueError as error:
                raise self.reader.refuse(text, f"{name}: {error}") from None
            for operator, operand in written:
                comparisons.append(Comparison(operator, self._operand(text, name, operand, unit)))
        if not comparisons:
            raise self.reader.refuse(value, f"{name} is compared with something")
        return Condition(str(name), frozenset(), tuple(comparisons), name.line, name.column)

    def _operand(self, place: TextNode, name: TextNode, operand: str, unit: str) -> str | float:
        if operand in self.reader.spoiled:
            raise UnreadableNode
        parameter = self.parameters.get(operand)
        if parameter is not None:
            self.compared.add(operand)
            if parameter.unit != unit:
                raise self.reader.refuse(
                    place, f"{name} is in {unit or 'bare numbers'}, {operand} in {parameter.unit or 'bare numbers'}"
                )
            return operand
        try:
            number, written = read_quantity(operand)
        except ValueError:
            raise self.reader.refuse(
                place, f"{operand!r} is neither a parameter nor a quantity", nearest(operand, self.parameters)
            ) from None
        if written != unit:
            raise self.reader.refuse(place, f"{name} is in {unit or 'bare numbers'}, {operand!r} is not")
        return number


def _satisfied_by(name: TextNode, words: frozenset[str]) -> Condition:
    return Condition(str(name), words, (), name.line, name.column)
