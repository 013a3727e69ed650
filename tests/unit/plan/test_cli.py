"""The planner's commands as an operator types them."""

import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

from infra.plan.__main__ import main
from tests.unit.plan.conftest import ROOT, Spoil


class Done(NamedTuple):
    """What a finished command leaves."""

    returncode: int
    stdout: str
    stderr: str


def run(*words: str, facts: Path) -> Done:
    """The command in this process: a second less each than in one of its own."""
    out, err = StringIO(), StringIO()
    command = ["infra.plan", *words, "--facts", str(facts)]
    with redirect_stdout(out), redirect_stderr(err), patch.object(sys, "argv", command):
        try:
            main()
            code: int | str | None = 0
        except SystemExit as end:
            code = end.code
    if isinstance(code, str):  # as the interpreter does
        err.write(code)
    return Done(1 if isinstance(code, str) else code or 0, out.getvalue(), err.getvalue())


# The kernel counts a process's peak from before its program is loaded, when it still has its parent's memory:
# this small parent tells the peak of the check instead of that of the tests.
SPENT = "import resource; spent = resource.getrusage(resource.RUSAGE_CHILDREN); print(spent.ru_utime, spent.ru_maxrss)"


def test_check_proves_a_whole_province_in_seconds(facts: Path) -> None:
    measured = f"import subprocess, sys; subprocess.run(sys.argv[1:], check=True); {SPENT}"
    check = [sys.executable, "-m", "infra.plan", "check", "--facts", str(facts)]
    command = [sys.executable, "-c", measured, *check]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    seconds, kibibytes = map(float, done.stdout.splitlines()[-1].split())
    assert seconds < 5
    assert kibibytes < 300 * 1024
    assert "1879" in done.stdout
    assert "通过" in done.stdout


def test_check_fails_with_a_list_and_without_a_traceback(facts: Path, spoil: Spoil) -> None:
    spoil("systems/approval.yaml", "protection_level: 3\n", "")
    done = run("check", facts=facts)
    assert done.returncode == 1
    assert "stacks/systems/approval.yaml:" in done.stderr
    assert "protection_level" in done.stderr
    assert "Traceback" not in done.stderr


def test_check_of_an_unknown_stack_names_the_known(facts: Path) -> None:
    done = run("check", "--stack", "nowhere", facts=facts)
    assert done.returncode == 1
    assert "lab" in done.stderr


def test_check_names_the_policy_that_a_plan_breaks(facts: Path, spoil: Spoil) -> None:
    spoil("lab.yaml", "instances: 6", "instances: 1")
    done = run("check", facts=facts)
    assert done.returncode == 1
    assert "8.2.5.1-a" in done.stderr


def test_allocate_adds_and_never_moves(facts: Path, spoil: Spoil) -> None:
    before = (facts / "addresses.csv").read_text(encoding="utf-8").splitlines()
    spoil("divisions.csv", "360402,濂溪区", "360401,新区,county,360400\n360402,濂溪区")
    assert run("check", facts=facts).returncode == 1
    assert "360401  10." in run("allocate", facts=facts).stdout
    after = (facts / "addresses.csv").read_text(encoding="utf-8").splitlines()
    assert [line for line in after if not line.startswith("360401,")] == before
    assert run("check", facts=facts).returncode == 0
    run("allocate", facts=facts)
    assert (facts / "addresses.csv").read_text(encoding="utf-8").splitlines() == after


def test_allocate_from_nothing_gives_a_plan_that_proves(facts: Path) -> None:
    (facts / "addresses.csv").unlink()
    assert run("allocate", facts=facts).returncode == 0
    assert run("check", facts=facts).returncode == 0


def test_allocate_changes_nothing_when_a_block_is_exhausted(facts: Path, spoil: Spoil) -> None:
    rows = "".join(f"360402{n},乡{n},township,360402\n" for n in range(801, 860))
    spoil("divisions.csv", "360402001,", f"{rows}360402001,")
    before = (facts / "addresses.csv").read_bytes()
    done = run("allocate", facts=facts)
    assert done.returncode == 1
    assert "no free /26 left in 360402" in done.stderr
    assert (facts / "addresses.csv").read_bytes() == before


def test_a_removed_host_keeps_its_address_held(facts: Path, spoil: Spoil) -> None:
    spoil("systems/website.yaml", "[web-1, web-2]", "[web-1]")
    done = run("check", facts=facts)
    assert done.returncode == 0
    assert "360400/shared/website/web-2" in done.stdout
