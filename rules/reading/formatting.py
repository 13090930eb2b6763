"""Writing a rules file tidily: the same indentation and spacing everywhere, comments and order kept.

Promise: only the look changes. What a formatted file says is read again and compared with what it said before; when
anything differs, nothing is written. Formatting twice is formatting once.
"""

from __future__ import annotations

import re
from dataclasses import replace
from io import StringIO

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from rules.model.definition import Definition
from rules.model.errors import Problem, RulesError
from rules.reading.definition_file import read_definition

WIDTH = 100_000
"""Lines are as long as people wrote them: a reason stays on its line."""


def formatted(text: str, source: str = "rules") -> str:
    """The tidy text of a rules file.

    Raises :class:`RulesError` for text that is no rules file, and for one whose meaning would change.
    """
    before = read_definition(text, source)
    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True
    yaml.width = WIDTH
    yaml.indent(mapping=2, sequence=4, offset=2)
    out = StringIO()
    try:
        yaml.dump(yaml.load(text.removeprefix("\ufeff").replace("\r\n", "\n")), out)
    except YAMLError as error:
        raise RulesError([Problem(f"cannot be formatted: {error}".splitlines()[0], source)]) from None
    tidy = "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"
    after = read_definition(tidy, source)
    if _meaning(before) != _meaning(after):
        raise RulesError([Problem("formatting would change what it says; this is a defect of CareSync", source)])
    return tidy


def _meaning(definition: Definition) -> str:
    """What a definition says, without where it says it."""
    plain = replace(definition, text="", hash="", source="")
    return _without_places(repr(plain))


def _without_places(text: str) -> str:
    return re.sub(r"(line|column)=\d+", "", text)
