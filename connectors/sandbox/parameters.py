"""What a request asks for, and which of it whoever answered looked at.

A sandbox that passes over a parameter is kinder than its product: a filter that nobody applied answers with
*everything*, and a wrong one passes every test. So each mapping of a request remembers the names that were looked at.
What was never looked at, the sandbox does not know; :class:`connectors.sandbox.server.SandboxServer` refuses it.

Nothing is declared twice: a parameter is known because code reads it. An object inside that nobody opened counts as one
value (metadata that is kept as it came); one that was opened is judged name by name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any


class Parameters(dict[str, Any]):
    """Names and values of a query string or of an object in a body.

    Reading one name marks it; walking through all of them marks all. :meth:`whole` copies without marking any.
    """

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._looked_at: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self._looked_at.add(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self._looked_at.add(str(name))
        return super().__contains__(name)

    def __iter__(self) -> Iterator[str]:
        self._mark_all()
        return super().__iter__()

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a name."""
        self._looked_at.add(name)
        return super().get(name, default)

    def keys(self) -> Any:
        """Every name."""
        self._mark_all()
        return super().keys()

    def values(self) -> Any:
        """Every value."""
        self._mark_all()
        return super().values()

    def items(self) -> Any:
        """Every name with its value."""
        self._mark_all()
        return super().items()

    def whole(self) -> dict[str, Any]:
        """A plain copy, for those who pass all of it on without knowing the names."""
        return dict(super().items())

    def ignore(self, *names: str) -> None:
        """Mark names that the product knows and that change nothing in this sandbox."""
        self._looked_at.update(names)

    def overlooked(self, inside: str = "") -> Iterator[str]:
        """The names that nobody looked at, those of opened objects inside with a dotted path."""
        for name, value in super().items():
            if name not in self._looked_at:
                yield inside + name
            else:
                yield from overlooked(value, f"{inside}{name}.")

    @property
    def is_opened(self) -> bool:
        """Whether somebody looked inside."""
        return bool(self._looked_at)

    def _mark_all(self) -> None:
        self._looked_at.update(super().keys())


def overlooked(value: Any, inside: str = "") -> Iterator[str]:
    """The names inside a value that nobody looked at, though somebody opened what holds them."""
    if isinstance(value, Parameters):
        if value.is_opened:
            yield from value.overlooked(inside)
    elif isinstance(value, list):
        for item in value:
            yield from overlooked(item, inside)


def plain(value: Any) -> Any:
    """A copy of ``value`` in plain objects and lists, for those who keep it as it came."""
    if isinstance(value, Parameters):
        return {name: plain(inner) for name, inner in value.whole().items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def read_json(body: bytes) -> Any:
    """A body as JSON, each object as :class:`Parameters`.

    Raises :class:`ValueError` for what is no JSON, ``NaN`` and ``Infinity`` included.
    """
    try:
        return json.loads(body, object_hook=Parameters, parse_constant=_refuse)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
