"""The sites answer through the gateway pair, whatever single machine is lost, and while a new version goes out."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tenacity import retry, stop_after_delay, wait_fixed

from tests.lab.conftest import Run
from tests.lab.prober import Prober

Visit = Callable[[str], Prober]


@pytest.fixture(scope="module")
def sites(inventory: dict[str, Any]) -> dict[str, str]:
    """Host name by site."""
    return {site["name"]: site["host"] for site in inventory["all"]["vars"]["ganyun_sites"]}


@pytest.fixture(scope="module")
def visit(inventory: dict[str, Any], state: Path) -> Visit:
    address = inventory["all"]["vars"]["ganyun_site_address"]
    return lambda host: Prober(address, host, state / "secrets/tls/ca.pem")


@pytest.fixture
def power(cloud: Any) -> Callable[[str, str], None]:
    """Cut or give the power of an instance, as nova's stop and start do, and wait until it is so."""

    def switch(name: str, wanted: str) -> None:
        server = next(cloud.compute.servers(all_projects=True, name=f"^{name}$"))
        (cloud.compute.stop_server if wanted == "SHUTOFF" else cloud.compute.start_server)(server)
        cloud.compute.wait_for_server(server, status=wanted, wait=60)

    return switch


def test_at_least_three_sites_answer_by_their_own_name(sites: dict[str, str], visit: Visit) -> None:
    assert len(sites) >= 3
    pages = {name: visit(host).get() for name, host in sites.items()}
    assert {status for status, _ in pages.values()} == {200}
    assert len({page for _, page in pages.values()}) == len(sites), "two names show the same site"


def test_an_unknown_name_shows_no_site(inventory: dict[str, Any], run: Run) -> None:
    address = inventory["all"]["vars"]["ganyun_site_address"]
    status = run(
        ["curl", "-sk", "-o", "/dev/null", "-w", "%{http_code}", "-H", "Host: unknown.test", f"https://{address}/"]
    ).stdout
    assert status.startswith("4"), status


def test_publishing_a_new_version_fails_no_request(sites: dict[str, str], visit: Visit, run: Run) -> None:
    prober = visit(sites["portal"])
    before = prober.get("/version.txt")[1]
    with prober:
        run(["ansible-playbook", "playbooks/publish.yml", "-e", "site=portal", "-e", "site_release_note=演练发布"])
        published = prober.get("/version.txt")[1]
        run(["ansible-playbook", "playbooks/publish.yml", "-e", "site=portal"])
    assert published != before
    assert prober.get("/version.txt")[1] == before
    assert len(prober.answers) > 50
    assert not prober.failures, prober.failures[:5]


@pytest.mark.parametrize("node", ["web-1", "gw-1", "gw-2"])
def test_the_sites_survive_the_loss_of(
    node: str, sites: dict[str, str], visit: Visit, power: Callable[[str, str], None], on: Run
) -> None:
    prober = visit(sites["portal"])
    with prober:
        time.sleep(1)
        power(node, "SHUTOFF")
        time.sleep(6)
        lost = len(prober.failures)
        good = len(prober.answers)
        time.sleep(3)
        settled = len(prober.answers)
    try:
        assert settled > good, "nothing answers any more"
        assert prober.longest_gap < 5, (prober.longest_gap, lost, prober.failures[:3])
    finally:
        power(node, "ACTIVE")

        @retry(stop=stop_after_delay(90), wait=wait_fixed(2), reraise=True)
        def back() -> None:
            services = "nginx" if node.startswith("web") else "haproxy keepalived"
            on(node, f"systemctl is-active {services}", timeout=20)

        back()
