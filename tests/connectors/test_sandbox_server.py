"""What every sandbox promises: nothing unknown passes, nothing makes it fall silent."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from connectors.sandbox.parameters import Parameters, read_json
from connectors.sandbox.server import Answer, FaultKind, Request, SandboxMisused, SandboxServer

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)


class Library(SandboxServer):
    """Lists books by author, and takes new ones."""

    def __init__(self) -> None:
        super().__init__(lambda: NOW)
        self.taken: list[Any] = []

    def answer(self, request: Request) -> Answer:
        if request.path == "/broken":
            raise ZeroDivisionError("no shelves")
        if request.path == "/token":
            return Answer(data=request.form.get("grant_type"))
        if request.method == "POST":
            if request.is_malformed:
                return Answer(400, {"error": "no JSON"})
            book = request.json["book"]
            self.taken.append((book["title"], book.get("shelf")))
            return Answer(201, {"title": book["title"]})
        if request.query.get("author") == "nobody":
            return Answer(404)
        return Answer(data=[])


@pytest.fixture
def library() -> Iterator[Library]:
    with Library() as server:
        yield server
        server.misuse.clear()


def ask(library: Library, method: str, path: str, **more: Any) -> requests.Response:
    return requests.request(method, library.base_url + path, timeout=10, **more)


def test_a_parameter_that_is_known_is_answered(library: Library) -> None:
    assert ask(library, "GET", "/books?author=Ruys").json() == []
    assert library.misuse == []


def test_a_parameter_that_nobody_reads_is_refused_and_recorded(library: Library) -> None:
    answer = ask(library, "GET", "/books?autor=Ruys")

    assert (answer.status_code, answer.json()["error"]) == (501, "SandboxMisused")
    assert "autor" in answer.json()["description"]
    assert library.misuse == ["GET /books: the sandbox does not know autor"]


@pytest.mark.parametrize(
    ("body", "unknown"),
    [
        ({"book": {"title": "x", "colour": "red"}}, "book.colour"),
        ({"book": {"title": "x"}, "notify": True}, "notify"),
    ],
)
def test_a_name_in_a_body_that_nobody_reads_is_refused(library: Library, body: Any, unknown: str) -> None:
    answer = ask(library, "POST", "/books", json=body)

    assert answer.status_code == 501
    assert library.misuse == [f"POST /books: the sandbox does not know {unknown}"]


def test_an_object_that_is_kept_as_it_came_is_known(library: Library) -> None:
    answer = ask(library, "POST", "/books", json={"book": {"title": "x", "shelf": {"row": {"number": 3}}}})

    assert (answer.status_code, library.misuse) == (201, [])


def test_a_body_for_a_call_that_takes_none_is_refused(library: Library) -> None:
    assert ask(library, "GET", "/books", json={"author": "Ruys"}).status_code == 501


def test_a_form_is_judged_name_by_name(library: Library) -> None:
    assert ask(library, "POST", "/token", data={"grant_type": "password"}).json() == "password"
    assert ask(library, "POST", "/token", data={"grant_type": "password", "extra": "1"}).status_code == 501


def test_what_is_refused_anyway_is_refused_in_the_products_words(library: Library) -> None:
    assert ask(library, "GET", "/books?author=nobody&autor=x").status_code == 404
    assert library.misuse == []


def test_leaving_a_strict_server_raises_what_it_did_not_know() -> None:
    with pytest.raises(SandboxMisused, match="autor"), Library() as library:
        ask(library, "GET", "/books?autor=Ruys")


def test_an_error_of_the_test_itself_is_not_covered_up() -> None:
    def fail() -> None:
        with Library() as library:
            ask(library, "GET", "/books?autor=Ruys")
            raise KeyError("the test's own")

    with pytest.raises(KeyError):
        fail()


def test_where_people_try_things_the_unknown_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING), Library() as library:
        library.is_strict = False
        assert ask(library, "GET", "/books?autor=Ruys").status_code == 200

    assert "GET /books: the sandbox does not know autor" in caplog.text


def test_an_answer_that_fails_is_500_and_raised_at_the_end() -> None:
    with pytest.raises(SandboxMisused, match="no shelves"), Library() as library:
        assert ask(library, "GET", "/broken").status_code == 500


def test_a_fault_is_no_misuse(library: Library) -> None:
    library.faults.add(FaultKind.DOWN, times=1)
    assert ask(library, "GET", "/books?autor=x").status_code == 503
    assert library.misuse == []


@pytest.mark.parametrize("body", [b"{", b"nonsense", b'{"a": NaN}', b"[" * 100_000, b"\xff\xfe"])
def test_a_body_that_is_no_json_is_known_as_such(library: Library, body: bytes) -> None:
    answer = ask(library, "POST", "/books", data=body, headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()) == (400, {"error": "no JSON"})


@pytest.mark.parametrize("length", ["x", "-1", "9" * 30])
def test_a_length_that_is_none_is_a_bad_request(library: Library, length: str) -> None:
    answer = ask(library, "GET", "/books", headers={"Content-Length": length})

    assert answer.status_code == 400


def test_reading_one_name_marks_it_and_walking_marks_all() -> None:
    parameters = Parameters({"a": 1, "b": {"c": 1}})
    assert parameters.whole() == {"a": 1, "b": {"c": 1}}
    assert list(parameters.overlooked()) == ["a", "b"]
    assert ("a" in parameters, parameters.get("b")) == (True, {"c": 1})
    assert list(parameters.overlooked()) == []

    walked = Parameters({"a": 1, "b": 2})
    assert {**walked} == {"a": 1, "b": 2}
    assert list(walked.overlooked()) == []


def test_rows_in_a_list_are_judged_each() -> None:
    body = read_json(b'{"rows": [{"id": 1, "name": "x"}, {"id": 2}]}')
    assert [row["id"] for row in body["rows"]] == [1, 2]
    assert list(body.overlooked()) == ["rows.name"]
