"""Windows whose numbered pages shift while they are read, for every tracker that reads them so."""

from __future__ import annotations

import pytest

from connectors.conformance.tracker_bed import TODAY, TrackerBed, at
from connectors.errors import Malformed


def read_while_it_changes(bed: TrackerBed, change: str) -> None:
    """Somebody deletes or enters work between the first page and the next: what is there is read, each once."""
    ids = {bed.write_down(at(8, minute=number), 900) for number in range(15)}
    pages = bed.tracker().entries_between(TODAY, TODAY)
    found = [entry.id for entry in next(pages).entries]
    if change == "delete":
        bed.delete(found[0])
    else:
        ids.add(bed.write_down(at(7), 900, person="Bert"))
        ids.add(bed.write_down(at(11), 900, person="Bert"))

    found += [entry.id for page in pages for entry in page.entries]

    assert sorted(found) == sorted(ids)


def read_while_it_never_stands_still(bed: TrackerBed) -> None:
    """Somebody enters work at every page: the reading is given up, to be made later."""
    for number in range(12):
        bed.write_down(at(8, minute=number), 900)

    pages = bed.tracker().entries_between(TODAY, TODAY)
    with pytest.raises(Malformed, match="kept") as raised:
        [bed.write_down(at(9), 900) for _ in pages]

    assert raised.value.retryable
