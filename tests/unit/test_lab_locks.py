"""Two runs never build in one folder, and a dead one leaves no lock."""

import subprocess
import sys
from pathlib import Path

import pytest

from lab.openstack.locks import locked
from lab.openstack.shell import LabError, run

HOLD = "import sys, time; from pathlib import Path; from lab.openstack.locks import locked\n"
HOLD += "with locked(Path(sys.argv[1]), wait=True): print('held', flush=True); time.sleep(60)"


def test_the_second_is_told_and_a_killed_holder_sets_it_free(tmp_path: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(LabError, match="another process"), locked(tmp_path, wait=False):
        pass
    holder.kill()
    holder.communicate()
    with locked(tmp_path, wait=False):
        pass


def test_what_a_failed_program_said_is_told(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="no such planet"):
        run(["sh", "-c", "echo no such planet >&2; exit 3"])
    with pytest.raises(LabError, match=r"(?s)full log.*no such planet"):
        run(["sh", "-c", "echo no such planet; exit 3"], log=tmp_path / "log" / "planet.log")
