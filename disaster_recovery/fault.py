"""The fault: a server ended for real through OpenStack, once all that could make it the wrong one was refused."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openstack.compute.v2.server import Server
    from openstack.connection import Connection

    from disaster_recovery.facts import Facts

GONE_SECONDS = 120


class FaultError(RuntimeError):
    """The server isn't the one to destroy, or didn't die."""


def find(facts: Facts) -> tuple[Connection, Server]:
    """Return the one server that has the host's name and its address, and belongs to the drilled system."""
    if facts.host not in facts.hosts_of_system:
        msg = f"{facts.host} 不属于系统 {facts.system}，拒绝销毁 · not a host of that system: refused"
        raise FaultError(msg)
    import openstack  # noqa: PLC0415 - takes a second, which the other steps of a drill need not wait

    cloud = openstack.connect()
    named = [one for one in cloud.compute.servers(all_projects=True, name=f"^{facts.host}$") if one.name == facts.host]
    found = [one for one in named if facts.address in addresses(one)]
    if len(found) != 1:
        msg = (
            f"OpenStack 中名为 {facts.host}、地址为 {facts.address} 的云主机有 {len(found)} 台，应为 1 台 · "
            f"{len(found)} servers have this name and address, expected one"
        )
        raise FaultError(msg)
    return cloud, found[0]


def addresses(server: Server) -> set[str]:
    """Return all addresses of a server."""
    return {entry["addr"] for entries in server.addresses.values() for entry in entries}


def destroy(cloud: Connection, server: Server) -> None:
    """Power off by force and delete: nothing is flushed, nothing says good-bye."""
    cloud.compute.delete_server(server, force=True)
    deadline = time.monotonic() + GONE_SECONDS
    while cloud.compute.find_server(server.id, all_projects=True) is not None:
        if time.monotonic() > deadline:
            msg = f"云主机 {server.name} 在 {GONE_SECONDS} 秒内未消失 · the server is still there"
            raise FaultError(msg)
        time.sleep(0.5)
