"""The commands on devices that measure: their keys, their readings, and proofs of single ones."""

import time
from collections.abc import Callable, Sequence
from enum import StrEnum
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
    finish,
    rpc_of,
    show_done,
    workspace_of,
)
from entrepot.cli.options import AsJson, show
from entrepot.cli.orders import Order
from entrepot.cli.secret_input import Discreet, PasswordStdin, read_password
from entrepot.core.p256 import P256Key
from entrepot.core.readings import Reading
from entrepot.core.series import METRICS, ColdChain
from entrepot.core.signing import Key
from entrepot.errors import InputError
from entrepot.services import custody, devices, office, orders, sensors, series_file
from entrepot.services.devices import SignedBatch
from entrepot.services.office import Acting, Office
from entrepot.services.order_file import duration_of
from entrepot.services.orders import Done
from entrepot.services.series_file import Series
from entrepot.services.spelling import expiry_of, moment_of
from entrepot.storage.files import write_bytes

device_app = typer.Typer(
    help="Devices: keys that measure, their signed readings, and proofs of single ones.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


class Generator(StrEnum):
    """What a series can be made of."""

    coldchain = "coldchain"


Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a device's batches.")]
Write = Annotated[
    Path | None, typer.Option("--write", metavar="FILE", help="Keep it in a new file.")
]
P256 = Annotated[
    Path | None,
    typer.Option("--p256", metavar="FILE", help="The device's encrypted P-256 key in PEM."),
]
Seed = Annotated[int, typer.Option("--seed", metavar="N", help="What a series is drawn from.")]
Lasting = Annotated[
    str, typer.Option("--for", metavar="PERIOD", help="How long a series is: P2D, PT36H.")
]
Interval = Annotated[
    int,
    typer.Option(
        "--interval", metavar="SECONDS", min=1, max=86_400, help="Between readings of a series."
    ),
]
Excursion = Annotated[
    str | None,
    typer.Option(
        "--excursion",
        metavar="AFTER/PERIOD",
        help="The cooling fails so long after the start, for so long: PT26H/PT3H.",
    ),
]


@device_app.command("new", cls=Discreet)
def new(
    file: Annotated[Path, typer.Option("--p256", metavar="FILE", help="New file for the key.")],
    password_stdin: PasswordStdin = False,
    as_json: AsJson = False,
) -> None:
    """Makes a P-256 key, as secure elements have them, in an encrypted PEM file; needs no node.

    A device with a key on secp256k1 is an ordinary function key: `entrepot keys`.
    """
    key = devices.new_key(file, read_password(password_stdin, twice=True))
    value = {
        "file": str(file),
        "public": "0x" + b"".join(key.point).hex(),
        "account": devices.element_of(key.point),
    }
    show(value, as_json, lambda: screen.record(value))


@device_app.command("secure-element", cls=Discreet)
def secure_element(
    context: typer.Context,
    p256: P256 = None,
    public: Annotated[
        str | None,
        typer.Option("--public", metavar="HEX", help="The public key alone: x and y, 64 bytes."),
    ] = None,
    payer: Payer = None,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Deploys the account of a P-256 key, which checks its signatures; anyone may, once."""
    if (p256 is None) == (public is None):
        raise InputError("Give the device's key, --p256 FILE, or its --public part.")
    if p256 is not None:
        point = _p256(p256, password_stdin).point
    else:
        point = devices.public_point(public or "")
    acting = acting_of(context, password_stdin, payer=payer, yes=yes)
    with office.sending(workspace_of(context), rpc_of(context, rpc)) as open_office:
        done = devices.deploy_element(open_office, acting, point)
    show_done(done, as_json, noun="device")


@device_app.command("enrol", cls=Discreet)
def enrol(
    context: typer.Context,
    key: Annotated[
        str | None, typer.Option("--key", metavar="KEY", help="The device's key, if secp256k1.")
    ] = None,
    p256: P256 = None,
    level: Annotated[int, typer.Option("--level", metavar="N", min=1, max=255)] = 1,
    expires: Annotated[
        str, typer.Option("--expires", metavar="DAY|never", help="Its last day.")
    ] = "never",
    write: Write = None,
    payer: Payer = None,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Grants a device at hand the function `measure`; who acts grants, the device accepts.

    It is `entrepot keys grant KEY --functions measure`, which cannot sign with a P-256 key. Such a
    device ends as every key does, by `entrepot keys revoke`.
    """
    acting = acting_of(context, password_stdin, payer=payer, yes=yes)
    device = _device(acting, key, p256, password_stdin)
    with office.sending(workspace_of(context), rpc_of(context, rpc)) as open_office:
        signer = devices.signer_of(open_office, device)
        message = devices.enrolment(open_office, acting.key(), signer, level, expiry_of(expires))
        finish(open_office, message, acting, write, as_json)


@device_app.command("series", cls=Discreet)
def series(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV file to write.")],
    start: Annotated[str, typer.Option("--start", metavar="TIME", help="Time of the first one.")],
    seed: Seed = 1,
    lasting: Lasting = "P2D",
    interval: Interval = 300,
    excursion: Excursion = None,
) -> None:
    """Makes a series of readings of a cold chain; a seed gives one, always. Needs no node."""
    made = _generated(seed, moment_of(start), lasting, interval, excursion)
    write_bytes(file, series_file.text(made).encode())


@device_app.command("run", cls=Discreet)
def run(
    context: typer.Context,
    order: Order,
    key: Annotated[
        str | None, typer.Option("--key", metavar="KEY", help="The device's key, if secp256k1.")
    ] = None,
    p256: P256 = None,
    file: Annotated[
        Path | None, typer.Option("--series", metavar="FILE", help="CSV of what it measures.")
    ] = None,
    generate: Annotated[
        Generator | None, typer.Option("--generate", help="Make what it measures up instead.")
    ] = None,
    seed: Seed = 1,
    start: Annotated[
        str | None,
        typer.Option("--start", metavar="TIME", help="Of a series that is made; else shipping."),
    ] = None,
    lasting: Lasting = "P2D",
    interval: Interval = 300,
    excursion: Excursion = None,
    count: Annotated[
        int, typer.Option("--batch", metavar="N", min=1, max=100_000, help="Readings in a batch.")
    ] = 144,
    folder: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder of its batches.")
    ] = Path("readings"),
    submit: Annotated[
        bool, typer.Option("--submit", help="Bring each batch to the chain as it is made.")
    ] = False,
    speed: Annotated[
        float,
        typer.Option("--speed", metavar="X", min=0, help="Times faster than time; 0 for at once."),
    ] = 0,
    payer: Payer = None,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Is a device: reads a series, closes and signs a batch whenever a limit is crossed.

    Each batch is a file before the next one begins. After an interruption the same command goes on
    behind the last file. Exit 1 where some of it has not arrived.
    """
    if (file is None) == (generate is None):
        raise InputError("Give what it measures: --series FILE, or --generate coldchain.")
    acting = acting_of(context, password_stdin, payer=payer, yes=yes)
    device = _device(acting, key, p256, password_stdin)
    recorded = series_file.load(file) if file else None
    opened = office.sending if submit else office.reading
    told: list[dict[str, Any]] = []
    with opened(workspace_of(context), rpc_of(context, rpc)) as here:
        known = orders.find(here, order)
        shipped = custody.require_shipped(here, known).shipped_at
        since = moment_of(start) if start else shipped
        measured = recorded or _generated(seed, since, lasting, interval, excursion)
        signer = devices.signer_of(here, device)
        devices.require_watching(here, known, signer.account, measured.metrics)
        waiting = devices.batches_in(here, folder) if submit and folder.is_dir() else []
        for signed in devices.signed_batches(
            here, known, signer, measured.metrics, measured.interval, measured.readings, folder,
            maximum=count, pace=_pace(measured, speed),
        ):  # fmt: skip
            waiting.append(signed)
            if not submit:
                told.append(_told(signed, None))
                _say(told[-1], as_json)
            else:
                waiting = _submitted(here, acting, waiting, told, as_json)
        if submit and waiting:
            waiting = _submitted(here, acting, waiting, told, as_json)
            told += [_told(each, Done(each.order, "waits", is_pending=True)) for each in waiting]
    show(told, as_json, lambda: screen.fields({"batches": str(len(told)), "folder": str(folder)}))
    raise typer.Exit(1 if submit and waiting else 0)


@device_app.command("submit", cls=Discreet)
def submit_readings(
    context: typer.Context,
    folder: Folder,
    payer: Payer = None,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Brings a device's batches to the chain, but those that it has, and claims policies; anyone
    may. Exit 1 where one has to wait.
    """
    acting = acting_of(context, password_stdin, payer=payer, yes=yes)
    told: list[dict[str, Any]] = []
    with office.sending(workspace_of(context), rpc_of(context, rpc)) as here:
        batches = devices.batches_in(here, folder)
        waiting = _submitted(here, acting, batches, told, as_json)
    show(told, as_json, lambda: screen.fields({"waiting": str(len(waiting))}))
    raise typer.Exit(1 if waiting else 0)


@device_app.command("prove", cls=Discreet)
def prove(
    context: typer.Context,
    folder: Folder,
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="Number of the batch.")],
    index: Annotated[
        int, typer.Argument(metavar="INDEX", help="Number of the reading in it, from 0.")
    ],
    write: Write = None,
    out: Out = None,
    rpc: Rpc = None,
    as_json: AsJson = False,
) -> None:
    """Proves one reading of a batch, without the others."""
    with office.reading(workspace_of(context, out), rpc_of(context, rpc)) as here:
        value = devices.prove(here, folder, number, index)
    if write is not None:
        devices.keep_proof(write, value)
    show(value, as_json, lambda: screen.record(value))


