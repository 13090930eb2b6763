"""The settings as they apply, for people and scripts to read; secrets are not among them."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import BaseModel, SecretStr

from care_sync.settings.model import Connection, Settings

HIDDEN = "[hidden]"


def shown_settings(settings: Settings) -> dict[str, Any]:
    """Return plain nested values; a secret is :data:`HIDDEN`, or ``None`` when it is not set."""
    return {name: _shown(getattr(settings, name)) for name in Settings.model_fields}


def _shown(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return HIDDEN if value.get_secret_value() else ""
    if isinstance(value, Connection):
        return {"product": value.product, **_shown(value.options)}
    if isinstance(value, BaseModel):
        return {name: _shown(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, dict):
        return {_key(key): _shown(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_shown(item) for item in value]
    if isinstance(value, (bool, int, float)) or value is None:
        return value
    return str(value)


def _key(key: Any) -> str:
    """A first day that begins a year is shown as that year, as people write it."""
    is_year = isinstance(key, date) and (key.month, key.day) == (1, 1)
    return str(key.year) if is_year else str(key)
