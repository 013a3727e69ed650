"""docs/onboarding.md shows what the commands say: `python -m tests.unit.plan.test_onboarding_page` writes it anew."""

import re
import shlex
import tempfile
from pathlib import Path

from typer.testing import CliRunner

from infra.plan.__main__ import app
from tests.unit.plan.conftest import ROOT, copied

PAGE = ROOT / "docs" / "onboarding.md"
BLOCK = re.compile(r"```console\n\$ python -m infra\.plan (.*)\n(?:[^`].*\n|\n)*```")


def rendered(page: str, facts: Path) -> str:
    """The page with the output that its commands have on these facts, one after the other, of a city without stack."""
    (facts / "xinyu.yaml").unlink()

    def output(block: re.Match[str]) -> str:
        done = CliRunner().invoke(app, [*shlex.split(block[1]), "--facts", str(facts)])
        assert done.exception is None, done.exception
        return f"```console\n$ python -m infra.plan {block[1]}\n{done.output}```"

    return BLOCK.sub(output, page)


def test_the_page_shows_what_the_commands_say(facts: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert len(BLOCK.findall(page)) == 4
    assert rendered(page, facts) == page


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        PAGE.write_text(rendered(PAGE.read_text(encoding="utf-8"), copied(Path(place))), encoding="utf-8")
