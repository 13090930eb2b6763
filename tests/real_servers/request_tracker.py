"""A real Request Tracker of the tests' own: Debian's package, on loopback, in a temporary folder, gone afterwards.

It is started where the machine has the package; nothing is installed here (``.ci/run`` does that).

Terms
    site configuration   a file that says where everything of a site is; ours is named by ``RT_SITE_CONFIG``, so that
                         the configuration of the machine is neither read nor changed, and no right beyond the folder
                         is needed
    mail                 is written to files in the folder and never leaves
    receiver             takes the calls of the site's webhook, so that a test can look at them
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from care_sync.clock import SystemClock
from connectors.preparation import Wanted, WantedField, WantedFieldKind
from connectors.request_tracker.script import preparation_script
from connectors.request_tracker.settings import RequestTrackerSettings
from connectors.sandbox.request_tracker_state import OF_ASSETS, OF_TICKETS, OF_TRANSACTIONS
from connectors.sandbox.server import Answer, Request, SandboxServer

INSTALLATION = Path("/usr/share/request-tracker5")
SERVER = INSTALLATION / "libexec" / "rt-server"
SET_UP = "rt-setup-database-5"
SEED = Path(__file__).with_name("request_tracker_seed.pl")
WORKERS = 2
"""One would wait for itself when its webhook's receiver reads a ticket back."""
STEP_SECONDS = 100
"""The longest that one step of making, starting or stopping the site may take."""
CONFIGURATION = """\
Set($rtname, 'care.example');
Set($Organization, 'care.example');
Set($CorrespondAddress, 'support@example.org');
Set($CommentAddress, 'support-comment@example.org');
Set($WebDomain, '127.0.0.1');
Set($WebPort, {port});
Set($WebBaseURL, 'http://127.0.0.1:{port}');
Set($Timezone, 'Europe/Amsterdam');
Set($DatabaseType, 'SQLite');
Set($DatabaseName, '{folder}/database.sqlite');
Set($LogToSyslog, undef);
Set($LogToSTDERR, 'warning');
Set($MailCommand, 'mbox');
# Every request with a token computes such a hash: at the usual cost it takes 0.2 seconds.
Set($BcryptCost, 4);
Set($CareSyncWebhookSecret, '{webhook_secret}');
$RT::MasonDataDir = '{folder}/mason';
$RT::MasonSessionDir = '{folder}/sessions';
$RT::VarPath = '{folder}/var';
1;
"""


@dataclass(frozen=True, slots=True)
class CustomField:
    """A custom field that is applied everywhere: ``of`` what, with ``options`` to select, or for ``several`` values."""

    name: str
    of: str = OF_TICKETS
    options: tuple[str, ...] = ()
    several: bool = False
    is_date: bool = False

    def wanted(self, name: str) -> WantedField:
        """As a site wants it that calls it ``name``."""
        kind = (
            WantedFieldKind.DATE if self.is_date else WantedFieldKind.CHOICE if self.options else WantedFieldKind.TEXT
        )
        return WantedField(name, self.name, kind, {word: word for word in self.options})

    @property
    def definition(self) -> dict[str, Any]:
        """As Request Tracker's initial data has it."""
        kind = "Date" if self.is_date else "Select" if self.options else "Freeform"
        values = [{"Name": word, "SortOrder": place} for place, word in enumerate(self.options)]
        kind += "Multiple" if self.several else "Single"
        return {"Name": self.name, "Type": kind, "LookupType": self.of, **({"Values": values} if values else {})}


