"""The rules of a site: reading them, holding them to their proof, and taking a changed file while work goes on.

Terms
    in force   the rule book that passes decide by
    sound      rules that load, that the settings' facts fit, that the proof holds for, and that pass their cases
    rejected   a changed file that is not sound: the previous rules stay in force

Promise: work begins with sound rules only, and a changed file is taken over only if it is sound; otherwise the reason
stands on the list of what needs attention until the file is corrected. While nothing changes, a look costs no more than
the dates of the rules and of their cases.
What a pass began with it ends with: the book is asked for once, at its beginning.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from care_sync.errors import UserError
from care_sync.logs import logger
from care_sync.model.facts import COMPUTED
from care_sync.rules_file import cases_beside, read_rules, rules_cases
from care_sync.settings import Settings
from care_sync.store import Store
from rules.deciding.rule_book import RuleBook
from rules.model.errors import nearest
from rules.model.facts import Fact, parse_fact
from rules.proving.cases import run_cases
from rules.proving.proof import prove

RULES_REFUSED = "rules_refused"
"""The kind of attention that a refused file gets."""

SUBJECT = "rules"
"""A site has one rules file; what is on the list is about that, wherever it lies."""

MOST_PROBLEMS = 5
"""Mistakes that one message names; the command in it shows them all."""

Stamp = tuple[int, ...]
"""What shows that a file was written: its dates, size and number."""


def site_rules(settings: Settings) -> RuleBook:
    """Read the rules of a site. Raises :class:`UserError` with every mistake and its place."""
    rules = read_rules(settings.rules.path)
    problems = list(_unusable_facts(settings, rules))
    if problems:
        raise UserError("The settings cannot be used with these rules.", problems)
    return rules


def sound_rules(settings: Settings) -> RuleBook:
    """The rules of a site, proven. Raises :class:`UserError` with what does not hold, each with its place.

    Those that come with CareSync were proven before they were shipped.
    """
    rules = site_rules(settings)
    if settings.rules.path is not None:
        problems = [
            f"{rules.source}:{violation.line}:{violation.column}: {violation.kind}: {violation.message}"
            + (f"; {violation.remedy}" if violation.remedy else "")
            for violation in prove(rules.definition).violations
        ]
        if problems:
            more = _and_more(len(problems) - MOST_PROBLEMS)
            raise UserError(f"The rules {settings.rules.path} do not hold.", [*problems[:MOST_PROBLEMS], *more])
        _require_cases(settings.rules.path, rules)
    return rules


def _require_cases(path: Path, book: RuleBook) -> None:
    """Raise :class:`UserError` when a case beside a site's rules fails."""
    cases = rules_cases(cases_beside(path), book)
    failures = list(run_cases(book, cases or ()))
    if failures:
        failed = ["; ".join(line.strip() for line in failure.lines()) for failure in failures]
        more = _and_more(len(failed) - MOST_PROBLEMS)
        raise UserError(f"The rules {path} do not pass their cases.", [*failed[:MOST_PROBLEMS], *more])


