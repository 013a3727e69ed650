"""Patching stops by itself: what an update broke on one host doesn't reach the next ring."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.lab.conftest import Run, piped, told

HOSTS = ("gw-2", "web-2", "web-1")
OFFER = (Path(__file__).parent / "small_package.sh").read_text()
AWAY = """dpkg --purge ganyun-small; rm -rf /root/small /etc/apt/sources.list.d/small.list; apt-get --quiet update
[ ! -d /srv/sites ] || systemctl start nginx"""


def everywhere(on: Run, script: str) -> list[str]:
    """Run a script as root on all of these hosts at the same time."""
    with ThreadPoolExecutor() as pool:
        return [done.stdout.strip() for done in pool.map(lambda host: on(host, piped(script, "sh -e")), HOSTS)]


@pytest.fixture
def _an_update_that_breaks_web_nodes(on: Run) -> Iterator[None]:
    everywhere(on, OFFER)
    yield
    everywhere(on, AWAY)


@pytest.mark.usefixtures("_an_update_that_breaks_web_nodes")
def test_a_ring_that_fails_its_health_check_is_the_last_one(on: Run, run: Run) -> None:
    rings = f'{{"patch_order": "{":".join(HOSTS)}", "patch_rings": [1, 1, 1], "patch_patience_seconds": 6}}'
    done = run(["ansible-playbook", "playbooks/patch.yml", "-e", rings], check=False)
    versions = everywhere(on, "dpkg-query -W -f '${Version}' ganyun-small")
    assert done.returncode != 0, told(done)
    assert dict(zip(HOSTS, versions, strict=True)) == {"gw-2": "2.0", "web-2": "2.0", "web-1": "1.0"}
    for named in ("not patched: web-1", "stopped: nginx.service", "no answer: curl", "CVE-2026-99999"):
        assert named in done.stdout, told(done)
    assert "CVE-2020-11111" not in done.stdout, "what is installed has mended that one already"
