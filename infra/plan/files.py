"""Reads fact files as operators save them, and tells each one that can't be taken as it is, with the mend.

What is sure to mean the same is accepted: a byte order mark, line ends of Windows, a missing last line end. What is not
is told, and read on where it can be, so that the first fault of a file does not hide the others.
"""

import csv
import io
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from infra.plan.problems import Problem
from infra.plan.source import Source, Where

LARGEST = 8 << 20  # bytes; the tables of the largest province stay below a tenth of it
DEEPEST = 32
_TAGS: dict[type[Node], str] = {MappingNode: "tag:yaml.org,2002:map", SequenceNode: "tag:yaml.org,2002:seq"}


def read_text(path: Path, name: str) -> tuple[str | None, list[Problem]]:
    """Read text; None when it can't be read at all. GBK is told, and read on as what it is."""
    try:
        size = path.stat().st_size
        raw = path.read_bytes() if size <= LARGEST else b""
    except FileNotFoundError:
        return None, [Problem(name, 1, "-", "文件不存在 · file is missing; create it")]
    except OSError as error:
        return None, [Problem(name, 1, "-", f"读不了文件 · can't be read: {error.strerror}")]
    if size > LARGEST:
        text = f"文件过大，上限 {LARGEST} 字节 · too large: {size} bytes of at most {LARGEST}; is it the right file?"
        return None, [Problem(name, 1, "-", text)]
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = "文件是 UTF-16（Excel 的“Unicode 文本”），请另存为“CSV UTF-8” · is UTF-16; save as CSV UTF-8"
        return None, [Problem(name, 1, "-", text)]
    try:
        return _lines(raw.decode("utf-8-sig")), []
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        try:
            guess: str | None = _lines(raw.decode("gb18030"))
        except UnicodeDecodeError:
            guess = None
        if guess is None:
            text = (
                f"不是 UTF-8（第 {error.start} 字节），请另存为 UTF-8 · not UTF-8 at byte {error.start}; save as UTF-8"
            )
        else:
            text = (
                "文件是 GBK 编码（中文 Excel 的默认），请在 Excel 中另存为“CSV UTF-8”，或运行 "
                "iconv -f GB18030 -t UTF-8 · encoded as GBK, not UTF-8; save as CSV UTF-8 or convert with iconv"
            )
        return guess, [Problem(name, line, "-", text)]


def read_rows(text: str, name: str) -> tuple[list[tuple[int, list[str]]], list[Problem]]:
    """Each row of a table with the line where it begins; none where one never ends, having taken in the others."""
    rows = csv.reader(io.StringIO(text), strict=True)
    found = []
    begin = 1
    try:
        for row in rows:
            found.append((begin, row))
            begin = rows.line_num + 1
    except csv.Error:
        return [], [Problem(name, begin, "-", "引号未成对 · a quotation mark is not closed")]
    return found, []


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


@lru_cache(maxsize=256)
def _compose(text: str) -> tuple[Node | None, SafeConstructor]:
    """The nodes of a text: onboarding proves the facts in copies, most of whose files it has read before."""
    loader = YAML(typ="safe", pure=True)
    return loader.compose(text), loader.constructor


def read_yaml(path: Path, name: str) -> tuple[Source | None, list[Problem]]:
    """Parse one YAML file into plain data with lines."""
    text, problems = read_text(path, name)
    if text is None:
        return None, problems
    try:
        node, constructor = _compose(text)
        reader = _Reader(name, constructor)
        data = None if node is None else reader.value(node, ())
    except MarkedYAMLError as error:
        return None, [*problems, _syntax(name, text, error)]
    except YAMLError as error:
        return None, [*problems, Problem(name, 1, "-", f"不是有效的 YAML · not valid YAML: {error}")]
    except RecursionError:
        return None, [*problems, Problem(name, 1, "-", "嵌套过深 · nested too deeply")]
    return Source(name, data, reader.lines), [*problems, *reader.problems]


def _syntax(name: str, text: str, error: MarkedYAMLError) -> Problem:
    key = error.context == "while scanning a simple key"  # the key is what is wrong, not the line after it
    mark = (error.context_mark if key else error.problem_mark) or error.context_mark
    line = mark.line + 1 if mark else 1
    near = "\n".join(text.splitlines()[max(0, line - 2) : line])
    hint = ""
    if "\t" in near:
        hint = "；缩进用空格，不用制表符 · indent with blanks, not tabs"
    elif "：" in near:
        hint = "；键后须为半角冒号加空格 · a key ends with an ASCII colon and a blank"
    what = (error.problem or str(error)).splitlines()[0]
    return Problem(name, line, "-", f"不是有效的 YAML · not valid YAML: {what}{hint}")


class _Reader:
    """Turns nodes into plain data; remembers lines, and what YAML allows but facts don't need."""

    def __init__(self, name: str, constructor: SafeConstructor) -> None:
        self.name = name
        self.constructor = constructor
        self.lines: dict[Where, int] = {}
        self.problems: list[Problem] = []

    def value(self, node: Node, where: Where) -> Any:
        """The data of a node; what is refused becomes None, and is told."""
        if node.anchor:
            return self._refuse(node, where, "不支持锚点和别名，请直接写出 · no anchors and aliases here; write it out")
        tag = str(node.tag)
        if tag.startswith("!") or tag != _TAGS.get(type(node), tag):
            return self._refuse(node, where, f"不支持标记 {node.tag} · no tags here; remove it")
        if len(where) > DEEPEST:
            return self._refuse(node, where, "嵌套过深 · nested too deeply")
        if isinstance(node, MappingNode):
            return dict(self._items(node, where))
        if isinstance(node, SequenceNode):
            for index, item in enumerate(node.value):
                self.lines[(*where, index)] = item.start_mark.line + 1
            return [self.value(item, (*where, index)) for index, item in enumerate(node.value)]
        return self.constructor.construct_object(node)

    def _items(self, node: MappingNode, where: Where) -> Iterator[tuple[Any, Any]]:
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode) or key_node.anchor:
                self._refuse(key_node, where, "键须为简单名称 · a key must be a plain name")
                continue
            key = self.constructor.construct_object(key_node)
            place = (*where, key)
            if place in self.lines:
                text = f"键重复，首见第 {self.lines[place]} 行 · key is already on line {self.lines[place]}"
                self._refuse(key_node, place, text)
                continue
            self.lines[place] = key_node.start_mark.line + 1
            yield key, self.value(value_node, place)

    def _refuse(self, node: Node, where: Where, text: str) -> None:
        key = ".".join(map(str, where)) or "-"
        self.problems.append(Problem(self.name, node.start_mark.line + 1, key, text))
