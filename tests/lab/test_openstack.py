"""The lab is a real OpenStack that heals itself and that any client can use."""

import os
import signal
import uuid
from pathlib import Path
from typing import Any

from tenacity import retry, stop_after_delay, wait_fixed

from lab.openstack import inside, settings
from tests.lab.conftest import Run, spare_server


def test_every_service_answers(run: Run) -> None:
    run(["make", "lab-status"])


def test_the_openstack_client_works_with_the_clouds_file_alone(run: Run) -> None:
    listed = run(["openstack", "server", "list", "--all-projects", "-f", "value", "-c", "Name", "-c", "Status"]).stdout
    assert listed.strip()
    assert all(line.endswith("ACTIVE") for line in listed.strip().splitlines()), listed


def test_objects_come_back_as_they_were_stored(cloud: Any) -> None:
    container, content = f"test-{uuid.uuid4().hex[:8]}", uuid.uuid4().bytes
    cloud.create_container(container)
    try:
        cloud.create_object(container, "object", data=content)
        assert cloud.get_object_raw(container, "object").content == content
        cloud.delete_object(container, "object")
    finally:
        cloud.delete_container(container)
    assert container not in {found.name for found in cloud.list_containers()}


def service_processes(word: str) -> set[int]:
    """The lab's processes whose command line has the word."""
    return {
        pid for pid in inside.processes(settings.load()) if word.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    }


def test_a_killed_service_is_restarted(cloud: Any) -> None:
    before = service_processes("/glance-api")
    for pid in before:
        os.kill(pid, signal.SIGKILL)

    @retry(stop=stop_after_delay(60), wait=wait_fixed(1), reraise=True)
    def answers() -> None:
        after = service_processes("/glance-api")
        assert after
        assert not after & before
        assert any(image.name for image in cloud.list_images())

    answers()


def test_a_port_that_is_changed_in_use_holds_up_no_other(cloud: Any) -> None:
    port = next(iter(cloud.network.ports(name="web-1")))
    pairs = port.allowed_address_pairs
    cloud.network.update_port(port, allowed_address_pairs=[{"ip_address": port.fixed_ips[0]["ip_address"]}])
    try:
        with spare_server(cloud, f"test-{uuid.uuid4().hex[:8]}", cloud.network.get_network(port.network_id)):
            pass
    finally:
        cloud.network.update_port(port, allowed_address_pairs=pairs)
