"""A service is healthy when it runs, answers and is seen alive; whoever knocks hears the truth."""

import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from lab.openstack import cgroups, inside
from lab.openstack.health import ServiceHealth, all_well, judge
from lab.openstack.services import Probe, Service, Stage

PORT = Probe(host="127.0.0.1", port=1)
SERVICE = Service(name="one", stage=Stage.API, user="root", command="true")


@pytest.mark.parametrize(
    ("service", "state", "answered", "alive", "told"),
    [
        (SERVICE, "RUNNING", True, set(), None),
        (SERVICE, "FATAL", True, set(), "fatal"),
        (SERVICE.model_copy(update={"probe": PORT}), "RUNNING", False, set(), "no answer on 127.0.0.1:1"),
        (SERVICE.model_copy(update={"probe": PORT}), "BACKOFF", False, set(), "backoff"),
        (SERVICE.model_copy(update={"agent": "a"}), "RUNNING", True, {"b"}, "not reported alive"),
        (SERVICE.model_copy(update={"agent": "a"}), "RUNNING", True, {"a"}, None),
        (SERVICE.model_copy(update={"stage": Stage.EMULATION}), "BACKOFF", True, set(), "backoff"),
    ],
)
def test_what_ails_a_service_is_said(
    service: Service, state: str, answered: bool, alive: set[str], told: str | None
) -> None:
    health = judge(service, state, answered=answered, alive=alive)
    assert health.healthy == (told is None)
    assert told is None or health.detail == told


def test_a_node_that_nobody_asked_for_is_not_ill() -> None:
    emulating = SERVICE.model_copy(update={"stage": Stage.EMULATION, "agent": "a"})
    assert judge(emulating, "STOPPED", answered=True, alive=set()).healthy
    assert not judge(SERVICE, "STOPPED", answered=True, alive=set()).healthy


def test_one_ill_service_makes_an_ill_lab() -> None:
    well = ServiceHealth(name="a", state="RUNNING", healthy=True, detail="")
    assert all_well([well])
    assert not all_well([well, well.model_copy(update={"healthy": False})])


class Door(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(int(self.path.removeprefix("/")))
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        pass


@pytest.fixture
def door() -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(("path", "heard"), [(None, True), ("/200", True), ("/401", True), ("/503", False)])
def test_a_refusal_is_an_answer_and_a_server_error_is_none(door: int, path: str | None, *, heard: bool) -> None:
    assert inside.answers(Probe(host="127.0.0.1", port=door, path=path)) == heard


def test_a_closed_door_is_silent(door: int) -> None:
    assert not inside.answers(Probe(host="127.0.0.1", port=1 if door != 1 else 2))


def test_this_process_is_nobodys_first() -> None:
    assert not inside.is_first(os.getpid())


def test_memberships_name_each_hierarchy_once() -> None:
    known = cgroups.memberships()
    names = [name for controllers in known for name in controllers.split(",")]
    assert len(names) == len(set(names))
    assert all(path.startswith("/") for path in known.values())
