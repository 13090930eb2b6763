"""The form of records: their types and what the records' own promise adds, which nothing checks while the program runs.

Seconds that are no whole number, a local instant or an id that is a number would be booked before anybody saw it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any, get_type_hints

from pydantic import ConfigDict, TypeAdapter, ValidationError

from connectors.json_text import harmless
from connectors.records import EntryState, Organization, Person, Ticket, TimeEntry


def check_form(record: Any) -> None:
    """Fail, naming record and field, where a value is of another type than its record says, or no instant in UTC."""
    for name, adapter in _TYPES[type(record)].items():
        value = getattr(record, name)
        problem = f"{type(record).__name__}.{name} is {value!r}"
        try:
            adapter.validate_python(value)
        except ValidationError as error:
            raise AssertionError(f"{problem}: {error.errors(include_url=False)[0]['msg']}") from None
        for text in texts_in(value):
            assert text == harmless(text), (
                f"{problem}, and text holds nothing that a terminal obeys or a database refuses"
            )
        if isinstance(value, datetime):
            assert value.utcoffset() == timedelta(), f"{problem}, and instants are aware and in UTC"
    if isinstance(record, TimeEntry):
        assert record.seconds >= 0, f"TimeEntry.seconds is {record.seconds}"
        assert record.state is not EntryState.RUNNING or record.seconds == 0, "a running entry has no seconds yet"


def texts_in(value: Any) -> Iterator[str]:
    """Every text in a value of a record."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from texts_in(item)
    elif isinstance(value, (tuple, list, frozenset)):
        for item in value:
            yield from texts_in(item)


def _types(record: type[Any]) -> dict[str, TypeAdapter[Any]]:
    hints = get_type_hints(record)
    strict = ConfigDict(strict=True)
    return {item.name: TypeAdapter(hints[item.name], config=strict) for item in fields(record)}


_TYPES = {record: _types(record) for record in (TimeEntry, Ticket, Organization, Person)}
