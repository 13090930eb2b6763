"""What the demo shows when a customer must be told: nobody mends it for the quiet time, and the reply is written."""

from __future__ import annotations

from datetime import timedelta

from care_sync.demo.follow import followed, look
from care_sync.demo.layout import quoted, told
from care_sync.demo.stage import Stage
from care_sync.pipeline.run import PassKind


def let_quiet_time_pass(stage: Stage) -> None:
    """Let the quiet time go by when somebody waits for it to be over, and show what customers read then."""
    minutes = stage.settings.write_back.quiet_minutes
    until = stage.clock.now() + timedelta(minutes=minutes)
    with stage.application.store.read() as work:
        if not work.shown.waiting_until(until):
            return
    before = look(stage.application, stage.workplace)
    stage.clock.move_to(until)
    stage.run(PassKind.WAKE)
    told("later", f"{minutes} minutes later nobody has taken it back, and the customer is told.")
    for change in followed(before, look(stage.application, stage.workplace)).values():
        for body in change.replies:
            quoted("reply", body)
