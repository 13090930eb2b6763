"""What a site wants of its helpdesk: the fields that its settings name, with the options that its rules know.

A fact that is yes or no becomes a drop-down with an empty value, because nobody having answered is not a no.
"""

from __future__ import annotations

from collections.abc import Mapping

from care_sync.messages.formats import words
from care_sync.settings import Settings
from connectors.helpdesk_settings import HelpdeskSettings
from connectors.preparation import Wanted, WantedField, WantedFieldKind, WantedView
from rules.deciding.rule_book import RuleBook
from rules.model.facts import Fact, FactType

KINDS: Mapping[FactType, WantedFieldKind] = {
    FactType.CHOICE: WantedFieldKind.CHOICE,
    FactType.BOOL: WantedFieldKind.YES_NO,
    FactType.DATE: WantedFieldKind.DATE,
    FactType.NUMBER: WantedFieldKind.WHOLE_NUMBER,
}
NUMBERS = frozenset({"care_minutes", "care_card_minutes"})
YES_NO: Mapping[str, Mapping[str, str]] = {"nl": {"yes": "Ja", "no": "Nee"}, "en": {"yes": "Yes", "no": "No"}}
SLA: Mapping[str, Mapping[str, str]] = {
    "nl": {"none": "Geen SLA", "standard": "SLA"},
    "en": {"none": "No SLA", "standard": "SLA"},
}
VIEWS: Mapping[str, tuple[str, str]] = {
    "nl": ("CareSync: vragen open", "CareSync: nog niet te bepalen"),
    "en": ("CareSync: questions waiting", "CareSync: undetermined"),
}


def wanted_of(settings: Settings, rules: RuleBook) -> Wanted:
    """Everything that this site wants of its helpdesk."""
    options = settings.helpdesk.options
    language = "nl" if settings.company.locale.casefold().startswith("nl") else "en"
    ticket_fields = options.fields if isinstance(options, HelpdeskSettings) else {}
    organization_fields = options.organization_fields if isinstance(options, HelpdeskSettings) else {}
    prefix = settings.write_back.tag_prefix
    waiting, undetermined = VIEWS[language]
    return Wanted(
        ticket_fields=tuple(
            _ticket_field(name, str(title), rules.facts.get(name), language) for name, title in ticket_fields.items()
        ),
        organization_fields=tuple(
            WantedField(name, key, WantedFieldKind.CHOICE, SLA[language])
            if name == "sla"
            else WantedField(name, key, WantedFieldKind.TEXT)
            for name, key in organization_fields.items()
        ),
        views=(WantedView(waiting, f"{prefix}next_ask"), WantedView(undetermined, f"{prefix}sla_undetermined")),
        webhook_url=_webhook_url(settings, f"helpdesk/{settings.helpdesk.product}"),
        time_webhook_url=next(
            (
                _webhook_url(settings, f"tracker/{name}")
                for name in settings.time_trackers
                if _is_helpdesk(settings, name)
            ),
            None,
        ),
    )


def _webhook_url(settings: Settings, which: str) -> str | None:
    """Where the daemon takes calls, as ``care_sync.web.app`` has it."""
    public_url = settings.web.public_url
    return None if public_url is None else f"{str(public_url).rstrip('/')}/webhooks/{which}"


def _is_helpdesk(settings: Settings, name: str) -> bool:
    """Whether a time tracker is the helpdesk's own site."""
    tracker, helpdesk = settings.time_trackers[name], settings.helpdesk
    addresses = {getattr(item.options, "base_url", None) for item in (tracker, helpdesk)}
    return tracker.product == helpdesk.product and len(addresses) == 1


def _ticket_field(name: str, title: str, fact: Fact | None, language: str) -> WantedField:
    if fact is None:
        return WantedField(name, title, WantedFieldKind.WHOLE_NUMBER if name in NUMBERS else WantedFieldKind.TEXT)
    kind = KINDS.get(fact.type, WantedFieldKind.TEXT)
    if kind is WantedFieldKind.YES_NO:
        return WantedField(name, title, kind, YES_NO[language])
    if kind is WantedFieldKind.CHOICE:
        called = words(language).get(name, {})
        return WantedField(name, title, kind, {value: _label(called.get(value, value)) for value in fact.values})
    return WantedField(name, title, kind)


def _label(word: str) -> str:
    text = word.replace("_", " ")
    return text[:1].upper() + text[1:]
