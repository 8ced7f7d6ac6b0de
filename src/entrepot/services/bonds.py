"""Bonds of those who hold goods, and what insurers recover from them."""

from typing import Any

from entrepot.errors import InputError
from entrepot.network.bindings import CarrierBond, ParticipantRegistry
from entrepot.network.contracts import topic_of
from entrepot.services import custody, events, orders, tokens
from entrepot.services.cover import causes, refusal
from entrepot.services.office import Acting, Office
from entrepot.services.orders import Done
from entrepot.services.participants import require_participant
from entrepot.services.policies import Policy
from entrepot.services.spelling import moment

_MOST_LEAVING = 2**88 - 1


def approve(office: Office, acting: Acting, name: str, amount: str) -> Done:
    """Lets the bonds take an amount of a token from the account of who acts."""
    token = _token(office, name)
    units, account = token.asked("--amount", amount), acting.key().address
    return orders.allow(office, acting, token, office.bind(CarrierBond).address, units, account)


def deposit(office: Office, acting: Acting, number: int, name: str, amount: str) -> Done:
    """Adds to a participant's bond, from the account of who acts."""
    require_participant(office, number)
    token, bonds = _token(office, name), office.bind(CarrierBond)
    units = _some(token, amount)
    tokens.require_funds(
        office, token, acting.key().address, bonds.address, units,
        approve=f"entrepot --as KEY bond approve --amount {amount} --token {name}",
    )  # fmt: skip
    receipt = office.send_own(bonds.deposit(number, token.address, units), acting)
    return Done(str(number), f"deposited {token.text(units)} {name}", receipt)


def request(office: Office, acting: Acting, number: int, name: str, amount: str) -> Done:
    """Asks for a part of a bond back, in place of an earlier request; who acts is the root."""
    _require_root(office, acting, number)
    token, bonds = _token(office, name), office.bind(CarrierBond)
    units, bond = token.asked("--amount", amount), bonds.bond_of(number, token.address)
    if units == bond.leaving:
        return Done(str(number), "requested before; nothing was sent")
    if units > min(bond.held, _MOST_LEAVING):
        raise InputError(f"--amount is more than the bond, which is {token.text(bond.held)}.")
    receipt = office.send_own(bonds.request_withdrawal(number, token.address, units), acting)
    if not units:
        return Done(str(number), "the request is taken back", receipt)
    at = moment(bonds.bond_of(number, token.address).leaves_at)
    return Done(str(number), f"{token.text(units)} {name} can be taken from {at} on", receipt)


def withdraw(office: Office, acting: Acting, number: int, name: str, to: str | None) -> Done:
    """Takes what was asked back and is still there; who acts is the root."""
    _require_root(office, acting, number)
    token, bonds = _token(office, name), office.bind(CarrierBond)
    bond = bonds.bond_of(number, token.address)
    units = min(bond.leaving, bond.held)
    if not units:
        return Done(str(number), f"nothing was asked back in {name}; nothing was sent")
    if office.node.time() < bond.leaves_at:
        status = f"it can be taken from {moment(bond.leaves_at)} on; nothing was sent"
        return Done(str(number), status, is_pending=True)
    call = bonds.withdraw(number, token.address, to or acting.key().address)
    receipt = office.send_own(call, acting)
    return Done(str(number), f"withdrew {token.text(units)} {name}", receipt)


def show(office: Office, number: int, name: str) -> dict[str, Any]:
    """A participant's bond in a token, and what was recovered from it."""
    require_participant(office, number)
    token, bonds = _token(office, name), office.bind(CarrierBond)
    bond = bonds.bond_of(number, token.address)
    taken = [
        each
        for each in events.of(office, bonds, "ClaimRecovered", None, topic_of(number))
        if each.args["token"] == token.address
    ]
    return {
        "participant": number,
        "token": token.spelt(),
        "held": token.text(bond.held),
        "leaving": token.text(bond.leaving),
        "leaves_at": moment(bond.leaves_at) if bond.leaving else None,
        "recovered": [
            {
                "at": moment(each.timestamp),
                "policy": "0x" + each.args["policyId"].hex(),
                "leg": each.args["leg"] + 1,
                "amount": token.text(each.args["amount"]),
                "transaction": each.transaction,
            }
            for each in taken
        ],
    }


def subrogate(office: Office, acting: Acting, policy: Policy) -> list[Done]:
    """Recovers into the pool what a policy paid, from the bonds of those who answer for each cause
    that has fired; by anyone. A cause for which nothing more can be had is passed over.
    """
    known = orders.find(office, "0x" + policy.quote.order_id.hex())
    bonds, legs = office.bind(CarrierBond), custody.legs_of(office, known)
    found = []
    for number, name in causes(policy):
        if not policy.record.fired >> number & 1:
            continue
        given = known.terms.order, policy.quote, number, legs
        if refusal(bonds, "subrogate", *given) == "CarrierBond_NothingToRecover":
            status = f"{name}: nothing more can be recovered; nothing was sent"
            found.append(Done(policy.hex, status))
            continue
        before = bonds.recovered_of(policy.id)
        receipt = office.send(bonds.subrogate(*given), acting)
        amount = known.terms.token.text(bonds.recovered_of(policy.id) - before)
        found.append(Done(policy.hex, f"{name}: recovered {amount}", receipt))
    if not found:
        raise InputError(f"Nothing has fired of policy {policy.hex}: nothing can be recovered.")
    return found


def _token(office: Office, name: str) -> tokens.Token:
    token = tokens.of_name(office, name)
    if token.is_native:
        raise InputError("Bonds are in tokens, not in the chain's own coin.")
    return token


def _some(token: tokens.Token, amount: str) -> int:
    units = token.asked("--amount", amount)
    if not units:
        raise InputError("--amount is nothing.")
    return units


def _require_root(office: Office, acting: Acting, number: int) -> None:
    require_participant(office, number)
    root, account = office.bind(ParticipantRegistry).participant_of(number).root, acting.key()
    if root != account.address:
        raise InputError(f"The root of participant {number} is {root}, not {account.address}.")
