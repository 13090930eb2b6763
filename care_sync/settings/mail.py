"""The section ``mail``: how e-mail is sent, where that is wanted.

Without ``host`` none is sent.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

Address = Annotated[str, Field(pattern=r"^[^@\s<>,;]+@[^@\s<>,;]+$", max_length=254)]
"""One e-mail address."""

OWN_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})


class MailSection(BaseModel):
    """An SMTP server.

    ``security`` is ``starttls`` (port 587), ``tls`` (port 465) or ``none``; ``ca_file`` holds the certificates to trust
    where the system's do not do. ``sender`` is the address that mail comes from.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    host: str | None = None
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str | None = None
    password: SecretStr | None = None
    sender: Address | None = None
    ca_file: Path | None = None
    timeout_seconds: Annotated[int, Field(ge=1, le=300)] = 30

    @model_validator(mode="after")
    def _is_complete(self) -> MailSection:
        if self.host is not None and self.sender is None:
            raise ValueError("lacks sender: write the address that mail comes from")
        if (self.username is None) != (self.password is None):
            raise ValueError("has a username or a password; it needs both or neither")
        if self.password is not None and self.security == "none" and self.host not in OWN_MACHINE:
            raise ValueError("would send the password in the open; use starttls or tls")
        return self
