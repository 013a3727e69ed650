"""A password that nobody chooses: made once, kept as a secret of the stack."""

from typing import Any

import pulumi
from pulumi import dynamic


def _drawing() -> dynamic.ResourceProvider:
    """Pulumi keeps the provider in the state and runs it elsewhere: a class made in a function travels whole."""

    class Draw(dynamic.ResourceProvider):
        def create(self, props: Any) -> Any:
            from secrets import token_urlsafe  # noqa: PLC0415

            from pulumi.dynamic import CreateResult  # noqa: PLC0415

            return CreateResult("drawn", {**props, "value": token_urlsafe(32)})

        def diff(self, _id: str, _olds: Any, _news: Any) -> Any:
            from pulumi.dynamic import DiffResult  # noqa: PLC0415

            return DiffResult(changes=False)

    return Draw()


class Password(dynamic.Resource):
    """256 random bits as text."""

    value: pulumi.Output[str]

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        opts = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(additional_secret_outputs=["value"]))
        super().__init__(_drawing(), name, {"value": None}, opts)
