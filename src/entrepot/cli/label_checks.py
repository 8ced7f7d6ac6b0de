"""The commands on labels of those who meet them: verify, activate, report; recall and alerts."""

import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from entrepot.cli import screen
from entrepot.cli.acting import (
    Out,
    PasswordsStdin,
    Payer,
    Rpc,
    Yes,
    acting_of,
    rpc_of,
    show_receipt,
    workspace_of,
)
from entrepot.cli.options import AsJson, show
from entrepot.cli.secret_input import Discreet, read_secret
from entrepot.core import scans
from entrepot.core.digital_link import DigitalLink
from entrepot.core.verdicts import Judgement, Verdict
from entrepot.errors import InputError
from entrepot.services import alerts as alarms
from entrepot.services import bundles, item_proofs, journeys, label_acts, office, verification
from entrepot.services.commission import gtin_of, producing
from entrepot.services.item_proofs import ItemProof
from entrepot.services.label_images import texts_of
from entrepot.services.office import Acting, Office
from entrepot.services.spelling import moment
from entrepot.services.verification import LabelCheck

checks_app = typer.Typer(rich_markup_mode=None)

LabelGiven = Annotated[
    str, typer.Argument(metavar="LABEL", help="The label's URI, or a PNG or JPEG that shows it.")
]
ProofFile = Annotated[
    Path | None, typer.Option("--proof", metavar="FILE", help="Proof file of the item.")
]
BatchFolderGiven = Annotated[
    Path | None,
    typer.Option("--batch", metavar="DIR", help="The producer's folder of the batch, for a proof."),
]
AttestorsFile = Annotated[
    Path | None,
    typer.Option(
        "--attestors",
        metavar="FILE",
        help="Which attestors are trusted; else the workspace's attestors.json.",
    ),
]


