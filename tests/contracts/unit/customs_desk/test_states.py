"""Every act in every state, and by every party."""

import pytest

from entrepot.core.roles import Function, Refusal

DAY = 86_400
DOLLAR = 10**6
STATES = ("NONE", "DECLARED", "HELD", "RELEASED", "REFUSED", "APPEALED")
# The state that follows an act in each state; none where it is refused.
TABLE = {
    "declare": ("DECLARED", "DECLARED", "DECLARED", None, None, None),
    "inspect": (None, "DECLARED", "HELD", None, None, None),
    "assess": (None, "DECLARED", "HELD", None, None, None),
    "release": (None, "RELEASED", "RELEASED", None, None, None),
    "hold": (None, "HELD", "HELD", None, None, None),
    "refuse": (None, "REFUSED", "REFUSED", None, None, None),
    "appeal": (None, None, None, None, "APPEALED", None),
    "uphold": (None, None, None, None, None, "DECLARED"),
    "reject": (None, None, None, None, None, "REFUSED"),
    "reemit": (None, "DECLARED", "HELD", "RELEASED", "REFUSED", "APPEALED"),
}
CARRY = {
    Function.DECLARE: {"seller", "broker"},
    Function.INSPECT: {"inspector", "customs"},
    Function.CLEAR: {"customs"},
}


@pytest.mark.parametrize("act", TABLE)
@pytest.mark.parametrize("start", STATES)
def test_an_act_is_possible_in_its_states_and_commits_all_facts(
    act, start, shipment, state, bring, do, facts_of, customs, event, plain, reverts
):
    bring(shipment, state[start])
    before = facts_of(shipment)
    follows = TABLE[act][STATES.index(start)]
    if follows is None:
        wrong = shipment.shipment, int(state[start])
        with reverts(customs, "CustomsDesk_WrongState", *wrong):
            do(shipment, act)
        before.as_of = facts_of(shipment).as_of
        assert facts_of(shipment) == before
        return
    tx = do(shipment, act)
    facts = facts_of(shipment)
    assert facts.state == state[follows]
    assert facts.sequence == before.sequence + (act != "reemit")
    assert facts.as_of == tx.timestamp
    snapshot = {"shipmentId": shipment.shipment, "facts": tuple(vars(facts).values())}
    assert event(tx, "CustomsSnapshot") == snapshot


@pytest.mark.parametrize("act", [name for name in TABLE if name != "reemit"])
def test_an_act_is_open_to_its_party_alone(
    act, shipment, state, bring, acts, keys, ids, customs, registry, facts_of, reverts
):
    start = STATES[max(i for i, follows in enumerate(TABLE[act]) if follows)]
    bring(shipment, state[start])
    fn, sequence = acts[act].fn, facts_of(shipment).sequence
    allowed = [keys.seller, keys.broker] if act == "declare" else [acts[act].who]
    for party, actual in vars(ids).items():
        key = getattr(keys, party)
        if key in allowed:
            continue
        if party in CARRY[fn]:
            expected = ids.inspector if fn == Function.INSPECT else ids.seller
            error = customs, "CustomsDesk_NotActingFor", key.address, actual, expected
        else:
            reason = Refusal.ROLE_MISSING if actual else Refusal.UNKNOWN_KEY
            if party == "device":
                reason = Refusal.FUNCTION_NOT_GRANTED
            error = registry, "ParticipantRegistry_NotAuthorized", key.address, fn, reason
        with reverts(*error):
            acts[act].do(shipment, key)
    for key in allowed:
        acts[act].do(shipment, key)
    assert facts_of(shipment).sequence == sequence + len(allowed)


@pytest.mark.parametrize("act", [name for name in TABLE if name != "reemit"])
def test_another_participant_with_every_role_does_not_act(
    act, shipment, state, bring, acts, registry, keys, ids, customs, operator, reverts
):
    registry.setRoles(ids.carrier, 2**15 - 1, 1, operator)
    start = STATES[max(i for i, follows in enumerate(TABLE[act]) if follows)]
    bring(shipment, state[start])
    if act == "declare":
        error = "CustomsDesk_NotDeclarant", ids.carrier, ids.seller, ids.broker
    else:
        owner = {Function.DECLARE: ids.seller, Function.INSPECT: ids.inspector}
        expected = owner.get(acts[act].fn, ids.customs)
        error = "CustomsDesk_NotActingFor", keys.carrier.address, ids.carrier, expected
    with reverts(customs, *error):
        acts[act].do(shipment, keys.carrier)


def test_an_officers_key_does_what_it_was_granted_and_no_more(
    shipment, do, acts, grant, staff_key, keys, registry, facts_of, reverts
):
    do(shipment, "declare", "inspect")
    grant(keys.customs, staff_key, Function.CLEAR)
    acts["assess"].do(shipment, staff_key)
    assert facts_of(shipment).duty == 30 * DOLLAR
    refused = staff_key.address, Function.INSPECT, Refusal.FUNCTION_NOT_GRANTED
    with reverts(registry, "ParticipantRegistry_NotAuthorized", *refused):
        acts["inspect"].do(shipment, staff_key)


@pytest.mark.parametrize("act", [name for name in TABLE if name not in ("declare", "reemit")])
def test_cases_do_not_touch_each_other(act, place, state, bring, do, facts_of, case_of):
    """What is done with one shipment leaves another of the same parties as it is."""
    first, second = place(), place()
    start = STATES[max(i for i, follows in enumerate(TABLE[act]) if follows)]
    bring(first, state[start])
    bring(second, state[start])
    before, case = facts_of(second), case_of(second)
    do(first, act)
    after = facts_of(second)
    before.as_of = after.as_of
    assert (after, case_of(second)) == (before, case)
