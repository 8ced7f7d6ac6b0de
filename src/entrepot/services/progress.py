"""How long work says how far it has come."""

from typing import Protocol


class Progress(Protocol):
    """Who is told how far a run has come."""

    def stage(self, name: str, total: int | None) -> None:
        """A stage begins; `total` of what is counted, None where it is not known."""

    def advance(self, count: int) -> None:
        """`count` more are done."""


class Silent:
    """Nobody is told."""

    def stage(self, name: str, total: int | None) -> None:
        """Nothing happens."""

    def advance(self, count: int) -> None:
        """Nothing happens."""
