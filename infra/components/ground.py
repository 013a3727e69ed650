"""What the stacks below stand on: it goes first of all that a stack made, and doesn't go from under one that is there.

`pulumi destroy` runs no program, so a dynamic resource holds the order: Pulumi runs its `delete` in any case, and
before that of whatever it depends on.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import pulumi
from pulumi import dynamic


def _holding() -> dynamic.ResourceProvider:
    """Pulumi keeps the provider in the state and runs it elsewhere: a class made in a function travels whole."""

    class Hold(dynamic.ResourceProvider):
        def create(self, props: Any) -> Any:
            from pulumi.dynamic import CreateResult  # noqa: PLC0415

            return CreateResult(props["stack"], dict(props))

        def diff(self, _id: str, olds: Any, news: Any) -> Any:
            from pulumi.dynamic import DiffResult  # noqa: PLC0415

            return DiffResult(changes=olds["below"] != news["below"])

        def update(self, _id: str, olds: Any, news: Any) -> Any:
            from pulumi.dynamic import UpdateResult  # noqa: PLC0415

            self.refuse(set(olds["below"]) - set(news["below"]), olds)
            return UpdateResult(dict(news))

        def delete(self, _id: str, props: Any) -> None:
            self.refuse(set(props["below"]), props)

        def refuse(self, leaving: Any, props: Any) -> None:
            from json import loads  # noqa: PLC0415
            from subprocess import run  # noqa: PLC0415

            words = ["pulumi", "stack", "ls", "--json", "--project", props["project"]]
            done = run(words, capture_output=True, text=True, check=False)
            if done.returncode:
                raise RuntimeError(f"{' '.join(words)}: {done.stderr.strip()}")
            found = {one["name"].rpartition("/")[2]: one.get("resourceCount") for one in loads(done.stdout)}
            if standing := sorted(name for name in leaving if found.get(name)):
                raise RuntimeError(
                    f"下级 stack 仍在，先删除 · these stacks still stand on {props['stack']}: {', '.join(standing)}; "
                    f"first run: pulumi destroy --stack {standing[0]}"
                )

    return Hold()


class Ground(dynamic.Resource):
    """Depends on everything that its stack declared, so that nothing goes before it."""

    def __init__(self, stack: str, below: Sequence[str], declared: Iterable[pulumi.Resource]) -> None:
        made = [one for one in declared if isinstance(one, pulumi.CustomResource)]
        props = {"stack": stack, "project": pulumi.get_project(), "below": list(below)}
        super().__init__(_holding(), stack, props, pulumi.ResourceOptions(depends_on=made))
