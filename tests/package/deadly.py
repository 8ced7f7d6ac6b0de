"""Processes that are killed, without processes."""

from entrepot.services.progress import Silent


class Killed(BaseException):
    """The process ends here."""


class Deadly(Silent):
    """Kills at one of the moments at which progress is told."""

    def __init__(self, moment: int) -> None:
        self.left = moment

    def stage(self, name: str, total: int | None) -> None:
        self.advance(0)

    def advance(self, count: int) -> None:
        self.left -= 1
        if self.left < 0:
            raise Killed
