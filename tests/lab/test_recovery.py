"""What was backed up can't be taken back by the client, can't rot unnoticed, and was restored within its objective."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.lab.conftest import Run

# Asks the vault with the client's own credentials, as an intruder on the client would.
ASK = """
import base64, json, ssl, sys, urllib.error, urllib.request
settings = json.load(open("/etc/ganyun-backup/config.json"))
secret = open(settings["credential"]).read().strip()
method, path = sys.argv[1:3]
body = b"x" if method == "POST" else None
request = urllib.request.Request(f"https://{settings['vault']}/{path}", method=method, data=body)
token = base64.b64encode(f"{settings['client']}:{secret}".encode()).decode()
request.add_header("Authorization", f"Basic {token}")
request.add_header("Accept", "application/vnd.x.restic.rest.v2")
try:
    answer = urllib.request.urlopen(request, context=ssl.create_default_context(cafile=settings["authority"]))
    print(answer.status, answer.read().decode(errors="replace"))
except urllib.error.HTTPError as error:
    print(error.code)
"""


@pytest.fixture
def ask(on: Run) -> Any:
    def request(method: str, path: str) -> str:
        return on("db-1", f"sudo python3 - {method} {path} <<'PROGRAM'\n{ASK}\nPROGRAM").stdout.strip()

    return request


def test_the_drill_met_the_objective(reports: Path) -> None:
    report = json.loads((reports / "drill/latest/report.json").read_text())
    assert report["verdict"] == "达标", report["reason"]
    objective = report["facts"]["objective"]
    measured = report["values"]["measurement"]
    assert 0 <= measured["rpo_seconds"] <= objective["rpo_seconds"]
    assert 0 < measured["rto_seconds"] <= objective["rto_seconds"]


def test_a_client_can_neither_delete_nor_overwrite_what_it_wrote(ask: Any) -> None:
    snapshots = json.loads(ask("GET", "db-1/snapshots/").partition(" ")[2])
    name = snapshots[0]["name"]
    assert ask("DELETE", f"db-1/snapshots/{name}") == "403"
    assert ask("POST", f"db-1/snapshots/{name}") == "403"
    assert ask("GET", f"db-1/snapshots/{name}").startswith("200")


def test_a_client_sees_no_other_clients_backups(ask: Any) -> None:
    assert ask("GET", "web-1/snapshots/") in {"401", "403"}


def test_a_backup_reads_back_equal(run: Run) -> None:
    run(["ansible-playbook", "playbooks/verify_backups.yml", "--limit", "database"], timeout=600)


@contextmanager
def one_flipped_bit(on: Run) -> Iterator[None]:
    """Rot in the middle of the largest pack of db-1's repository."""
    find = "sudo find /srv/vault/db-1/data -type f -size +1k -printf '%s %p\\n' | sort -n | tail -1 | cut -d' ' -f2"
    pack = on("vault-1", find).stdout.strip()
    assert pack
    flip = (
        "import os, sys; path = sys.argv[1]; mode = os.stat(path).st_mode; os.chmod(path, 0o600);"
        "file = open(path, 'r+b'); file.seek(os.path.getsize(path) // 2); byte = file.read(1)[0];"
        "file.seek(-1, 1); file.write(bytes([byte ^ 1])); file.close(); os.chmod(path, mode)"
    )
    on("vault-1", f'sudo python3 -c "{flip}" {pack}')
    try:
        yield
    finally:
        on("vault-1", f'sudo python3 -c "{flip}" {pack}')


def test_one_flipped_bit_is_noticed(run: Run, on: Run) -> None:
    with one_flipped_bit(on):
        check = run(["ansible-playbook", "playbooks/verify_backups.yml", "--limit", "db-1"], check=False)
    assert check.returncode != 0
    run(["ansible-playbook", "playbooks/verify_backups.yml", "--limit", "db-1"])


def test_a_full_vault_is_called_full(run: Run, on: Run) -> None:
    free = int(on("vault-1", "df --output=avail -B1 /srv/vault | tail -1").stdout)
    on("vault-1", f"sudo fallocate -l {free - 2**20} /srv/vault/filler && sleep 12")
    try:
        backup = run(["ansible-playbook", "playbooks/backup.yml", "--limit", "db-1"], check=False)
        assert backup.returncode != 0
        assert "full" in backup.stdout
    finally:
        on("vault-1", "sudo rm /srv/vault/filler && sleep 12")
    run(["ansible-playbook", "playbooks/backup.yml", "--limit", "db-1"])
