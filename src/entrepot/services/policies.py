"""Policies as the chain tells them: their quotes, their orders, and what was decided of them."""

import re
from dataclasses import dataclass

from entrepot.core.messages import Quote
from entrepot.errors import InputError
from entrepot.network.bindings import CargoInsurance, PolicyRecord
from entrepot.network.contracts import Event, topic_of
from entrepot.services import events
from entrepot.services.books.entries import PolicyState
from entrepot.services.office import Office

_WORD = re.compile("0x[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy: its id, 32 bytes, the quote that was signed, and where it stands."""

    id: bytes
    quote: Quote
    record: PolicyRecord

    @property
    def hex(self) -> str:
        """The id as people and topics have it."""
        return "0x" + self.id.hex()

    @property
    def state(self) -> PolicyState:
        """Where it stands."""
        return PolicyState(self.record.state)


def find(office: Office, text: str) -> Policy:
    """The policy of an id, `0x` and 64 digits; `InputError` where there is none."""
    if _WORD.fullmatch(text) is None:
        raise InputError(
            f"{text!r} is no policy: give its id, 0x and 64 digits, or its quote's file."
        )
    found = events.of(office, office.bind(CargoInsurance), "PolicyIncepted", text)
    if not found:
        raise InputError(f"There is no policy {text} in this deployment.")
    return _policy(office, found[0])


def of_order(office: Office, order_id: bytes | None) -> list[Policy]:
    """All policies on an order, or all that there are, the first ones first."""
    topic = None if order_id is None else topic_of(order_id)
    found = events.of(office, office.bind(CargoInsurance), "PolicyIncepted", None, topic)
    return [_policy(office, event) for event in found]


def active(office: Office, order_id: bytes) -> list[Quote]:
    """Quotes of the policies on an order that a fact may make pay."""
    return [each.quote for each in of_order(office, order_id) if each.state is PolicyState.ACTIVE]


def _policy(office: Office, event: Event) -> Policy:
    number = event.args["policyId"]
    record = office.bind(CargoInsurance).record_of(number)
    return Policy(number, Quote.of(event.args["quote"].values()), record)
