"""The topology as a picture: routers, segments, hosts and permitted flows, laid out from the plan alone.

One column a router in the order of its distance from the exit or the uplink, one box a segment, one box a function
within it. Flows that concern every host would cover the picture; they stand as lines of text below it.
"""

from pathlib import Path

import jinja2
import networkx as nx

from infra.plan.plan import Plan, Planned, PlannedHostGroup, PlannedSegment
from infra.plan.systems import Flow

COLUMN, GAP, ROW, HEAD, TOP, LEFT = 330, 90, 26, 46, 120, 190
OUTSIDE = {"$outside:operators": "运维人员 operators", "$outside:internet": "互联网 Internet"}


class Box(Planned):
    """A rectangle in pixels with its lines of text."""

    x: int
    y: int
    width: int
    height: int
    title: str
    lines: tuple[str, ...] = ()
    kind: str


class Arrow(Planned):
    """A curve from one box's edge to another's, with what passes."""

    path: str
    label: str
    x: float
    y: float


def draw(plan: Plan) -> str:
    """The plan of one stack as an SVG document."""
    columns = _columns(plan)
    boxes: list[Box] = []
    functions: dict[str, Box] = {}
    routers: dict[str, Box] = {}
    bottom = TOP
    for index, name in enumerate(columns):
        x, y = LEFT + index * (COLUMN + GAP), TOP
        routers[name] = Box(x=x, y=50, width=COLUMN, height=34, title=_router_title(plan, name), kind="router")
        for segment in (segment for segment in plan.segments if segment.router == name):
            segment_box, inner = _segment(plan, segment, x, y)
            boxes.append(segment_box)
            functions |= inner
            y += segment_box.height + 18
        bottom = max(bottom, y)
    outside = {
        end: Box(x=16, y=TOP + 60 + 150 * row, width=120, height=40, title=title, kind="outside")
        for row, (end, title) in enumerate(OUTSIDE.items())
    }
    flows = [(system.name, flow) for system in plan.systems for flow in system.flows]
    everywhere = [flow for _, flow in flows if "$systems:*" in (flow.from_, flow.to)]
    arrows = [
        _arrow(start, end, flow)
        for _, flow in flows
        if (start := _end(flow.from_, functions, outside))
        and (end := _end(flow.to, functions, outside))
        and start != end
    ]
    links = [tuple(routers[end] for end, _ in link.ends) for link in plan.links]
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("picture.svg.j2").render(
        title=plan.stack.title,
        width=LEFT + len(columns) * (COLUMN + GAP),
        height=bottom + 30 + 20 * len(everywhere),
        bottom=bottom,
        boxes=[*outside.values(), *routers.values(), *boxes, *functions.values()],
        links=links,
        arrows=arrows,
        everywhere=[_sentence(flow) for flow in everywhere],
    )


def _columns(plan: Plan) -> list[str]:
    graph: nx.Graph[str] = nx.Graph([tuple(end for end, _ in link.ends) for link in plan.links])
    graph.add_nodes_from(router.name for router in plan.routers)
    exits = [router.name for router in plan.routers if router.exit]
    exits += [plan.uplink.router] if plan.uplink else []
    distance = nx.multi_source_dijkstra_path_length(graph, set(exits)) if exits else {}
    return sorted(graph.nodes, key=lambda name: (distance.get(name, len(graph)), name))


def _router_title(plan: Plan, name: str) -> str:
    router = next(router for router in plan.routers if router.name == name)
    uplink = f" · 上联 {plan.uplink.stack}" if plan.uplink and plan.uplink.router == name else ""
    return f"路由器 {name}" + (" · 互联网统一出口" if router.exit else "") + uplink


def _segment(plan: Plan, segment: PlannedSegment, x: int, y: int) -> tuple[Box, dict[str, Box]]:
    top, inner = y + HEAD, {}
    for group in (group for group in plan.host_groups if group.segment == segment.key):
        lines = tuple(f"{host.name}  {host.address}" for host in group.hosts)
        if group.virtual_address:
            lines += (f"虚拟地址 {group.virtual_address}",)
        height = 24 + ROW * len(lines)
        inner[f"$systems:{group.system}/{group.function}"] = Box(
            x=x + 12,
            y=top,
            width=COLUMN - 24,
            height=height,
            title=_function_title(plan, group),
            lines=lines,
            kind="function",
        )
        top += height + 10
    return Box(
        x=x, y=y, width=COLUMN, height=top - y, title=f"{segment.name} · {segment.cidr}", kind=segment.labels.zone
    ), inner


def _function_title(plan: Plan, group: PlannedHostGroup) -> str:
    system = next(system for system in plan.systems if system.name == group.system)
    return f"{system.title} · {group.function} · 等保{group.labels.level}级"


def _end(reference: str, functions: dict[str, Box], outside: dict[str, Box]) -> Box | None:
    if reference in outside:
        return outside[reference]
    return next((box for name, box in functions.items() if name == reference or name.startswith(f"{reference}/")), None)


def _arrow(start: Box, end: Box, flow: Flow) -> Arrow:
    rightwards = end.x > start.x
    x1 = start.x + start.width if rightwards else start.x
    x2 = end.x if rightwards else end.x + end.width
    if start.x + 12 >= end.x and end.x + 12 >= start.x:
        x1 = x2 = start.x + start.width
    y1, y2 = start.y + start.height // 2, end.y + end.height // 2
    bend = max(abs(x2 - x1) // 2, 40) * (1 if rightwards or x1 == x2 else -1)
    path = f"M{x1},{y1} C{x1 + bend},{y1} {x2 - bend if x1 != x2 else x2 + bend},{y2} {x2},{y2}"
    label = "/".join(map(str, flow.ports)) or flow.protocol
    return Arrow(path=path, label=label, x=(x1 + x2) / 2, y=(y1 + y2) / 2 - 4)


def _sentence(flow: Flow) -> str:
    ends = (end.replace("$systems:*", "全部主机 all hosts").removeprefix("$systems:") for end in (flow.from_, flow.to))
    return " → ".join(ends) + f"  {'/'.join(map(str, flow.ports)) or flow.protocol}  {flow.why}"
