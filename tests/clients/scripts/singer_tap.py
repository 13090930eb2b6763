"""Run a Singer tap from its discovery to its last record, and count the records of each stream."""

import contextlib
import io
import json
import sys
import tempfile
from collections import Counter
from pathlib import Path


def count(main, config, streams):
    folder = Path(tempfile.mkdtemp())
    (folder / "config.json").write_text(json.dumps(config))

    def run(*arguments):
        sys.argv = ["tap", "--config", str(folder / "config.json"), *arguments]
        written = io.StringIO()
        with contextlib.redirect_stdout(written):
            main()
        return written.getvalue()

    catalog = json.loads(run("--discover"))
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if entry["breadcrumb"] == []:
                entry["metadata"]["selected"] = stream["tap_stream_id"] in streams
    (folder / "catalog.json").write_text(json.dumps(catalog))
    lines = [
        json.loads(line) for line in run("--catalog", str(folder / "catalog.json")).splitlines() if line[:1] == "{"
    ]
    counted = Counter(line["stream"] for line in lines if line["type"] == "RECORD")
    print(json.dumps({stream: counted[stream] for stream in streams}))
