"""How long-running verbs tell what they do: a step is a context, its text printed with the seconds that it took."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from rich.console import Console

Progress = Callable[[str], AbstractContextManager[None]]


def on_console(console: Console) -> Progress:
    """Print each step as it ends; a step that fails is marked and its error goes on."""

    @contextmanager
    def step(text: str) -> Iterator[None]:
        start = time.monotonic()
        with console.status(text):
            try:
                yield
            except BaseException:
                console.print(f"[red]✗[/] {text} [dim]{time.monotonic() - start:6.1f} s[/]")
                raise
        console.print(f"[green]✓[/] {text} [dim]{time.monotonic() - start:6.1f} s[/]")

    return step
