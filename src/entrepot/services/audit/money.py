"""Settings, balances, the pool's books and the tokens: what is held against what is owed."""

from entrepot.services.audit.checker import Checker
from entrepot.services.books import ZERO, Books, PolicyState


def check(checker: Checker, books: Books) -> None:
    """Every check of settings and money."""
    _settings(checker, books)
    _escrow_money(checker, books)
    _note_money(checker, books)
    _bond_money(checker, books)
    _pool_money(checker, books)
    _tokens(checker, books)


def _settings(checker: Checker, books: Books) -> None:
    escrow, insurance = checker.contracts["TradeEscrow"], checker.contracts["CargoInsurance"]
    checker.compare(
        "listed tokens", escrow, "listingOf",
        {(token,): {"isListed": True, "decimals": d} for token, d in books.listings.items()},
    )  # fmt: skip
    pools = {(pool,): is_listed for pool, is_listed in books.pools.items()}
    checker.compare("listed pools", insurance, "isPoolListed", pools)
    checker.compare("pause", escrow, "isOpeningPaused", {(): books.is_opening_paused})
    paused = {(): books.is_underwriting_paused}
    checker.compare("pause of cover", insurance, "isUnderwritingPaused", paused)


def _escrow_money(checker: Checker, books: Books) -> None:
    escrow, dollar = checker.contracts["TradeEscrow"], checker.at["TestDollar"]
    checker.compare("payments that wait", escrow, "withdrawable", dict(books.deferred))
    owed = {token: books.escrow_owes(token) for token in _tokens_of(checker, books)}
    _covered(checker, "escrow balance", escrow.address, owed)

    left = books.balances[escrow.address]
    lost = [] if left >= owed[dollar] else [("the escrow", f"at least {owed[dollar]}", str(left))]
    funded = sum(e.order.amount for e in books.orders.values() if e.order.token == dollar)
    evidence = f"{funded} units funded, {left} left after all that was paid"
    checker.differ("money in, money out", lost, evidence)


def _note_money(checker: Checker, books: Books) -> None:
    notes = checker.contracts["ReceivableNote"]
    waiting = dict(books.note_deferred)
    checker.compare("note payments that wait", notes, "withdrawable", waiting)
    owed = {token: books.notes_owe(token) for token in _tokens_of(checker, books)}
    _covered(checker, "balance of notes", notes.address, owed)


def _bond_money(checker: Checker, books: Books) -> None:
    """In tokens of orders alone: a bond in any other answers for nothing."""
    owed = dict.fromkeys(_tokens_of(checker, books), 0)
    for (_, token), bond in books.bonds.items():
        if token in owed:
            owed[token] += bond.held
    _covered(checker, "bond balance", checker.at["CarrierBond"], owed)


def _covered(checker: Checker, check: str, holder: str, owed: dict[str, int]) -> None:
    """A contract holds what it owes, in every token."""
    held = {token: checker.held_by(holder, token) for token in owed}
    short = [
        (f"{holder}, {_unit(checker, token)}", f"at least {units}", str(held[token]))
        for token, units in owed.items()
        if held[token] < units
    ]
    parts = (
        f"{held[token]} {_unit(checker, token)} held where {units} are owed"
        for token, units in owed.items()
    )
    checker.differ(check, short, "; ".join(parts))


def _tokens_of(checker: Checker, books: Books) -> list[str]:
    """The dollar, and every other token of an order."""
    used = dict.fromkeys(entry.order.token for entry in books.orders.values())
    return list({checker.at["TestDollar"]: None, **used})


def _unit(checker: Checker, token: str) -> str:
    if token == ZERO:
        return "wei"
    return "units" if token == checker.at["TestDollar"] else f"units of {token}"


def _pool_money(checker: Checker, books: Books) -> None:
    contract, kept = checker.contracts["InsurancePool"], books.pool
    rebuilt = {
        "locked": kept.locked, "liabilities": kept.liabilities, "firstLoss": kept.first_loss,
        "unvested": kept.unvested, "vestedAt": kept.vested_at, "vestsIn": kept.vests_in,
        "reserved": kept.reserved,
    }  # fmt: skip
    checker.compare("pool books", contract, "books", {(): rebuilt})
    active = [e for e in books.policies.values() if e.state is PolicyState.ACTIVE]
    pool = contract.address
    unpaid = sum(e.quote.maximum - e.paid_units for e in active if e.quote.pool == pool)
    checker.equal("locked capital", pool, unpaid, kept.locked, "locked for active policies")
    premiums = sum(e.quote.premium for e in active if e.quote.pool == pool)
    owed = premiums + sum(kept.deferred.values())
    checker.equal("pool liabilities", pool, owed, kept.liabilities, "owed")
    capital = checker.contracts["TestDollar"].call("balanceOf", pool) - kept.liabilities
    needed = max(kept.locked, kept.first_loss + kept.unvested)
    short = [] if capital >= needed else [(pool, f"at least {needed}", str(capital))]
    checker.differ("collateral", short, f"{capital} held against {kept.locked} locked")
    deferred = {(payee,): units for payee, units in kept.deferred.items()}
    checker.compare("pool payments that wait", contract, "deferredOf", deferred)
    checker.compare(
        "exits", contract, "exitOf",
        {(owner,): {"shares": shares, "maturesAt": at}
         for owner, (shares, at) in kept.exits.items()},
    )  # fmt: skip


def _tokens(checker: Checker, books: Books) -> None:
    for name, check, ledger in (
        ("TestDollar", "token balances", books.balances),
        ("InsurancePool", "pool shares", books.shares),
    ):
        contract = checker.contracts[name]
        held = {(owner,): units for owner, units in ledger.items() if owner != ZERO}
        checker.compare(check, contract, "balanceOf", held)
        supply = contract.call("totalSupply")
        checker.equal(f"supply of {check}", contract.address, -ledger[ZERO], supply, "in all")
