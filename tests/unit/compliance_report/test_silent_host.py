"""A host that does not answer is a result of the audit: the reason is kept, and nothing of it is evaluated."""

from __future__ import annotations

import socket
from pathlib import Path

from tests.compliance.probes import ask
from tests.unit.compliance_report.conftest import HOST


def test_why_a_host_could_not_be_asked_is_kept(tmp_path: Path) -> None:
    with socket.socket() as closed:
        # Bound and not listening: nobody else gets the port, and a connection to it is refused.
        closed.bind(("127.0.0.1", 0))
        config = tmp_path / "ssh_config"
        config.write_text(f"Host {HOST.name}\n  HostName 127.0.0.1\n  Port {closed.getsockname()[1]}\n")
        answer = ask(HOST, str(config))
    assert "Connection refused" in answer.unreachable
    assert answer.readings == {}
