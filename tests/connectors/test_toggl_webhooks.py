"""Toggl's webhook calls: proof first, then what they point at."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from connectors.errors import BadSignature, Malformed
from connectors.records import WebhookCall
from connectors.toggl.webhooks import read_call, signature

SECRET = SecretStr("hush")
WORKSPACE = 12


def event(**changes: object) -> dict[str, Any]:
    return {
        "event_id": 77,
        "created_at": "2026-10-26T09:00:00.207820267Z",
        "creator_id": 4,
        "metadata": {
            "action": "updated",
            "model": "time_entry",
            "time_entry_id": "3001",
            "workspace_id": str(WORKSPACE),
            "event_user_id": "4",
        },
        "payload": {"id": 3001, "duration": 3600},
        "subscription_id": 6,
        **changes,
    }


def call(content: object, *, secret: SecretStr | None = SECRET) -> WebhookCall:
    body = json.dumps(content).encode()
    return read_call(
        {"x-webhook-signature-256": signature(SECRET, body)},
        body,
        secrets=() if secret is None else (secret,),
        workspace_id=WORKSPACE,
    )


def test_an_event_names_the_entry_to_read_again() -> None:
    assert call(event()) == WebhookCall("77", entry_ids=("3001",))


def test_the_published_signatures_hold(shared_fixtures: Path) -> None:
    vectors = json.loads((shared_fixtures / "toggl" / "docs-webhook-signature-vectors.json").read_text())["vectors"]
    assert vectors
    for vector in vectors:
        body = vector["raw_body"].encode()
        told = read_call(
            {vector["header"].lower(): vector["published_signature"]},
            body,
            secrets=(SecretStr(vector["secret"]),),
            workspace_id=WORKSPACE,
        )
        assert told.entry_ids == ()


@pytest.mark.parametrize("given", ["", "sha256=", "sha256=00", "sha1=abc", "é"])
def test_a_wrong_signature_is_refused(given: str) -> None:
    with pytest.raises(BadSignature) as raised:
        read_call({"x-webhook-signature-256": given}, b"{}", secrets=(SECRET,), workspace_id=WORKSPACE)
    assert "hush" not in str(raised.value)


def test_one_changed_byte_breaks_the_proof() -> None:
    body = json.dumps(event()).encode()
    with pytest.raises(BadSignature):
        read_call(
            {"x-webhook-signature-256": signature(SECRET, body)},
            body.replace(b"3001", b"3002"),
            secrets=(SECRET,),
            workspace_id=WORKSPACE,
        )


def test_without_a_secret_nothing_is_believed() -> None:
    with pytest.raises(BadSignature) as raised:
        call(event(), secret=None)
    assert "webhook_secret" in raised.value.remedy


def test_the_validation_handshake_is_answered() -> None:
    told = call(event(event_id=0, payload="ping", metadata={"request_type": "POST"}, validation_code="abc"))

    assert told.answer == {"validation_code": "abc"}
    assert told.entry_ids == ()


def test_two_pings_are_two_deliveries() -> None:
    first = call(event(event_id=0, payload="ping", validation_code="abc"))
    second = call(event(event_id=0, payload="ping", validation_code="def"))

    assert first.delivery_id != second.delivery_id


@pytest.mark.parametrize(
    "changes",
    [
        {"metadata": {"model": "project", "workspace_id": str(WORKSPACE)}},
        {"metadata": {"model": "time_entry", "workspace_id": "999", "time_entry_id": "3001"}},
        {"metadata": None},
        {"payload": "ping"},
    ],
    ids=["another model", "another workspace", "no metadata", "a ping"],
)
def test_what_is_not_about_an_entry_of_the_workspace_names_none(changes: dict[str, object]) -> None:
    assert call(event(**changes)).entry_ids == ()


def test_an_entry_is_named_by_its_payload_when_the_metadata_does_not() -> None:
    assert call(event(metadata={"model": "time_entry"})).entry_ids == ("3001",)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"ping"', b"\xff"])
def test_a_signed_body_that_is_no_event_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        read_call({"x-webhook-signature-256": signature(SECRET, body)}, body, secrets=(SECRET,), workspace_id=WORKSPACE)
