"""What can go wrong between us and a product, each kind once.

Every error names the product, the request (method and path, never a body or a header) and what a person
can do. ``retryable``: the same request may succeed later. ``uncertain``: the request may have taken
effect although no answer came; look before trying again.
"""

from __future__ import annotations


class ConnectorError(Exception):
    """A request to a product failed. ``retry_after_seconds`` is when the product says that it may be asked again."""

    retryable = False
    retry_after_seconds: float | None = None

    def __init__(
        self,
        product: str,
        message: str,
        *,
        request: str = "",
        status: int | None = None,
        uncertain: bool = False,
        remedy: str = "",
    ) -> None:
        super().__init__(message)
        self.product = product
        self.message = message
        self.request = request
        self.status = status
        self.uncertain = uncertain
        self.remedy = remedy

    def __str__(self) -> str:
        where = f" ({self.request})" if self.request else ""
        remedy = f" {self.remedy}" if self.remedy else ""
        return f"{self.product}: {self.message}{where}.{remedy}"


class WrongCredentials(ConnectorError):
    """The product does not know who we are (401)."""


class PermissionMissing(ConnectorError):
    """The product knows us and refuses (403), or the plan does not include the feature."""


class NotFound(ConnectorError):
    """What was asked for is not there (404, or the product's equivalent)."""


class Invalid(ConnectorError):
    """The product rejects what we sent (400, 409, 413, 422)."""


class Redirected(Invalid):
    """The product answers from another address (3xx), to which nothing is sent."""


class Limited(ConnectorError):
    """Too many requests: ``retry_after_seconds`` says when to come back (429, Toggl's 402)."""

    retryable = True
    retry_after_seconds: float

    def __init__(self, product: str, message: str, *, retry_after_seconds: float, request: str = "") -> None:
        super().__init__(product, message, request=request, status=429)
        self.retry_after_seconds = retry_after_seconds


class Unavailable(ConnectorError):
    """The product is down, in maintenance, or the network failed (5xx, time-outs, lost connections)."""

    retryable = True


class Malformed(ConnectorError):
    """The answer is cut off, not JSON, or not of the shape that the product documents."""

    retryable = True


class BrokenPackage(ConnectorError):
    """The package that provides a product cannot be used: ``product`` is its name, ``message`` names the package."""


class BadSignature(ConnectorError):
    """A webhook call whose signature, secret or time stamp does not hold."""