@checks_app.command("verify")
def verify(
    context: typer.Context,
    label: LabelGiven,
    is_offline: Annotated[
        bool, typer.Option("--offline", help="Ask no node: the bundle is all there is.")
    ] = False,
    bundle: Annotated[
        Path | None, typer.Option("--bundle", metavar="FILE", help="Trust bundle, for --offline.")
    ] = None,
    attestors: AttestorsFile = None,
    max_age: Annotated[
        float, typer.Option("--max-age", metavar="DAYS", min=0, help="Oldest bundle to trust.")
    ] = 30,
    proof: ProofFile = None,
    batch: BatchFolderGiven = None,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Says whether a label is genuine, not genuine, or that it cannot be told, and why.

    Exit 0 for genuine only. The verdict is about the label: expired goods keep a genuine one, and
    are warned of.
    """
    if is_offline != (bundle is not None):
        raise InputError("--offline and --bundle go together.")
    if is_offline and (proof or batch):
        raise InputError("A proof is checked on chain: leave --offline out.")
    _require_one_proof(proof, batch)
    texts, now = texts_of(label), int(time.time())
    if bundle is not None:
        pins = attestors or workspace_of(context).attestors
        check = verification.offline(texts, bundle, pins, now=now, max_age_days=max_age)
    else:
        acting = acting_of(context, password_stdin)
        with office.reading(workspace_of(context), rpc_of(context, rpc)) as open_office:
            link = verification.picked(texts)
            found = None
            if isinstance(link, DigitalLink):
                found = _proof(open_office, acting, link, proof, batch)
            check = verification.online(open_office, texts, found, now)
    show(asdict(check), as_json, lambda: _show_check(check))
    raise typer.Exit(0 if check.verdict is Verdict.GENUINE else 1)


@checks_app.command("bundle")
def bundle(
    context: typer.Context,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="File to write the bundle to.")
    ] = None,
    cosign: Annotated[
        Path | None,
        typer.Option(
            "--cosign",
            metavar="FILE",
            help="Sign the bundle in a file, if the chain says the same.",
        ),
    ] = None,
    attestors: AttestorsFile = None,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Takes a snapshot for verifiers without a network, and signs it as an attestor.

    On a devnet, without --as, three of five public keys sign it. Elsewhere each attestor adds its
    signature with --cosign, which reads the same block again.
    """
    file = out or cosign
    if file is None or (out and cosign):
        raise InputError("Give either --out, for a new bundle, or --cosign.")
    pins = attestors or workspace_of(context).attestors
    acting = acting_of(context, password_stdin)
    with office.reading(workspace_of(context), rpc_of(context, rpc)) as open_office:
        if acting.name is None and open_office.is_devnet:
            keys = bundles.devnet_attestors(open_office, acting.ring, pins)
        else:
            keys = [acting.key()]
        sign = bundles.cosign if cosign else bundles.make
        made = sign(open_office, file, pins, keys)
    value = {
        "bundle": str(file),
        "chain_id": made.bundle.chain_id,
        "block": made.bundle.block,
        "taken_at": moment(made.bundle.taken_at),
        "producers": len(made.bundle.producers),
        "recalled": len(made.bundle.recalled),
        "bytes": made.size_bytes,
        "signatures": made.signatures,
        "threshold": made.threshold,
        "attestors": str(pins),
    }
    show(value, as_json, lambda: screen.record(value))


@checks_app.command("prove")
def prove(
    context: typer.Context,
    batch: Annotated[Path, typer.Argument(metavar="DIR", help="The batch's folder.")],
    serial: Annotated[str, typer.Option("--serial", metavar="SERIAL", help="The item's serial.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="File for the proof.")],
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Writes the proof that an item is in its batch; who acts is the key that signed its labels."""
    acting = acting_of(context, password_stdin)
    with office.reading(workspace_of(context), rpc_of(context, rpc)) as open_office:
        key = producing(open_office, acting).key()
    found = label_acts.proven(batch, serial, None, key)
    found.save(out)
    value = {"proof": str(out), **found.as_json()["item"]}
    show(value, as_json, lambda: screen.record(value))


@checks_app.command("activate", cls=Discreet)
def activate(
    context: typer.Context,
    label: LabelGiven,
    code_stdin: Annotated[
        bool,
        typer.Option(
            "--code-stdin", help="Read the scratch code from stdin, ahead of any password."
        ),
    ] = False,
    proof: ProofFile = None,
    batch: BatchFolderGiven = None,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Activates an item for who acts and pays, by the code under its scratch layer.

    The code is asked for, never an argument. Exit 1 where a clone is suspected.
    """
    _require_one_proof(proof, batch)
    link = _link(label)
    acting = acting_of(context, password_stdin, yes=yes)
    if acting.name is None:
        raise InputError("Say with --as, ahead of the command, for whom the item is activated.")
    if not code_stdin and not sys.stdin.isatty():
        raise InputError("The scratch code is asked for on a terminal; elsewhere: --code-stdin.")
    item = label_acts.key_of_code(read_secret("Scratch code"))
    if proof is not None:
        found = item_proofs.load(proof)
    elif batch is not None:
        found = label_acts.proven(batch, link.serial, item.address)
    else:
        raise InputError("Give --proof or --batch, which shows that the item is known.")
    found.require(link)
    with office.sending(workspace_of(context), rpc_of(context, rpc)) as open_office:
        done = label_acts.activate(open_office, acting, found, item)
    show_receipt(done.receipt, as_json, outcome=done.outcome)
    raise typer.Exit(0 if done.is_first else 1)


@checks_app.command("report")
def report(
    context: typer.Context,
    label: LabelGiven,
    at: Annotated[
        str, typer.Option("--at", metavar="LAT,LON", help="Where, in degrees north and east.")
    ],
    payer: Payer = None,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Reports that a label was seen somewhere. It proves nothing; `alerts` looks at all of them."""
    place = label_acts.place_of(at)
    link = _link(label)
    acting = acting_of(context, password_stdin, payer=payer, yes=yes)
    with office.sending(workspace_of(context), rpc_of(context, rpc)) as open_office:
        receipt = label_acts.report(open_office, acting, link, place)
    show_receipt(receipt, as_json)


@checks_app.command("recall")
def recall(
    context: typer.Context,
    gtin: Annotated[str, typer.Argument(metavar="GTIN", help="The line: 8 to 14 digits.")],
    lot: Annotated[str, typer.Option("--lot", metavar="LOT", help="The batch's lot.")],
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why; its hash goes on chain.")
    ],
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Recalls a batch for ever, in one transaction, by its producer.

    On a devnet, without --as, the demo producer does.
    """
    line = gtin_of(gtin)
    acting = acting_of(context, password_stdin, yes=yes)
    with office.sending(workspace_of(context), rpc_of(context, rpc)) as open_office:
        receipt = label_acts.recall(open_office, acting, line, lot, reason)
    show_receipt(receipt, as_json, gtin=f"{line:014}", lot=lot)


@checks_app.command("cargo")
def cargo(
    context: typer.Context,
    shipment: Annotated[str, typer.Argument(metavar="0x…", help="Id of a shipment.")],
    out: Out = None,
    rpc: Rpc = None,
    as_json: AsJson = False,
) -> None:
    """Lists the items that a shipment carries; `verify` tells where an item went."""
    with office.reading(workspace_of(context, out), rpc_of(context, rpc)) as open_office:
        found = [asdict(each) for each in journeys.cargo_of(open_office, shipment)]

    def people() -> None:
        for each in found:
            screen.record(each)

    show(found, as_json, people)


@checks_app.command("alerts")
def alerts(
    context: typer.Context,
    max_kmh: Annotated[
        float, typer.Option("--max-kmh", metavar="KM/H", min=0, help="How fast goods travel.")
    ] = scans.MAX_KMH,
    burst: Annotated[
        int, typer.Option("--burst", metavar="N", min=2, help="Scans of an item that are many …")
    ] = scans.BURST_SCANS,
    window: Annotated[
        int, typer.Option("--window", metavar="SECONDS", min=1, help="… within so long.")
    ] = scans.BURST_SECONDS,
    rpc: Rpc = None,
    as_json: AsJson = False,
) -> None:
    """Lists suspected clones, and scans that do not fit. Exit 1 where there are any.

    They prove nothing and change no rating: whoever holds a scratch code or a label raises them.
    """
    with office.reading(workspace_of(context), rpc_of(context, rpc)) as open_office:
        found = alarms.alerts(open_office, max_kmh=max_kmh, burst=burst, seconds=window)

    def people() -> None:
        for each in found:
            screen.record(asdict(each))
        screen.record({"alerts": str(len(found))})

    show([asdict(each) for each in found], as_json, people)
    raise typer.Exit(1 if found else 0)


def _link(given: str) -> DigitalLink:
    """The label that was given, whoever signed it; `InputError` where it is none."""
    link = verification.picked(texts_of(given))
    if isinstance(link, Judgement):
        raise InputError(f"There is no label to act on: {link.reason}.")
    return link


def _proof(
    open_office: Office, acting: Acting, link: DigitalLink, file: Path | None, folder: Path | None
) -> ItemProof | None:
    """The item's proof from a file, or from its batch by the producer's key; None for neither."""
    if file is not None:
        return item_proofs.load(file)
    if folder is not None:
        return label_acts.shown(folder, link, producing(open_office, acting).key())
    return None


def _require_one_proof(file: Path | None, folder: Path | None) -> None:
    if file is not None and folder is not None:
        raise InputError("Give either --proof or --batch.")


def _show_check(check: LabelCheck) -> None:
    value: dict[str, Any] = {"verdict": check.verdict.value, "reason": check.reason}
    for part in (check.label, check.bundle, check.item):
        if part is not None:
            value |= asdict(part)
    value |= {"signer": check.signer, "producer": check.producer}
    journey = value.pop("journey", [])
    activation = value.pop("activation", None)
    screen.record(value)
    if activation:
        screen.record({"activated": f"{activation['at']} by {activation['by']}"})
    for step in journey:
        details = ", ".join(f"{name} {each}" for name, each in step["details"].items())
        screen.record({step["at"]: f"{step['event']} {details} ({step['shipment']})"})
    for warning in check.warnings:
        screen.record({"mind": warning})
