"""The reference is worth something only as long as it shares nothing with what it is a reference for."""

from __future__ import annotations

import ast
from pathlib import Path


def test_the_reference_imports_no_module_of_the_product_and_no_other_tests() -> None:
    allowed = {"tests.reference", "hypothesis", "pytest"}
    foreign = set()
    for path in Path(__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            foreign |= {name for name in names if name.split(".")[0] in {"care_sync", "rules", "connectors"}}
            foreign |= {
                name for name in names if name.startswith("tests") and not any(name.startswith(a) for a in allowed)
            }
    assert foreign == set()
