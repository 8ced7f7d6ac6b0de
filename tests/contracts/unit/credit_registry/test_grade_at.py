"""`gradeAt` gives for every second the grade that `ratingOf` gave then."""

from random import Random
from types import SimpleNamespace

import pytest
from eth_abi import encode

from entrepot.core.credit import HALF_LIFE, Grade, Sum, TradeOutcome
from entrepot.core.signing import keccak

DAY = 86_400
KEPT, LATE, LOST, BROKEN, UPHELD = TradeOutcome
PARTIES = [1, 2, 3]


@pytest.fixture
def diary(ratings, at, now):
    """What `ratingOf` showed of whom and when, and whether `gradeAt` says the same."""
    shown = {}

    def note(*participants, after=0):
        if after:
            at(now() + after, mine=True)
        for participant in participants:
            shown[participant, now()] = ratings.ratingOf(participant)[0]

    def check():
        for (participant, time), grade in shown.items():
            assert ratings.gradeAt(participant, time) == grade, (participant, time)
        return set(shown.values())

    return SimpleNamespace(note=note, check=check)


@pytest.fixture
def history_of(ratings, web3):
    """The checkpoints of a participant as they lie in storage: when, and what."""

    def read(participant):
        place = keccak(encode(["uint256", "uint256"], [participant, 2]))
        length = int.from_bytes(web3.eth.get_storage_at(ratings.address, place))
        first = int.from_bytes(keccak(place))
        for number in range(length):
            word = web3.eth.get_storage_at(ratings.address, first + number)
            yield int.from_bytes(word[26:]), int.from_bytes(word[:26])

    return lambda participant: list(read(participant))


def _packed(checkpoint):
    if isinstance(checkpoint, Sum):
        return checkpoint.good | checkpoint.bad << 56 | checkpoint.at << 112
    return checkpoint << 152


@pytest.mark.parametrize("seed", range(8))
def test_gives_the_grade_that_the_rating_had_over_any_history(
    diary, trade, cover, twin, ratings, history_of, seed
):
    """Of parties in one role and in three, who drift, improve and fail, often in one second."""
    random = Random(seed)
    weights = random.choice([(1, 12), (8, 300), (1, 2**16 - 1)])
    for _ in range(25):
        seller, buyer = random.sample(PARTIES, 2)
        weight = random.randint(*weights)
        after = random.choice([0, 1, random.randint(1, DAY), random.randint(1, 2 * HALF_LIFE)])
        outcome = random.choices(list(TradeOutcome), [6, 1, 1, 1, 1])[0]
        if seller == 3 or random.random() < 0.2:
            cover(seller, buyer, weight, after)
        else:
            trade(seller, buyer, weight, outcome, after)
        diary.note(*PARTIES)
        for _ in range(random.randrange(3)):
            diary.note(*PARTIES, after=random.randint(1, random.choice([2, HALF_LIFE])))
    diary.note(*PARTIES, after=3 * HALF_LIFE)
    assert len(diary.check()) > 3
    for participant in PARTIES:
        record = twin.records[participant]
        history = [(time, _packed(what)) for time, what in record.checkpoints()]
        assert history_of(participant) == history
        for second in (time + step for time, _ in history for step in (-1, 0, 1)):
            assert ratings.gradeAt(participant, second) == record.grade_at(second)


@pytest.mark.parametrize(("weight", "outcome"), [(1_000, KEPT), (1_000, LOST), (30, KEPT)])
@pytest.mark.parametrize("roles", [1, 2])
def test_forgetting_moves_the_grade_through_all_thresholds_at_their_second(
    diary, trade, twin, ratings, now, weight, outcome, roles
):
    trade(1, 2, weight, outcome)
    if roles == 2:
        trade(3, 1, 1, KEPT)
    start, record = now(), twin.records[1]
    last = start + 70 * HALF_LIFE
    changes = []
    while record.grade_at(start) != record.grade_at(last):
        low, high, grade = start, last, record.grade_at(start)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if record.grade_at(middle) == grade else (low, middle)
        for second in (low, high):
            diary.note(1, after=second - now())
        changes.append((low, high))
        start = high
    grades = [record.grade_at(high) for _, high in changes]
    assert grades[-1] is Grade.NR
    assert len(grades) == len(set(grades)) > 1 + (weight == 1_000)

    def check():
        diary.check()
        for low, high in changes:
            assert ratings.gradeAt(1, low) != ratings.gradeAt(1, high)

    check()
    # Nor is it lost when new evidence takes the place of what faded.
    trade(1, 2, 5, KEPT)
    trade(4, 1, 300, UPHELD, after=HALF_LIFE)
    check()


def test_of_several_endings_in_one_second_the_last_decides(diary, trade, ratings, now):
    diary.note(1, 2, after=10)
    for weight, outcome in ((9, KEPT), (400, LOST), (2_000, KEPT)):
        trade(1, 2, weight, outcome, after=0)
    second = now()
    assert ratings.ratingOf(1)[0] == ratings.gradeAt(1, second) != Grade.NR
    assert ratings.gradeAt(1, second - 1) == Grade.NR
    diary.note(1, 2, after=1)
    trade(2, 1, 5_000, BROKEN)
    trade(1, 2, 60_000, BROKEN, after=0)
    diary.note(1, 2)
    assert ratings.gradeAt(1, now()) == ratings.ratingOf(1)[0] != ratings.gradeAt(1, second)


def test_before_the_first_ending_nobody_was_rated(trade, ratings, now):
    before = now()
    trade(1, 2, 9, KEPT, after=100)
    first = now()
    trade(1, 2, 9, BROKEN, after=100)
    for time in (0, before, first - 1):
        assert ratings.gradeAt(1, time) == Grade.NR
    assert ratings.gradeAt(1, first) == Grade.BB


def test_an_ending_that_weighs_nothing_rates_nobody(trade, ratings, now):
    trade(1, 2, 0, KEPT)
    assert ratings.ratingOf(1)[0] == ratings.gradeAt(1, now()) == Grade.NR
    trade(1, 2, 9, KEPT, after=HALF_LIFE)
    assert ratings.gradeAt(1, now() - 1) == Grade.NR
    assert ratings.gradeAt(1, now()) == Grade.B


def test_of_the_future_it_gives_what_forgetting_alone_will_make_of_it(
    trade, cover, ratings, now, at
):
    trade(1, 2, 900, KEPT)
    cover(1, 3, 20, after=DAY)
    times = [now() + part * HALF_LIFE // 3 for part in range(1, 25)]
    promised = [ratings.gradeAt(1, time) for time in times]
    assert len(set(promised)) > 4
    assert ratings.gradeAt(1, 2**40 - 1) == Grade.NR
    for time, grade in zip(times, promised, strict=True):
        at(time, mine=True)
        assert ratings.ratingOf(1)[0] == ratings.gradeAt(1, time) == grade


def test_who_keeps_its_grade_writes_no_history(trade, ratings, history_of, now):
    """So that a settlement that changes no grade stays cheap."""
    trade(1, 10, 2_000, KEPT)
    start = now()
    for counterparty in range(11, 30):
        trade(1, counterparty, 2_000, KEPT, after=DAY)
    assert history_of(1) == [(start, _packed(Grade.AAA))]
    assert {ratings.gradeAt(1, start + days * DAY) for days in range(20)} == {Grade.AAA}
    assert ratings.gradeAt(1, start - 1) == Grade.NR
