"""Run the programs that the lab is made of, and say what they said when they fail."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path


class LabError(RuntimeError):
    """Something about the lab that the user must know and can mend."""


def run(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    log: Path | None = None,
    stdin: str | None = None,
) -> str:
    """Run to the end and return standard output; a failure becomes a LabError with the last lines that were said.

    With `log` the output goes there instead, so that long builds can be watched.
    """
    words = [str(word) for word in command]
    environment = os.environ | dict(env or {})
    if log is None:
        done = subprocess.run(words, env=environment, input=stdin, capture_output=True, text=True, check=False)
        said = done.stderr or done.stdout
    else:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("w") as stream:
            done = subprocess.run(
                words, env=environment, stdout=stream, stderr=subprocess.STDOUT, text=True, check=False
            )
        said = log.read_text(errors="replace")
    if done.returncode:
        tail = "\n".join(said.strip().splitlines()[-12:])
        where = f" (full log: {log})" if log else ""
        raise LabError(f"{' '.join(words[:6])} … exit {done.returncode}{where}\n{tail}")
    return done.stdout or ""
