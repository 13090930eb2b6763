"""Lists of the sandbox's Zendesk: by cursor or by page number, each with what the product refuses.

With ``page[size]`` a list is walked by cursor, otherwise by number; by number the product gives 100 pages at most
("Pagination", developer documentation; the words of its refusal are remembered).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from connectors.sandbox.parameters import Parameters
from connectors.sandbox.server import Answer
from connectors.sandbox.values import whole_number

MOST_ROWS, MOST_PAGES = 100, 100
TOO_DEEP = Answer(
    400,
    {
        "error": "InvalidPaginationDepth",
        "description": f"Number of pages must be {MOST_PAGES} or less; use cursor pagination for more",
    },
)
WRONG_CURSOR = Answer(400, {"error": "InvalidPaginationParameter", "description": "page[after] is not valid"})


def listed(
    name: str, rows: Sequence[Any], query: Parameters, url: str, beside: Mapping[str, Any] | None = None
) -> Answer:
    """A page of ``rows``; ``beside`` are side-loads, ``url`` is where the list is."""
    more = dict(beside or {})
    if "page[size]" not in query:
        size = min(whole_number(query, "per_page", MOST_ROWS, least=1), MOST_ROWS)
        page = whole_number(query, "page", 1, least=1)
        if page > MOST_PAGES:
            return TOO_DEEP
        begin, there_is_more = (page - 1) * size, page * size < len(rows)
        places = {
            "next_page": f"{url}?{urlencode({'page': page + 1, 'per_page': size})}" if there_is_more else None,
            "previous_page": f"{url}?{urlencode({'page': page - 1, 'per_page': size})}" if page > 1 else None,
            "count": len(rows),
        }
        return Answer(data={name: list(rows[begin : begin + size]), **more, **places})
    size = min(whole_number(query, "page[size]", least=1), MOST_ROWS)
    query.ignore("per_page")
    after, before = query.get("page[after]"), query.get("page[before]")
    position = _offset(str(after or before)) if after is not None or before is not None else 0
    if position is None:
        return WRONG_CURSOR
    begin = position if after is not None or before is None else max(0, position - size)
    end = min(begin + size, len(rows))
    at, ago = (_cursor(end), _cursor(begin)) if rows else (None, None)
    sizes = {"page[size]": size}
    links = {
        "prev": f"{url}?{urlencode({'page[before]': ago, **sizes})}" if rows else None,
        "next": f"{url}?{urlencode({'page[after]': at, **sizes})}" if rows else None,
    }
    meta = {"has_more": end < len(rows), "after_cursor": at, "before_cursor": ago}
    return Answer(data={name: list(rows[begin:end]), **more, "meta": meta, "links": links})


def _cursor(offset: int) -> str:
    return base64.b64encode(f'{{"o":"id","v":{offset}}}'.encode()).decode()


def _offset(cursor: str) -> int | None:
    try:
        matched = re.fullmatch(r'\{"o":"id","v":([0-9]{1,9})\}', base64.b64decode(cursor, validate=True).decode())
    except (binascii.Error, ValueError):
        return None
    return int(matched[1]) if matched else None
