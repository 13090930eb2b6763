"""The real yaml-language-server, spoken to as an editor does: JSON-RPC over its standard input and output."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def command() -> str | None:
    """The server's command, ``None`` where it is not installed."""
    own = ROOT / "node_modules" / ".bin" / "yaml-language-server"
    return str(own) if own.exists() else shutil.which("yaml-language-server")


class Editor:
    """An editor with one file open at a time."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._next = 0
        self._request("initialize", {"processId": None, "rootUri": ROOT.as_uri(), "capabilities": {}})
        self._send({"method": "initialized", "params": {}})

    def open(self, path: Path, text: str) -> list[dict[str, Any]]:
        """Open a file with a text; gives what the server marks in it."""
        document = {"uri": path.as_uri(), "languageId": "yaml", "version": 1, "text": text}
        self._send({"method": "textDocument/didOpen", "params": {"textDocument": document}})
        while True:
            message = self._receive()
            if message.get("method") == "textDocument/publishDiagnostics":
                params = message["params"]
                if params["uri"] == path.as_uri():
                    found: list[dict[str, Any]] = params["diagnostics"]
                    return found

    def complete(self, path: Path, line: int, column: int) -> set[str]:
        """What the server offers at a place, counted from 0."""
        position = {"line": line, "character": column}
        result = self._request(
            "textDocument/completion", {"textDocument": {"uri": path.as_uri()}, "position": position}
        )
        items = result["items"] if isinstance(result, dict) else result
        return {str(one["label"]) for one in items}

    def _request(self, method: str, params: Any) -> Any:
        self._next += 1
        self._send({"id": self._next, "method": method, "params": params})
        while True:
            message = self._receive()
            if message.get("id") == self._next and "method" not in message:
                return message["result"]

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._process.stdin.flush()

    def _receive(self) -> dict[str, Any]:
        """The next message; what the server asks of us is answered with its own defaults."""
        assert self._process.stdout is not None
        length = 0
        while (line := self._process.stdout.readline().strip()) != b"":
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        message: dict[str, Any] = json.loads(self._process.stdout.read(length))
        if "method" in message and "id" in message:
            asked = message.get("params", {}).get("items", [])
            self._send({"id": message["id"], "result": [None for _ in asked]})
        return message


@contextmanager
def editor(executable: str) -> Iterator[Editor]:
    """Start the server, and stop it at the end."""
    process = subprocess.Popen(
        [executable, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        yield Editor(process)
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()
