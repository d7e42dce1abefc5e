"""How long work tells whoever waits for it that it goes on."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from tinyengine.schedule import Watcher

__all__ = ["Progress", "Watcher", "silent"]


class Progress(Protocol):
    """Shows that something goes on, as long as the block that it opens."""

    def __call__(self, what: str, /) -> AbstractContextManager[Watcher]:
        """Open a block for `what`; gives a function to be told how many of how many are done."""


@contextmanager
def silent(_: str, /) -> Iterator[Watcher]:
    """Show nothing."""
    yield lambda _done, _total: None
