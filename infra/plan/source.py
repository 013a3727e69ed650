"""Reads fact files and remembers where each key stands, so that a problem can name its line."""

import difflib
from collections.abc import Mapping
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from infra.plan.problems import Problem

Where = tuple[str | int, ...]
Model = TypeVar("Model", bound=BaseModel)


class Source:
    """One file: its name as shown, its data, and the line of every key."""

    def __init__(self, name: str, data: Any = None, lines: Mapping[Where, int] | None = None) -> None:
        self.name = name
        self.data = data
        self._lines = lines or {}

    def line(self, where: Where) -> int:
        """The line of the key, or of the nearest one above it."""
        for end in range(len(where), 0, -1):
            if where[:end] in self._lines:
                return self._lines[where[:end]]
        return 1

    def problem(self, where: Where, text: str) -> Problem:
        """A problem at this key."""
        return Problem(self.name, self.line(where), ".".join(map(str, where)) or "-", text)


def read_text(path: Path, name: str) -> tuple[str, list[Problem]]:
    """Read UTF-8 text without BOM; anything else is a problem with a mend."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return "", [Problem(name, 1, "-", "文件不存在 · file is missing; create it")]
    except OSError as error:
        return "", [Problem(name, 1, "-", f"读不了文件 · can't be read: {error.strerror}")]
    if raw.startswith(b"\xef\xbb\xbf"):
        return "", [Problem(name, 1, "-", "文件带 BOM，请另存为无 BOM 的 UTF-8 · has a BOM; save as UTF-8 without BOM")]
    try:
        return raw.decode("utf-8"), []
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        text = f"不是 UTF-8（第 {error.start} 字节），请另存为 UTF-8 · not UTF-8 at byte {error.start}; save as UTF-8"
        return "", [Problem(name, line, "-", text)]


def read_yaml(path: Path, name: str) -> tuple[Source | None, list[Problem]]:
    """Parse one YAML file into plain data with lines."""
    text, problems = read_text(path, name)
    if problems:
        return None, problems
    try:
        tree = YAML(typ="rt").load(text)
    except DuplicateKeyError as error:
        return None, [_syntax(name, error, "键重复 · key is there twice")]
    except MarkedYAMLError as error:
        return None, [_syntax(name, error, "不是有效的 YAML · not valid YAML")]
    except YAMLError as error:
        return None, [Problem(name, 1, "-", f"不是有效的 YAML · not valid YAML: {error}")]
    lines: dict[Where, int] = {}
    data = _plain(tree, (), lines)
    return Source(name, data, lines), []


def _syntax(name: str, error: MarkedYAMLError, text: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    return Problem(name, mark.line + 1 if mark else 1, "-", f"{text}: {(error.problem or '').splitlines()[0]}")


def _plain(node: Any, where: Where, lines: dict[Where, int]) -> Any:
    if isinstance(node, CommentedMap):
        for key in node:
            lines[(*where, key)] = node.lc.key(key)[0] + 1
        return {key: _plain(value, (*where, key), lines) for key, value in node.items()}
    if isinstance(node, CommentedSeq):
        for index in range(len(node)):
            lines[(*where, index)] = node.lc.item(index)[0] + 1
        return [_plain(value, (*where, index), lines) for index, value in enumerate(node)]
    return node


def parse(model: type[Model], source: Source) -> tuple[Model | None, list[Problem]]:
    """Validate a file against its model."""
    try:
        return model.model_validate(source.data), []
    except ValidationError as error:
        return None, [_told(model, source, detail) for detail in error.errors(include_url=False)]


def _told(model: type[BaseModel], source: Source, detail: ErrorDetails) -> Problem:
    where = tuple(part for part in detail["loc"] if part != "[key]")
    owner, description = _field(model, where)
    kind = detail["type"]
    if kind == "missing":
        text = f"缺少必填项 · required and missing: {description or where[-1]}"
    elif kind == "extra_forbidden":
        known = [info.alias or name for name, info in owner.model_fields.items()] if owner else []
        near = difflib.get_close_matches(str(where[-1]), known, n=1)
        hint = f"是否为 · did you mean {near[0]}?" if near else f"可用 · known: {', '.join(known)}"
        text = f"未知的键 · unknown key; {hint}"
    elif kind == "value_error":
        text = str(detail["ctx"]["error"])
    else:
        text = f"取值不符 · {detail['msg']}, found {detail['input']!r}"
        text += f" ({description})" if description else ""
    return source.problem(where, text)


def _field(model: type[BaseModel], where: Where) -> tuple[type[BaseModel] | None, str]:
    """The model that holds the last key of a place, and the description of that key."""
    here: Any = model
    owner: type[BaseModel] | None = None
    description = ""
    for part in where:
        here = _bare(here)
        if isinstance(here, type) and issubclass(here, BaseModel):
            owner = here
            named = {info.alias or name: info for name, info in here.model_fields.items()}
            if part not in named:
                return owner, ""
            description = named[str(part)].description or ""
            here = named[str(part)].annotation
        elif get_origin(here) in (dict, list, tuple):
            here = get_args(here)[-1]
    return owner, description


def _bare(annotation: Any) -> Any:
    while get_origin(annotation) in (Annotated, Union, UnionType):
        annotation = next(arg for arg in get_args(annotation) if arg is not type(None))
    return annotation