YES_OR_NO = ("yes", "no")
FIELDS: Mapping[str, CustomField] = {
    "kind": CustomField(
        "Soort",
        options=(
            *("incident", "short_question", "admin_question", "change", "new_build"),
            *("consultancy", "training", "quote_request", "other"),
        ),
    ),
    "service": CustomField("Dienst"),
    "worked_before": CustomField("Werkte eerder", options=YES_OR_NO),
    "cause": CustomField(
        "Oorzaak",
        options=("care", "third_party", "customer", "general_development", "hourly_assignment", "quoted_assignment"),
    ),
    "fix_adopted": CustomField("Oplossing overgenomen", options=YES_OR_NO),
    "delivered_on": CustomField("Opgeleverd op", is_date=True),
    "expected_minutes": CustomField("Verwachte minuten"),
    "clear": CustomField("Opdracht duidelijk", options=YES_OR_NO),
    "quote": CustomField(
        "Offerte", options=("none", "requested", "estimated", "interested", "sent", "accepted", "declined")
    ),
    "quote_basis": CustomField("Offertebasis", options=("fixed", "time_and_materials")),
    "acceptance": CustomField("Acceptatie", options=("none", "on_acceptance", "approved", "delivered")),
    "estimate": CustomField("Schatting", options=("none", "given", "agreed")),
    "care_scope": CustomField("CARE scope"),
    "care_route": CustomField("CARE betaling"),
    "care_next_step": CustomField("CARE volgende stap"),
    "care_minutes": CustomField("CARE minuten"),
    "care_card_minutes": CustomField("CARE strippenkaartminuten"),
    "care_questions": CustomField("CARE vragen"),
}
"""The tickets' fields that facts and decisions stand in, by our names."""
CUSTOMER, TAGS = CustomField("Klant"), CustomField("Tags", several=True)
WORKED_ON = CustomField("Worked on", of=OF_TRANSACTIONS, is_date=True)
ACTIVITY = CustomField("Activity", of=OF_TRANSACTIONS, several=True)
ORGANIZATION_FIELDS: Mapping[str, CustomField] = {
    "sla": CustomField("SLA", of=OF_ASSETS, options=YES_OR_NO),
    "covered_services": CustomField("Diensten", of=OF_ASSETS),
}
EVERY_FIELD = (*FIELDS.values(), CUSTOMER, TAGS, WORKED_ON, ACTIVITY, *ORGANIZATION_FIELDS.values())
"""What the site is made with, and the sandbox of the tests too."""


class WebhookReceiver(SandboxServer):
    """Keeps every call of the webhook."""

    takes_anything = True

    def __init__(self) -> None:
        super().__init__(SystemClock().now)
        self._calls: list[Request] = []
        self._came = threading.Condition()

    def answer(self, request: Request) -> Answer:
        """Take a call; who only looks whether somebody is there is told so."""
        if request.method != "POST":
            return Answer(404)
        with self._came:
            self._calls.append(request)
            self._came.notify_all()
        return Answer(202)

    def call_about(self, ticket_id: str, worked: str | None = None) -> Request:
        """The newest call about a ticket, or about this booking on it; waited for when there is none yet."""

        def newest() -> Request | None:
            about = [one for one in self._calls if str(one.json["ticket"]) == ticket_id]
            told = [one for one in about if worked is None or int(worked) in one.json["worked"]]
            return told[-1] if told else None

        with self._came:
            found = self._came.wait_for(newest, STEP_SECONDS)
        assert found is not None, f"no call about ticket {ticket_id} came"
        return found

    def paths_told(self, ticket_id: str) -> set[str]:
        """Where calls about a ticket came in."""
        with self._came:
            return {one.path for one in self._calls if str(one.json["ticket"]) == ticket_id}

    def transactions_told(self, ticket_id: str) -> set[int]:
        """The numbers of the transactions of which calls about a ticket told."""
        with self._came:
            return {
                number
                for one in self._calls
                if str(one.json["ticket"]) == ticket_id
                for number in one.json["transactions"]
            }


@dataclass(frozen=True, slots=True)
class RealRequestTracker:
    """A running site: its address, the password of ``root``, the one that agents share, CareSync's token and root's.

    ``access_log`` has a line for every request; ``mail`` is the folder of the files with the mail that would have left;
    ``load`` loads a file of initial data, as an administrator does, and gives what was printed; ``script`` is
    the one of CareSync that was loaded at first.
    """

    url: str
    root_password: str
    agent_password: str
    token: str
    administrator_token: str
    webhook_secret: str
    receiver: WebhookReceiver
    access_log: Path
    mail: Path
    load: Callable[[Path], str]
    script: Path


def absent() -> str | None:
    """Why no Request Tracker can be started on this machine; ``None`` when it can."""
    if not SERVER.exists() or shutil.which(SET_UP, path=_path()) is None or not _has_sqlite():
        return (
            "Request Tracker is not on this machine "
            "(Debian: apt-get install request-tracker5 rt5-db-sqlite rt5-standalone msmtp-mta)"
        )
    return None


