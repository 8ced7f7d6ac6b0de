"""What events of participants, governance, labels, cargo, orders, notes and customs make impossible
is a contradiction of the books.
"""

from dataclasses import asdict, replace
from typing import Any

import pytest

from entrepot.core.messages import Clauses, Order
from entrepot.core.settlement import Purpose
from entrepot.network.contracts import Event
from entrepot.services.books import rebuild
from entrepot.services.events import Record

DAY, NEVER, ALL = 86_400, 2**40 - 1, 0xFF
ROOT, OTHER, NEW, KEY, SUB, LOST, STRANGER, NOBODY = (f"0x{i:040X}" for i in range(1, 9))
ZERO, SET, MOVE, SECOND, CALL = (bytes([i]) * 32 for i in range(5))


def event(name: str, at: int = 5, **args: Any) -> Record:
    return Record(CONTRACTS[name], Event(name, ROOT, args, 1, at, "0x", 0))


CONTRACTS = {
    name: contract
    for contract, names in {
        "ParticipantRegistry": (
            "ParticipantRegistered", "RolesChanged", "KeyGranted", "KeyRevoked", "GrantWithdrawn",
            "RootMoved",
        ),
        "GuardianRegistry": (
            "GuardiansSet", "MoveAnnounced", "MoveCancelled", "MoveExecuted", "SealAnchored"
        ),
        "QualificationRegistry": ("Qualified", "QualificationRevoked"),
        "Council": (
            "ERC7913SignerAdded", "ERC7913SignerRemoved", "ERC7913ThresholdSet", "CouncilCalled"
        ),
        "Consortium": ("RoleGranted", "RoleRevoked"),
        "Timelock": ("MinDelayChange", "CallScheduled", "CallExecuted", "Cancelled"),
        "LabelRegistry": (
            "LineRegistered", "BatchCommitted", "BatchRecalled", "ItemActivated", "CloneSuspected",
            "ItemScanned",
        ),
        "ShipmentLedger": ("ShipmentCreated", "ShipmentSnapshot", "ShipmentLoaded"),
        "TradeEscrow": (
            "OrderOpened", "OrderClauses", "OrderPaid", "OrderReleased", "OrderRefunded",
            "OrderAgreed", "OrderContested", "OrderArbitrated", "OrderNoted",
        ),
        "ReceivableNote": ("Transfer", "NoteSold", "BondDivided"),
        "CustomsDesk": (
            "GoodsDeclared", "GoodsInspected", "DutyAssessed", "GoodsReleased", "GoodsHeld",
            "GoodsRefused", "RefusalAppealed", "AppealDecided", "CustomsSnapshot",
        ),
    }.items()
    for name in names
}  # fmt: skip


def registered(number: int, root: str) -> Record:
    return event("ParticipantRegistered", id=number, root=root, roles=1)


def granted(key: str, granter: str, number: int = 1, functions: int = 3, **terms: int) -> Record:
    rest = {"level": 1, "expiry": 50, **terms}
    participant = {"participantId": number, "functions": functions}
    return event("KeyGranted", key=key, granter=granter, **participant, **rest)


def revoked(key: str, revoker: str) -> Record:
    return event("KeyRevoked", key=key, revoker=revoker)


def withdrawn(key: str, revoker: str) -> Record:
    return event("GrantWithdrawn", key=key, revoker=revoker)


def guarded(nonce: int, at: int, since: int) -> Record:
    terms = {
        "id": 1, "nonce": nonce, "threshold": 1, "overrideThreshold": 2, "delay": DAY,
        "guardians": [KEY, SUB],
    }  # fmt: skip
    set_ = SET if nonce == 1 else SECOND
    return event("GuardiansSet", at, id=1, set=set_, terms=terms, **{"from": since})


