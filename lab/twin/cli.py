"""The twin's verbs: start it and measure how it heals, or start it to look around."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from lab.paths import HOME
from lab.twin.control import Twin
from lab.twin.measure import CUTS, heal, memory

app = typer.Typer(
    no_args_is_help=True, help="政务外网镜像 the extranet's twin: real FRR daemons, generated configuration."
)
console = Console(highlight=False)
City = Annotated[str, typer.Option(help="哪个市 code of the city")]
Townships = Annotated[int, typer.Option(help="几个乡镇 how many townships, from each county in turn")]
Facts = Annotated[Path, typer.Option("--facts", help="数据目录 folder of facts", file_okay=False, exists=True)]
FACTS = HOME / "stacks"


@app.command()
def measure(city: City, townships: Townships = 60, facts: Facts = FACTS) -> None:
    """启动、测量断路恢复、拆除 start it, cut trunks and tell how long the network took to heal, end it."""
    with Twin(facts, city, townships) as twin:
        seconds = twin.wait()
        rows = Table("省市干线中断 trunk to the core cut", "丢包 echoes lost", "恢复 healed after s")
        for cut in CUTS:
            outage = heal(twin, city, cut)
            rows.add_row(cut, str(outage.lost), f"{outage.seconds:.2f}")
        each = memory(twin)
        console.print(f"{len(twin.layout.nodes)} 台 routers, {each / 1024:.0f} MiB 每台 each")
        console.print(f"会话建立 sessions up after {seconds:.1f} s")
        console.print(rows)


@app.command()
def shell(city: City, townships: Townships = 60, facts: Facts = FACTS) -> None:
    """启动并保持，回车结束 start it and keep it until Enter is pressed."""
    with Twin(facts, city, townships) as twin:
        twin.wait()
        enter = f"nsenter --target {twin.first} --mount --pid --net --uts"
        console.print(f"{enter} ip netns exec {city} vtysh -N {city}", soft_wrap=True)
        sys.stdin.readline()
