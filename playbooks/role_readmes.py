#!/usr/bin/env python3
"""Writes the README of each control point's role from its argument specs, so that what it takes is told once.

Usage: role_readmes.py [--check]      (--check only names those that are stale, and fails when there are any)
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROLES = Path(__file__).resolve().parents[1] / "roles"
ITEM = re.compile(r"[78](?:\.\d+){3}(?:-[a-z])?")
HEAD = "<!-- Written by playbooks/role_readmes.py from meta/argument_specs.yml and defaults/main.yml: change those. -->"


def options(specs: dict[str, Any], defaults: dict[str, Any]) -> Iterator[str]:
    """One row per argument: name, type, what it is when nobody gives it, meaning."""
    yield "| argument | type | default | meaning |"
    yield "|---|---|---|---|"
    for name, option in specs.items():
        kind = f"list of {option['elements']}" if option.get("type") == "list" else option["type"]
        usual = shown(defaults.get(name, option.get("default")))
        default = "required" if option.get("required") else f"`{usual}`"
        choices = f" One of {', '.join(map(str, option['choices']))}." if "choices" in option else ""
        yield f"| `{name}` | {kind} | {default} | {option['description']}{choices} |"


def shown(value: Any) -> str:
    """A default in one short line."""
    text = yaml.safe_dump(value, default_flow_style=True, width=10_000, allow_unicode=True, sort_keys=False)
    text = text.strip().removesuffix("...").strip().replace("|", "\\|")
    return text if len(text) <= 70 else f"{text[:60]} …"


def items(role: Path) -> list[str]:
    """Control items that the role's tasks name."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in (role / "tasks").glob("*.yml"))
    names = re.findall(r"^- name: ((?:[78](?:\.\d+){3}(?:-[a-z])? )+)\|", text, re.M)
    found = {item for name in names for item in ITEM.findall(name)}
    return sorted(found, key=lambda item: [int(part) if part.isdigit() else part for part in re.split(r"[.-]", item)])


def readme(role: Path) -> str:
    """The whole text."""
    specs = yaml.safe_load((role / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
    defaults = yaml.safe_load((role / "defaults" / "main.yml").read_text(encoding="utf-8")) or {}
    lines = [HEAD, f"# {role.name}", "", f"Control items: {', '.join(items(role))}.", ""]
    for entry, spec in specs.items():
        lines += [f"## {entry}", "", spec["short_description"], ""]
        lines += [*options(spec["options"], defaults), ""] if spec["options"] else []
    levels = defaults.get(f"{role.name}_levels")
    if levels:
        lines += ["## By level", "", f"| | {' | '.join(f'level {level}' for level in levels)} |", "|---|---|---|"]
        for name in dict.fromkeys(name for values in levels.values() for name in values):
            lines.append(f"| {name} | {' | '.join(f'`{shown(values[name])}`' for values in levels.values())} |")
        lines.append("")
    return "\n".join(lines)


def stale() -> dict[Path, str]:
    """READMEs that differ from what they should say."""
    wanted = {role / "README.md": readme(role) for role in sorted(ROLES.glob("mlps_*"))}
    return {path: text for path, text in wanted.items() if not path.exists() or path.read_text("utf-8") != text}


def main() -> int:
    """Write them, or name them."""
    found = stale()
    if "--check" in sys.argv:
        for path in found:
            print(f"{path}: 已过期，请运行 playbooks/role_readmes.py · stale: run playbooks/role_readmes.py")
        return int(bool(found))
    for path, text in found.items():
        path.write_text(text, encoding="utf-8")
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
