"""The import rules of the design, read from the source itself."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("care_sync", "connectors", "rules")
MAY_IMPORT = {"rules": {"rules"}, "connectors": {"connectors"}, "care_sync": set(PACKAGES)}


def modules() -> list[Path]:
    return sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path: Path, *, at_module_level_only: bool = False) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = top_level(tree) if at_module_level_only else ast.walk(tree)
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            assert node.module is not None
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def top_level(tree: ast.Module) -> Iterator[ast.stmt]:
    for node in tree.body:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        yield node


def test_the_rules_and_the_connectors_import_nothing_else_of_ours() -> None:
    trespasses = [
        f"{name_of(path)} imports {name}"
        for path in modules()
        for name in imported(path)
        if (top := name.split(".")[0]) in PACKAGES and top not in MAY_IMPORT[path.relative_to(ROOT).parts[0]]
    ]
    assert trespasses == []


def test_only_the_store_knows_sql() -> None:
    trespasses = [
        name_of(path)
        for path in modules()
        if not name_of(path).startswith("care_sync.store")
        and any(name.split(".")[0] in {"sqlalchemy", "alembic", "sqlite3", "psycopg"} for name in imported(path))
    ]
    assert trespasses == []


def test_the_model_is_the_ground_floor() -> None:
    allowed = ("care_sync.model", "rules", "connectors.records")
    trespasses = [
        f"{name_of(path)} imports {name}"
        for path in modules()
        if name_of(path).startswith("care_sync.model")
        for name in imported(path)
        if name.split(".")[0] in PACKAGES and not f"{name}.".startswith(tuple(f"{part}." for part in allowed))
    ]
    assert trespasses == []


def test_the_model_loads_no_database_web_server_or_http_client() -> None:
    heavy = {"sqlalchemy", "alembic", "fastapi", "requests", "pydantic_settings", "jinja2", "typer"}
    names = [name_of(path) for path in modules() if name_of(path).startswith("care_sync.model")]
    code = f"import sys, importlib\nfor name in {names!r}: importlib.import_module(name)\nprint(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert heavy.isdisjoint(loaded.stdout.split())


def test_the_rules_read_no_clock() -> None:
    calls = ("datetime.now", "date.today", "datetime.today", "time.time", "datetime.utcnow")
    trespasses = [
        name_of(path)
        for path in modules()
        if path.relative_to(ROOT).parts[0] == "rules"
        and any(call in path.read_text(encoding="utf-8") for call in calls)
    ]
    assert trespasses == []


def test_no_two_modules_import_each_other_in_a_circle() -> None:
    known = {name_of(path) for path in modules()}
    graph = {
        name_of(path): {name for name in imported(path, at_module_level_only=True) if name in known} - {name_of(path)}
        for path in modules()
    }
    finished: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        if name in trail:
            pytest.fail("imports in a circle: " + " → ".join((*trail[trail.index(name) :], name)))
        if name in finished:
            return
        for target in sorted(graph[name]):
            visit(target, (*trail, name))
        finished.add(name)

    for name in sorted(graph):
        visit(name, ())


def test_no_module_has_outgrown_one_sitting() -> None:
    long = {name_of(path): lines for path in modules() if (lines := len(path.read_text().splitlines())) > 400}
    assert long == {}


def test_no_two_folders_import_each_other_in_a_circle() -> None:
    """A module that stands in no folder of a package counts as one of its own."""
    known = {name_of(path): folder_of(path) for path in modules()}
    arrows = {
        (folder_of(path), known[name])
        for path in modules()
        for name in imported(path)
        if name in known and known[name] != folder_of(path)
    }
    circles = [arrow for arrow in sorted(arrows) if arrow[0] in reachable(arrows, arrow[1])]
    assert circles == []


def folder_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:2])


def reachable(arrows: set[tuple[str, str]], start: str) -> set[str]:
    reached, waiting = {start}, [start]
    while waiting:
        folder = waiting.pop()
        following = {target for source, target in arrows if source == folder} - reached
        reached |= following
        waiting.extend(following)
    return reached


LONGEST_FUNCTION = 50
"""Lines, from ``def`` to the end, in the folders below."""

SHORT = ("care_sync/cli", "care_sync/demo", "care_sync/billing")


def functions(path: Path) -> Iterator[ast.FunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_functions_fit_on_a_screen() -> None:
    lines = {
        f"{name_of(path)}.{function.name}": (function.end_lineno or 0) - function.lineno + 1
        for folder in SHORT
        for path in (ROOT / folder).rglob("*.py")
        for function in functions(path)
    }
    assert {name: count for name, count in lines.items() if count > LONGEST_FUNCTION} == {}
