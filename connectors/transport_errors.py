"""What it means that no whole answer came: one error per way in which the line, or we, can fail.

Terms
    never sent   no connection was made, or its certificate was not trusted: the request certainly took no effect
"""

from __future__ import annotations

import re

import requests
from urllib3.exceptions import NewConnectionError

from connectors.errors import ConnectorError, Malformed, Unavailable, WrongCredentials
from connectors.transport import AnswerTooLarge

_CERTIFICATE = re.compile(r"certificate verify failed: ([^(\[]{1,120})")


def error_of(product: str, error: Exception, request: str, *, is_safe: bool) -> ConnectorError:
    """The error of ours for one of the transport's; ``uncertain`` unless the request is safe or was never sent."""
    uncertain = not is_safe and not was_never_sent(error)
    if isinstance(error, AnswerTooLarge):
        return Malformed(product, "the answer is larger than any page", request=request, uncertain=uncertain)
    if isinstance(error, (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError)):
        return Malformed(product, "the answer was cut off", request=request, uncertain=uncertain)
    if isinstance(error, (UnicodeError, requests.exceptions.InvalidHeader)):
        problem = "the credential has characters that no request can carry"
        return WrongCredentials(product, problem, request=request, remedy="Copy it again from the product.")
    problem, remedy = _problem(error)
    return Unavailable(product, problem, request=request, uncertain=uncertain, remedy=remedy)


def was_never_sent(error: Exception) -> bool:
    """Whether it is certain that no request went out."""
    if isinstance(error, (requests.exceptions.ConnectTimeout, requests.exceptions.ProxyError)):
        return True
    if isinstance(getattr(error.args[0], "reason", None) if error.args else None, NewConnectionError):
        return True
    return isinstance(error, requests.exceptions.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error)


def _problem(error: Exception) -> tuple[str, str]:
    """What is wrong with the line, and what to do."""
    if isinstance(error, requests.exceptions.SSLError):
        match = _CERTIFICATE.search(str(error))
        reason = match[1].strip() if match else "the encrypted connection cannot be made"
        return (
            f"its certificate cannot be verified ({reason})",
            "Set ca_file to the certificates of the authority that signed it, or correct the address: the certificate "
            "must be for its host, and in date.",
        )
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy cannot be reached, or refuses", "Check the setting proxy, and the network."
    if isinstance(error, (requests.Timeout, TimeoutError)) or "timed out" in str(error):
        return "no whole answer in time", ""
    if isinstance(error, requests.ConnectionError):
        return "cannot be reached or broke the connection", "Check the address and the network."
    return f"cannot be asked ({type(error).__name__})", "Check the address, ca_file and proxy in the settings."
