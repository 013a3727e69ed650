"""Make the project's virtual environment from the lock file: the first step, so it runs on the standard library alone.

`python3 -m lab.environment` does nothing when the environment already belongs to the present lock file; with a
POSITION (1/15) it is the first step of a verb and is noted as such.
"""

import hashlib
import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from lab.paths import HOME, current, exports

VENV = HOME / ".venv"
LOCK = HOME / "requirements.lock"
INSTALLER = HOME / "requirements-uv.lock"
STAMP = VENV / "lock.sha256"
LOG = VENV / "install.log"
TITLE = "Python 环境 environment"


def install() -> int:
    """Exactly the locked packages, each checked by its hash, in a new or interrupted environment."""
    base = str(Path(sys.base_prefix) / "bin" / "python3")
    python = str(VENV / "bin" / "python")
    pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--require-hashes", "-r", str(INSTALLER)]
    # uv checks the same hashes as pip, ten times as fast. What it compiles here, hundreds of processes need not.
    options = ["--require-hashes", "--compile-bytecode", "--python", python]
    uv = [str(VENV / "bin" / "uv"), "pip", "sync", *options, str(LOCK)]
    VENV.mkdir(exist_ok=True)
    with LOG.open("w", encoding="utf-8") as output:
        for command in ([base, "-m", "venv", str(VENV)], pip, uv):
            output.write(f"$ {' '.join(command)}\n")
            output.flush()
            done = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, check=False)
            if done.returncode:
                return done.returncode
    return 0


def record(position: str, seconds: float) -> None:
    """Begin the list of steps (`lab.steps` goes on with it)."""
    paths = current(exports(HOME, os.environ))
    paths.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    step = {
        "title": TITLE,
        "position": position,
        "seconds": seconds,
        "code": 0,
        "log": str(LOG),
        "finished": datetime.now(UTC).isoformat(),
    }
    paths.step_times.write_text(json.dumps([step]), encoding="utf-8")


def main(position: str = "") -> int:
    """Install when needed, and say so."""
    heading = f"[{position}] {TITLE}" if position else TITLE
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    started = time.monotonic()
    needed = not STAMP.exists() or STAMP.read_text(encoding="ascii") != wanted
    if needed:
        sys.stdout.write(f"▶ {heading}: requirements.lock → .venv\n")
        sys.stdout.flush()
        if code := install():
            tail = "\n".join(LOG.read_text(encoding="utf-8").splitlines()[-30:])
            sys.stderr.write(f"{tail}\n✗ {heading}  日志 log: {LOG}\n再次运行即可继续 run the same verb again\n")
            return code
        STAMP.write_text(wanted, encoding="ascii")
    seconds = time.monotonic() - started
    if position:
        record(position, seconds)
    if position or needed:
        sys.stdout.write(f"✓ {heading}  {int(seconds) // 60}:{int(seconds) % 60:02d}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
