"""Answers of the live Zendesk, as they were recorded, and what it means to have the same shape."""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

RecordedAnswer = tuple[int, Any, dict[str, str]]
"""Status, body and headers (names in lower case)."""


@cache
def _all_recorded(folder: Path) -> tuple[tuple[str, str, RecordedAnswer], ...]:
    """Method, path and answer of every recorded interaction with the live service."""
    found = []
    for path in sorted((folder / "zendesk" / "recorded").glob("*.json")):
        for each in json.loads(path.read_text())["http_interactions"]:
            response = each["response"]
            encoded = response["body"].get("base64_string")
            raw = base64.b64decode(encoded) if encoded else response["body"]["string"].encode()
            body = gzip.decompress(raw) if raw.startswith(b"\x1f\x8b") else raw
            headers = {name.lower(): values[0] for name, values in response["headers"].items()}
            try:
                data = json.loads(body) if body else None
            except ValueError:
                continue
            path_of = re.sub(r"^https://[^/]+/api/v2/", "", each["request"]["uri"]).split("?")[0]
            found.append((each["request"]["method"], path_of, (response["status"]["code"], data, headers)))
    return tuple(found)


def recorded(
    folder: Path, method: str, path: str, suits: Callable[[int, Any], bool] = lambda status, data: status < 300
) -> RecordedAnswer:
    """The first recorded answer to such a request that suits."""
    for verb, asked, (status, data, headers) in _all_recorded(folder):
        if verb == method and re.fullmatch(path, asked) and suits(status, data):
            return status, data, headers
    raise AssertionError(f"nothing was recorded of {method} {path}")


def assert_same_shape(ours: Any, theirs: Any, *, where: str = "") -> None:
    """Same names; same types wherever neither is null; the first item stands for a list."""
    if ours is None or theirs is None:
        return
    assert type(ours) is type(theirs), where
    if isinstance(ours, dict):
        assert set(ours) == set(theirs), where
        for name in ours:
            if name not in ("organization_fields", "user_fields", "custom", "system", "from", "to"):
                assert_same_shape(ours[name], theirs[name], where=f"{where}.{name}")
    elif isinstance(ours, list) and ours and theirs:
        assert_same_shape(ours[0], theirs[0], where=f"{where}[]")