class RulesInForce:
    """The rule book that passes decide by, and what became of the newest file."""

    def __init__(self, settings: Settings) -> None:
        """Begin with the site's rules. Raises :class:`UserError` when they are not sound."""
        self._settings = settings
        self._path = settings.rules.path
        self._seen = self._stamp()
        self._is_settled = False
        self.book = sound_rules(settings)
        self.refusal = ""
        """Why the file as it stands was rejected; empty when it is in force."""

    def look(self, store: Store, now: datetime) -> None:
        """Take the file if it was written since and is sound; keep the list of what needs attention in step."""
        stamp = self._stamp()
        if stamp != self._seen:
            self._judge()
            self._seen = stamp
        if self.refusal:
            self._is_settled = False
            with store.begin() as work:
                work.attention.raise_(RULES_REFUSED, SUBJECT, self.refusal, now)
        elif not self._is_settled:
            with store.begin() as work:
                work.attention.resolve(RULES_REFUSED, [SUBJECT])
            self._is_settled = True

    def _judge(self) -> None:
        log = logger(__name__)
        try:
            book = sound_rules(self._settings)
        except UserError as error:
            self._refuse([error.message, *error.problems])
        except Exception as error:
            # Rules that could not be tried are rejected: whatever went wrong, passes must go on by proven rules.
            log.exception("changed rules could not be tried", file=str(self._path))
            self._refuse([f"Trying them failed: {type(error).__name__}, a defect of CareSync."])
        else:
            if book.hash != self.book.hash:
                log.info("changed rules are in force", file=str(self._path), hash=book.hash, before=self.book.hash)
                self.book = book
            self.refusal = ""

    def _refuse(self, problems: Sequence[str]) -> None:
        logger(__name__).error(
            "changed rules rejected; the previous rules stay in force",
            file=str(self._path),
            problems=list(problems),
            in_force=self.book.hash,
        )
        shown = [*problems[: MOST_PROBLEMS + 2], *_and_more(len(problems) - MOST_PROBLEMS - 2)]
        self.refusal = (
            f"The changed rules were rejected; the previous rules stay in force ({self.book.hash[:12]}). "
            f"{' · '.join(shown)} · "
            f"Correct the file: `care-sync rules check {self._path}` shows whether the rules hold, "
            f"`care-sync rules test {self._path}` whether they pass their cases."
        )

    def _stamp(self) -> Stamp:
        """What the file system says of the rules and of the cases beside them; nothing for those that came with us."""
        if self._path is None:
            return ()
        return (*_written(self._path), *_written(cases_beside(self._path)))


def _written(path: Path) -> Stamp:
    """What shows that a file was written again; the same for every file that is not there."""
    try:
        written = path.stat()
    except OSError:
        return (0,)
    return (written.st_mtime_ns, written.st_ctime_ns, written.st_size, written.st_ino)


def _and_more(left: int) -> list[str]:
    return [f"and {left} more"] if left > 0 else []


def _unusable_facts(settings: Settings, rules: RuleBook) -> Iterator[str]:
    """What the settings say of facts that the rules do not know, or values that they do not take."""
    yield from _fields_of_no_fact(settings, rules)
    known: dict[str, Fact] = {name: fact for name, fact in rules.facts.items() if name not in COMPUTED - {"sla"}}
    for name in {*settings.facts.values, *settings.facts.defaults} - known.keys():
        yield f"facts: {name!r} is not a fact that can be set here; known are {', '.join(sorted(known))}."
    for name, options in settings.facts.values.items():
        for option, word in options.items():
            if name in known and (problem := _problem(known[name], word)):
                yield f"facts.values.{name}.{option}: {word!r} {problem}."
    for name, value in settings.facts.defaults.items():
        if name in known and (problem := _problem(known[name], value)):
            yield f"facts.defaults.{name}: {value!r} {problem}."


def _fields_of_no_fact(settings: Settings, rules: RuleBook) -> Iterator[str]:
    """Fields of the helpdesk that fill a fact of the shipped policy, where these rules lack it: most likely renamed.

    What agents fill in there would be read and silently dropped. Fields that are no facts (``care_scope``, or one that
    a product needs itself) are not judged here.
    """
    fields: Mapping[str, object] = getattr(settings.helpdesk.options, "fields", {})
    unknown = [name for name in fields if name not in rules.facts]
    if settings.rules.path is None or not unknown:
        return
    shipped = read_rules(None).facts
    for name in unknown:
        if name in shipped:
            new = [other for other in rules.facts if other not in shipped and other not in fields]
            meant = nearest(name, new) or (new[0] if len(new) == 1 else None)
            hint = f"; if it is called {meant!r} now, map that name" if meant else ""
            yield f"helpdesk.fields.{name}: {name!r} is not a fact of these rules: its field would be ignored{hint}."


def _problem(fact: Fact, value: str) -> str:
    try:
        parse_fact(fact, value)
    except ValueError as error:
        return str(error)
    return ""
