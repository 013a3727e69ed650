"""Asks the stack's web sites for TLS, as a visitor does."""

from __future__ import annotations

import socket
import ssl
from concurrent.futures import ThreadPoolExecutor

from tests.compliance.platform.snapshot import reason
from tests.compliance.platform.territory import Territory


def handshake(address: str) -> str:
    """What a web site agrees to, its certificate aside; or why it does not."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with socket.create_connection((address, 443), timeout=5) as plain, context.wrap_socket(plain) as wrapped:
            return f"{wrapped.version()} {(wrapped.cipher() or ('',))[0]}"
    except OSError as problem:
        return reason(problem)


def handshakes(territory: Territory) -> dict[str, str]:
    """What the sites agree to, by the floating addresses that they are reached by."""
    public = {
        (territory.projects.get(group.project, ""), f"{group.name}-{group.virtual_address_name}")
        for group in territory.plan.host_groups
        if group.zone == "public" and group.floating_address
    }
    ports = {port.id for port in territory.cloud.ports if (port.project_id, port.name) in public}
    addresses = [one.address for one in territory.cloud.floating if one.port_id in ports]
    with ThreadPoolExecutor(16) as pool:
        return dict(zip(addresses, pool.map(handshake, addresses), strict=True))
