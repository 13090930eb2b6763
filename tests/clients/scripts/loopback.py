"""For clients that know one host alone: their requests go to the sandbox."""

import re

import requests

send = requests.Session.send


def lead(host: str, base_url: str, prefix: str = "") -> None:
    """Lead what goes to ``https://<host><prefix>`` to ``base_url``."""
    pattern = re.compile(rf"^https?://{host}{prefix}")

    def to_sandbox(self, request, **more):
        request.url = pattern.sub(base_url, request.url)
        return send(self, request, **more)

    requests.Session.send = to_sandbox
