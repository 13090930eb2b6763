"""Holding a rules file to the contract of the program that acts on it, each breach at its place.

Promise: a consistent renaming, which no proof can see, is refused: of an outcome, a decision, a fact, a value or a
clause that the program acts on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rules.model.contract import Contract, FactContract
from rules.model.definition import Clause, DecisionTable
from rules.model.errors import nearest
from rules.model.facts import Fact, FactType
from rules.reading.positioned_yaml import MapNode, Node, TextNode, text_at
from rules.reading.reader import Reader


def hold_to(
    contract: Contract,
    reader: Reader,
    root: MapNode,
    facts: Mapping[str, Fact],
    clauses: Mapping[str, Clause],
    decisions: Mapping[str, DecisionTable],
) -> None:
    """Note every place where a file breaks ``contract``. What could not be read is not reported as well."""
    _Breaches(contract, reader, root).note(facts, clauses, decisions)


class _Breaches:
    def __init__(self, contract: Contract, reader: Reader, root: MapNode) -> None:
        self._contract = contract
        self._reader = reader
        self._root = root

    def note(
        self, facts: Mapping[str, Fact], clauses: Mapping[str, Clause], decisions: Mapping[str, DecisionTable]
    ) -> None:
        for table in decisions.values():
            self._decision(table, decisions)
        for name, expected in self._contract.facts.items():
            if name not in self._reader.spoiled:
                self._fact(name, expected, facts)
        for clause in self._contract.clauses:
            if clause not in clauses and clause not in self._reader.spoiled:
                self._reader.problem(
                    self._root.key("clauses"),
                    f"clause {clause!r} is missing: {self._contract.program} acts on decisions that cite it",
                )

    def _decision(self, table: DecisionTable, decisions: Mapping[str, DecisionTable]) -> None:
        program, known = self._contract.program, self._contract.outcomes.get(table.name)
        if known is None:
            if table.shown:
                missing = [name for name in self._contract.outcomes if name not in decisions]
                self._reader.problem(
                    text_at(table.name, table),
                    f"the decision {table.name!r} is shown, and {program} does not know it: "
                    f"it asks for {', '.join(self._contract.outcomes)}",
                    missing[0] if len(missing) == 1 else nearest(table.name, missing),
                )
            return
        section = self._root.at("decisions")
        assert isinstance(section, MapNode)
        node = section.at(table.name)
        assert isinstance(node, MapNode)
        for word in _texts(node.at("outcomes")):
            if word not in known:
                self._reader.problem(
                    word,
                    f"{str(word)!r} is not an outcome of {table.name} that {program} can act on: it knows "
                    f"{', '.join(known)}",
                    _meant(word, known, table.outcomes),
                )
        accepted = self._contract.undetermined[table.name]
        if table.undetermined not in accepted:
            written = node.find("undetermined")
            self._reader.problem(
                text_at(table.name, table) if written is None else written,
                f"while facts are missing, {table.name} is {table.undetermined!r}, which {program} does not take as "
                f"'not settled yet': write `undetermined: {accepted[0]}`",
            )

    def _fact(self, name: str, expected: FactContract, facts: Mapping[str, Fact]) -> None:
        program, fact = self._contract.program, facts.get(name)
        if fact is None:
            self._missing(name, expected, facts)
            return
        place = text_at(name, fact)
        if fact.type is not expected.type:
            self._reader.problem(
                place,
                f"fact {name} is of type {fact.type.value!r}: {program} gives it as {expected.type.value!r}",
            )
            return
        if expected.unit and fact.unit != expected.unit:
            self._reader.problem(
                place, f"fact {name} is in {fact.unit or 'bare numbers'}: {program} counts it in {expected.unit}"
            )
        if fact.minimum is not None and fact.minimum > 0:
            self._reader.problem(place, f"fact {name} is at least {fact.minimum}: {program} gives it from 0 on")
        if expected.absence_has_a_meaning and fact.absent is None:
            self._reader.problem(
                place, f"fact {name} lacks 'absent': {program} leaves it out on purpose, so say what that means"
            )
        if fact.type is FactType.CHOICE:
            self._words(name, expected, fact)

    def _words(self, name: str, expected: FactContract, fact: Fact) -> None:
        program = self._contract.program
        section = self._root.at("facts")
        assert isinstance(section, MapNode)
        node = section.at(name)
        assert isinstance(node, MapNode)
        values = node.at("values")
        missing = [word for word in expected.words if word not in fact.values]
        if expected.is_closed:
            for word in _texts(values):
                if word not in expected.words:
                    self._reader.problem(
                        word,
                        f"{str(word)!r} is not a value of {name} that {program} gives: it gives "
                        f"{', '.join(expected.words)}",
                        _meant(word, expected.words, fact.values),
                    )
        if missing:
            words = ", ".join(map(repr, missing))
            self._reader.problem(values, f"fact {name} lacks {words}, which {program} goes by: add it to the values")

    def _missing(self, name: str, expected: FactContract, facts: Mapping[str, Fact]) -> None:
        """A fact that is not there; the one that was probably renamed is where to look."""
        others = {other for other, fact in facts.items() if other not in self._contract.facts and not fact.parents}
        renamed = nearest(name, [other for other in others if facts[other].type is expected.type])
        place = self._root.key("facts") if renamed is None else text_at(renamed, facts[renamed])
        self._reader.problem(
            place,
            f"fact {name!r} is missing, of type {expected.type.value!r}: {self._contract.program} goes by that name. "
            f"Declare it, also where no rule tests it",
            name if renamed is not None else None,
        )


def _texts(node: Node) -> Iterable[TextNode]:
    """The words of a node that was read as one word or a list of words."""
    return [word for word in (node if isinstance(node, list) else [node]) if isinstance(word, TextNode)]


def _meant(word: str, known: Iterable[str], written: Iterable[str]) -> str | None:
    """The known word that somebody probably meant: one that the file does not have yet, where there is one."""
    known, written = list(known), set(written)
    missing = [other for other in known if other not in written]
    return nearest(word, missing) or nearest(word, known) or (missing[0] if len(missing) == 1 else None)
