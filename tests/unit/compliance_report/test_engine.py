"""The audit's engine as the playbook runs it, on a host that answers nothing or nonsense: it passes nothing."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

from tests.compliance.catalogue import load_catalogue
from tests.compliance.report import load_report
from tests.compliance.report.signature import PUBLIC, public_key, verify
from tests.compliance.traces import ROOT, traces
from tests.compliance.verdicts import Verdict
from tests.compliance.waivers import load_waivers
from tests.unit.compliance_report.conftest import HOST


def audit(folder: Path, ssh: str = "") -> subprocess.CompletedProcess[str]:
    """Run an audit of one host that refuses connections, or that is reached by a program of ours instead of ssh."""
    names = sorted({name for waiver in load_waivers(load_catalogue()) for name in waiver.hosts})
    (folder / "scope.json").write_text(json.dumps({"hosts": [HOST.model_dump(mode="json")], "names": names}))
    # Nothing but ssh: printing is not what is tried here.
    tools = folder.parent / "tools"
    tools.mkdir()
    if ssh:
        (tools / "ssh").write_text(ssh)
        (tools / "ssh").chmod(0o755)
    else:
        (tools / "ssh").symlink_to(shutil.which("ssh") or "ssh")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        config = folder.parent / "ssh_config"
        config.write_text(f"Host {HOST.name}\n  HostName 127.0.0.1\n  Port {closed.getsockname()[1]}\n")

        options = {"scope": folder / "scope.json", "report": folder, "ssh-config": config}
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-rN",
            "-p",
            "no:cacheprovider",
            "tests/compliance",
        ]
        return subprocess.run(
            [*command, *(f"--audit-{name}={value}" for name, value in options.items())],
            cwd=ROOT,
            env=os.environ | {"GANYUN_SECRETS": str(folder.parent), "PATH": str(tools)},
            capture_output=True,
            text=True,
            check=False,
        )


def test_an_audit_of_silent_hosts_ends_well_and_passes_nothing(folder: Path) -> None:
    done = audit(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"UNREACHABLE: {HOST.name}" in done.stdout
    (host,) = load_report(folder).hosts
    assert {item.verdict for item in host.items} == {Verdict.NOT_EVALUATED}
    assert all("Connection refused" in finding.detail for item in host.items for finding in item.findings)
    assert list(verify(folder, public_key(folder.parent / PUBLIC))) == []


def test_an_answer_that_breaks_the_reading_leaves_every_item_open_with_the_reason(folder: Path) -> None:
    done = audit(folder, "#!/bin/sh\necho Welcome\n")
    assert done.returncode == 0, done.stdout + done.stderr
    (host,) = load_report(folder).hosts
    levels = {control.id: control.levels for control in load_catalogue().controls}
    checks = [
        item
        for item, where in traces().checks.items()
        if HOST.level in levels[item] and any("/platform/" not in one for one in where)
    ]
    assert {item.id: item.verdict for item in host.items} == dict.fromkeys(checks, Verdict.NOT_EVALUATED)
    assert all("JSONDecodeError" in finding.detail for item in host.items for finding in item.findings)


def test_an_audit_of_hosts_loads_nothing_that_only_the_cloud_needs() -> None:
    program = "import sys, tests.compliance.conftest; print(*sys.modules, sep='\\n')"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"openstack", "networkx", "tests.compliance.platform"} & set(done.stdout.split())