def announced(
    at: int,
    ready_at: int,
    *,
    epoch: int = 1,
    set_: bytes = SET,
    nonce: int = 1,
    override: bool = False,
    new_root: str = NEW,
    kept: tuple[str, ...] = (KEY,),
) -> Record:
    terms = {
        "id": 1, "epoch": epoch, "set": set_, "nonce": nonce, "newRoot": new_root, "kept": kept
    }  # fmt: skip
    times = {"readyAt": ready_at, "isOverride": override}
    return event("MoveAnnounced", at, id=1, move=MOVE, terms=terms, **times)


def cancelled(at: int, set_: bytes = SET, move: bytes = ZERO, epoch: int = 1) -> Record:
    return event("MoveCancelled", at, id=1, epoch=epoch, set=set_, move=move)


def executed(at: int) -> Record:
    return event("MoveExecuted", at, id=1, move=MOVE)


def moved(old_root: str, epoch: int, kept: list[str], new_root: str = NEW) -> Record:
    roots = {"newRoot": new_root, "oldRoot": old_root}
    return event("RootMoved", id=1, **roots, epoch=epoch, kept=kept)


def moved_with(kept: list[str]) -> list[Record]:
    announcement = announced(NEXT, NEXT + DAY, new_root=STRANGER, kept=tuple(kept))
    return [announcement, executed(NEXT + DAY), moved(NEW, 2, kept, STRANGER)]


def qualified(holder: int) -> Record:
    terms = {
        "issuerId": 2, "holderId": holder, "validFrom": 0, "expiry": 9, "kind": ZERO,
        "commitment": ZERO, "salt": ZERO,
    }  # fmt: skip
    return event("Qualified", qualificationId=SET, holderId=holder, issuerId=2, terms=terms)


def call(name: str, at: int = 5, *, number: bytes = SECOND, **args: Any) -> Record:
    terms = {"id": number, "index": 0, "target": ROOT, "value": 0, "data": b"", **args}
    return event(name, at, **terms)


def scheduled(delay: int = DAY, predecessor: bytes = ZERO, **args: Any) -> Record:
    return call("CallScheduled", delay=delay, predecessor=predecessor, **args)


def role(is_new: bool) -> Record:
    account = {"roleId": 1, "account": ROOT, "delay": 0, "since": 5}
    return event("RoleGranted", **account, newMember=is_new)


def batch(name: str, lot: bytes = SET, **args: Any) -> Record:
    return event(name, gtin=1, lot=lot, **args)


def committed(lot: bytes, producer: int = 1) -> Record:
    terms = {"root": ZERO, "size": 3, "expiresAt": 0}
    return batch("BatchCommitted", lot, producerId=producer, batch=terms)


def recalled(lot: bytes, producer: int = 1) -> Record:
    return batch("BatchRecalled", lot, producerId=producer, reason=ZERO)


def activated(index: int, lot: bytes = SET) -> Record:
    return batch("ItemActivated", lot, serial=SET, activator=STRANGER, index=index)


def suspected(suspicion: int, index: int = 0, lot: bytes = SET) -> Record:
    who = {"serial": SET, "activator": STRANGER, "index": index}
    return batch("CloneSuspected", lot, **who, suspicion=suspicion)


def scanned(lot: bytes) -> Record:
    where = {"latitude": 1, "longitude": 2}
    return batch("ItemScanned", lot, serial=SET, reporter=STRANGER, **where)


def shipped(state: int, shipment: bytes = SET) -> Record:
    times = dict.fromkeys(("shippedAt", "tenderedAt", "disputedAt", "deliveredAt"), 0)
    facts = {"state": state, "sequence": state, "custodianId": 2, **times}
    return event("ShipmentSnapshot", shipmentId=shipment, facts=facts)


def loaded(shipment: bytes = SET) -> Record:
    return event("ShipmentLoaded", shipmentId=shipment, gtin=1, lot=SET, first=0, count=3)


