"""How a site that its owner runs is named: by its address, whatever way that is written."""

from __future__ import annotations

from pydantic import AnyHttpUrl

_USUAL_PORTS = {"http": 80, "https": 443}


def site_name(address: AnyHttpUrl) -> str:
    """The address without scheme and usual port: ``https://Care.example:443/kimai/`` is ``care.example/kimai``."""
    is_usual = address.port in (None, _USUAL_PORTS[address.scheme])
    port = "" if is_usual else f":{address.port}"
    return f"{address.host}{port}{address.path or ''}".rstrip("/")
