"""A project's rights are tried on another's things alone: what stands on its own networks crosses no border."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from tests.compliance.platform import seen
from tests.compliance.platform.crossing import DOORS, trespass
from tests.compliance.platform.territory import Territory
from tests.unit.cloud_audit import clouds


class Cloud:
    """A connection that refuses everything, and keeps what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        access = SimpleNamespace(role_names=["member"])
        self.session = SimpleNamespace(
            auth=SimpleNamespace(get_access=lambda _: access), get_token=lambda: "token", get=self.get
        )

    def connect_as_project(self, _: Any) -> Any:
        return self

    def get(self, url: str, **_: Any) -> Any:
        self.asked.append(url)
        return SimpleNamespace(status_code=403, headers={}, content=b"")


@pytest.mark.parametrize("on_its_own", [True, False])
def test_a_port_is_tried_unless_it_stands_on_a_network_of_the_one_who_asks(*, on_its_own: bool) -> None:
    good = clouds.good()
    projects = list(Territory(clouds.plan(), good).projects.values())
    mine, other = projects[:2]
    networks = tuple(seen.Network(id=f"n-{one}", name="n", project_id=one) for one in projects)
    port = seen.Port(id="port", project_id=other, network_id=f"n-{mine if on_its_own else other}")
    cloud, connection = replace(good, networks=networks, ports=(port,)), Cloud()
    trespass(connection, dict.fromkeys(DOORS, "http://cloud"), Territory(clouds.plan(), cloud))
    assert ("http://cloud/ports/port" in connection.asked) != on_its_own
