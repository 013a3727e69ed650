"""How OpenSCAP judges a hardened host by CIS's benchmark for Debian 12, without leaving anything there.

`python -m benchmarks.openscap ssg-debian12-ds.xml web-2`: OpenSCAP comes from the platform's own mirror, its rules are
ComplianceAsCode's, as Debian packages them (ssg-debian; 0.1.82 was tried). Prints each rule that a host does not pass;
exit code 1 when a host passes less than GOAL of the rules that apply to it.
"""

import shlex
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.scanner import visit

GOAL = 0.9


class Verdict(NamedTuple):
    """What OpenSCAP says of one rule: pass, fail, error, notapplicable, notchecked, …"""

    rule: str
    title: str
    result: str


def scan(host: str, rules: bytes, profile: str) -> list[Verdict]:
    """Every rule of the profile, judged on the host."""
    command = (
        f"oscap xccdf eval --progress-full --profile xccdf_org.ssgproject.content_profile_{shlex.quote(profile)} given"
    )
    done = visit(host, "openscap-scanner", command, rules)
    lines = (line.split("|") for line in done.stdout.decode().splitlines())
    found = [Verdict(line[0].rpartition("_rule_")[2], line[1], line[2]) for line in lines if len(line) == 3]
    if done.returncode not in (0, 2) or not any(one.result in ("pass", "fail") for one in found):  # 2: a rule failed
        told = done.stderr.decode()[-1000:].strip()
        raise typer.BadParameter(f"{host}: OpenSCAP 未作评估 judged nothing; rules for another system? {told}")
    return found


def main(
    rules: Annotated[Path, typer.Argument(help="ssg-debian 的数据流 data stream", exists=True, dir_okay=False)],
    hosts: Annotated[list[str], typer.Argument(help="主机 hosts of the inventory")],
    profile: Annotated[str, typer.Option(help="规则集 profile")] = "cis_level1_server",
) -> None:
    """用 OpenSCAP 按 CIS 基线评估主机 have OpenSCAP judge hosts by CIS's benchmark."""
    judge = partial(scan, rules=rules.read_bytes(), profile=profile)
    with ThreadPoolExecutor() as pool:
        found = dict(zip(hosts, pool.map(judge, hosts), strict=True))
    rows = Table("主机 host", "通过 passed", "未通过 not passed", "占比 share")
    met = True
    for host, verdicts in found.items():
        counts = Counter(one.result for one in verdicts)
        judged = counts["pass"] + counts["fail"] + counts["error"]
        told = [f"{one.result}: {one.rule} ({one.title})" for one in verdicts if one.result in ("fail", "error")]
        rows.add_row(host, str(counts["pass"]), "\n".join(told), f"{counts['pass'] / judged:.0%}")
        met = met and counts["pass"] >= GOAL * judged
    Console().print(rows)
    raise typer.Exit(0 if met else 1)


if __name__ == "__main__":
    typer.run(main)
