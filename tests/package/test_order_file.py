"""Order files: what is spelt is read back, signed in place, or refused by its key that is wrong."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from entrepot.core.keys import Wallet
from entrepot.core.messages import ZERO_ADDRESS, Clauses, Order, Payee
from entrepot.core.signing import checksum_address
from entrepot.errors import InputError
from entrepot.network.deployments import Deployed, Deployment
from entrepot.services import order_file
from entrepot.services.order_file import Terms
from entrepot.services.tokens import Token
from tests.package.strategies import addresses, words

NAMES = ("TradeEscrow", "ReceivableNote", "ShipmentLedger", "TestDollar")
DEPLOYMENT = Deployment(
    "0", "single", 31337, "0x" + "07" * 32, "0x", 1,
    {name: Deployed(name, checksum_address(bytes([i]) * 20), 1, [])
     for i, name in enumerate(NAMES, 1)},
)  # fmt: skip
WALLET = Wallet()
BUYER, SELLER, STRANGER = (WALLET.key(i) for i in (31, 32, 33))
DOLLAR = Token(DEPLOYMENT.contracts["TestDollar"].address, 6, "TestDollar")
NATIVE = Token(ZERO_ADDRESS, 18, "native")
DAY = 86_400

FILE: dict[str, Any] = {
    "kind": "entrepot order",
    "version": "1",
    "reference": "PO-1",
    "token": "TestDollar",
    "amount": "1000.00",
    "buyer": {"id": "31", "account": BUYER.address},
    "seller": {"id": "32", "account": SELLER.address},
    "carrier": "33",
    "goods": "cocoa",
    "open_by": "2030-01-01T00:00:00Z",
    "ship_by": "2030-02-01T00:00:00Z",
    "deliver_by": "2030-03-01T00:00:00Z",
    "refund_after": "2030-04-01T00:00:00Z",
    "clauses": {
        "conditions": ["shipped", "cleared", "delivered", "accepted"],
        "inspection_window": "P3D",
        "milestones": {"shipped": "20%", "cleared": "1250 bps"},
        "customs": {"authority": "34", "treasury": STRANGER.address, "duty_cap": "100.00"},
        "payees": [{"account": STRANGER.address, "cap": "50.00"}],
        "price": {
            "token": "native", "amount": "0.4", "rate": "2500", "until": "2030-01-01T00:00:00Z"
        },
    },
}  # fmt: skip


def changed(value: Any, place: str, new: Any) -> Any:
    """A copy of a value with another one at a place such as `buyer.id`; None takes it away."""
    name, _, rest = place.partition(".")
    copy: Any = list(value) if isinstance(value, list) else dict(value)
    key = int(name) if isinstance(copy, list) else name
    if rest:
        copy[key] = changed(copy[key], rest, new)
    elif new is None:
        del copy[key]
    else:
        copy[key] = new
    return copy


def written(path: Path, content: Any) -> Path:
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    return path


# Place, what stands there instead (None: nothing), and the key and words of the one sentence.
WRONG: list[tuple[str, Any, str]] = [
    ("colour", "red", "`colour`: Extra inputs"),
    ("clauses.colour", "red", "`clauses.colour`: Extra inputs"),
    ("clauses.customs.colour", "red", "`clauses.customs.colour`: Extra inputs"),
    ("seller", None, "`seller`: Field required"),
    ("seller.id", None, "`seller.id`: Field required"),
    ("kind", "entrepot grants", "`kind`"),
    ("version", "2", "`version`"),
    ("token", "Euro", "`token`: it is one of native, TestDollar"),
    ("token", STRANGER.address, "`token`: beside a token's `address` say its `decimals`"),
    ("token", {"address": STRANGER.address, "decimals": "99"}, "`token`: `decimals` are 0 to 36"),
    ("amount", "1,000", "`amount`: '1,000' is no amount"),
    ("amount", "-1", "`amount`: '-1' is no amount"),
    ("amount", "1000.0000001", "`amount`: '1000.0000001' has more than the token's 6 decimals"),
    ("amount", "9" * 39, "`amount`"),
    ("amount", "999.99", "`amount`: at the price and rate it is 1000.00"),
    ("buyer.id", "0", "`buyer.id`: a participant's id"),
    ("carrier", str(2**64), "`carrier`: a participant's id"),
    ("carrier", "4_2", "`carrier`: a participant's id"),
    ("buyer.account", BUYER.address[:-1], "`buyer.account`"),
    ("buyer.account", BUYER.address.swapcase().replace("0X", "0x"), "`buyer.account`"),
    ("open_by", "2030-01-01", "`open_by`: '2030-01-01' is no time"),
    ("open_by", "2030-01-01T00:00:00+01:00", "`open_by`"),
    ("ship_by", "2029-01-01T00:00:00Z", "`ship_by`: it is before `open_by`"),
    ("refund_after", "2030-02-01T00:00:00Z", "`refund_after`: it is before `deliver_by`"),
    ("acceptance_window", "5 days", "`acceptance_window`: a period is an ISO 8601 duration"),
    ("acceptance_window", "P", "`acceptance_window`: a period is an ISO 8601 duration"),
    ("arbitration_period", "P181D", "`arbitration_period`: P181D is longer than the 180 days"),
    ("uphold_by_default", "yes", "`uphold_by_default`: it is true or false"),
    ("goods", "", "`goods`: What is committed to cannot be empty"),
    ("clauses.conditions", [], "`clauses.conditions`"),
    ("clauses.conditions", ["paid"], "`clauses.conditions.0`: a condition is one of"),
    ("clauses.conditions", ["delivered"], "`clauses.conditions`: `cleared` and a `customs` block"),
    ("clauses.conditions", ["cleared", "accepted"], "nothing is accepted that is not `delivered`"),
    ("clauses.conditions", ["cleared"], "`clauses.inspection_window`: it needs the condition"),
    ("clauses.milestones", {"shipped": "60%", "delivered": "41%"}, "more than 100%"),
    ("clauses.milestones.shipped", "0.2", "`clauses.milestones.shipped`: '0.2' is no share"),
    ("clauses.milestones.shipped", "100.01%", "`clauses.milestones.shipped`"),
    ("clauses.customs.treasury", None, "`clauses.customs.treasury`: it is missing"),
    ("clauses.customs.duty_cap", "1000.01", "it is more than the order's amount"),
    ("clauses.customs.duty_cap", "4" + "0" * 20, "it is more than any duty can be"),
    ("clauses.customs.appeal_period", "PT", "`clauses.customs.appeal_period`"),
    ("clauses.payees.0.account", ZERO_ADDRESS, "nobody has the address zero"),
    ("clauses.payees.0.cap", "some", "`clauses.payees.0.cap`: 'some' is no amount"),
    ("clauses.payees", [{"account": STRANGER.address, "cap": "1"}] * 9, "`clauses.payees`"),
    ("clauses.price.amount", "0", "`clauses.price.amount`: a price of nothing is none"),
    ("clauses.price.rate", "1" + "0" * 38, "`clauses.price.rate`"),
    ("signatures", {"chain": "5", "escrow": ZERO_ADDRESS}, "was signed for chain 5"),
]  # fmt: skip


def test_an_order_is_read_as_it_is_meant(tmp_path: Path) -> None:
    found = order_file.load(written(tmp_path / "order.yaml", FILE), DEPLOYMENT).terms
    order, clauses = found.order, found.clauses
    assert (order.amount, order.buyer_id, order.consignee_id) == (1_000 * 10**6, 31, 0)
    assert order.source == DEPLOYMENT.contracts["ShipmentLedger"].address
    assert (clauses.conditions, clauses.inspection_window) == (0b1111, 3 * DAY)
    assert (clauses.on_shipped, clauses.on_cleared, clauses.on_delivered) == (2_000, 1_250, 0)
    assert (clauses.customs_id, clauses.duty_cap) == (34, 100 * 10**6)
    # 0.4 coin at 2500 dollars a coin: smallest units of both, for 10^18 of the coin's.
    assert (clauses.price, clauses.rate) == (4 * 10**17, 2_500 * 10**6)
    assert order.clauses == clauses.struct_hash()


@pytest.mark.parametrize(("place", "new", "words"), WRONG, ids=lambda each: str(each)[:40])
def test_raises_when_a_value_cannot_be(tmp_path: Path, place: str, new: Any, words: str) -> None:
    path = written(tmp_path / "order.yaml", changed(FILE, place, new))
    with pytest.raises(InputError) as caught:
        order_file.load(path, DEPLOYMENT)
    assert words in str(caught.value)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_raises_when_there_is_neither_amount_nor_price(tmp_path: Path) -> None:
    plain = changed(changed(FILE, "clauses", None), "amount", None)
    with pytest.raises(InputError, match="`amount`: it is missing"):
        order_file.load(written(tmp_path / "order.yaml", plain), DEPLOYMENT)


def test_the_amount_follows_from_the_price(tmp_path: Path) -> None:
    path = written(tmp_path / "order.yaml", changed(FILE, "amount", None))
    assert order_file.load(path, DEPLOYMENT).terms.order.amount == 1_000 * 10**6


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is wrong"),
        ("just text", "is wrong"),
        ("kind: [", "is not YAML"),
        ("kind: entrepot order\nkind: entrepot order\n", "'kind' stands twice"),
    ],
)
def test_raises_when_a_file_is_none(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "order.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=words):
        order_file.load(path, DEPLOYMENT)


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_signing_changes_nothing_but_the_signatures(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"order.{form}"
    text = {
        "yaml": "# a comment\n" + yaml.safe_dump(FILE, sort_keys=False),
        "json": json.dumps(FILE),
    }[form]
    path.write_text(text)
    before = order_file.load(path, DEPLOYMENT)
    for key, side in ((BUYER, "buyer"), (SELLER, "seller")):
        _, told = order_file.sign(order_file.load(path, DEPLOYMENT), key)
        assert told == side
    after = order_file.load(path, DEPLOYMENT)
    assert after.terms == before.terms
    assert after.standing() == {"buyer": "signed", "seller": "signed"}
    assert form != "yaml" or path.read_text().startswith(text)
    again = path.read_text()
    order_file.sign(after, BUYER)
    assert path.read_text() == again


def test_raises_when_a_file_has_no_place_for_signatures(tmp_path: Path) -> None:
    path = tmp_path / "order.yaml"
    path.write_text(yaml.safe_dump(FILE, default_flow_style=True, width=10_000))
    before = path.read_bytes()
    with pytest.raises(InputError, match="cannot be added to: write it as JSON"):
        order_file.sign(order_file.load(path, DEPLOYMENT), BUYER)
    assert path.read_bytes() == before


def test_raises_when_the_key_is_of_neither_side(tmp_path: Path) -> None:
    path = written(tmp_path / "order.yaml", FILE)
    before = path.read_bytes()
    with pytest.raises(InputError, match="neither the buyer's account nor the seller's"):
        order_file.sign(order_file.load(path, DEPLOYMENT), STRANGER)
    assert path.read_bytes() == before


def test_a_signature_of_other_terms_is_told(tmp_path: Path) -> None:
    path = written(tmp_path / "order.yaml", FILE)
    order_file.sign(order_file.load(path, DEPLOYMENT), BUYER)
    path.write_text(path.read_text().replace("PO-1", "PO-2"))
    assert "of other terms" in order_file.load(path, DEPLOYMENT).standing()["buyer"]


times = st.integers(0, 253_402_300_799)
periods = st.integers(0, 180 * DAY)
ids = st.integers(1, 2**64 - 1)
no_ids = st.integers(0, 2**64 - 1)
amounts = st.integers(1, 2**128 - 1)
tokens_drawn = st.sampled_from(
    [DOLLAR, NATIVE, Token(STRANGER.address, 0), Token(SELLER.address, 8)]
)


@st.composite
def terms_drawn(draw: st.DrawFn) -> Terms:
    """Any terms that the contracts take."""
    token, price_token = draw(tokens_drawn), NATIVE
    amount = draw(amounts)
    clauses = Clauses()
    if draw(st.booleans()):
        has_customs, accepts = draw(st.booleans()), draw(st.booleans())
        conditions = 0b100 | has_customs << 1 | accepts << 3 | draw(st.integers(0, 1))
        shares = draw(st.lists(st.integers(0, 3_333), min_size=3, max_size=3))
        clauses = Clauses(
            conditions=conditions,
            inspection_window=draw(periods) if accepts else 0,
            on_shipped=shares[0],
            on_cleared=shares[1] if has_customs else 0,
            on_delivered=shares[2],
            payees=tuple(draw(st.lists(st.builds(Payee, addresses, amounts), max_size=3))),
        )
        if has_customs:
            clauses = replace(
                clauses, customs_id=draw(ids), broker_id=draw(no_ids), inspector_id=draw(no_ids),
                treasury=draw(st.just(ZERO_ADDRESS) | addresses),
                appeal_period=draw(periods),
            )  # fmt: skip
            if clauses.treasury != ZERO_ADDRESS:
                clauses = replace(clauses, duty_cap=draw(st.integers(0, min(amount, 2**88 - 1))))
        if draw(st.booleans()):
            price_token = draw(tokens_drawn)
            price, rate = draw(st.integers(1, 10**30)), draw(st.integers(1, 10**26))
            scaled = -(-price * rate // 10**18)
            if clauses.duty_cap <= scaled < 2**128:
                amount = scaled
                clauses = replace(
                    clauses, price_token=price_token.address, price=price, rate=rate,
                    rate_until=draw(times),
                )  # fmt: skip
            else:
                price_token = NATIVE
    open_by, deliver_by = draw(times), draw(times)
    order = Order(
        token.address, amount, draw(addresses), draw(addresses), draw(no_ids), draw(ids),
        draw(ids), draw(no_ids), draw(no_ids), draw(addresses), open_by,
        draw(st.integers(open_by, 253_402_300_799)), deliver_by,
        draw(st.integers(deliver_by, 253_402_300_799)), draw(periods), draw(periods),
        draw(st.booleans()), draw(words), draw(words), clauses.struct_hash(),
    )  # fmt: skip
    return Terms(order, clauses, token, price_token)


@settings(deadline=None, max_examples=50)
@given(terms_drawn())
def test_what_an_order_says_on_chain_is_its_file(
    tmp_path_factory: pytest.TempPathFactory, terms: Terms
) -> None:
    path = written(tmp_path_factory.getbasetemp() / "drawn.yaml", terms.spelt())
    assert order_file.load(path, DEPLOYMENT).terms == terms
