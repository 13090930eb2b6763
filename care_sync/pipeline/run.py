"""One pass: pull → decide → post → plan → push.

Terms
    scope     how much a pass looks at: everything (``full``), what moved (``poll``), what was named (``wake``)
    stage     a part of a pass that a person can watch: ``tickets``, ``time of toggl``, ``customers`` …
    failure   what a product did wrong; the other products' work goes on, and the pass ends with an error

Promise: a pass can die at any point and be run again: every stage writes whole transactions, and what it left undone is
marked. A pass over nothing new reads what it must and writes nothing. What a product does wrong stops its own stage
alone; a broken invariant stops the pass.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Protocol

from care_sync.errors import CareSyncError
from care_sync.logs import bound, logger
from care_sync.mail import send_mails
from care_sync.model.mark import DirtyKind
from care_sync.pipeline.alerts import judge_due_days, tell_low_balances, tell_recalculations
from care_sync.pipeline.ending_credentials import report_ending_credentials
from care_sync.pipeline.pull import pull_entries, pull_named, pull_organizations, pull_tickets, reread_tickets
from care_sync.pipeline.push import PushReport, push_outbox
from care_sync.pipeline.reconcile import ReconcileReport, reconcile_window
from care_sync.pipeline.site import Site
from care_sync.pipeline.tell import mark_what_has_been_quiet
from care_sync.pipeline.unconfigured_accounts import report_unconfigured_accounts
from care_sync.pipeline.unknown_customers import report_unknown_clients, report_unresolved_names
from care_sync.pipeline.update_customers import update_customers
from care_sync.pipeline.windows import Days, older_slices
from care_sync.store import Store
from care_sync.store.columns import encode
from connectors.errors import ConnectorError
from connectors.protocols import TimeTracker

BASIS = "basis"
"""The name of the cursor that holds what all decisions and plans rest on besides tickets and time."""

CLOSED = "closed through"
"""The name of the cursor that holds the last closed month that a pass has seen."""


class PassKind(StrEnum):
    """``full``: every customer, every change, the whole window of time. ``poll``: what products know to have changed.

    ``wake``: what webhooks named. ``push``: only what is planned already.
    """

    FULL = "full"
    POLL = "poll"
    WAKE = "wake"
    PUSH = "push"


@dataclass(frozen=True, slots=True)
class Scope:
    """How much a pass looks at.

    ``tickets`` (ids) narrows it to these; ``since`` reads again what changed since then, whatever the cursor says.
    ``pushes`` is false for a rehearsal.
    """

    kind: PassKind = PassKind.FULL
    tickets: tuple[str, ...] = ()
    since: datetime | None = None
    pushes: bool = True


class Watcher(Protocol):
    """Somebody who watches a pass."""

    def stage(self, name: str) -> Callable[[int], None]:
        """A stage begins; what is returned is told how many records each step brought."""


class Unwatched:
    """Nobody watches."""

    def stage(self, name: str) -> Callable[[int], None]:
        """Ignore it."""
        return lambda _count: None


@dataclass(slots=True)
class PassReport:
    """What a pass did. ``counts`` by what was counted; ``failures`` in words, empty when everything was done."""

    pass_id: str
    kind: PassKind
    counts: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    customers: set[str] = field(default_factory=set)

    def count(self, **counts: int) -> None:
        """Add to the counts."""
        for name, number in counts.items():
            self.counts[name] = self.counts.get(name, 0) + number

    @property
    def summary(self) -> str:
        """In a few words, for the log and the scheduler."""
        text = ", ".join(f"{name.replace('_', ' ')} {number}" for name, number in self.counts.items() if number)
        return "; ".join([text or "nothing new", *self.failures])


def run_pass(store: Store, site: Site, scope: Scope | None = None, watcher: Watcher | None = None) -> PassReport:
    """Run one pass, and keep in the store that it ran.

    Raises :class:`care_sync.errors.CareSyncError` when it could not go on; what products did wrong stands in the
    report's ``failures``.
    """
    scope, watcher = scope or Scope(), watcher or Unwatched()
    report = PassReport(uuid.uuid4().hex[:12], scope.kind)
    with bound(pass_id=report.pass_id):
        with store.begin() as work:
            work.passes.start(report.pass_id, scope.kind.value, site.now())
        try:
            _Pass(store, site, scope, watcher, report).run()
        except BaseException as error:
            report.failures.append(str(error) or type(error).__name__)
            with suppress(CareSyncError):  # an unreachable store must not hide what went wrong
                _finish(store, site, report)
            raise
        _finish(store, site, report)
        logger(__name__).info("pass done", kind=scope.kind.value, failures=report.failures, **report.counts)
    return report


def _finish(store: Store, site: Site, report: PassReport) -> None:
    with store.begin() as work:
        work.passes.finish(report.pass_id, site.now(), report.counts, "; ".join(report.failures))


@dataclass(slots=True)
class _Pass:
    store: Store
    site: Site
    scope: Scope
    watcher: Watcher
    report: PassReport

    def run(self) -> None:
        kind = self.scope.kind
        if kind is not PassKind.PUSH:
            self.mark_what_everything_rests_on()
            read_on = self.site.today()
            if self.scope.tickets:
                self.pull_some()
            else:
                self.pull(kind)
                self.judge(kind, read_on)
            self.settle()
            self.tell()
        if self.scope.pushes:
            self.push()

    def pull(self, kind: PassKind) -> None:
        site = self.site
        if kind is PassKind.FULL:
            with self.stage("organizations") as progress:
                organizations = pull_organizations(self.store, site.helpdesk, site.clock, progress)
                self.report.count(organizations_changed=organizations.organizations_changed)
        if kind is not PassKind.WAKE:
            with self.stage("tickets") as progress:
                reading = reread_tickets if self.scope.since else pull_tickets
                tickets = reading(
                    self.store, site.helpdesk, site.linking, site.clock, self.scope.since or self.first_day(), progress
                )
                self.report.count(tickets_changed=tickets.changed)
            report_unresolved_names(self.store, site.linking, site.now())
            for name, tracker in site.trackers.items():
                with self.stage(f"changes of {name}") as progress:
                    entries = pull_entries(
                        self.store, tracker, site.linking, site.clock, self.scope.since or self.first_day(), progress
                    )
                    self.report.count(entries_changed=entries.changed)
        if kind is PassKind.FULL:
            for name, tracker in site.trackers.items():
                self.pull_window(name, tracker)
            report_ending_credentials(self.store, (site.helpdesk, *site.trackers.values()), site.clock)
            report_unconfigured_accounts(
                self.store, site.trackers.values(), site.clock, site.local_date(self.first_day())
            )
            report_unknown_clients(self.store, site.linking, site.now(), site.local_date(self.first_day()))
        self.pull_named()

    def pull_some(self) -> None:
        """Just the tickets that were asked for, and what of their time the trackers know to have changed."""
        for name, tracker in self.site.trackers.items():
            with self.stage(f"changes of {name}") as progress:
                entries = pull_entries(
                    self.store, tracker, self.site.linking, self.site.clock, self.first_day(), progress
                )
                self.report.count(entries_changed=entries.changed)
        self.pull_named()

    def pull_named(self) -> None:
        site = self.site
        with self.stage("what was named") as progress:
            named = pull_named(
                self.store,
                site.helpdesk,
                list(site.trackers.values()),
                site.linking,
                site.settings.guard,
                site.clock,
                self.scope.tickets,
                progress,
            )
            self.report.count(tickets_changed=named.tickets_changed, entries_changed=named.entries_changed)
            unknown = sorted(set(named.absent).intersection(self.scope.tickets))
            if unknown:
                self.report.failures.append(f"the helpdesk has no ticket {', '.join(unknown)}")

    def pull_window(self, name: str, tracker: TimeTracker) -> None:
        """The recent days, and some of the older ones that are still open; see :mod:`care_sync.pipeline.windows`."""
        site, today = self.site, self.site.today()
        length = site.settings.schedule.window_days
        tomorrow = today + timedelta(days=1)
        if self.scope.since is not None:
            self.compare(name, tracker, Days(site.local_date(self.scope.since), tomorrow))
            return
        self.compare(name, tracker, Days(today - timedelta(days=length), tomorrow))
        cursor = f"older days:{tracker.product}:{tracker.account}"
        with self.store.read() as work:
            first_open = work.periods.months().first_open_day
            oldest = work.entries.first_live_day(tracker.product, tracker.account, first_open)
            read_before = work.cursors.get(cursor)
        for days in older_slices(today, length, oldest, date.fromisoformat(read_before) if read_before else None):
            if not self.compare(name, tracker, days):
                return
            with self.store.begin() as work:
                work.cursors.set(cursor, days.first.isoformat(), site.now())

    def compare(self, name: str, tracker: TimeTracker, days: Days) -> bool:
        """Compare days as a whole; whether they could be read."""
        site = self.site
        found: ReconcileReport | None = None
        with self.stage(f"window of {name}") as progress:
            found = reconcile_window(
                self.store,
                tracker,
                site.linking,
                site.settings.guard,
                site.clock,
                days.first,
                days.last,
                progress=progress,
            )
            self.report.count(entries_changed=found.changed, entries_gone=found.gone, entries_relinked=found.relinked)
            if found.stopped:
                self.report.failures.append(found.stopped)
            if found.interrupted:
                logger(__name__).info("confirming goes on in the next pass", tracker=name, why=found.interrupted)
        return found is not None

    def settle(self) -> None:
        with self.stage("customers") as progress:
            only = set(self.scope.tickets) or None
            done = update_customers(self.store, self.site, self.report.pass_id, only=only, progress=progress)
            self.report.count(
                tickets_decided=done.tickets,
                decisions=done.decisions,
                transactions=done.transactions,
                writes_planned=done.writes,
                agreements_changed=done.agreements,
                tickets_closed=len(done.skipped),
            )
            self.report.customers |= done.customers
            self.report.failures += done.failures

    def judge(self, kind: PassKind, read_on: date) -> None:
        """What follows from the age of the cards, once everything was read: work of the due day must be known (H6)."""
        if kind is PassKind.FULL and not self.report.failures:
            self.report.count(cards_due=judge_due_days(self.store, self.site, read_on))

    def tell(self) -> None:
        """What follows from the balances as they are now."""
        self.report.count(recalculations_told=tell_recalculations(self.store, self.site))
        self.report.count(low_balances=tell_low_balances(self.store, self.site))

    def push(self) -> None:
        if self.site.settings.mail.host is not None:
            with self.stage("mail") as progress:
                mails = send_mails(self.store, self.site.settings.mail, self.site.clock)
                progress(mails.sent)
                self.report.count(mails_sent=mails.sent)
                if mails.later:
                    self.report.failures.append(f"{mails.later} mails are tried again later: {mails.why}")
        with self.stage("writes") as progress:
            pushed: PushReport = push_outbox(
                self.store, self.site, only=set(self.scope.tickets) or None, progress=progress
            )
            self.report.count(
                writes_made=pushed.written,
                writes_found=pushed.found,
                writes_refused=pushed.refused + pushed.closed,
                writes_later=pushed.later,
            )
            if pushed.error is not None:
                raise pushed.error
            if pushed.later:
                self.report.failures.append(f"{pushed.later} writes are tried again later: {pushed.why}")

    def mark_what_everything_rests_on(self) -> None:
        """Look again, once, at what rules, settings, closed months and the time that went by have changed.

        Rules and settings: at tickets that can be written or have open time. A month that closed: at whether cards pay
        for a ticket, because what it drew from them counts for it while the month is open.
        """
        basis, now = basis_of(self.site), self.site.now()
        with self.store.begin() as work:
            mark_what_has_been_quiet(work, now)
            months = work.periods.months()
            has_month_closed = (work.cursors.get(CLOSED) or "") != (months.closed_through or "")
            has_basis_changed = work.cursors.get(BASIS) != basis
            if has_basis_changed:
                tickets = {*work.tickets.writable(), *work.ledger.tickets_since(months.first_open)}
                work.dirty.mark(DirtyKind.TICKET, sorted(tickets), "rules or settings changed", now)
                work.cursors.set(BASIS, basis, now)
            if has_month_closed:
                work.cursors.set(CLOSED, months.closed_through, now)
            if has_basis_changed or has_month_closed:
                ids = sorted(organization.id for organization in work.organizations.all())
                why = "rules or settings changed" if has_basis_changed else "a month closed"
                work.dirty.mark(DirtyKind.ORGANIZATION, ids, why, now)

    def first_day(self) -> datetime:
        """Where the very first reading begins: at midnight, as many days ago as the window is long."""
        zone = self.site.settings.company.zone
        day = self.site.today() - timedelta(days=self.site.settings.schedule.window_days)
        return datetime.combine(day, time(), zone)

    @contextmanager
    def stage(self, name: str) -> Iterator[Callable[[int], None]]:
        """What a product does wrong in it is written down, and the pass goes on."""
        try:
            yield self.watcher.stage(name)
        except ConnectorError as error:
            self.report.failures.append(str(error))
            logger(__name__).error("stage failed", stage=name, error=str(error))


def basis_of(site: Site) -> str:
    """A hash of what every decision and every plan rests on besides tickets and time."""
    settings = site.settings
    content: list[Mapping[str, object] | str] = [
        site.rules.hash,
        settings.company.model_dump(mode="json"),
        settings.facts.model_dump(mode="json"),
        settings.ledger.fair_use.model_dump(mode="json"),
        settings.ledger.hour_card.model_dump(mode="json", include={"overdraft_hours"}),
        settings.write_back.model_dump(mode="json", include={"tag_prefix", "notes", "replies", "quiet_minutes"}),
    ]
    return hashlib.sha256(encode(content).encode()).hexdigest()
