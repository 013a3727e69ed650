"""A step shows, times and logs its command, and says on failure what helps."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lab import steps
from lab.paths import HOME, Paths

SPEAK = [sys.executable, "-c"]


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    state = tmp_path / "state"
    return Paths(HOME, tmp_path / "cache", state, state / "secrets", tmp_path / "reports")


def test_a_good_step_is_one_line_with_its_time(paths: Paths, capsys: pytest.CaptureFixture[str]) -> None:
    assert steps.run("构建 build", "1/2", [*SPEAK, "print('inside')"], paths) == 0
    shown = capsys.readouterr().out
    assert re.search(r"✓ \[1/2\] 构建 build  0:0\d", shown)
    assert "inside" not in shown
    assert "inside" in next(paths.step_log.glob("01-build.log")).read_text()


def test_a_failed_step_shows_command_last_lines_log_and_way_on(
    paths: Paths, capsys: pytest.CaptureFixture[str]
) -> None:
    code = steps.run("build", "2/2", [*SPEAK, "[print('line', n) for n in range(50)]; raise SystemExit(7)"], paths)
    shown = capsys.readouterr().out
    assert code == 7
    assert "line 49" in shown
    assert "line 19\n" not in shown
    for word in ("SystemExit(7)", "exit code: 7", str(paths.step_log / "02-build.log"), "again"):
        assert word in shown


def test_what_failed_is_shown_when_others_went_on_talking(paths: Paths, capsys: pytest.CaptureFixture[str]) -> None:
    """As `make --jobs` runs them: the last lines are those of a playbook that succeeded."""
    words = ["one", "fatal: [gw-1]: FAILED! =>", "    msg: no lock", *(f"ok: [db-{n}]" for n in range(50))]
    steps.run("build", "1/1", [*SPEAK, f"print(*{words}, sep=chr(10)); raise SystemExit(2)"], paths)
    shown = capsys.readouterr().out.splitlines()
    first = shown.index("  │ fatal: [gw-1]: FAILED! =>")
    assert shown[first + 1] == "  │     msg: no lock"
    assert "  │ one" not in shown
    assert "  │ ok: [db-49]" in shown


def test_a_command_that_does_not_exist_is_said_plainly(paths: Paths, capsys: pytest.CaptureFixture[str]) -> None:
    assert steps.run("build", "1/1", ["no-such-program"], paths) == 127
    assert "No such file or directory: 'no-such-program'" in capsys.readouterr().out


def test_a_command_killed_by_a_signal_fails_as_in_a_shell(paths: Paths) -> None:
    assert steps.run("build", "1/1", [*SPEAK, "import os; os.kill(os.getpid(), 9)"], paths) == 128 + 9


def test_what_a_command_leaves_running_does_not_hold_the_step(paths: Paths) -> None:
    started = time.monotonic()
    assert steps.run("start", "1/1", ["sh", "-c", "sleep 5 & echo started"], paths) == 0
    assert time.monotonic() - started < 4


def test_steps_are_kept_in_order_and_the_first_begins_anew(paths: Paths) -> None:
    for position, title in (("1/3", "one"), ("2/3", "two"), ("2/3", "two"), ("3/3", "three")):
        steps.run(title, position, ["true"], paths)
    assert [step.title for step in steps.recorded(paths.step_times)] == ["one", "two", "three"]
    steps.run("one", "1/3", ["true"], paths)
    assert [step.title for step in steps.recorded(paths.step_times)] == ["one"]


def test_state_and_logs_are_for_their_owner_alone(paths: Paths) -> None:
    steps.run("one", "1/1", ["true"], paths)
    assert paths.state.stat().st_mode & 0o777 == 0o700
    assert paths.step_log.stat().st_mode & 0o777 == 0o700


def test_escapes_and_rewritten_lines_are_shown_as_on_a_terminal(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes("\x1b[32mgreen\x1b[0m\r\n10 %\r50 %\r100 %\n\n末行\n".encode())
    assert steps.lines(log, 3) == ["green", "100 %", "末行"]


@pytest.mark.parametrize(("number", "send"), [(signal.SIGINT, os.killpg), (signal.SIGTERM, os.kill)])
def test_an_interrupted_step_lets_its_command_end_well(
    paths: Paths, number: signal.Signals, send: Callable[[int, int], None]
) -> None:
    child = (
        "import signal, sys, time\n"
        f"signal.signal({number}, lambda *_: (print('tidied', flush=True), sys.exit(0)))\n"
        "print('ready', flush=True)\ntime.sleep(30)"
    )
    environment = os.environ | {
        "GANYUN_HOME": str(HOME),
        "GANYUN_CACHE": str(paths.cache),
        "GANYUN_STATE": str(paths.state),
        "GANYUN_SECRETS": str(paths.secrets),
        "GANYUN_REPORTS": str(paths.reports),
    }
    # What a shell starts in the background is deaf to SIGINT, and so is all that it starts.
    hearing = ["env", "--default-signal=INT"]
    command = [*hearing, sys.executable, "-m", "lab", "step", "1/1", "wait", "--", *SPEAK, child]
    log = paths.step_log / "01-wait.log"
    with subprocess.Popen(
        command, cwd=HOME, env=environment, stdout=subprocess.DEVNULL, start_new_session=True
    ) as step:
        deadline = time.monotonic() + 30
        while not (log.exists() and "ready" in log.read_text().splitlines()):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        send(step.pid, number)
        assert step.wait(20) == 130
    assert "tidied" in log.read_text()


def test_the_makefile_counts_its_steps_without_a_gap() -> None:
    verbs = (HOME / "Makefile").read_text(encoding="utf-8").split("\n\n")
    found = [re.findall(r"(?:STEP\)|lab step|lab\.environment) (\d+)/(\d+)", verb) for verb in verbs]
    counted = [[(int(number), int(total)) for number, total in numbers] for numbers in found if numbers]
    assert len(counted) == len(["up", "kernel"])
    for numbers in counted:
        assert sorted(numbers) == [(number, len(numbers)) for number in range(1, len(numbers) + 1)]
