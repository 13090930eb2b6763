"""How secrets lie in the store: encrypted by a key that does not lie there.

Terms
    key       a secret of the settings (``store.token_key``), of at least 32 characters
    seal      encrypt, so that it cannot be read or changed without the key (Fernet: AES-CBC with HMAC-SHA256)
    key name  a few letters that tell keys apart and say nothing of them

Two keys count while one replaces the other: the first seals, both open.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import SecretStr


class Seal:
    """Seals with the first of ``keys``, and opens what any of them sealed."""

    def __init__(self, keys: Sequence[SecretStr]) -> None:
        self._fernet = MultiFernet([Fernet(base64.urlsafe_b64encode(_derived(key, b"tokens", 32))) for key in keys])
        self.key_name = _derived(keys[0], b"name of the key", 4).hex()

    def seal(self, values: dict[str, Any], now: datetime) -> str:
        """``values``, which are JSON, as text that only this key opens."""
        return self._fernet.encrypt_at_time(json.dumps(values).encode(), int(now.timestamp())).decode()

    def open(self, sealed: str) -> dict[str, Any] | None:
        """What was sealed; ``None`` when another key did it, or somebody changed it."""
        try:
            values = json.loads(self._fernet.decrypt(sealed.encode()))
        except InvalidToken:
            return None
        return values if isinstance(values, dict) else None


def _derived(key: SecretStr, purpose: bytes, length: int) -> bytes:
    """A key of exactly the length that is needed (HKDF, RFC 5869)."""
    return HKDF(SHA256(), length, salt=None, info=b"care-sync " + purpose).derive(key.get_secret_value().encode())
