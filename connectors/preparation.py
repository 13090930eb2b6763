"""Making a helpdesk ready: what a site wants there, and what there is to do for it.

Terms
    wanted    fields with their options, a webhook with its trigger, and views, as a site wants them
    step      one thing that is there already, or is to be made, completed or taken away
    job       a step with what does it
    mark      the words in the description of everything that we made; only what carries them is ever taken away

Promise: looking writes nothing; preparing twice makes nothing twice; what people made is completed at most, never
changed in what it says and never taken away.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, runtime_checkable

from pydantic import SecretStr

MARK = "Made by CareSync."


class WantedFieldKind(StrEnum):
    """What a field holds. ``yes_no`` has an empty value too: nobody answered yet."""

    CHOICE = "choice"
    YES_NO = "yes_no"
    DATE = "date"
    WHOLE_NUMBER = "whole_number"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class WantedField:
    """A field: ``name`` is ours, ``title`` what people read (or the number or key of one that must be there).

    ``options`` are the words of the rules with what people read for each.
    """

    name: str
    title: str
    kind: WantedFieldKind
    options: Mapping[str, str] = field(default_factory=dict)

    def is_called(self, *names: object) -> bool:
        """Whether a field of these names (number, key, title …) is this one, whatever its capitals."""
        return self.title.casefold() in {str(item).casefold() for item in names if item is not None}

    def lacking(self, present: Iterable[str]) -> list[str]:
        """The words of our options that no option of ``present`` says: ``third_party`` is also said by ``Third party``
        and by ``cause_third_party``."""
        said = {item.strip().casefold().replace(" ", "_").replace("-", "_") for item in present}
        return [word for word in self.options if not said.intersection(self.said_by(word))]

    def said_by(self, word: str) -> list[str]:
        """What an option may be that says ``word``."""
        return [word, f"{self.name}_{word}"]


@dataclass(frozen=True, slots=True)
class WantedView:
    """A list of the open tickets that carry a tag."""

    title: str
    tag: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Everything that a site wants of its helpdesk; without ``webhook_url`` no webhook is wanted.

    ``time_webhook_url`` is where changes of time are sent, when the same site is a time tracker too.
    """

    ticket_fields: tuple[WantedField, ...] = ()
    organization_fields: tuple[WantedField, ...] = ()
    views: tuple[WantedView, ...] = ()
    webhook_url: str | None = None
    time_webhook_url: str | None = None


class Action(StrEnum):
    """What a step does.

    ``keep``      it is as it should be
    ``create``    it is not there
    ``complete``  it is there and lacks something
    ``remove``    we made it, and it is to go
    ``conflict``  something of that name is there and cannot be used; a person must decide
    ``by_hand``   the product lets nobody do or see it through its API; a person does it, and ``detail`` says how
    ``undone``    it is seen to be missing or otherwise than it should be, and a person does it, as ``detail`` says
    """

    KEEP = "keep"
    CREATE = "create"
    COMPLETE = "complete"
    REMOVE = "remove"
    CONFLICT = "conflict"
    BY_HAND = "by_hand"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what is done to which kind of thing (``ticket field``, ``webhook`` …) of which title."""

    action: Action
    kind: str
    title: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """A step with what does it; ``do`` is ``None`` where there is nothing to do."""

    step: Step
    do: Callable[[], object] | None = None


Stage = Callable[[Wanted], Iterable[Job]]
"""Looks at the product and says what there is to do; the jobs of a stage may rest on those of the one before."""


def done(jobs: Iterable[Job]) -> Iterator[Step]:
    """Do the jobs one by one; yield each step when it is done."""
    for job in jobs:
        if job.do is not None:
            job.do()
        yield job.step


class Preparation(ABC):
    """Makes one helpdesk ready through its API, stage by stage.

    Every method raises :class:`connectors.errors.ConnectorError`; what was done until then stays, and is found by the
    next look.
    """

    @abstractmethod
    def stages(self) -> Sequence[Stage]:
        """What is made, in this order."""

    @abstractmethod
    def removal_stages(self) -> Sequence[Stage]:
        """What is taken away, in this order: what refers to something goes before it."""

    @abstractmethod
    def signing_secret(self, wanted: Wanted) -> SecretStr | None:
        """The secret that proves calls of our webhook; ``None`` while there is no webhook."""

    def plan(self, wanted: Wanted) -> list[Step]:
        """What there is to do. Nothing is written."""
        return [job.step for stage in self.stages() for job in stage(wanted)]

    def prepare(self, wanted: Wanted) -> Iterator[Step]:
        """Do it; yield each step when it is done. Steps in conflict, and what a person does, are left."""
        for stage in self.stages():
            yield from done(stage(wanted))

    def plan_removal(self, wanted: Wanted) -> list[Step]:
        """What of ``wanted`` we made, and would take away."""
        return [job.step for stage in self.removal_stages() for job in stage(wanted)]

    def remove(self, wanted: Wanted) -> Iterator[Step]:
        """Take away what we made; yield each step when it is done."""
        for stage in self.removal_stages():
            yield from done(stage(wanted))


@runtime_checkable
class Preparable(Protocol):
    """A helpdesk that can be made ready."""

    preparation: Preparation


@dataclass(frozen=True, slots=True)
class Script:
    """What an administrator runs on the product's own machine. It holds no secret; ``howto`` says what to do with it,
    where ``{file}`` stands for the file that it is in."""

    text: str
    howto: Sequence[str]


class ScriptedPreparation(Preparation):
    """Of a helpdesk whose API cannot do all of it, and whose own tools can: by a script that we write.

    A script does everything that is wanted, whatever is there already; running it twice changes nothing. Making one
    asks the product nothing. Raises :class:`connectors.errors.Invalid` for what no script can do.
    """

    @abstractmethod
    def script(self, wanted: Wanted) -> Script:
        """A script that makes the helpdesk ready."""

    @abstractmethod
    def removal_script(self, wanted: Wanted) -> Script:
        """A script that takes back what ours made."""