@contextmanager
def running(folder: Path) -> Iterator[RealRequestTracker]:
    """Make a new site in ``folder``, serve it, and stop it afterwards."""
    assert (reason := absent()) is None, reason
    folder = folder.resolve()
    for name in ("mason", "sessions", "var", "more", "temporary"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    webhook_secret = secrets.token_hex(16)
    receiver = WebhookReceiver()
    configuration = folder / "RT_SiteConfig.pm"
    configuration.write_text(CONFIGURATION.format(port=port, folder=folder, webhook_secret=webhook_secret))
    root_password, agent_password = secrets.token_hex(16), secrets.token_hex(16)
    password_file, token_file, administrators = folder / "root.password", folder / "token", folder / "token.root"
    password_file.write_text(root_password)
    fields_file = folder / "fields.json"
    fields_file.write_text(
        json.dumps([field.definition for field in (WORKED_ON, ACTIVITY, *ORGANIZATION_FIELDS.values())])
    )
    environment = {
        "PATH": _path(),
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "TZ": "Etc/UTC",
        "TMPDIR": str(folder / "temporary"),
        "RT_SITE_CONFIG": str(configuration),
        "RT_SITE_CONFIG_DIR": str(folder / "more"),
    }
    of_seed = {
        "TOKEN_FILE": str(token_file),
        "ADMINISTRATOR_TOKEN_FILE": str(administrators),
        "FIELDS_FILE": str(fields_file),
        "CARESYNC_PASSWORD": secrets.token_hex(16),
        "AGENT_PASSWORD": agent_password,
    }
    _run([SET_UP, "--action", "init", "--skip-create", "--root-password-file", str(password_file)], environment)
    _load(SEED, {**environment, **of_seed})
    script_file = folder / "care_sync.pl"
    script_file.write_text(_script(port, token_file.read_text(), receiver.base_url))
    _load(script_file, environment)
    access_log = folder / "access.log"
    with receiver, _served(folder, environment, port, access_log) as url:
        yield RealRequestTracker(
            url=url,
            root_password=root_password,
            agent_password=agent_password,
            token=token_file.read_text(),
            administrator_token=administrators.read_text(),
            webhook_secret=webhook_secret,
            receiver=receiver,
            access_log=access_log,
            mail=folder / "var",
            load=lambda file: _load(file, environment),
            script=script_file,
        )


def _script(port: int, token: str, webhook_url: str) -> str:
    """What CareSync writes for the site's administrator: fields, rights and scrips for every queue."""
    settings = RequestTrackerSettings.model_validate(
        {
            "base_url": f"http://127.0.0.1:{port}",
            "token": token,
            "tags_field": TAGS.name,
            "customers": {"ticket_field": CUSTOMER.name},
        }
    )
    fields = tuple(field.wanted(name) for name, field in FIELDS.items())
    return preparation_script(Wanted(ticket_fields=fields, webhook_url=webhook_url), settings).text


def _load(file: Path, environment: Mapping[str, str]) -> str:
    return _run([SET_UP, "--action", "insert", "--skip-create", "--datafile", str(file)], environment)


def _path() -> str:
    return f"{os.environ.get('PATH', '')}:/usr/sbin"


def _has_sqlite() -> bool:
    asked = ["perl", "-MDBD::SQLite", "-MStarlet", "-e1"]
    return subprocess.run(asked, capture_output=True, check=False, timeout=STEP_SECONDS).returncode == 0


def _run(command: list[str], environment: Mapping[str, str]) -> str:
    done = subprocess.run(
        command, cwd="/", env=environment, capture_output=True, text=True, check=False, timeout=STEP_SECONDS
    )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout[-2000:]} {done.stderr[-2000:]}")
    return done.stdout


@contextmanager
def _served(folder: Path, environment: Mapping[str, str], port: int, access_log: Path) -> Iterator[str]:
    url = f"http://127.0.0.1:{port}"
    options = {"host": "127.0.0.1", "port": port, "max-workers": WORKERS, "access-log": access_log}
    command = [str(SERVER), *(str(part) for name, value in options.items() for part in (f"--{name}", value))]
    log_file = folder / "server.log"
    with (
        log_file.open("w") as log,
        subprocess.Popen(command, cwd="/", env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log) as server,
    ):
        try:
            _wait_for_answer(url, server, log_file)
            yield url
        finally:
            server.terminate()
            try:
                server.wait(STEP_SECONDS)
            except subprocess.TimeoutExpired:
                server.kill()


def _wait_for_answer(url: str, server: subprocess.Popen[bytes], log_file: Path) -> None:
    """The server says nowhere that it is ready: ask until it answers, with anything."""
    give_up = time.monotonic() + STEP_SECONDS
    while time.monotonic() < give_up and server.poll() is None:
        try:
            requests.get(f"{url}/REST/2.0/rt", timeout=STEP_SECONDS)
            return
        except requests.ConnectionError:
            time.sleep(0.1)
    raise RuntimeError(f"Request Tracker did not start: {log_file.read_text()[-2000:]}")
