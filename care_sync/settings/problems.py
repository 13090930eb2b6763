"""What is wrong with a setting, said so that a person can mend it: where, which setting, which value, what to do.

Promise: secrets are never shown, nor is any value whose setting is not known, for it may be a secret under a wrong
name.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any, get_args

from pydantic import BaseModel, SecretStr
from pydantic_core import ErrorDetails

from care_sync.settings.yaml_file import Location

_SENTENCES = {
    "int_parsing": "is no whole number",
    "int_type": "is no whole number",
    "int_from_float": "is no whole number",
    "float_parsing": "is no number",
    "float_type": "is no number",
    "decimal_parsing": "is not a number; write 12 or 12.50",
    "decimal_type": "is not a number; write 12 or 12.50",
    "bool_parsing": "is neither true nor false",
    "bool_type": "is neither true nor false",
    "string_too_short": "is empty",
    "string_type": "is no text",
    "time_parsing": "is no time of day; write hours and minutes, such as 02:30",
    "time_type": "is no time of day; write hours and minutes, such as 02:30",
    "date_parsing": "is not a date; write year, month and day, such as 2026-10-31",
    "date_from_datetime_parsing": "is not a date; write year, month and day, such as 2026-10-31",
    "model_type": "is not a section; write `name: value` lines below it",
    "model_attributes_type": "is not a section; write `name: value` lines below it",
    "url_parsing": "is no web address; write it whole, such as https://care.example",
    "url_scheme": "is no web address; write it whole, such as https://care.example",
    "dict_type": "is not a section; write `name: value` lines below it",
    "mapping_type": "is not a section; write `name: value` lines below it",
    "list_type": "is not a list; write one value per line, each after a dash",
    "tuple_type": "is not a list; write one value per line, each after a dash",
    "set_type": "is not a list; write one value per line, each after a dash",
    "frozen_set_type": "is not a list; write one value per line, each after a dash",
}
_SENTENCES_WITH_CONTEXT = {
    "greater_than": "is too small; it must be more than {gt}",
    "greater_than_equal": "is too small; the least is {ge}",
    "less_than": "is too large; it must be less than {lt}",
    "less_than_equal": "is too large; the most is {le}",
    "literal_error": "is not possible here; write {expected}",
    "enum": "is not possible here; write {expected}",
    "string_too_long": "is longer than {max_length} characters",
    "string_pattern_mismatch": "does not have the expected form, {pattern}",
    "too_short": "holds too little; give at least {min_length}",
    "too_long": "holds too much; give at most {max_length}",
}
_SECRET_NAME = re.compile(r"secret|token|password|credential|(^|_)key($|_)|api_key", re.IGNORECASE)
_LONGEST_VALUE = 80


def setting_name(location: Location) -> str:
    """``("time_trackers", "toggl", "workspace_id")`` → ``time_trackers.toggl.workspace_id``."""
    return ".".join(str(part) for part in location)


def sentence(error: ErrorDetails, base: Location, below: Location, model: type[BaseModel]) -> str:
    """Say what is wrong with a setting and what to do: ``below`` is its place in ``model``, which is at ``base``."""
    location = (*base, *below)
    kind = error["type"]
    if kind == "missing":
        return f"{setting_name(location)} is not set. Add it to the file, or set {environment_name(location)}."
    if kind == "extra_forbidden":
        return unknown(location, siblings(model, below[:-1]))
    context = error.get("ctx", {})
    if kind == "value_error":
        words = str(context.get("error", error["msg"]))
    elif pattern := _SENTENCES_WITH_CONTEXT.get(kind):
        words = pattern.format(**context)
    else:
        words = _SENTENCES.get(kind) or f"cannot be used: {error['msg']}"
    shown = _shown(error["input"])
    if is_secret(model, below):
        words = words.replace(str(error["input"]), "the value")
    elif not words.startswith(shown) and not (kind == "value_error" and isinstance(error["input"], (Mapping, list))):
        words = f"{shown} {words}"
    return f"{setting_name(location)}: {words}."


def environment_name(location: Location) -> str:
    """The environment variable that sets ``location``."""
    return "CARE_SYNC_" + "__".join(str(part) for part in location).upper()


def unknown(location: Location, known: Iterable[str]) -> str:
    """Say that ``location`` is not a setting, with the nearest that is."""
    names = sorted(known)
    close = difflib.get_close_matches(str(location[-1]), names, 1, cutoff=0.6)
    remedy = f"did you mean {close[0]}?" if close else f"known here: {', '.join(names)}."
    return f"{setting_name(location)} is not a setting; {remedy}"


def siblings(model: type[BaseModel], location: Location) -> list[str]:
    """Return the names that stand beside each other in the section at ``location`` below ``model``."""
    section = _annotation(model, location)
    return list(section.model_fields) if _is_model(section) else []


def is_secret(model: type[BaseModel], location: Location) -> bool:
    """Whether the value at ``location`` must not be shown: by its type, or by what it is called."""
    if any(_SECRET_NAME.search(str(part)) for part in location):
        return True
    return _mentions_secret(_annotation(model, location))


def _annotation(model: type[BaseModel], location: Location) -> Any:
    """The type at ``location``, as far as the path can be followed; ``SecretStr`` wherever one is passed."""
    annotation: Any = model
    for part in location:
        if _is_model(annotation):
            field = annotation.model_fields.get(str(part))
            annotation = None if field is None else field.annotation
        else:
            annotation = next((kind for kind in reversed(get_args(annotation)) if kind is not Ellipsis), None)
        annotation = _without_optional(annotation)
    return annotation


def _without_optional(annotation: Any) -> Any:
    options = [kind for kind in get_args(annotation) if kind is not type(None)]
    return options[0] if type(None) in get_args(annotation) and len(options) == 1 else annotation


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _mentions_secret(annotation: Any) -> bool:
    return annotation is SecretStr or any(_mentions_secret(kind) for kind in get_args(annotation))


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return "a section"
    if isinstance(value, (list, tuple, set)):
        return "a list"
    if value is None:
        return "an empty value"
    text = str(value)
    return f'"{text if len(text) <= _LONGEST_VALUE else text[:_LONGEST_VALUE] + "…"}"'
