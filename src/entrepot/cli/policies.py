"""The commands on cover: policies, the bonds of carriers, and pools."""

from pathlib import Path
from typing import Annotated

import typer

from entrepot.cli import screen
from entrepot.cli.acting import (
    Out,
    PasswordsStdin,
    Payer,
    Rpc,
    Yes,
    acting_of,
    done_json,
    lacking,
    rpc_of,
    show_done,
    workspace_of,
)
from entrepot.cli.options import AsJson, show
from entrepot.cli.orders import Order, To
from entrepot.cli.secret_input import Discreet
from entrepot.errors import InputError
from entrepot.services import bonds, cover, office, orders, perils, pools
from entrepot.services.cover import AUTO, Asked, SignedQuote
from entrepot.services.order_file import duration_of
from entrepot.services.perils import Route
from entrepot.services.spelling import address_of, moment_of, share_of

policy_app = typer.Typer(
    help="Policies: cover of an order's goods, which the facts pay.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
bond_app = typer.Typer(
    help="Bonds: what carriers put up for what they answer for.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
pool_app = typer.Typer(
    help="Pools: the capital behind cover.", no_args_is_help=True, rich_markup_mode=None
)

QuotePath = Annotated[Path, typer.Argument(metavar="FILE", help="The quote's file.")]
PolicyId = Annotated[
    str, typer.Argument(metavar="POLICY", help="The policy: its id, or its quote's file.")
]
Participant = Annotated[
    int, typer.Argument(metavar="ID", min=1, help="The participant whose bond it is.")
]
TokenName = Annotated[
    str, typer.Option("--token", metavar="TOKEN", help="TestDollar, or a token's address.")
]
PoolAddress = Annotated[
    str | None,
    typer.Argument(metavar="ADDRESS", help="The pool; without it, the deployment's own."),
]
Amount = Annotated[str, typer.Option("--amount", metavar="AMOUNT", help="As 1250.00.")]


@policy_app.command("quote", cls=Discreet)
def quote(
    context: typer.Context,
    order: Order,
    premium: Annotated[
        str,
        typer.Option(
            "--premium", metavar="AMOUNT|auto", help="As 1250.00; or what the tariff asks."
        ),
    ],
    cap: Annotated[
        str,
        typer.Option(
            "--cap", metavar="SHARE", help="Most that is paid, of the order's amount: 50%."
        ),
    ],
    until: Annotated[
        str, typer.Option("--until", metavar="TIME", help="Good until YYYY-MM-DDTHH:MM:SSZ.")
    ],
    write: Annotated[Path, typer.Option("--write", metavar="FILE", help="New file of the quote.")],
    peril: Annotated[
        list[str] | None,
        typer.Option(
            "--peril",
            metavar="PERIL",
            help="What pays once, up to four: level:watch0:30%, run:watch0:>3600s:30%, "
            "exposure:watch0:>3600s:30%, loss:>=5%:50%, damage:>=5%:50%, refusal:100%.",
        ),
    ] = None,
    per_day: Annotated[
        str, typer.Option("--per-day", metavar="SHARE", help="Paid for each day late: 1%.")
    ] = "0%",
    grace_days: Annotated[
        int, typer.Option("--grace-days", metavar="N", min=0, max=65_535, help="Days late, free.")
    ] = 0,
    deductible: Annotated[
        str, typer.Option("--deductible", metavar="SHARE", help="Never paid, of all together.")
    ] = "0%",
    maximum: Annotated[
        str | None,
        typer.Option("--maximum", metavar="AMOUNT", help="Without it, what the cap comes to."),
    ] = None,
    holder: Annotated[
        str | None,
        typer.Option("--holder", metavar="ADDRESS", help="Whose cover; without it, the buyer's."),
    ] = None,
    beneficiary: Annotated[
        str | None,
        typer.Option(
            "--beneficiary",
            metavar="ADDRESS|note",
            help="Who is paid: an account, or whoever holds the order's note; else the holder.",
        ),
    ] = None,
    pool: Annotated[
        str | None,
        typer.Option("--pool", metavar="ADDRESS", help="Without it, the deployment's own."),
    ] = None,
    reporting: Annotated[
        str,
        typer.Option(
            "--reporting", metavar="PERIOD", help="How long after delivery facts still count: P7D."
        ),
    ] = "PT0H",
    mode: Annotated[
        str | None,
        typer.Option("--mode", metavar="MODE", help="For auto: air, charter, ocean, road, rail."),
    ] = None,
    origin: Annotated[
        str | None, typer.Option("--from", metavar="CC", help="For auto: the country of origin.")
    ] = None,
    destination: Annotated[
        str | None, typer.Option("--to", metavar="CC", help="For auto: that of destination.")
    ] = None,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Offers cover of an order's goods; who acts underwrites for an insurer."""
    acting, workspace = acting_of(context, password_stdin), workspace_of(context)
    ends = (mode, origin, destination)
    if premium != AUTO and any(ends):
        raise InputError("--mode, --from and --to belong to --premium auto.")
    if beneficiary is not None and beneficiary != "note":
        beneficiary = address_of(beneficiary)
    asked = Asked(
        premium=premium,
        cap_bps=share_of(cap),
        until=moment_of(until),
        holder=address_of(holder) if holder else None,
        maximum=maximum,
        grace_days=grace_days,
        bps_per_day=share_of(per_day),
        deductible_bps=share_of(deductible),
        perils=tuple(perils.peril_of(each) for each in peril or []),
        beneficiary=beneficiary,
        pool=address_of(pool) if pool else None,
        reporting_period=_period(reporting),
        route=Route(mode, origin, destination) if mode and origin and destination else None,
    )
    with office.reading(workspace, rpc_of(context, rpc)) as here:
        signed = cover.quote(here, orders.find(here, order), acting.key(), asked)
    cover.create(write, signed)
    _show_quote(write, signed, as_json)


@policy_app.command("sign", cls=Discreet)
def sign(
    context: typer.Context,
    file: QuotePath,
    is_contract: Annotated[
        bool, typer.Option("--for-contract", help="The holder's account is a contract.")
    ] = False,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Adds the signature of who acts, the holder, to a quote; needs no node."""
    key, deployment = acting_of(context, password_stdin).key(), workspace_of(context).deployment()
    _show_quote(file, cover.sign(file, deployment, key, is_contract=is_contract), as_json)


@policy_app.command("approve", cls=Discreet)
def approve(
    context: typer.Context,
    file: QuotePath,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Lets the insurance take the premium from who acts, the holder."""
    acting = acting_of(context, password_stdin, yes=yes)
    with office.sending(workspace_of(context), rpc_of(context, rpc)) as here:
        done = cover.approve(here, acting, cover.load(file, here.deployment))
    show_done(done, as_json, noun="policy")


@policy_app.command("insure", cls=Discreet)
def insure(
    context: typer.Context,
    file: QuotePath,
    payer: Payer = None,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Buys the cover of a quote that insurer and holder signed; anyone may."""
    acting = acting_of(context, password_stdin, payer=payer, yes=yes)
    with office.sending(workspace_of(context), rpc_of(context, rpc)) as here:
        done = cover.insure(here, acting, file)
    show_done(done, as_json, noun="policy")


@policy_app.command("show", cls=Discreet)
def policy_show(
    context: typer.Context,
    policy: PolicyId,
    out: Out = None,
    rpc: Rpc = None,
    as_json: AsJson = False,
) -> None:
    """Shows a policy: its terms, what of it has happened, what was paid and recovered."""
    with office.reading(workspace_of(context, out), rpc_of(context, rpc)) as here:
        value = cover.show(here, cover.find(here, policy))
    show(value, as_json, lambda: screen.outline(value))


@policy_app.command("list", cls=Discreet)
def policy_list(
    context: typer.Context,
    order: Annotated[
        str | None, typer.Argument(metavar="ORDER", help="Those on this order alone.")
    ] = None,
    out: Out = None,
    rpc: Rpc = None,
    as_json: AsJson = False,
) -> None:
    """Lists policies, the first ones first."""
    with office.reading(workspace_of(context, out), rpc_of(context, rpc)) as here:
        value = cover.listed(here, orders.find(here, order).id if order else None)
    show(value, as_json, lambda: screen.records(value))


@policy_app.command("claim", cls=Discreet)
def claim(
    context: typer.Context,
    policy: PolicyId,
    payer: Payer = None,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Pays what the facts say, as every command that records a fact does by itself; anyone may.

    Exit 1 where nothing is to be decided yet.
    """
    acting = acting_of(context, password_stdin, payer=payer, yes=yes)
    with office.sending(workspace_of(context), rpc_of(context, rpc)) as here:
        done = cover.claim(here, acting, cover.find(here, policy))
    show_done(done, as_json, noun="policy")
    raise typer.Exit(1 if done.is_pending else 0)


@policy_app.command("reserve", cls=Discreet)
def reserve(
    context: typer.Context,
    policy: PolicyId,
    payer: Payer = None,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Reserves in the pool what a late shipment costs by now; anyone may."""
    acting = acting_of(context, password_stdin, payer=payer, yes=yes)
    with office.sending(workspace_of(context), rpc_of(context, rpc)) as here:
        done = cover.reserve(here, acting, cover.find(here, policy))
    show_done(done, as_json, noun="policy")


@bond_app.command("approve", cls=Discreet)
def bond_approve(
    context: typer.Context,
    amount: Amount,
    token: TokenName = "TestDollar",
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Lets the bonds take an amount from who acts."""
    acting = acting_of(context, password_stdin, yes=yes)
    with office.sending(workspace_of(context), rpc_of(context, rpc)) as here:
        done = bonds.approve(here, acting, token, amount)
    show_done(done, as_json, noun="account")


@bond_app.command("deposit", cls=Discreet)
def bond_deposit(
    context: typer.Context,
    participant: Participant,
    amount: Amount,
    token: TokenName = "TestDollar",
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Adds to a participant's bond, out of the account of who acts; each time anew."""
    acting = acting_of(context, password_stdin, yes=yes)
    with office.sending(workspace_of(context), rpc_of(context, rpc)) as here:
        done = bonds.deposit(here, acting, participant, token, amount)
    show_done(done, as_json, noun="participant")


@bond_app.command("request", cls=Discreet)
def bond_request(
    context: typer.Context,
    participant: Participant,
    amount: Amount,
    token: TokenName = "TestDollar",
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Asks for a part of a bond back, which answers for 60 days more; who acts is the root.

    It takes the place of an earlier request; an amount of 0 takes that back.
    """
    acting = acting_of(context, password_stdin, yes=yes)
    with office.sending(workspace_of(context), rpc_of(context, rpc)) as here:
        done = bonds.request(here, acting, participant, token, amount)
    show_done(done, as_json, noun="participant")


@bond_app.command("withdraw", cls=Discreet)
def bond_withdraw(
    context: typer.Context,
    participant: Participant,
    token: TokenName = "TestDollar",
    to: To = None,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Takes what was asked back of a bond; who acts is the root. Exit 1 while the notice runs."""
    acting = acting_of(context, password_stdin, yes=yes)
    receiver = address_of(to) if to else None
    with office.sending(workspace_of(context), rpc_of(context, rpc)) as here:
        done = bonds.withdraw(here, acting, participant, token, receiver)
    show_done(done, as_json, noun="participant")
    raise typer.Exit(1 if done.is_pending else 0)


@bond_app.command("show", cls=Discreet)
def bond_show(
    context: typer.Context,
    participant: Participant,
    token: TokenName = "TestDollar",
    out: Out = None,
    rpc: Rpc = None,
    as_json: AsJson = False,
) -> None:
    """Shows a participant's bond in a token, and what was recovered from it."""
    with office.reading(workspace_of(context, out), rpc_of(context, rpc)) as here:
        value = bonds.show(here, participant, token)
    show(value, as_json, lambda: screen.outline(value))


@bond_app.command("subrogate", cls=Discreet)
def subrogate(
    context: typer.Context,
    policy: PolicyId,
    payer: Payer = None,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Recovers what a policy paid from the bonds of those who answer for it, into its pool; anyone
    may.
    """
    acting = acting_of(context, password_stdin, payer=payer, yes=yes)
    with office.sending(workspace_of(context), rpc_of(context, rpc)) as here:
        found = bonds.subrogate(here, acting, cover.find(here, policy))
    value = [done_json(each, "policy") for each in found]
    show(value, as_json, lambda: screen.records(value))


@pool_app.command("approve", cls=Discreet)
def pool_approve(
    context: typer.Context,
    amount: Amount,
    pool: PoolAddress = None,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Lets a pool take an amount of its asset from who acts."""
    acting = acting_of(context, password_stdin, yes=yes)
    address = address_of(pool) if pool else None
    with office.sending(workspace_of(context), rpc_of(context, rpc)) as here:
        done = pools.approve(here, acting, address, amount)
    show_done(done, as_json, noun="pool")


@pool_app.command("deposit", cls=Discreet)
def pool_deposit(
    context: typer.Context,
    amount: Amount,
    pool: PoolAddress = None,
    yes: Yes = False,
    rpc: Rpc = None,
    password_stdin: PasswordsStdin = False,
    as_json: AsJson = False,
) -> None:
    """Puts capital of who acts into a pool, for shares; each time anew."""
    acting = acting_of(context, password_stdin, yes=yes)
    address = address_of(pool) if pool else None
    with office.sending(workspace_of(context), rpc_of(context, rpc)) as here:
        done = pools.deposit(here, acting, address, amount)
    show_done(done, as_json, noun="pool")


@pool_app.command("show", cls=Discreet)
def pool_show(
    context: typer.Context,
    pool: PoolAddress = None,
    out: Out = None,
    rpc: Rpc = None,
    as_json: AsJson = False,
) -> None:
    """Shows a pool: its capital, what of it is locked and reserved, the price of a share."""
    address = address_of(pool) if pool else None
    with office.reading(workspace_of(context, out), rpc_of(context, rpc)) as here:
        value = pools.show(here, address)
    show(value, as_json, lambda: screen.outline(value))


def _period(text: str) -> int:
    try:
        return duration_of(text)
    except ValueError as failure:
        raise InputError(f"--reporting cannot be used: {failure}.") from None


def _show_quote(file: Path, signed: SignedQuote, as_json: bool) -> None:
    value = {
        "file": str(file),
        "policy": "0x" + signed.id.hex(),
        **signed.as_json(),
        "unsigned": signed.lacking,
    }
    names = ("file", "policy", "order", "holder", "premium", "maximum", "perils", "until")
    short = {name: value[name] for name in names} | {"unsigned": lacking(signed.lacking)}
    show(value, as_json, lambda: screen.record(short))