@device_app.command("verify", cls=Discreet)
def verify(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The proof of a reading.")],
    out: Out = None,
    rpc: Rpc = None,
    as_json: AsJson = False,
) -> None:
    """Checks the proof of one reading against what the device signed and the chain has.

    Exit 1 where it does not hold.
    """
    with office.reading(workspace_of(context, out), rpc_of(context, rpc)) as here:
        value = devices.verify(here, file)
    show(value, as_json, lambda: screen.record(value))
    raise typer.Exit(0 if value["valid"] else 1)


def _p256(file: Path, password_stdin: bool) -> P256Key:
    return devices.open_key(file, read_password(password_stdin, what=f"Password of {file}"))


def _device(
    acting: Acting, key: str | None, p256: Path | None, password_stdin: bool
) -> Key | P256Key:
    if p256 is not None and key is None:
        return _p256(p256, password_stdin)
    if key is not None and p256 is None:
        return acting.ring.key(key)
    raise InputError("Say which device: --key KEY or --p256 FILE.")


def _generated(seed: int, start: int, lasting: str, interval: int, excursion: str | None) -> Series:
    seconds = _period("--for", lasting)
    parts = excursion.split("/") if excursion else []
    if len(parts) not in (0, 2):
        raise InputError("--excursion says when and for how long: PT26H/PT3H.")
    failing = tuple(_period("--excursion", part) for part in parts)
    chain = ColdChain(seed, start, interval, (failing[0], failing[1]) if failing else None)
    return Series(METRICS, interval, tuple(chain.readings(seconds)))