BUYER, SELLER, HOLDER, TREASURY, NONE = ROOT, OTHER, STRANGER, LOST, "0x" + "0" * 40
AGREED = Clauses(
    conditions=7, customs_id=5, broker_id=6, inspector_id=7, duty_cap=9, appeal_period=4
)
TERMS = Order(NONE, 100, BUYER, SELLER, 1, 2, 3, 4, 8, NONE, 0, 0, 0, 0, 0, 0, False, SET, SET, SET)


def opened(number: bytes = SET) -> Record:
    order = asdict(TERMS)
    return event("OrderOpened", orderId=number, buyerId=1, sellerId=2, weight=1, order=order)


def agreed(number: bytes = SET, at: int = 5) -> Record:
    return event("OrderClauses", at, orderId=number, clauses={**asdict(AGREED), "payees": []})


def on_order(name: str, number: bytes = SET, at: int = 5, **args: Any) -> Record:
    return event(name, at, orderId=number, **args)


def paid(purpose: Purpose, number: bytes = SET, amount: int = 10) -> Record:
    return on_order("OrderPaid", number, payee=SELLER, purpose=int(purpose), amount=amount)


def released(payee: str, number: bytes = SET) -> Record:
    return on_order("OrderReleased", number, payee=payee, amount=90)


def divided(state: str, **args: Any) -> Record:
    shares = {"sellerShare": 5_000, "toSeller": 45, "toBuyer": 45}
    return on_order(state, **shares, **args)


def note(giver: str, holder: str, number: bytes = SET) -> Record:
    names = {"from": giver, "to": holder}
    return event("Transfer", **names, tokenId=int.from_bytes(number))


def sold(bank: str = HOLDER, advance: int = 80, bond: int = 20) -> Record:
    terms = {"seller": SELLER, "bank": bank, "bankId": 3, "offerId": SET}
    return on_order("NoteSold", **terms, advance=advance, bond=bond)


def bond(to_holder: int, to_seller: int, holder: str = HOLDER) -> Record:
    return on_order("BondDivided", holder=holder, toHolder=to_holder, toSeller=to_seller)


def customs(name: str, at: int = 5, **args: Any) -> Record:
    return event(name, at, shipmentId=SET, **args)


def declared(**args: Any) -> Record:
    terms = {
        "declarantId": 2, "customsId": 5, "inspectorId": 7, "appealPeriod": 4, "dutyCap": 9,
        "declaration": {}, **args,
    }  # fmt: skip
    return customs("GoodsDeclared", **terms)


def inspected(finding: int, inspector: int = 7, inspection: int = 0) -> Record:
    what = {"inspection": inspection, "finding": finding, "evidence": SET}
    return customs("GoodsInspected", inspectorId=inspector, **what)


def refused(duty: int, final_at: int = 9) -> Record:
    return customs("GoodsRefused", reason=SET, duty=duty, finalAt=final_at)


def appealed(at: int, declarant: int = 2) -> Record:
    grounds = {"declarantId": declarant, "grounds": SET}
    return customs("RefusalAppealed", at, **grounds, finalAt=at + 4)


def decided(at: int, *, is_upheld: bool) -> Record:
    return customs("AppealDecided", at, isUpheld=is_upheld)


def snapshot(state: int, sequence: int, duty: int) -> Record:
    times = {"releasedAt": 0, "refusedAt": 0, "finalAt": 0, "asOf": 5}
    facts = {"state": state, "sequence": sequence, "duty": duty, **times}
    return customs("CustomsSnapshot", facts=facts)


