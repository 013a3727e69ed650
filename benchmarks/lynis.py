"""How an independent scanner judges hardened hosts: Lynis, from the platform's own mirror, gone again afterwards.

`python -m benchmarks.lynis web-2 db-1`: the hardening index of each host, and what Lynis still warns of and suggests
there; exit code 1 when an index is below GOAL.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.scanner import visit

GOAL = 88
SCAN = """
lynis audit system --quick --no-colors --logfile "$PWD/lynis.log" --report-file "$PWD/lynis.dat" > /dev/null
cat lynis.dat
"""


def scan(host: str) -> list[tuple[str, str]]:
    """Lynis's own report of the host, key by key; one key may come many times."""
    done = visit(host, "lynis", SCAN)
    lines = done.stdout.decode().splitlines()
    pairs = [text.partition("=") for text in lines if "=" in text and not text.startswith("#")]
    if "hardening_index" not in {key for key, _, _ in pairs}:
        raise typer.BadParameter(f"{host}: Lynis 没有给出结果 gave no result: {done.stderr.decode().strip()}")
    return [(key, value) for key, _, value in pairs]


def main(hosts: Annotated[list[str], typer.Argument(help="主机 hosts of the inventory")]) -> None:
    """用 Lynis 评估加固后的主机 have Lynis judge hosts."""
    with ThreadPoolExecutor() as pool:
        found = dict(zip(hosts, pool.map(scan, hosts), strict=True))
    rows = Table("主机 host", "Lynis", "加固指数 index", "发现 findings")
    for host, report in found.items():
        last = dict(report)
        told = sorted(value.rstrip("|-") for key, value in report if key in ("warning[]", "suggestion[]"))
        rows.add_row(host, last["lynis_version"], last["hardening_index"], "\n".join(told))
    Console().print(rows)
    raise typer.Exit(1 if any(int(dict(report)["hardening_index"]) < GOAL for report in found.values()) else 0)


if __name__ == "__main__":
    typer.run(main)
