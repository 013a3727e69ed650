"""A run that was broken off leaves files that no service has read; the next run doesn't take them for granted."""

import pytest

from tests.lab.conftest import Run

HOST = "web-1"
RECORD = "/var/lib/ganyun/effective/host_metrics"


def started(on: Run, service: str) -> str:
    return on(HOST, f"systemctl show --property=InvocationID --value {service}").stdout


@pytest.mark.parametrize(
    "left",
    [
        pytest.param(f"rm {RECORD}", id="of-a-first-run"),
        pytest.param("touch /etc/default/prometheus-node-exporter", id="of-a-later-run"),
    ],
)
def test_settings_that_an_interrupted_run_left_unapplied_take_effect_in_the_next(run: Run, on: Run, left: str) -> None:
    on(HOST, f"sudo {left}")
    exporter, logs = started(on, "prometheus-node-exporter"), started(on, "rsyslog")
    run(["ansible-playbook", "playbooks/monitor.yml", "--limit", HOST])
    assert started(on, "prometheus-node-exporter") != exporter
    assert started(on, "rsyslog") == logs, "what was in effect is left alone"
    on(HOST, f"sudo cmp {RECORD} {RECORD}.seen")
