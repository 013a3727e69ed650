"""What stands between a name in the facts and the cloud is told in one line that names the entry of clouds.yaml."""

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from infra.plan.build import build_plan
from infra.plan.load import load
from infra.plan.problems import FactsError
from infra.preflight import look_up
from infra.settings import ROOT


class Refusing(BaseHTTPRequestHandler):
    """A Keystone that knows nobody."""

    def answer(self, status: int, body: object) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_GET(self) -> None:
        link = f"http://127.0.0.1:{self.server.server_port}/v3/"  # type: ignore[attr-defined]
        version = {"id": "v3.14", "status": "stable", "links": [{"rel": "self", "href": link}]}
        self.answer(200, {"version": version})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(401, {"error": {"code": 401, "title": "Unauthorized", "message": "no"}})

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def keystone() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()


def told(entry: str, port: int, folder: Path, monkeypatch: pytest.MonkeyPatch, **environment: str) -> str:
    auth = {"auth_url": f"http://127.0.0.1:{port}/v3", "username": "u", "password": "pass-word", "project_name": "p"}
    auth |= {"user_domain_name": "Default", "project_domain_name": "Default"}
    with (folder / "clouds.yaml").open("w", encoding="utf-8") as file:
        YAML().dump({"clouds": {entry: {"auth": auth, "region_name": "RegionOne"}}}, file)
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(folder / "clouds.yaml"))
    monkeypatch.delenv("OS_CLOUD", raising=False)
    world = load(ROOT / "stacks")
    with pytest.raises(FactsError) as caught:
        look_up(build_plan(world, "lab"), world.sources["lab.yaml"], environment)
    assert "pass-word" not in str(caught.value)
    assert len(caught.value.problems) == 1
    assert caught.value.problems[0].key == "cloud"
    assert "\n" not in caught.value.problems[0].text
    return caught.value.problems[0].text


def test_wrong_password_names_the_entry(keystone: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = told("lab", keystone, tmp_path, monkeypatch)
    assert "wrong user name or password in entry lab" in text


def test_cloud_that_is_down_is_said_to_be_out_of_reach(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert "can't be reached" in told("lab", port, tmp_path, monkeypatch)


def test_missing_entry_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "entry lab can't be used" in told("other", 1, tmp_path, monkeypatch)


def test_os_cloud_that_would_override_projects_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "source ./activate" in told("lab", 1, tmp_path, monkeypatch, OS_CLOUD="lab")
