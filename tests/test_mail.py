"""E-mail is sent once, tried again when it could not be, and given up out loud. The server is real, on loopback."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from pydantic import SecretStr, ValidationError

from care_sync.clock import ManualClock
from care_sync.mail import FAILED, LEASE, send_mails
from care_sync.model.lease import GIVE_UP_AFTER, SendState
from care_sync.settings.mail import MailSection
from care_sync.store import Store
from tests.conftest import NOW
from tests.smtp import Mailbox, OnLoopback

Serve = Callable[..., int]


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def serve(mailbox: Mailbox) -> Iterator[Serve]:
    """Start the server; gives its port."""
    started: list[Controller] = []

    def start(**options: Any) -> int:
        controller = OnLoopback(mailbox, hostname="127.0.0.1", port=0, **options)
        controller.start()
        started.append(controller)
        return int(controller.port)

    yield start
    for controller in started:
        controller.stop()


def section(port: int, **changes: Any) -> MailSection:
    values = {"host": "127.0.0.1", "port": port, "security": "none", "sender": "care-sync@care.example"}
    return MailSection(**{**values, **changes})


def plan(store: Store, *recipients: str, subject: str = "Strippenkaart van Zoë: op", body: str = "Beste …\n") -> None:
    with store.begin() as work:
        for number, recipient in enumerate(recipients):
            assert work.mails.plan(f"<{number}@care.example>", recipient, subject, body, NOW)


def counts(store: Store) -> dict[str, int]:
    with store.read() as work:
        return work.mails.counts()


def test_a_mail_is_sent_once(store: Store, clock: ManualClock, serve: Serve, mailbox: Mailbox) -> None:
    plan(store, "anna@care.example")
    port = serve()

    assert send_mails(store, section(port), clock).sent == 1
    assert send_mails(store, section(port), clock).sent == 0

    (mail,) = mailbox.received
    assert (mail["From"], mail["To"], mail["Subject"]) == (
        "care-sync@care.example",
        "anna@care.example",
        "Strippenkaart van Zoë: op",
    )
    assert (mail["Message-ID"], mail["Auto-Submitted"]) == ("<0@care.example>", "auto-generated")
    assert mail.get_content().split() == ["Beste", "…"]
    assert counts(store) == {"done": 1}


def test_the_same_message_is_planned_once(store: Store) -> None:
    plan(store, "anna@care.example")
    with store.begin() as work:
        assert not work.mails.plan("<0@care.example>", "anna@care.example", "again", "x", NOW)
    assert counts(store) == {"planned": 1}


def test_without_a_server_nothing_is_sent_and_nothing_lost(store: Store, clock: ManualClock) -> None:
    plan(store, "anna@care.example")
    assert send_mails(store, MailSection(), clock).sent == 0
    assert counts(store) == {"planned": 1}


def test_a_server_that_is_down_is_told_and_tried_again_less_and_less_often(
    store: Store, clock: ManualClock, serve: Serve, mailbox: Mailbox
) -> None:
    plan(store, "anna@care.example")
    down = section(1)

    report = send_mails(store, down, clock)

    assert (report.sent, report.later) == (0, 1)
    with store.read() as work:
        (told,) = work.attention.all(FAILED)
    assert "127.0.0.1:1 takes no mail" in told.message
    assert send_mails(store, down, clock).later == 0
    clock.advance(timedelta(minutes=1))
    assert send_mails(store, down, clock).later == 1
    clock.advance(timedelta(minutes=1))
    assert send_mails(store, down, clock).later == 0
    clock.advance(timedelta(minutes=1))
    assert send_mails(store, section(serve()), clock).sent == 1


def test_a_mail_that_never_goes_is_given_up_out_loud(store: Store, clock: ManualClock) -> None:
    plan(store, "anna@care.example")
    assert send_mails(store, section(1), clock).later == 1
    clock.advance(GIVE_UP_AFTER - timedelta(hours=1))
    assert send_mails(store, section(1), clock).later == 1
    clock.advance(timedelta(hours=1))
    assert send_mails(store, section(1), clock).failed == 1
    assert counts(store) == {"failed": 1}
    with store.read() as work:
        assert "anna@care.example" in [one.subject for one in work.attention.all(FAILED)]


def test_one_recipient_that_is_refused_keeps_no_other_from_mail(
    store: Store, clock: ManualClock, serve: Serve, mailbox: Mailbox
) -> None:
    mailbox.refusals = {"gone@care.example": "550 no such user", "full@care.example": "452 mailbox full"}
    plan(store, "gone@care.example", "full@care.example", "anna@care.example")

    report = send_mails(store, section(serve()), clock)

    assert (report.sent, report.later, report.failed) == (1, 1, 1)
    assert mailbox.recipients == ["anna@care.example"]
    with store.read() as work:
        (told,) = work.attention.all(FAILED)
    assert (told.subject, "550 no such user" in told.message) == ("gone@care.example", True)


@pytest.mark.parametrize(("answer", "state"), [("554 spam", "failed"), ("451 try later", "planned")])
def test_content_that_is_refused_for_good_is_not_tried_again(
    store: Store, clock: ManualClock, serve: Serve, mailbox: Mailbox, answer: str, state: str
) -> None:
    mailbox.answer = answer
    plan(store, "anna@care.example")
    send_mails(store, section(serve()), clock)
    assert counts(store) == {state: 1}


@pytest.mark.parametrize(("recipient", "body"), [("zoë@care.example", "x"), ("anna@care.example", "half \ud83d")])
def test_letters_that_mail_cannot_carry_are_told(
    store: Store, clock: ManualClock, serve: Serve, recipient: str, body: str
) -> None:
    plan(store, recipient, "bert@care.example", body=body)
    report = send_mails(store, section(serve(enable_SMTPUTF8=False)), clock)
    assert report.failed >= 1
    assert report.later == 0


def test_a_sender_that_died_leaves_its_mail_to_the_next(
    store: Store, clock: ManualClock, serve: Serve, mailbox: Mailbox
) -> None:
    plan(store, "anna@care.example")
    with store.begin() as work:
        assert len(work.mails.claim(clock.now(), clock.now() + LEASE)) == 1
    port = serve()
    assert send_mails(store, section(port), clock).sent == 0
    clock.advance(LEASE)
    assert send_mails(store, section(port), clock).sent == 1
    assert [mail["Message-ID"] for mail in mailbox.received] == ["<0@care.example>"]


@pytest.mark.parametrize(
    "address",
    [
        "(info@bakker.example",
        "info@[bakker.example",
        "info@x.example.",
        "a@b.example, c@d.example",
        "",
        "anna",
        "<a@b.nl",
    ],
)
def test_an_address_that_cannot_be_read_fails_alone_and_the_others_go_once(
    store: Store, clock: ManualClock, serve: Serve, mailbox: Mailbox, address: str
) -> None:
    plan(store, "anna@care.example", address, "bert@care.example")
    port = serve()

    first = send_mails(store, section(port), clock)
    clock.advance(timedelta(hours=1))
    send_mails(store, section(port), clock)

    assert (first.sent, first.failed, first.later) == (2, 1, 0)
    assert mailbox.recipients == ["anna@care.example", "bert@care.example"]
    assert counts(store) == {"done": 2, "failed": 1}
    with store.read() as work:
        assert [attention.subject for attention in work.attention.all(FAILED)] == [address]


def test_a_sender_whose_lease_runs_out_leaves_the_rest_to_others(store: Store, serve: Serve, mailbox: Mailbox) -> None:
    plan(store, "anna@care.example", "bert@care.example")
    minutes = iter(range(100))

    class SlowClock:
        def now(self) -> datetime:
            return NOW + next(minutes) * timedelta(minutes=4)

        def sleep(self, seconds: float) -> None:
            raise AssertionError("nothing sleeps here")

    report = send_mails(store, section(serve()), SlowClock())
    assert (report.sent, report.later, report.failed) == (1, 0, 0)
    assert mailbox.recipients == ["anna@care.example"]
    assert counts(store) == {"done": 1, "sending": 1}


def test_a_slow_sender_whose_lease_ran_out_cannot_set_a_sent_mail_back(store: Store, clock: ManualClock) -> None:
    plan(store, "anna@care.example")
    with store.begin() as work:
        (slow,) = work.mails.claim(clock.now(), clock.now() + LEASE)
    clock.advance(LEASE)
    with store.begin() as work:
        (quick,) = work.mails.claim(clock.now(), clock.now() + LEASE)
        assert work.mails.finish(quick, SendState.DONE)
    with store.begin() as work:
        assert not work.mails.finish(slow, SendState.PLANNED, error="timed out", due_at=clock.now())
    assert counts(store) == {"done": 1}


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


def authenticate(
    _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: LoginPassword
) -> AuthResult:
    return AuthResult(success=given == LoginPassword(b"anna", b"secret"), handled=False)


@pytest.mark.parametrize("password", ["secret", "wrong"])
def test_a_server_with_starttls_and_a_password_takes_mail(
    store: Store, clock: ManualClock, serve: Serve, authority: trustme.CA, tls: ssl.SSLContext, tmp_path: Path,
    password: str,
) -> None:  # fmt: skip
    trusted = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(trusted))
    port = serve(tls_context=tls, require_starttls=True, auth_required=True, authenticator=authenticate)
    changes = {"username": "anna", "password": SecretStr(password), "security": "starttls", "ca_file": trusted}
    plan(store, "anna@care.example")

    report = send_mails(store, section(port, **changes), clock)

    assert report.sent == (1 if password == "secret" else 0)
    assert ("535" in report.why) == (password == "wrong")
    assert "wrong" not in report.why


def test_a_certificate_that_nobody_vouches_for_is_refused(
    store: Store, clock: ManualClock, serve: Serve, tls: ssl.SSLContext
) -> None:
    plan(store, "anna@care.example")
    report = send_mails(store, section(serve(ssl_context=tls), security="tls"), clock)
    assert report.sent == 0
    assert "certificate" in report.why


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"sender": None}, "lacks sender"),
        ({"username": "anna"}, "both or neither"),
        ({"username": "anna", "password": "x", "host": "smtp.example.com"}, "in the open"),
        ({"sender": "nobody"}, "pattern"),
    ],
)
def test_mail_settings_that_will_not_do_are_refused(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        section(25, **changes)


def test_sent_mail_is_forgotten_after_a_while(store: Store) -> None:
    plan(store, "anna@care.example", "bert@care.example")
    with store.begin() as work:
        (first, _) = work.mails.claim(NOW, NOW + LEASE)
        work.mails.finish(first, SendState.DONE)
        assert work.mails.prune(NOW) == 0
        assert work.mails.prune(NOW + timedelta(seconds=1)) == 1
    assert counts(store) == {"sending": 1}
