"""Proving webhook calls genuine, and reading what they point at: written once for every product.

A body is a hint and never the truth: it names what is to be read again. So it may name only ids of the product's own
form, and only so many.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Sequence

from pydantic import SecretStr

from connectors.errors import BadSignature, Malformed
from connectors.json_text import read_json
from connectors.value_reader import Object, is_number

MOST_IDS = 100
"""Of one call. What is named beyond is found by the next reading, as if no call had come."""


def require_proof(
    product: str, given: str, secrets: Sequence[SecretStr], sign: Callable[[bytes], str], *, setting: str, source: str
) -> None:
    """Raise :class:`BadSignature` unless ``given`` is what one of ``secrets`` makes by ``sign``.

    ``setting`` is where our secret is configured, ``source`` where the product keeps its own.
    """
    if not secrets:
        problem = "a webhook call came but no secret is configured"
        raise BadSignature(product, problem, remedy=f"Set {setting} to {source}.")
    brought = given.encode(errors="replace")
    # Each is compared, so that the time taken does not tell which one holds.
    matching = [hmac.compare_digest(brought, sign(secret.get_secret_value().encode()).encode()) for secret in secrets]
    if not any(matching):
        problem = "the signature of a webhook call does not match"
        raise BadSignature(product, problem, remedy=f"Compare {setting} with {source}.")


def content_of(product: str, body: bytes, *, may_be_empty: bool = False) -> Object:
    """The object that a body holds; an empty body is an empty one where it ``may_be``. Raises :class:`Malformed`."""
    content = {} if may_be_empty and not body.strip() else json_of(product, body)
    if not isinstance(content, dict):
        raise Malformed(product, "the body of a webhook call is not an object")
    return content


def json_of(product: str, body: bytes) -> object:
    """What a body holds. Raises :class:`Malformed`."""
    try:
        value: object = read_json(body)
    except ValueError as error:
        raise Malformed(product, f"the body of a webhook call {error}") from None
    return value


def named_ids(values: Iterable[object], is_id: Callable[[str], bool] = is_number) -> tuple[str, ...]:
    """The ids among ``values``, each once and not too many; what is no id of the product's names nothing."""
    named: dict[str, None] = {}
    for value in values:
        if isinstance(value, (int, str)) and not isinstance(value, bool) and is_id(str(value)):
            named[str(value)] = None
            if len(named) == MOST_IDS:
                break
    return tuple(named)