ASSESSED = customs("DutyAssessed", duty=9)
CLEARED = customs("GoodsReleased", duty=9)
SOLD = [on_order("OrderNoted"), note(NONE, HOLDER), sold()]
ARBITRATED = divided("OrderArbitrated", arbiterId=8)
AGAIN, RECALLED = 0, 1  # what an activation is suspected for
NEXT = 100 * DAY
STORY = [
    event("ERC7913SignerAdded", signers=SET),
    event("ERC7913SignerAdded", signers=MOVE),
    event("ERC7913ThresholdSet", threshold=2),
    event("CouncilCalled", nonce=0, target=ROOT, data=b""),
    role(is_new=True),
    event("MinDelayChange", oldDuration=0, newDuration=DAY),
    scheduled(number=CALL),
    scheduled(number=CALL, index=1),
    call("CallExecuted", DAY + 5, number=CALL),
    call("CallExecuted", DAY + 5, number=CALL, index=1),
    registered(1, ROOT),
    registered(2, OTHER),
    event("RolesChanged", id=1, roles=3, nonce=4),
    granted(KEY, ROOT),
    granted(SUB, KEY, functions=1, level=2),
    revoked(SUB, ROOT),
    withdrawn(LOST, ROOT),
    withdrawn(LOST, LOST),
    guarded(1, 5, 5),
    announced(5, DAY + 5, epoch=0),
    executed(DAY + 5),
    moved(ROOT, 1, [KEY]),
    event("SealAnchored", id=1, record=SET),
    event("QualificationRevoked", qualificationId=SET, holderId=1, issuerId=2),
    qualified(1),
    event("LineRegistered", gtin=1, producerId=1, product=ZERO),
    committed(SET),
    committed(MOVE),
    activated(0),
    activated(2),
    suspected(AGAIN),
    recalled(MOVE),
    suspected(RECALLED, lot=MOVE),
    scanned(SET),
    scanned(MOVE),
    opened(),
    agreed(),
    event("ShipmentCreated", shipmentId=SET, orderId=SET, sellerId=1),
    shipped(1),
    loaded(),
    loaded(),
    paid(Purpose.SHIPPED),
    declared(),
    snapshot(1, 1, 0),
]
UNDER_WAY = announced(NEXT, NEXT + DAY)
REFUSED = [UNDER_WAY, cancelled(NEXT, move=MOVE)]
OVERRIDING = announced(NEXT + 9, NEXT + DAY, override=True)
POSSIBLE = {
    "a move that overrides": [UNDER_WAY, OVERRIDING],
    "a move that overrides a cancellation": [*REFUSED, OVERRIDING],
    "a move that outranks": [UNDER_WAY, announced(NEXT + 9, NEXT + DAY + 9, nonce=2)],
    "other guardians in time": [guarded(2, NEXT, NEXT + DAY), cancelled(NEXT + DAY, SECOND)],
    "guardians dropped by a move": [
        guarded(2, NEXT, NEXT + DAY), announced(NEXT + 1, NEXT + DAY + 1),
        cancelled(2 * NEXT, move=MOVE),
    ],
    "an operation cancelled and scheduled anew": [
        scheduled(), event("Cancelled", id=SECOND), scheduled(predecessor=CALL),
        call("CallExecuted", DAY + 5),
    ],
    "a revocation by the new root": [revoked(KEY, NEW)],
    "a grant by the old root": [granted(STRANGER, ROOT), revoked(STRANGER, ROOT)],
    "a grant beyond a granter that is revoked": [granted(LOST, SUB, functions=7)],
    "a grant beyond one under a revoked key": [
        granted(LOST, SUB, level=3, functions=1), granted(NOBODY, LOST, functions=7, expiry=99)
    ],
    "a move past keys that others granted": moved_with([KEY, SUB, ROOT, STRANGER]),
    "a role with another delay": [role(is_new=False)],
    "two items with one serial": [activated(1)],
    "a recall after an activation": [recalled(SET), suspected(RECALLED)],
    "a shipment that leaves": [shipped(2)],
    "an order divided by consent": [divided("OrderAgreed")],
    "an order that pays its end": [paid(Purpose.DUTY), released(SELLER), paid(Purpose.PAYEE)],
    "a contest that the arbiter decides": [on_order("OrderContested"), ARBITRATED],
    "a note paid to its last holder": [*SOLD, note(HOLDER, NOBODY), released(NOBODY)],
    "a bond divided as the order was": [*SOLD, ARBITRATED, bond(10, 10)],
    "a bond given back by consent": [*SOLD, divided("OrderAgreed"), bond(0, 20)],
    "goods cleared": [
        inspected(1), ASSESSED, snapshot(1, 3, 9), customs("GoodsHeld", reason=SET), CLEARED
    ],
    "goods declared anew": [inspected(2), ASSESSED, declared(declarantId=6), snapshot(1, 4, 0)],
    "an appeal upheld": [refused(9), appealed(9), decided(13, is_upheld=True), refused(8)],
    "an appeal in vain": [refused(9), appealed(9), decided(13, is_upheld=False)],
}  # fmt: skip
IMPOSSIBLE = {
    "registered twice": [registered(1, STRANGER)],
    "a root that is a key": [registered(3, KEY)],
    "roles of nobody": [event("RolesChanged", id=9, roles=1, nonce=1)],
    "roles of an old nonce": [event("RolesChanged", id=1, roles=1, nonce=4)],
    "granted twice": [granted(KEY, ROOT)],
    "granted by a stranger": [granted(LOST, STRANGER)],
    "granted for another": [granted(LOST, ROOT, 2)],
    "granted nothing": [granted(LOST, ROOT, functions=0)],
    "granted more functions": [granted(LOST, KEY, functions=7, level=2)],
    "granted the same level": [granted(LOST, KEY)],
    "granted a later expiry": [granted(LOST, KEY, level=2, expiry=51)],
    "revoked a stranger": [revoked(STRANGER, ROOT)],
    "revoked twice": [revoked(SUB, KEY)],
    "revoked a root": [revoked(ROOT, NEW)],
    "revoked by another": [revoked(KEY, OTHER)],
    "revoked by one below": [revoked(KEY, SUB)],
    "revoked by an older root": [granted(STRANGER, NEW), revoked(STRANGER, ROOT)],
    "withdrawn after the grant": [withdrawn(KEY, ROOT)],
    "withdrawn twice": [withdrawn(LOST, ROOT)],
    "withdrawn by a stranger": [withdrawn(NOBODY, STRANGER)],
    "guardians of an old nonce": [guarded(1, NEXT, NEXT + DAY)],
    "guardians without notice": [guarded(2, NEXT, NEXT)],
    "guardians during a move": [UNDER_WAY, guarded(2, NEXT, NEXT + DAY)],
    "a move of an old root": [announced(NEXT, NEXT + DAY, epoch=0)],
    "a move too early": [announced(NEXT, NEXT + DAY - 1)],
    "a move that is outranked": [UNDER_WAY, announced(NEXT + 9, NEXT + DAY + 9)],
    "a move below one that overrides": [
        UNDER_WAY, OVERRIDING, announced(NEXT + 9, NEXT + DAY + 9, nonce=9)
    ],
    "a move after a cancellation": [*REFUSED, announced(NEXT + 9, NEXT + DAY + 9, nonce=9)],
    "a cancellation against other guardians": [cancelled(NEXT, SECOND)],
    "a cancellation by an old root": [cancelled(NEXT, epoch=0)],
    "a cancellation of another move": [cancelled(NEXT, move=SET)],
    "a second cancellation": [*REFUSED, cancelled(NEXT + 9)],
    "executed unannounced": [executed(NEXT)],
    "executed too early": [UNDER_WAY, executed(NEXT + DAY - 1)],
    "executed after a cancellation": [*REFUSED, executed(NEXT + DAY)],
    "moved without guardians": [moved(NEW, 2, [], STRANGER)],
    "moved otherwise than announced": [
        UNDER_WAY, executed(NEXT + DAY), moved(NEW, 2, [], STRANGER)
    ],
    "moved before a kept key was granted": moved_with([KEY, LOST]),
    "moved from another root": [moved(ROOT, 2, [])],
    "anchored twice": [event("SealAnchored", id=1, record=SET)],
    "qualified twice": [qualified(1)],
    "disqualified twice": [
        event("QualificationRevoked", qualificationId=SET, holderId=1, issuerId=2)
    ],
    "a member added twice": [event("ERC7913SignerAdded", signers=SET)],
    "too few members": [event("ERC7913SignerRemoved", signers=SET)],
    "a threshold out of reach": [event("ERC7913ThresholdSet", threshold=3)],
    "a call twice": [event("CouncilCalled", nonce=0, target=ROOT, data=b"")],
    "a role given as new twice": [role(is_new=True)],
    "a role taken from nobody": [event("RoleRevoked", roleId=1, account=OTHER)],
    "a delay from another": [event("MinDelayChange", oldDuration=1, newDuration=DAY)],
    "an operation scheduled twice": [scheduled(number=CALL)],
    "a delay too short": [scheduled(delay=DAY - 1)],
    "a call out of order": [scheduled(), scheduled(index=2)],
    "an operation unannounced": [call("CallExecuted", NEXT)],
    "an operation too early": [scheduled(), call("CallExecuted", DAY + 4)],
    "an operation cancelled": [
        scheduled(), event("Cancelled", id=SECOND), call("CallExecuted", NEXT)
    ],
    "a call other than scheduled": [scheduled(), call("CallExecuted", NEXT, value=1)],
    "an operation before its predecessor": [
        scheduled(predecessor=SET), call("CallExecuted", NEXT)
    ],
    "a cancellation of what is done": [event("Cancelled", id=CALL)],
    "a batch committed twice": [committed(SET)],
    "a batch of another's line": [committed(CALL, 2)],
    "a batch recalled twice": [recalled(MOVE)],
    "a batch recalled by another": [recalled(SET, 2)],
    "a recall of nothing": [recalled(CALL)],
    "an item activated twice": [activated(0)],
    "an item beyond its batch": [activated(3)],
    "an item of a recalled batch": [activated(0, MOVE)],
    "an item of no batch": [activated(0, CALL)],
    "a clone of an item that was not activated": [suspected(AGAIN, 1)],
    "a clone in a batch that was not recalled": [suspected(RECALLED)],
    "a clone for another reason": [suspected(AGAIN, lot=MOVE)],
    "a clone of no batch": [suspected(AGAIN, lot=CALL)],
    "a scan of no batch": [scanned(CALL)],
    "cargo of no shipment": [loaded(CALL)],
    "cargo after shipping": [shipped(2), loaded()],
    "an order opened twice": [opened()],
    "clauses of no order": [agreed(MOVE)],
    "clauses given twice": [agreed()],
    "clauses given later": [opened(MOVE), agreed(MOVE, at=6)],
    "a payment of no order": [paid(Purpose.DUTY, MOVE)],
    "a milestone paid twice": [paid(Purpose.SHIPPED)],
    "a payee paid before the end": [paid(Purpose.PAYEE)],
    "a payment after the end": [
        released(SELLER),
        replace(
            paid(Purpose.DUTY), event=replace(paid(Purpose.DUTY).event, transaction="0x1")
        ),
    ],
    "an order ended twice": [released(SELLER), divided("OrderAgreed")],
    "a price paid to another": [released(BUYER)],
    "a price paid past the note": [*SOLD, released(SELLER)],
    "a refund to another": [on_order("OrderRefunded", payee=SELLER, amount=90)],
    "decided by another": [divided("OrderArbitrated", arbiterId=9)],
    "contested twice": [on_order("OrderContested"), on_order("OrderContested")],
    "contested after the end": [released(SELLER), on_order("OrderContested")],
    "noted twice": [on_order("OrderNoted"), on_order("OrderNoted")],
    "noted after a contest": [on_order("OrderContested"), on_order("OrderNoted")],
    "noted after the end": [released(SELLER), on_order("OrderNoted")],
    "a note of an order that is not noted": [note(NONE, HOLDER)],
    "a second note": [*SOLD, note(NONE, HOLDER)],
    "a note from another": [*SOLD, note(SELLER, NOBODY)],
    "a note to nobody": [*SOLD, note(HOLDER, NONE)],
    "a note sold twice": [*SOLD, sold()],
    "a note sold to another": [*SOLD[:2], sold(NOBODY)],
    "a note sold for nothing": [*SOLD[:2], sold(advance=0, bond=0)],
    "a bond above the advance": [*SOLD[:2], sold(bond=81)],
    "a bond divided before the end": [*SOLD, bond(20, 0)],
    "a bond divided otherwise": [*SOLD, ARBITRATED, bond(11, 9)],
    "a bond kept after consent": [*SOLD, divided("OrderAgreed"), bond(10, 10)],
    "a bond divided twice": [*SOLD, ARBITRATED, bond(10, 10), bond(10, 10)],
    "a bond to another": [*SOLD, ARBITRATED, bond(10, 10, NOBODY)],
    "declared by another": [declared(declarantId=1)],
    "declared to another authority": [declared(customsId=6)],
    "a higher cap of duty": [declared(dutyCap=10)],
    "declared after the release": [inspected(1), ASSESSED, CLEARED, declared()],
    "goods of no shipment": [event("GoodsHeld", shipmentId=MOVE, reason=SET)],
    "inspected by another": [inspected(1, inspector=5)],
    "inspected and found nothing": [inspected(0)],
    "duty above the cap": [customs("DutyAssessed", duty=10)],
    "released unassessed": [inspected(1), CLEARED],
    "released uninspected": [ASSESSED, CLEARED],
    "released though it failed": [inspected(1), inspected(2, inspection=1), ASSESSED, CLEARED],
    "released with another duty": [
        inspected(1), ASSESSED, customs("GoodsReleased", duty=8)
    ],
    "released after an appeal and not assessed": [
        inspected(1), ASSESSED, refused(9), appealed(9), decided(13, is_upheld=True),
        customs("GoodsReleased", duty=0),
    ],
    "held after a refusal": [refused(9), customs("GoodsHeld", reason=SET)],
    "refused with too high a duty": [refused(10)],
    "a refusal final too early": [refused(9, final_at=8)],
    "appealed too late": [refused(9), appealed(10)],
    "appealed by another": [refused(9), appealed(9, declarant=6)],
    "appealed twice": [refused(9), appealed(9), appealed(9)],
    "an appeal decided that was not made": [refused(9), decided(6, is_upheld=True)],
    "an appeal decided too late": [refused(9), appealed(9), decided(14, is_upheld=True)],
    "a snapshot of what was not done": [snapshot(1, 1, 3)],
}  # fmt: skip


@pytest.mark.parametrize("later", POSSIBLE.values(), ids=POSSIBLE)
def test_possible_history_has_no_contradiction(later: list[Record]) -> None:
    assert rebuild([*STORY, *later]).contradictions == []


@pytest.mark.parametrize("later", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_impossible_event_is_a_contradiction(later: list[Record]) -> None:
    *before, last = later
    assert rebuild([*STORY, *before]).contradictions == []
    (sentence,) = rebuild([*STORY, *before, last]).contradictions
    assert sentence.endswith(".")


def test_key_kept_by_guardians_moves_to_the_epoch_of_the_new_root() -> None:
    keys = rebuild([*STORY, granted(STRANGER, ROOT), granted(LOST, NEW)]).keys
    numbers = {name: (key.born, key.epoch) for name, key in keys.items()}
    assert numbers == {
        ROOT: (0, 0), OTHER: (0, 0), NEW: (1, 1), KEY: (0, 1), SUB: (0, 0), STRANGER: (0, 0),
        LOST: (1, 1),
    }  # fmt: skip
