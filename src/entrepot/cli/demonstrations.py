"""Commands that show the system at work."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from entrepot.cli import screen
from entrepot.cli.options import AsJson, show
from entrepot.services.coldchain import play, told


def coldchain(
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder for the record and the page.")
    ] = Path("out/coldchain"),
    seed: Annotated[
        int, typer.Option("--seed", metavar="S", help="What the temperatures are drawn from.")
    ] = 1,
    as_json: AsJson = False,
) -> None:
    """Plays a pharma shipment that gets warm on its second leg: measured, paid, answered for."""
    with screen.progress() as progress:
        story = play(out, seed, progress)
    lines = [*told(story), f"The page with chart and map is {out / 'report.html'}."]
    show(asdict(story), as_json, lambda: print(*lines, sep="\n"))
