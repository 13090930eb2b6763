"""``care-sync rules diff``: what changed in meaning between two rules files."""

from __future__ import annotations

from typing import Annotated

import typer

from care_sync.cli.rules_input import RulesArgument, open_rules
from care_sync.errors import UserError
from care_sync.terminal import console, print_json, say
from rules.model.errors import TooEntangled
from rules.proving.diff import ChangedRegion, RulesDiff, diff_rules
from rules.proving.examples import in_words, region_in_words

SHOWN = 20


def diff(
    old: RulesArgument,
    new: RulesArgument,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")] = False,
) -> None:
    """Show what changed in meaning, not in text: proven equal, or each region that is decided differently.

    Ends with exit code 1 when something differs.

    ```
    care-sync rules diff shipped my-rules.yaml
    git show HEAD~1:rules.yaml | care-sync rules diff rules.yaml -
    ```
    """
    before, after = open_rules(old), open_rules(new)
    try:
        difference = diff_rules(before.definition, after.definition)
    except TooEntangled as error:
        raise UserError("These rules cannot be compared.", list(map(str, error.problems))) from None
    if as_json:
        print_json(difference.as_json())
    else:
        _tell(difference, old, new)
    if not difference.is_none:
        raise typer.Exit(1)


def _tell(difference: RulesDiff, old: str, new: str) -> None:
    if difference.is_none:
        console().print("[green]✓[/] equal in meaning: every situation is decided the same way")
        return
    for note in difference.notes:
        say(note)
    known = [region for region in difference.regions if not region.while_open]
    while_open = [region for region in difference.regions if region.while_open]
    for title, regions in (
        ("decided differently", known),
        ("answered differently while facts are unknown", while_open),
    ):
        if not regions:
            continue
        say(f"{old} → {new}: {sum(region.share for region in regions):.4%} of the situations {title}")
        for region in regions[:SHOWN]:
            _tell_region(region)
        if len(regions) > SHOWN:
            rest = sum(region.share for region in regions[SHOWN:])
            say(f"and {len(regions) - SHOWN} smaller regions with {rest:.4%} of the situations: --json shows them")


def _tell_region(region: ChangedRegion) -> None:
    say("")
    for box in region.boxes:
        say(region_in_words(box))
    for name, before in region.before.items():
        say(f"    {name:<10} {before} → {region.after[name]}")
    if region.judged_by:
        say(f"    only       {region.judged_by}")
    say(f"    example    {in_words(region.example)}")
    if region.rules_before or region.rules_after:
        say(f"    by         {', '.join(region.rules_before) or '-'} → {', '.join(region.rules_after) or '-'}")
