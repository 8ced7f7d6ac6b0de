"""Devices whose key is on P-256. The signatures are made here, apart from any library."""

import hashlib
from dataclasses import astuple, dataclass
from types import SimpleNamespace

import pytest

from entrepot.core.messages import Extreme, KeyGrant, Readings, Watch
from entrepot.core.roles import Function, Refusal, mask

P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
BASE = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
VALID = bytes.fromhex("1626ba7e")
DIGEST = b"\xd1" * 32
TEMPERATURE = 0


def _add(a, b):
    if a is None or b is None:
        return a or b
    if a[0] == b[0] and (a[1] + b[1]) % P == 0:
        return None
    if a == b:
        slope = (3 * a[0] ** 2 - 3) * pow(2 * a[1], -1, P)
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (slope**2 - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def _times(scalar, point):
    total = None
    while scalar:
        total = _add(total, point) if scalar & 1 else total
        point, scalar = _add(point, point), scalar >> 1
    return total


@dataclass(frozen=True)
class Element:
    """A secure element: a secret on P-256."""

    secret: int

    @property
    def point(self):
        """Public key."""
        return _times(self.secret, BASE)

    def numbers(self, digest):
        """r, and s in the lower half of the order."""
        nonce = int.from_bytes(hashlib.sha256(self.secret.to_bytes(32) + digest).digest()) % ORDER
        r = _times(nonce, BASE)[0] % ORDER
        s = pow(nonce, -1, ORDER) * (int.from_bytes(digest) + r * self.secret) % ORDER
        return r, min(s, ORDER - s)

    def sign(self, digest):
        """r and s, 32 bytes each."""
        return b"".join(number.to_bytes(32) for number in self.numbers(digest))


ELEMENT = Element(0xC0FFEE << 200 | 7)


def _words(point):
    return [number.to_bytes(32) for number in point]


@pytest.fixture(scope="module")
def account(SecureElement, operator):
    """The account of the element."""
    return SecureElement.deploy(*_words(ELEMENT.point), operator)


@pytest.fixture(scope="module")
def signer(account):
    """The element as what signs for its account."""
    return SimpleNamespace(address=account.address, sign=ELEMENT.sign)


def test_the_curve_here_is_p256():
    assert (BASE[1] ** 2 - BASE[0] ** 3 + 3 * BASE[0] - B) % P == 0
    assert _times(ORDER, BASE) is None
    # The first of RFC 6979's signatures on this curve with SHA-256, for "sample".
    secret = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721
    nonce = 0xA6E3C57DD01ABE90086538398355DD4C3B17AA873382B0F24D6129493D8AAD60
    hashed = int.from_bytes(hashlib.sha256(b"sample").digest())
    r = _times(nonce, BASE)[0]
    s = pow(nonce, -1, ORDER) * (hashed + r * secret) % ORDER
    assert r == 0xEFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716
    assert s == 0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8


def test_it_signs_as_its_key_does(account):
    assert [bytes(account.X()), bytes(account.Y())] == _words(ELEMENT.point)
    for digest in (DIGEST, bytes(32), b"\xff" * 32):
        assert bytes(account.isValidSignature(digest, ELEMENT.sign(digest))) == VALID


def _twice(number):
    return number.to_bytes(32) * 2


R, S = ELEMENT.numbers(DIGEST)
REFUSED = {
    "high s": R.to_bytes(32) + (ORDER - S).to_bytes(32),
    "r and s swapped": S.to_bytes(32) + R.to_bytes(32),
    "zeros": bytes(64),
    "the order": _twice(ORDER),
    "another digest": ELEMENT.sign(b"\xd2" * 32),
    "another key": Element(2).sign(DIGEST),
    "none": b"",
    "a byte short": ELEMENT.sign(DIGEST)[:-1],
    "a byte long": ELEMENT.sign(DIGEST) + b"\x1b",
    "DER": b"\x30\x44\x02\x20" + R.to_bytes(32) + b"\x02\x20" + S.to_bytes(32),
}


@pytest.mark.parametrize("how", REFUSED)
def test_refuses(how, account):
    assert bytes(account.isValidSignature(DIGEST, REFUSED[how])) == bytes(4)


X, Y = ELEMENT.point
NOT_ON_THE_CURVE = {
    "another y": (X, Y + 1),
    "swapped": (Y, X),
    "zero": (0, 0),
    "not reduced": (P, pow(B, (P + 1) // 4, P)),
}


@pytest.mark.parametrize("what", NOT_ON_THE_CURVE)
def test_reverts_when_the_key_is_no_point(what, SecureElement, account, operator, reverts):
    x, y = NOT_ON_THE_CURVE[what]
    with reverts(account, "SecureElement_InvalidKey", *_words((x, y))):
        SecureElement.deploy(*_words((x, y)), operator)


@pytest.fixture
def shipped(account, make_order, open_order, ledger, hand_over, keys, sender, operator, at):
    """A shipped order over which the element alone watches, an hour ago."""
    order = make_order()
    open_order(order)
    ledger.create(astuple(order), operator)
    plan = [(account.address, TEMPERATURE, 200, 800)]
    ledger.load(astuple(order), [], plan, sender(keys.seller))
    at(order.ship_by)
    hand_over(order, keys.seller, keys.carrier)
    at(order.ship_by + 3_600, mine=True)
    return order


@pytest.fixture
def granted(account, signer, registry, domains, keys, sender):
    """The account, granted by the carrier with the element's acceptance."""
    grant = KeyGrant(keys.carrier.address, account.address, mask(Function.MEASURE), 1, 2**40 - 1)
    acceptance = grant.sign(signer, domains.deployment)
    registry.grantKey(astuple(grant), acceptance, sender(keys.carrier))
    return account


@pytest.fixture
def bring(account, signer, sensors, domains, shipment_of, operator):
    """Brings ten minutes of 9 degrees, signed by an element; gives the transaction."""

    def record(order, number, by=signer):
        start = order.ship_by + 600 * (number - 1)
        extremes = (Extreme(TEMPERATURE, 900, 900),)
        readings = Readings(
            shipment_of(order), account.address, number, start, 60, 10, bytes(32), extremes
        )
        plan = [astuple(Watch(account.address, TEMPERATURE, 200, 800))]
        signature = readings.sign(by, domains.sensors)
        return sensors.record(astuple(readings), plan, signature, operator)

    return record


def test_its_readings_count_from_its_grant_to_its_revocation(
    shipped, bring, granted, registry, sensors, keys, sender, shipment_of, reverts
):
    bring(shipped, 1)
    bring(shipped, 2)
    assert sensors.watchOf(shipment_of(shipped), 0)[1] == 1_200
    registry.revokeKey(granted.address, sender(keys.carrier))
    refused = granted.address, Function.MEASURE, Refusal.REVOKED_KEY
    with reverts(registry, "ParticipantRegistry_NotAuthorized", *refused):
        bring(shipped, 3)
    assert sensors.watchOf(shipment_of(shipped), 0)[1] == 1_200


def test_its_readings_do_not_count_before_it_is_granted(shipped, bring, account, registry, reverts):
    refused = account.address, Function.MEASURE, Refusal.UNKNOWN_KEY
    with reverts(registry, "ParticipantRegistry_NotAuthorized", *refused):
        bring(shipped, 1)


def test_no_other_element_signs_for_it(shipped, bring, granted, sensors, reverts):
    with reverts(sensors, "SensorLog_InvalidSignature", granted.address):
        bring(shipped, 1, by=Element(2))


def test_nobody_grants_it_without_its_acceptance(account, registry, domains, keys, sender, reverts):
    grant = KeyGrant(keys.carrier.address, account.address, mask(Function.MEASURE), 1, 2**40 - 1)
    for signer in (Element(2), keys.carrier):
        acceptance = grant.sign(signer, domains.deployment)
        with reverts(registry, "ParticipantRegistry_InvalidSignature", account.address):
            registry.grantKey(astuple(grant), acceptance, sender(keys.carrier))


def test_readings_cost_little_more_than_by_another_key(shipped, granted, bring):
    bring(shipped, 1)
    assert bring(shipped, 2).gas_used < 100_000
