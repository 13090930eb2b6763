"""Making a Zammad site ready: attributes, a webhook with its trigger, and overviews.

What carries which mark
    webhooks and triggers   :data:`connectors.preparation.MARK` at the beginning of their note
    overviews               :data:`LINK` at the beginning of their link, the last part of their address, for they have
                            no note; Zammad keeps it when people rename one or change what it shows
    attributes              see :mod:`connectors.zammad.attributes`

The trigger calls for every change of a ticket that was changed last by anybody but CareSync's agent, to whom the token
must therefore belong: our own writes do not come back. Left out besides is a change that we write over before Zammad
judges it, and what a merge moves into a ticket that we wrote to last; the next poll sees those. Tags alone set off no
trigger in Zammad, nobody's.

A webhook's call names the ticket and says nothing else of it. It is signed with a token that we choose: the configured
``webhook_secret``, or one that is made. Older releases show the token to administrators, newer ones a mask. So the note
of the webhook ends with a short fingerprint of the token, by which a secret that changed in the settings is noticed;
where the settings have none a hidden token stands, for the daemon may know it.

All this takes the permissions of :data:`connectors.zammad.client.PERMISSIONS`.

Sources: "Webhook", "Trigger" and "Overviews" of the admin documentation; Zammad's source for their API, which is
documented nowhere: the controllers, ``RendersModels``, the models' validations, ``Selector::Sql`` and
``SensitiveParamsHelper``.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Sequence
from typing import Any

from pydantic import SecretStr

from connectors.preparation import MARK, Action, Job, Preparation, Stage, Step, Wanted, WantedView
from connectors.value_reader import Object
from connectors.zammad.attributes import AttributePreparation
from connectors.zammad.client import OVERVIEWS, READ, TRIGGERS, WEBHOOKS, ZammadClient
from connectors.zammad.translate import MERGED, full_name

WEBHOOK = "CareSync"
TRIGGER = "CareSync: tell of changed tickets"
LINK = "made_by_caresync_"
AGENT_ROLE = 2
"""Who sees the overviews; the number is that of every site, whatever the role is called."""
AT_AN_END = frozenset({"closed", MERGED, "removed"})
"""Types of states of tickets that no overview of ours shows."""
MASK = re.compile(r"\*+")
"""What newer releases show for a token."""
FINGERPRINT = 6
"""Digits of it: enough to see that a token is another one, too few to find one out."""
HIDDEN = (
    "Zammad hides its token and the settings have none: run setup with the secrets that the daemon has, or write a new "
    "webhook_secret and run it again"
)
CALL_IT = "let it call the webhook"
CHANGED_BY, TAGS, STATE = "ticket.updated_by_id", "ticket.tags", "ticket.state_id"


class ZammadPreparation(Preparation):
    """Looks at a site and makes it ready; ``secret`` is the configured one, and one is made where there is none."""

    def __init__(self, client: ZammadClient, secret: SecretStr | None) -> None:
        self._client = client
        self._configured = secret
        self._made = SecretStr(secrets.token_hex(32))
        self._written: SecretStr | None = None
        self._signing: SecretStr | None = None
        self._attributes = AttributePreparation(client)

    def stages(self) -> Sequence[Stage]:
        """The trigger is planned when its webhook is there; the database comes last: Zammad may restart then."""
        return (
            self._attributes.jobs,
            self._webhook_jobs,
            self._trigger_jobs,
            self._view_jobs,
            self._database_jobs,
        )

    def removal_stages(self) -> Sequence[Stage]:
        """The trigger before the webhook that it calls, and the columns last."""
        return (self._removal_jobs, self._attributes.removal_jobs, self._attributes.database_removal_jobs)

    def plan(self, wanted: Wanted) -> list[Step]:
        """The database also has to take in what the attributes' steps will define."""
        definitions = [job.step for job in self._attributes.jobs(wanted)]
        later = (*self._webhook_jobs(wanted), *self._trigger_jobs(wanted), *self._view_jobs(wanted))
        last = self._attributes.database_jobs(wanted, definitions)
        return [*definitions, *(job.step for job in (*later, *last))]

    def signing_secret(self, wanted: Wanted) -> SecretStr | None:
        """The token of the webhook: as Zammad shows it, or where it shows a mask, as it was written or configured."""
        if (known := self._written or self._signing) is not None:
            return known
        if wanted.webhook_url is None or (webhook := self._webhook(wanted.webhook_url)) is None:
            return None
        return _token(webhook) or self._configured

    def _database_jobs(self, wanted: Wanted) -> list[Job]:
        """The secret is read before: a Zammad that restarts answers nothing for a while."""
        self._signing = self.signing_secret(wanted)
        return self._attributes.database_jobs(wanted)

    # ---- webhook and trigger -----------------------------------------------------------------------

    def _webhook_jobs(self, wanted: Wanted) -> list[Job]:
        url = wanted.webhook_url
        if url is None:
            return []
        existing = self._webhook(url)
        if existing is None:
            body = {
                "name": WEBHOOK,
                "endpoint": url,
                "signature_token": (self._configured or self._made).get_secret_value(),
                "ssl_verify": True,
                "customized_payload": True,
                "custom_payload": json.dumps({"ticket_id": "#{ticket.id}"}),
                "note": _note(self._configured or self._made),
                "active": True,
            }
            step = Step(Action.CREATE, "webhook", WEBHOOK, url)
            return [Job(step, lambda: self._write_webhook("POST", body))]
        if not _is_marked(existing):
            return [self._webhook_of_people(existing)]
        if _is_masked(existing) and self._configured is None:
            return [Job(Step(Action.CONFLICT, "webhook", WEBHOOK, HIDDEN))]
        drifted: dict[str, Any] = {}
        detail = []
        if existing.get("active") is False:
            drifted["active"] = True
            detail.append("switch it on")
        if existing.get("endpoint") != url:
            drifted["endpoint"] = url
            detail.append(f"let it call {url}")
        if (token := self._token_to_be(existing)) is not None:
            drifted |= {"signature_token": token.get_secret_value(), "note": _note(token)}
            detail.append("let it sign with the secret of the settings" if self._configured else "give it a token")
        if not drifted:
            return [Job(Step(Action.KEEP, "webhook", WEBHOOK))]
        step = Step(Action.COMPLETE, "webhook", WEBHOOK, ", ".join(detail))
        return [Job(step, lambda: self._write_webhook("PUT", drifted, number=_id(existing)))]

    def _write_webhook(self, method: str, body: Object, *, number: str | None = None) -> None:
        self._client.administer(method, WEBHOOKS, body, number=number)
        if "signature_token" in body:
            self._written = SecretStr(body["signature_token"])

    def _token_to_be(self, existing: Object) -> SecretStr | None:
        """The token that our webhook must be given; ``None`` while it has one that we know."""
        wanted, shown = self._configured or self._made, _token(existing)
        if _is_masked(existing):
            return None if existing.get("note") == _note(wanted) else wanted
        return wanted if shown is None or self._configured not in (None, shown) else None

    def _webhook_of_people(self, existing: Object) -> Job:
        """A webhook to our address that people made is left as they made it."""
        name, token = READ.text(existing.get("name"), "webhook.name"), _token(existing)
        if existing.get("active") is False:
            detail = "people made it for our address and switched it off: switch it on, or delete it"
            return Job(Step(Action.CONFLICT, "webhook", name, detail))
        if token is None and not _is_masked(existing):
            detail = "people made it for our address without a signature token: give it one, or delete it"
            return Job(Step(Action.CONFLICT, "webhook", name, detail))
        if token is not None and self._configured not in (None, token):
            detail = "people made it, and its signature token is not our webhook_secret: correct the one or the other"
            return Job(Step(Action.CONFLICT, "webhook", name, detail))
        if token is None and self._configured is None:
            detail = "Zammad does not show its signature token: write it into webhook_secret"
            return Job(Step(Action.BY_HAND, "webhook", name, detail))
        return Job(Step(Action.KEEP, "webhook", name))

    def _trigger_jobs(self, wanted: Wanted) -> list[Job]:
        if wanted.webhook_url is None:
            return []
        webhook = self._webhook(wanted.webhook_url)
        there = self._client.definitions(TRIGGERS)
        existing = next((item for item in there if _is_our_trigger(item, webhook)), None)
        if existing is None and any(_is_named(item, TRIGGER) for item in there):
            detail = "a trigger of that name is there that setup did not make: rename it"
            return [Job(Step(Action.CONFLICT, "trigger", TRIGGER, detail))]
        if existing is None and webhook is not None and not _is_marked(webhook):
            if self._webhook_of_people(webhook).step.action is Action.CONFLICT:
                return []
            calling = [item for item in there if item.get("active") is not False and _id(webhook) in _called(item)]
            if calling:
                name = READ.text(calling[0].get("name"), "trigger.name")
                return [Job(Step(Action.KEEP, "trigger", name, "calls the webhook"))]
        me, _ = self._client.me()
        but_ours = {"operator": "is not", "pre_condition": "specific", "value": [me["id"]]}
        step = Step(Action.CREATE, "trigger", TRIGGER, f"changes by anybody but {full_name(me)}")
        if webhook is None:
            return [Job(step if existing is None else Step(Action.COMPLETE, "trigger", TRIGGER, CALL_IT))]
        call = {"notification.webhook": {"webhook_id": int(_id(webhook))}}
        if existing is not None:
            return [self._mended_trigger(existing, _id(webhook), but_ours, call, full_name(me))]
        body = {
            "name": TRIGGER,
            "activator": "action",
            "execution_condition_mode": "always",
            "condition": {CHANGED_BY: but_ours},
            "perform": call,
            "note": MARK,
            "active": True,
        }
        return [Job(step, lambda: self._client.administer("POST", TRIGGERS, body))]

    def _mended_trigger(self, existing: Object, webhook_id: str, but_ours: Object, call: Object, us: str) -> Job:
        """Our trigger, with what it lacks; conditions and actions that people added stay."""
        condition = READ.an_object(existing.get("condition") or {}, "trigger.condition")
        perform = READ.an_object(existing.get("perform") or {}, "trigger.perform")
        drifted: dict[str, Any] = {}
        detail = []
        if existing.get("active") is False:
            drifted["active"] = True
            detail.append("switch it on")
        if existing.get("execution_condition_mode") not in (None, "always"):
            drifted["execution_condition_mode"] = "always"
            detail.append("let it run for every change")
        if webhook_id not in _called(existing):
            drifted["perform"] = {**perform, **call}
            detail.append(CALL_IT)
        # People who write conditions as a tree know what they do.
        if "conditions" not in condition and _values(condition.get(CHANGED_BY)) != _values(but_ours):
            drifted["condition"] = {**condition, CHANGED_BY: but_ours}
            detail.append(f"leave out changes by {us}")
        if not drifted:
            return Job(Step(Action.KEEP, "trigger", TRIGGER))
        step = Step(Action.COMPLETE, "trigger", TRIGGER, ", ".join(detail))
        return Job(step, lambda: self._client.administer("PUT", TRIGGERS, drifted, number=_id(existing)))

    # ---- overviews ---------------------------------------------------------------------------------

    def _view_jobs(self, wanted: Wanted) -> list[Job]:
        there = self._client.definitions(OVERVIEWS) if wanted.views else ()
        return [self._view_job(view, there) for view in wanted.views]

    def _view_job(self, view: WantedView, there: Sequence[Object]) -> Job:
        existing = next((item for item in there if _is_view(item, view)), None)
        if existing is not None:
            if existing.get("active") is not False or not _is_linked(existing):
                return Job(Step(Action.KEEP, "overview", view.title))
            step = Step(Action.COMPLETE, "overview", view.title, "switch it on")
            return Job(step, lambda: self._client.administer("PUT", OVERVIEWS, {"active": True}, number=_id(existing)))
        ends = [
            READ.whole_number(item.get("id"), "state.id")
            for item in self._client.states()
            if item.get("state_type") in AT_AN_END
        ]
        body = {
            "name": view.title,
            "link": _link(view),
            "condition": {
                TAGS: {"operator": "contains all", "value": view.tag},
                STATE: {"operator": "is not", "value": ends},
            },
            "order": {"by": "updated_at", "direction": "DESC"},
            "view": {
                "s": ["title", "customer", "organization", "state", "owner", "updated_at"],
                "view_mode_default": "s",
            },
            "role_ids": [AGENT_ROLE],
            "active": True,
        }
        step = Step(Action.CREATE, "overview", view.title, view.tag)
        return Job(step, lambda: self._client.administer("POST", OVERVIEWS, body))

    # ---- taking away -------------------------------------------------------------------------------

    def _removal_jobs(self, wanted: Wanted) -> list[Job]:
        webhooks = [
            item
            for item in self._client.definitions(WEBHOOKS)
            if _is_marked(item) and (_is_named(item, WEBHOOK) or item.get("endpoint") == wanted.webhook_url)
        ]
        triggers = self._client.definitions(TRIGGERS)
        ours = [item for item in triggers if any(_is_our_trigger(item, webhook) for webhook in (None, *webhooks))]
        jobs = [self._removal("trigger", TRIGGERS, item) for item in ours]
        for webhook in webhooks:
            others = [str(item.get("name")) for item in triggers if item not in ours and _id(webhook) in _called(item)]
            if others:
                detail = f"triggers that setup did not make call it: {', '.join(others)}"
                jobs.append(Job(Step(Action.CONFLICT, "webhook", WEBHOOK, detail)))
            else:
                jobs.append(self._removal("webhook", WEBHOOKS, webhook))
        jobs += [
            self._removal("overview", OVERVIEWS, item)
            for item in self._client.definitions(OVERVIEWS)
            if _is_linked(item) and any(_is_view(item, view) for view in wanted.views)
        ]
        return jobs

    def _removal(self, kind: str, where: str, item: Object) -> Job:
        step = Step(Action.REMOVE, kind, READ.text(item.get("name"), f"{kind}.name"))
        return Job(step, lambda: self._client.administer("DELETE", where, number=_id(item)))

    # ---- what is there -----------------------------------------------------------------------------

    def _webhook(self, url: str) -> Object | None:
        """The webhook that calls us: ours before one of people, and ours even while it calls somewhere else."""
        there = self._client.definitions(WEBHOOKS)
        ours = [
            item for item in there if _is_marked(item) and (item.get("endpoint") == url or _is_named(item, WEBHOOK))
        ]
        calling = [item for item in there if item.get("endpoint") == url]
        return next(iter((*(item for item in ours if item in calling), *ours, *calling)), None)