def _period(option: str, text: str) -> int:
    try:
        found = duration_of(text)
    except ValueError as failure:
        raise InputError(f"{option} cannot be used: {failure}.") from None
    if found == 0:
        raise InputError(f"{option} is no time at all.")
    return found


def _pace(measured: Series, speed: float) -> Callable[[Reading], None] | None:
    """Waits between readings, from the first one that is taken on."""
    if not speed:
        return None
    first: list[tuple[int, float]] = []

    def wait(reading: Reading) -> None:
        if not first:
            first.append((reading[0], time.monotonic()))
        due = first[0][1] + (reading[0] - first[0][0]) / speed
        time.sleep(max(0.0, due - time.monotonic()))

    return wait


def _submitted(
    here: Office,
    acting: Acting,
    batches: Sequence[SignedBatch],
    told: list[dict[str, Any]],
    as_json: bool,
) -> list[SignedBatch]:
    """Those that have to wait; what became of the others is told."""
    left = list(batches)
    for signed, done in devices.submit(here, acting, batches):
        if done.is_pending:
            break
        told.append(_told(signed, done))
        _say(told[-1], as_json)
        left.remove(signed)
    return left


def _told(signed: SignedBatch, done: Done | None) -> dict[str, Any]:
    value = sensors.batch_json(signed.readings)
    receipt = {"transaction": done.receipt.transaction} if done and done.receipt else {}
    return {**value, "status": done.status if done else "signed", **receipt}


def _say(value: dict[str, Any], as_json: bool) -> None:
    if not as_json:
        screen.readings(value)
