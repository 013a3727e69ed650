"""On which distributions these verdicts were proved: what each host runs, and what the project's data say of it."""

from __future__ import annotations

from pathlib import Path

import yaml

from tests.compliance.probes import HostEvidence, probe

PLATFORMS = Path(__file__).resolve().parents[2] / "playbooks" / "vars" / "platforms"
DISTRIBUTION = probe('. /etc/os-release; echo "$ID-$VERSION_ID"')


def unproved(answers: HostEvidence) -> str:
    """The host's distribution if nobody has proved the checks there; empty where that is done, or none is known."""
    reading = answers.readings.get(DISTRIBUTION.command)
    name = reading.output.strip() if reading else ""
    path = PLATFORMS / f"{name}.yml"
    proved = path.is_file() and yaml.safe_load(path.read_text(encoding="utf-8"))["platform_proved"]
    return "" if proved else name
