"""The HTTP client that all connectors share: what it repeats, what it never repeats, and what it never tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from care_sync.clock import ManualClock
from connectors.errors import (
    ConnectorError,
    Invalid,
    Limited,
    Malformed,
    NotFound,
    PermissionMissing,
    Unavailable,
    WrongCredentials,
)
from connectors.http import ATTEMPTS, HttpClient, Left, Limits, server_time
from connectors.protocols import BudgetState, Environment
from connectors.sandbox.server import Answer, FaultKind, Request, SandboxServer

SECRET = "never-to-be-seen"
START = datetime(2026, 10, 26, 11, 0, tzinfo=UTC)


class Product(SandboxServer):
    """A product that answers what it is told to, and counts what it did."""

    takes_anything = True

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock.now)
        self.script: list[Answer] = []
        self.done: list[Request] = []

    def answer(self, request: Request) -> Answer:
        self.done.append(request)
        return self.script.pop(0) if self.script else Answer(data={"ok": True})


class Bench:
    """A product, a client for it, and what the client waited."""

    def __init__(self, product: Product, clock: ManualClock) -> None:
        self.product = product
        self.clock = clock
        self.waited: list[float] = []
        self.kept: dict[str, BudgetState] = {}
        self.client = self.make()

    def make(self, limits: Limits | None = None, within: HttpClient | None = None) -> HttpClient:
        environment = Environment(self.clock.now, self.sleep, self)
        authorization = {"Authorization": SecretStr(SECRET)}
        return HttpClient("shop", self.product.base_url, authorization, environment, limits or Limits(), within)

    def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.clock.sleep(seconds)

    def load(self, account: str) -> BudgetState | None:
        return self.kept.get(account)

    def save(self, account: str, state: BudgetState) -> None:
        self.kept[account] = state


@pytest.fixture
def bench() -> Iterator[Bench]:
    clock = ManualClock(START)
    with Product(clock) as product:
        yield Bench(product, clock)


def test_an_answer_comes_with_its_status_headers_and_data(bench: Bench) -> None:
    answer = bench.client.request("GET", "/things", params={"page": 2})

    assert (answer.status, answer.data) == (200, {"ok": True})
    assert answer.headers["content-type"] == answer.headers["Content-Type"]
    assert server_time(answer) == START
    assert bench.product.done[0].query == {"page": "2"}
    assert bench.product.done[0].headers["authorization"] == SECRET


def test_an_empty_body_is_nothing(bench: Bench) -> None:
    bench.product.script = [Answer(204, is_empty=True)]

    assert bench.client.request("DELETE", "/things/1").data is None


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Invalid),
        (401, WrongCredentials),
        (402, PermissionMissing),
        (403, PermissionMissing),
        (404, NotFound),
        (409, Invalid),
        (410, NotFound),
        (413, Invalid),
        (422, Invalid),
        (302, Invalid),
    ],
)
def test_each_refusal_has_its_own_error_and_is_not_repeated(
    bench: Bench, status: int, kind: type[ConnectorError]
) -> None:
    bench.product.script = [Answer(status, {"error": "x"})] * 9

    with pytest.raises(kind) as raised:
        bench.client.request("GET", "/things")

    assert len(bench.product.done) == 1
    assert raised.value.status == status
    assert raised.value.request == "GET /things"


def test_a_status_that_the_caller_expects_is_given_back(bench: Bench) -> None:
    bench.product.script = [Answer(400, {"code": 501})]

    answer = bench.client.request("GET", "/things", accept=frozenset({400}))

    assert (answer.status, answer.data) == (400, {"code": 501})


@pytest.mark.parametrize("kind", [FaultKind.DOWN, FaultKind.LOST_BEFORE, FaultKind.CUT_OFF, FaultKind.MALFORMED])
def test_a_safe_request_is_repeated_until_it_succeeds(bench: Bench, kind: FaultKind) -> None:
    bench.product.faults.add(kind, times=ATTEMPTS - 1)

    assert bench.client.request("GET", "/things").data == {"ok": True}
    assert len(bench.waited) == ATTEMPTS - 1


def test_a_product_that_stays_down_is_given_up(bench: Bench) -> None:
    bench.product.faults.add(FaultKind.DOWN)

    with pytest.raises(Unavailable):
        bench.client.request("GET", "/things")

    assert len(bench.product.requests) == ATTEMPTS


def test_a_post_that_only_reads_is_repeated_when_it_is_called_safe(bench: Bench) -> None:
    bench.product.faults.add(FaultKind.LOST_AFTER, times=1)

    assert bench.client.request("POST", "/search", json={}, safe=True).data == {"ok": True}


@pytest.mark.parametrize("kind", [FaultKind.LOST_BEFORE, FaultKind.LOST_AFTER, FaultKind.CUT_OFF, FaultKind.MALFORMED])
def test_a_write_whose_answer_was_lost_is_uncertain_and_never_repeated(bench: Bench, kind: FaultKind) -> None:
    bench.product.faults.add(kind, times=1)

    with pytest.raises(ConnectorError) as raised:
        bench.client.request("POST", "/things", json={"name": "x"})

    assert raised.value.uncertain
    assert isinstance(raised.value, (Unavailable, Malformed))
    assert len(bench.product.requests) == 1


def test_a_write_that_certainly_was_not_done_is_repeated(bench: Bench) -> None:
    bench.product.script = [Answer(429, {}, {"Retry-After": "7"})]

    bench.client.request("POST", "/things", json={"name": "x"})

    assert [request.method for request in bench.product.done] == ["POST", "POST"]


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 520])
def test_an_error_of_the_server_proves_nothing_about_a_write(bench: Bench, status: int) -> None:
    bench.product.script = [Answer(status, {}, {"Retry-After": "1"})] * 2

    with pytest.raises(Unavailable) as raised:
        bench.client.request("PUT", "/things/1", json={})

    assert raised.value.uncertain
    assert len(bench.product.done) == 1


def test_a_connection_that_was_never_made_proves_that_nothing_was_done(bench: Bench) -> None:
    bench.product.stop()

    with pytest.raises(Unavailable) as raised:
        bench.client.request("POST", "/things", json={})

    assert not raised.value.uncertain
    assert len(bench.waited) == ATTEMPTS - 1


def test_a_product_in_maintenance_says_when_to_come_back(bench: Bench) -> None:
    bench.product.script = [Answer(503, {}, {"Retry-After": "7"})]

    assert bench.client.request("GET", "/things").data == {"ok": True}
    assert bench.waited == [7]


def test_a_long_maintenance_is_not_waited_out(bench: Bench) -> None:
    bench.product.script = [Answer(503, {}, {"Retry-After": "3600"})]

    with pytest.raises(Unavailable) as raised:
        bench.client.request("GET", "/things")

    assert raised.value.retry_after_seconds == 3600
    assert bench.waited == []


@pytest.mark.parametrize("retry_after", ["7", "Mon, 26 Oct 2026 11:00:07 GMT"], ids=["seconds", "a date"])
def test_a_short_limit_is_waited_out(bench: Bench, retry_after: str) -> None:
    bench.product.script = [Answer(429, {}, {"Retry-After": retry_after})]

    assert bench.client.request("GET", "/things").status == 200
    assert bench.waited == [7]


def test_a_long_limit_is_told_and_not_waited_out(bench: Bench) -> None:
    bench.product.script = [Answer(429, {}, {"Retry-After": "600"})]

    with pytest.raises(Limited) as raised:
        bench.client.request("GET", "/things")

    assert raised.value.retry_after_seconds == 600
    assert bench.waited == []


BUDGET = Limits(account="shop:1", remaining="X-Left", resets_in="X-Resets-In", quota_status=402, reserve=2)


def left(number: int, seconds: int = 1800) -> dict[str, str]:
    return {"X-Left": str(number), "X-Resets-In": str(seconds)}


def test_what_is_left_is_kept_by_the_host(bench: Bench) -> None:
    bench.product.script = [Answer(headers=left(12))]

    bench.make(BUDGET).request("GET", "/things")

    assert bench.kept == {"shop:1": BudgetState(12, START + timedelta(minutes=30))}


def test_the_reserve_is_never_used_not_even_after_a_restart(bench: Bench) -> None:
    bench.product.script = [Answer(headers=left(2))]
    bench.make(BUDGET).request("GET", "/things")

    with pytest.raises(Limited) as raised:
        bench.make(BUDGET).request("GET", "/things")

    assert raised.value.retry_after_seconds == 1800
    assert len(bench.product.done) == 1
    bench.clock.advance(timedelta(minutes=31))
    assert bench.make(BUDGET).request("GET", "/things").status == 200


def test_used_up_and_not_in_the_plan_are_told_apart_by_the_headers(bench: Bench) -> None:
    bench.product.script = [Answer(402, "", left(0, 900)), Answer(402, "")]
    with pytest.raises(Limited) as limited:
        bench.make(BUDGET).request("GET", "/things")
    assert limited.value.retry_after_seconds == 900

    bench.kept.clear()
    with pytest.raises(PermissionMissing):
        bench.make(BUDGET).request("GET", "/things")


@pytest.mark.parametrize("word", ["inf", "nan", "-", "1e300", ""])
def test_a_budget_that_says_nothing_is_not_kept(bench: Bench, word: str) -> None:
    bench.product.script = [Answer(headers={"X-Left": word, "X-Resets-In": "60"})]

    assert bench.make(BUDGET).request("GET", "/things").status == 200
    assert bench.kept == {}


def test_a_budget_may_be_told_in_a_way_of_the_products_own(bench: Bench) -> None:
    bench.product.script = [Answer(headers={"Budget": "left 7 of 10, anew in 20 s"})]

    def read(headers: Mapping[str, str]) -> Left | None:
        words = headers.get("budget", "").split()
        return Left(int(words[1]), int(words[6])) if words else None

    bench.make(Limits(account="shop:own", left=read)).request("GET", "/things")

    assert bench.kept == {"shop:own": BudgetState(7, START + timedelta(seconds=20))}


def test_a_budget_within_another_uses_both_up(bench: Bench) -> None:
    whole = bench.make(BUDGET)
    part = bench.make(Limits(account="shop:part", remaining="X-Part-Left", resets_in="X-Part-Resets-In"), within=whole)
    bench.product.script = [Answer(headers={**left(2), "X-Part-Left": "9", "X-Part-Resets-In": "20"})]
    part.request("GET", "/things")

    assert {account: state.remaining for account, state in bench.kept.items()} == {"shop:1": 2, "shop:part": 9}
    with pytest.raises(Limited):
        part.request("GET", "/things")
    assert len(bench.product.done) == 1


def test_a_host_that_is_not_there_is_unavailable(bench: Bench) -> None:
    bench.product.stop()

    with pytest.raises(Unavailable) as raised:
        bench.client.request("GET", "/things")

    assert raised.value.remedy


def test_no_secret_is_told(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    told = [repr(bench.client), repr(bench.client.request("GET", "/things"))]
    for status in (400, 401, 403, 500):
        bench.product.script = [Answer(status, {"echo": SECRET})] * ATTEMPTS
        with pytest.raises(ConnectorError) as raised:
            bench.client.request("GET", "/things")
        told += [str(raised.value), repr(raised.value), str(raised.value.__dict__)]

    assert SECRET not in " ".join([*told, caplog.text])
