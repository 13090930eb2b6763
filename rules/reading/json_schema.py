"""A JSON Schema of a rules file, made from the file's own words, for editors: completion, hover and marks while typing.

Draft 7, which yaml-language-server reads. It knows each fact with its values and its question, each decision with its
outcomes, every clause and parameter. It is an aid to the eye: what a rules file may say is decided by
:mod:`rules.reading.definition_file` alone, and whether it holds by :mod:`rules.proving.proof`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rules.model.definition import LANGUAGES, UNDETERMINED, DecisionTable, Definition
from rules.model.facts import Fact, FactType
from rules.model.quantities import COMPARISON_WORDS, DATE_WORDS
from rules.reading.conditions import UNKNOWN
from rules.reading.reader import BASES

Schema = dict[str, Any]

_YES_NO: Schema = {"enum": ["yes", "no", True, False]}
_DATE: Schema = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
_QUANTITY: Schema = {"type": ["string", "number"], "pattern": r"^(-?\d+(\.\d+)?( [a-z]+)?|\d{4}-\d{2}-\d{2})$"}
_TEXT: Schema = {"type": ["string", "number", "boolean"]}


def schema_of(definition: Definition) -> Schema:
    """The schema of rules files that speak of the same facts, clauses, parameters and decisions."""
    clause_ids = {"type": "array", "minItems": 1, "items": {"enum": list(definition.clauses)}}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": f"Rules: {definition.title['en']}",
        "type": "object",
        "additionalProperties": False,
        "required": ["policy", "effective_from", "parameters", "clauses", "facts", "decisions"],
        "definitions": {
            "languages": _languages("A text in each language."),
            "clauses": {**clause_ids, "description": "The clauses that this rests on."},
            "conditions": _conditions(definition, in_property=False),
            "never": _conditions(definition, in_property=True),
            **{f"rules_{name}": _rules(table) for name, table in definition.decisions.items()},
            **{f"rule_{name}": _rule(table) for name, table in definition.decisions.items()},
        },
        "properties": {
            "policy": _ref("languages"),
            "effective_from": {**_DATE, "description": "The first day of these rules."},
            "parameters": _map_of(_parameter()),
            "clauses": _map_of(_clause()),
            "facts": _map_of(_fact()),
            "decisions": {
                "type": "object",
                "properties": {name: _decision(table) for name, table in definition.decisions.items()},
                "additionalProperties": {"type": "object"},
            },
            "properties": {"type": "array", "items": _property(definition)},
            "agreements": {"type": "array", "items": _agreement(definition)},
            "suggestions": _suggestions(definition),
        },
    }


def _conditions(definition: Definition, *, in_property: bool) -> Schema:
    """What may stand under ``when``, ``given`` and ``never``: facts and decisions with their values."""
    extra = (UNKNOWN,) if in_property else ()
    properties: Schema = {
        fact.name: _test(fact, extra) for fact in definition.facts.values() if fact.type is not FactType.TEXTS
    }
    for name, table in definition.decisions.items():
        named = (UNDETERMINED,) if table.named or in_property else ()
        properties[name] = {**_words((*table.outcomes, *named)), "description": _both(table.title)}
    return {"type": "object", "minProperties": 1, "additionalProperties": False, "properties": properties}


def _test(fact: Fact, extra: Sequence[str]) -> Schema:
    description = {"description": _both(fact.ask)} if fact.ask else {}
    if fact.type is FactType.CHOICE:
        absent = (str(fact.absent),) if fact.absent is not None else ()
        return {**_words((*fact.values, *absent, *extra)), **description}
    if fact.type in (FactType.BOOL, FactType.CONTAINED):
        answer: Schema = {"enum": ["yes", "no", True, False, *extra]}
        return {"anyOf": [answer, {"type": "array", "minItems": 1, "items": answer}], **description}
    if fact.type.is_measured:
        words = DATE_WORDS if fact.type is FactType.DATE else COMPARISON_WORDS
        pattern = rf"^({'|'.join(_phrases(words))}) \S.*$"
        compared: Schema = {"type": "string", "pattern": pattern if not extra else rf"{pattern}|^({'|'.join(extra)})$"}
        hint = f"Begins with {words}."
        return {
            "anyOf": [compared, {"type": "array", "minItems": 1, "items": compared}],
            "description": " ".join((*description.values(), hint)),
        }
    return {"anyOf": [_TEXT, {"type": "array", "minItems": 1, "items": _TEXT}], **description}


def _phrases(words: str) -> list[str]:
    """``less than, at most or exactly`` → each of them."""
    most, _, last = words.rpartition(" or ")
    return [*most.split(", "), last]


def _words(words: Sequence[str]) -> Schema:
    """One of the words, several, or every other than one."""
    word_or_not: Schema = {"enum": [*words, *(f"not {word}" for word in words)]}
    return {"anyOf": [word_or_not, {"type": "array", "minItems": 1, "items": {"enum": list(words)}}]}


def _rules(table: DecisionTable) -> Schema:
    group: Schema = {
        "type": "object",
        "additionalProperties": False,
        "required": ["given", "rules"],
        "properties": {"given": _ref("conditions"), "rules": _ref(f"rules_{table.name}")},
    }
    item: Schema = {"if": {"required": ["given"]}, "then": group, "else": _ref(f"rule_{table.name}")}
    return {"type": "array", "minItems": 1, "items": item}


def _rule(table: DecisionTable) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["id", "clauses", "basis", "when", "then", "reason"],
        "properties": {
            "id": {"type": "string", "description": "Its own name; decisions cite it."},
            "clauses": _ref("clauses"),
            "basis": {
                "enum": list(BASES),
                "description": "The text, an inference from it, or a decision of the owner.",
            },
            "ask_owner": {"type": "string", "description": "The question to put to the owner."},
            "when": _ref("conditions"),
            "then": {"enum": list(table.outcomes), "description": _both(table.title)},
            "reason": _ref("languages"),
            "unless": {"type": "array", "items": _ref(f"rule_{table.name}"), "description": "Exceptions, which win."},
            "silent": _YES_NO,
            "from": _DATE,
            "until": _DATE,
        },
    }


def _decision(table: DecisionTable) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["title", "outcomes", "rules"],
        "description": _both(table.title),
        "properties": {
            "title": _ref("languages"),
            "outcomes": {"type": "array", "minItems": 1, "items": {"type": "string"}},
            "undetermined": {"type": "string"},
            "named": _YES_NO,
            "shown": _YES_NO,
            "rules": _ref(f"rules_{table.name}"),
        },
    }


def _parameter() -> Schema:
    value: Schema = {
        "anyOf": [
            _QUANTITY,
            {
                "type": "array",
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["is"],
                    "properties": {"from": _DATE, "is": _QUANTITY},
                },
            },
        ]
    }
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["value", "clauses"],
        "properties": {
            "value": value,
            "clauses": _ref("clauses"),
            "basis": {"enum": list(BASES)},
            "ask_owner": {"type": "string"},
        },
    }


def _clause() -> Schema:
    properties: Schema = {language: {"type": "string"} for language in LANGUAGES}
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(LANGUAGES),
        "properties": {"kept_by": {"enum": ["ledger"]}, **properties},
    }


def _fact() -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["type"],
        "properties": {
            "type": {"enum": [type_.value for type_ in FactType]},
            "values": {"type": "array", "items": {"type": "string"}},
            "unit": {"type": "string"},
            "whole": _YES_NO,
            "minimum": _QUANTITY,
            "absent": {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]},
            "fixed": _YES_NO,
            "ask": _ref("languages"),
            "first": {"type": "string"},
            "last": {"type": "string"},
            "text": {"type": "string"},
            "set": {"type": "string"},
        },
    }


def _property(definition: Definition) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["id", "because"],
        "properties": {
            "id": {"type": "string"},
            "never": _ref("never"),
            "monotone": {"type": "array", "items": {"enum": list(definition.decisions)}},
            "because": _ref("languages"),
        },
    }


def _agreement(definition: Definition) -> Schema:
    given = [fact.name for fact in definition.facts.values() if not fact.type.is_derived]
    anything: Schema = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]}
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["organization", "because"],
        "properties": {
            "organization": _TEXT,
            "facts": {"type": "object", "additionalProperties": False, "properties": dict.fromkeys(given, anything)},
            "parameters": {
                "type": "object",
                "additionalProperties": False,
                "properties": dict.fromkeys(definition.parameters, _QUANTITY),
            },
            "from": _DATE,
            "until": _DATE,
            "because": {"type": "string"},
        },
    }


def _suggestions(definition: Definition) -> Schema:
    kind = definition.facts.get("kind")
    words: Schema = {"type": "array", "items": _TEXT}
    of_kind: Schema = {
        "type": "object",
        "additionalProperties": False,
        "required": list(LANGUAGES),
        "properties": dict.fromkeys(LANGUAGES, words),
    }
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": dict.fromkeys(kind.values if kind else (), of_kind),
    }


def _map_of(schema: Schema) -> Schema:
    return {"type": "object", "additionalProperties": schema}


def _languages(description: str) -> Schema:
    properties: Iterable[str] = LANGUAGES
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(LANGUAGES),
        "properties": {language: {"type": "string"} for language in properties},
        "description": description,
    }


def _ref(name: str) -> Schema:
    return {"$ref": f"#/definitions/{name}"}


def _both(texts: Mapping[str, str]) -> str:
    return " · ".join(texts[language] for language in LANGUAGES if texts.get(language))