def _is_masked(webhook: Object) -> bool:
    return MASK.fullmatch(READ.text(webhook.get("signature_token"), "webhook.signature_token")) is not None


def _token(webhook: Object) -> SecretStr | None:
    """The token of a webhook, where it has one that Zammad shows."""
    shown = READ.text(webhook.get("signature_token"), "webhook.signature_token")
    return SecretStr(shown) if shown and not MASK.fullmatch(shown) else None


def _note(token: SecretStr) -> str:
    """The note of our webhook."""
    return f"{MARK} Token {hashlib.sha256(token.get_secret_value().encode()).hexdigest()[:FINGERPRINT]}"


def _called(trigger: Object) -> frozenset[str]:
    """The webhooks that a trigger calls."""
    perform = READ.an_object(trigger.get("perform") or {}, "trigger.perform")
    called = READ.an_object(perform.get("notification.webhook") or {}, "notification.webhook").get("webhook_id")
    return frozenset(str(item) for item in (called if isinstance(called, list) else [called]) if item is not None)


def _values(clause: Any) -> tuple[Any, frozenset[str]] | None:
    """What a clause of a condition says, whether its numbers are written as text or not."""
    if not isinstance(clause, dict):
        return None
    value = clause.get("value")
    return clause.get("operator"), frozenset(str(item) for item in (value if isinstance(value, list) else [value]))


def _link(view: WantedView) -> str:
    return LINK + re.sub(r"[^a-z0-9]+", "_", view.tag.lower()).strip("_")


def _is_view(item: Object, view: WantedView) -> bool:
    return item.get("link") == _link(view) or item.get("name") == view.title


def _is_linked(overview: Object) -> bool:
    return READ.text(overview.get("link"), "overview.link").startswith(LINK)


def _is_our_trigger(item: Object, webhook: Object | None) -> bool:
    """Whether we made a trigger: by its name, or by the webhook that it calls where people renamed it."""
    calls = webhook is not None and _id(webhook) in _called(item)
    return _is_marked(item) and (_is_named(item, TRIGGER) or calls)


def _is_marked(item: Object) -> bool:
    return READ.text(item.get("note"), "note").startswith(MARK)


def _is_named(item: Object, name: str) -> bool:
    return READ.text(item.get("name"), "name").casefold() == name.casefold()


def _id(item: Object) -> str:
    return READ.identity(item.get("id"), "id")
