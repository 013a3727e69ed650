"""What every worker of Ansible needs is in memory before the first of them is forked."""

import subprocess
import sys

from infra.settings import ROOT

PROGRAM = """
import sys
sys.path.insert(0, "playbooks/callback_plugins")
from workers import CallbackModule
def loaded():
    return {name.partition("_")[2] for name in sys.modules if name.startswith("ansible.plugins.filter.")}
print(len(loaded()))
CallbackModule().v2_playbook_on_start(None)
print(*loaded())
"""


def test_filters_and_tests_are_loaded_when_a_playbook_starts() -> None:
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    before, after = done.stdout.splitlines()
    assert before == "0"
    assert {"core", "mathstuff", "urls"} <= set(after.split())
