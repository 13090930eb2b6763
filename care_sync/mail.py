"""Sending the e-mail that waits in the store, over SMTP.

Promise: a mail that was planned is sent or told to have failed. A mail whose sending was cut off is tried again with
the same ``Message-ID``, so that the recipient's program can tell that it is one: SMTP has no way of asking whether a
mail arrived. Never more than one connection, and none when nothing is due.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime

from care_sync.clock import Clock
from care_sync.logs import logger
from care_sync.model.lease import GIVE_UP_AFTER, SendState, wait_after
from care_sync.model.mail import Mail
from care_sync.settings.mail import MailSection
from care_sync.store import Store

FAILED = "mail_failed"
"""The kind of attention for a mail that was given up, by recipient, and for a server that takes none."""

LEASE = timedelta(minutes=10)


@dataclass(slots=True)
class MailReport:
    """How many mails were sent, are tried again ``later``, and were given up."""

    sent: int = 0
    later: int = 0
    failed: int = 0
    why: str = ""


def send_mails(store: Store, section: MailSection, clock: Clock) -> MailReport:
    """Send what is due; what cannot be sent now is tried again later, less and less often."""
    report = MailReport()
    if section.host is None:
        return report
    now = clock.now()
    with store.read() as work:
        if not work.mails.due_count(now):
            return report
    with store.begin() as work:
        claimed = work.mails.claim(now, now + LEASE)
    outcomes: set[int] = set()
    try:
        with _connection(section) as smtp:
            for mail in claimed:
                if clock.now() >= now + LEASE:
                    break  # another daemon may have taken over the rest
                outcome = _send(smtp, section, mail, clock)
                # At once: a mail that was sent must not be sent again because a later one ends the sending.
                outcomes.add(mail.mail_id)
                _finish(store, mail, outcome, clock, report)
    except (OSError, smtplib.SMTPException) as error:
        report.why = _told(error)
        logger(__name__).warning("mail server did not take mail", error=report.why)
    _tell_of_server(store, section, report.why, now)
    for mail in claimed:
        if report.why and mail.mail_id not in outcomes:
            _finish(store, mail, _Outcome(report.why), clock, report)
    return report


def _tell_of_server(store: Store, section: MailSection, why: str, now: datetime) -> None:
    """Put a server that takes no mail on the list, and take it off when it does again."""
    subject = f"{section.host}:{section.port}"
    with store.begin() as work:
        if why:
            message = f"The mail server {subject} takes no mail: {why}. Correct the section mail; it is tried again."
            work.attention.raise_(FAILED, subject, message, now)
        else:
            work.attention.resolve(FAILED, [subject])


@dataclass(frozen=True, slots=True)
class _Outcome:
    """``error`` is empty for a mail that was sent; ``is_final`` when trying again changes nothing."""

    error: str = ""
    is_final: bool = False


@contextmanager
def _connection(section: MailSection) -> Iterator[smtplib.SMTP]:
    context = ssl.create_default_context(cafile=section.ca_file) if section.security != "none" else None
    host, timeout = str(section.host), section.timeout_seconds
    if section.security == "tls":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(host, section.port, timeout=timeout, context=context)
    else:
        smtp = smtplib.SMTP(host, section.port, timeout=timeout)
    with smtp:
        if section.security == "starttls":
            smtp.starttls(context=context)
        if section.username is not None and section.password is not None:
            smtp.login(section.username, section.password.get_secret_value())
        yield smtp


def _send(smtp: smtplib.SMTP, section: MailSection, mail: Mail, clock: Clock) -> _Outcome:
    try:
        message = _message(section, mail, clock)
    except Exception as error:  # whatever a stranger wrote as an address concerns this mail alone
        return _Outcome(f"it cannot be written: {_told(error)}", is_final=True)
    try:
        smtp.send_message(message, to_addrs=[mail.recipient])
    except smtplib.SMTPRecipientsRefused as error:
        code, reason = next(iter(error.recipients.values()), (0, b"the server named no reason"))
        return _Outcome(f"{code} {_text(reason)}", is_final=500 <= code < 600)
    except smtplib.SMTPResponseException as error:
        return _Outcome(_told(error), is_final=500 <= error.smtp_code < 600)
    except (smtplib.SMTPNotSupportedError, ValueError) as error:
        return _Outcome(_told(error), is_final=True)  # letters that neither mail nor this server can carry
    return _Outcome()


def _message(section: MailSection, mail: Mail, clock: Clock) -> EmailMessage:
    """The message. Raises :class:`ValueError` for an address that is not just one address."""
    message = EmailMessage()
    message["From"] = str(section.sender)
    message["To"] = mail.recipient
    header = message["To"]
    if header.defects or [address.addr_spec for address in header.addresses] != [mail.recipient]:
        raise ValueError(f'"{mail.recipient}" is not an e-mail address')
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = mail.message_id
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.body)
    return message


def _finish(store: Store, mail: Mail, outcome: _Outcome, clock: Clock, report: MailReport) -> None:
    now = clock.now()
    with store.begin() as work:
        if not outcome.error:
            report.sent += 1
            if work.mails.finish(mail, SendState.DONE):
                work.attention.resolve(FAILED, [mail.recipient])
        elif outcome.is_final or now - mail.created_at >= GIVE_UP_AFTER:
            if not work.mails.finish(mail, SendState.FAILED, error=outcome.error):
                return  # whoever took it over says how it ends
            report.failed += 1
            work.attention.raise_(
                FAILED,
                mail.recipient,
                f'The mail "{mail.subject}" to {mail.recipient} could not be sent: {outcome.error}. '
                "Correct the address, or the section mail of the settings.",
                now,
            )
        else:
            report.later += 1
            due_at = now + wait_after(mail.attempts)
            work.mails.finish(mail, SendState.PLANNED, error=outcome.error, due_at=due_at)


def _told(error: Exception) -> str:
    """What went wrong, in the server's words where it said any."""
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_text(error.smtp_error)}"
    return str(error) or type(error).__name__


def _text(said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return " ".join(text.split())
