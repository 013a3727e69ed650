"""Remembers where each key of a fact file stands, so that a problem can name its line."""

import difflib
from collections.abc import Mapping
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from infra.plan.problems import Problem

Where = tuple[str | int, ...]
Model = TypeVar("Model", bound=BaseModel)


class Source:
    """One file: its name as shown, its data, and the line of every key; keys that it leaves out may be another's."""

    def __init__(
        self, name: str, data: Any = None, lines: Mapping[Where, int] | None = None, base: "Source | None" = None
    ) -> None:
        self.name = name
        self.data = data
        self.base = base
        self._lines = lines or {}

    def over(self, base: "Source") -> "Source":
        """This file with what it leaves out taken from another; a key is taken whole or not at all."""
        return Source(self.name, {**base.data, **self.data}, self._lines, base)

    def of(self, where: Where) -> "Source":
        """The file in which the top key of a place stands."""
        return self.base if self.base and where[:1] not in self._lines and where[:1] in self.base._lines else self

    def line(self, where: Where) -> int:
        """The line of the key, or of the nearest one above it."""
        for end in range(len(where), 0, -1):
            if where[:end] in self._lines:
                return self._lines[where[:end]]
        return 1

    def problem(self, where: Where, text: str) -> Problem:
        """A problem at this key, in the file where it stands."""
        file = self.of(where)
        return Problem(file.name, file.line(where), ".".join(map(str, where)) or "-", text)


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
