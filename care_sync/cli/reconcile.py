"""``care-sync reconcile``: compare a window of time with its tracker, and say that what is missing is really gone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Annotated

import typer

from care_sync.application import Application
from care_sync.cli.session import Session
from care_sync.errors import UserError
from care_sync.pipeline.reconcile import ReconcileReport, reconcile_window
from care_sync.progress import watching
from care_sync.terminal import print_json, say


def reconcile(
    context: typer.Context,
    tracker: Annotated[str | None, typer.Option(help="Only this one, by its name in the settings.")] = None,
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="First day. Default: as many days ago as schedule.window_days says."),
    ] = None,
    accept_missing: Annotated[
        bool,
        typer.Option("--accept-missing", help="What is missing was deleted on purpose: give its hours back."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Read a window of time entries whole and compare it with what is stored.

    Each missing entry is still read one by one before its hours are given back. What follows for tickets and cards is
    done by the next `care-sync sync`.

    ```
    care-sync reconcile
    care-sync reconcile --tracker toggl --since 2026-10-01 --accept-missing
    ```
    """
    session = Session.of(context)
    with session.application() as application:
        site = application.site
        if tracker is not None and tracker not in site.trackers:
            raise UserError(
                f"there is no time tracker {tracker!r}", [f"the settings name {', '.join(site.trackers) or 'none'}"]
            )
        first = since.date() if since else site.today() - timedelta(days=site.settings.schedule.window_days)
        names = [tracker] if tracker else list(site.trackers)
        reports = _reconcile(application, names, first, accept_missing=accept_missing)
    if as_json:
        print_json({name: _as_json(report) for name, report in reports.items()})
    else:
        _show(reports)
    if any(report.stopped or report.interrupted for report in reports.values()):
        raise typer.Exit(1)


def _reconcile(
    application: Application, names: Iterable[str], first: date, *, accept_missing: bool
) -> dict[str, ReconcileReport]:
    """Compare the window of each of these trackers, from ``first`` until tomorrow."""
    site = application.site
    with watching() as bars:
        return {
            name: reconcile_window(
                application.store,
                site.trackers[name],
                site.linking,
                site.settings.guard,
                site.clock,
                first,
                site.today() + timedelta(days=1),
                accept_missing=accept_missing,
                progress=bars.stage(f"window of {name}"),
            )
            for name in names
        }


def _show(reports: Mapping[str, ReconcileReport]) -> None:
    for name, report in reports.items():
        say(
            f"{name}, {report.first} to {report.last}: {report.read} read, {report.changed} changed, "
            f"{report.missing} missing, {report.gone} given back, {report.left} left."
        )
        for problem in filter(None, (report.stopped, report.interrupted)):
            say(problem)


def _as_json(report: ReconcileReport) -> dict[str, object]:
    return {
        "first": report.first.isoformat(),
        "last": report.last.isoformat(),
        "read": report.read,
        "changed": report.changed,
        "missing": report.missing,
        "gone": report.gone,
        "found": report.found,
        "left": report.left,
        "stopped": report.stopped,
        "interrupted": report.interrupted,
    }
