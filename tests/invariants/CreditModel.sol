// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test, Vm} from "forge-std/Test.sol";
import {CreditRegistry} from "contracts/credit/CreditRegistry.sol";
import {Credit} from "contracts/libraries/Credit.sol";
import {Evidence, Grade, ICreditRegistry, LegOutcome, Rating, TradeOutcome} from "interfaces/ICreditRegistry.sol";
import {Role} from "interfaces/IParticipantRegistry.sol";
import {Leg} from "interfaces/IShipmentSource.sol";
import {Order, OrderState} from "interfaces/ITradeEscrow.sol";

/// @notice Evidence on a participant in a role, and all that it dealt with, the newest last.
struct Tally {
    uint256 good;
    uint256 bad;
    uint256 updatedAt;
    uint256 count;
    uint64[] counterparties;
}

/// @notice What is known of a journey that is to be rated.
/// @param state how the order ended
/// @param excursions when each watch saw its longest, or its first where none filled a batch
/// @param brokerId who declared goods that were released, or refused for ever; 0 for none
struct Passage {
    Order order;
    Leg[] legs;
    uint256 weight;
    OrderState state;
    uint256 endedAt;
    uint256 deliveredAt;
    uint256 asOf;
    uint256 lostBps;
    uint256 lostAt;
    uint256 damagedBps;
    uint256 damagedAt;
    uint256[] excursions;
    uint64 brokerId;
    bool isRefused;
}

/// @notice What a rating showed at the end of a second.
struct Sample {
    uint256 time;
    Grade grade;
}

/// @notice Ratings as `docs/credit-model.md` has them, by loops over lists: the evidence of all that happened, and what was
/// seen of every grade.
contract CreditModel is Test {
    uint256 private constant MOST = (1 << 46) - 1;
    CreditRegistry private immutable _CREDIT;
    mapping(uint64 id => mapping(Role role => Tally)) private _tallies;
    mapping(uint64 id => Sample[]) private _samples;

    constructor(CreditRegistry credit) {
        _CREDIT = credit;
    }

    function rateTrade(uint64 sellerId, uint64 buyerId, uint256 weight, TradeOutcome outcome) public {
        if (sellerId == buyerId) return;
        uint256 whole = weight << 20;
        bool isGood = outcome == TradeOutcome.Kept || outcome == TradeOutcome.Upheld;
        if (isGood) _add(sellerId, Role.Seller, buyerId, whole, 0, 0);
        if (outcome == TradeOutcome.Late) _add(sellerId, Role.Seller, buyerId, whole / 2, whole / 2, 0);
        if (outcome == TradeOutcome.Lost) _add(sellerId, Role.Seller, buyerId, 0, whole, 0);
        if (outcome == TradeOutcome.Broken) _add(sellerId, Role.Seller, buyerId, 0, 0, 4 * whole);
        if (buyerId == 0) return;
        if (outcome == TradeOutcome.Upheld) _add(buyerId, Role.Buyer, sellerId, 0, whole, 0);
        else _add(buyerId, Role.Buyer, sellerId, whole, 0, 0);
    }

    function rateCover(uint64 insurerId, uint64 holderId, uint256 weight) public {
        if (insurerId != holderId) _add(insurerId, Role.Insurer, holderId, weight << 20, 0, 0);
    }

    function rateJourney(Passage memory passage) public {
        Leg[] memory legs = passage.legs;
        (bool[] memory isLate, bool[] memory isSpoilt) = (_latenessOf(passage), new bool[](legs.length + 2));
        for (uint256 i = 0; i < passage.excursions.length; ++i) {
            isSpoilt[holderAt(passage, passage.excursions[i])] = true;
        }
        uint64 sellerId = passage.order.sellerId;
        for (uint256 i = 1; i <= legs.length; ++i) {
            LegOutcome outcome = isSpoilt[i] ? LegOutcome.Excursion : isLate[i] ? LegOutcome.Late : LegOutcome.Kept;
            _rateLeg(legs[i - 1].custodianId, sellerId, passage.weight, outcome, lossOf(passage, i));
        }
        if (passage.brokerId != 0) _rateDeclaration(passage.brokerId, sellerId, passage.weight, passage.isRefused);
    }

    /// @notice Counts what the registry said that it counted, and nothing else.
    function listen(Vm.Log[] memory logs) external {
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter != address(_CREDIT)) continue;
            bytes32 kind = logs[i].topics[0];
            (uint64 first, uint64 second) = (uint64(uint256(logs[i].topics[2])), uint64(uint256(logs[i].topics[3])));
            if (kind == ICreditRegistry.TradeRated.selector) {
                (uint16 weight, TradeOutcome outcome) = abi.decode(logs[i].data, (uint16, TradeOutcome));
                rateTrade(first, second, weight, outcome);
            } else if (kind == ICreditRegistry.CoverRated.selector) {
                rateCover(first, second, abi.decode(logs[i].data, (uint16)));
            } else if (kind == ICreditRegistry.LegRated.selector) {
                (, uint16 weight, LegOutcome outcome, uint16 lossBps) =
                    abi.decode(logs[i].data, (uint16, uint16, LegOutcome, uint16));
                _rateLeg(first, second, weight, outcome, lossBps);
            } else if (kind == ICreditRegistry.DeclarationRated.selector) {
                (uint16 weight, bool isRefused) = abi.decode(logs[i].data, (uint16, bool));
                _rateDeclaration(first, second, weight, isRefused);
            } else {
                revert("an event that says nothing of evidence");
            }
        }
    }

    /// @notice Looks at a rating; what is seen last in a second counts.
    function look(uint64 id) external {
        Sample[] storage samples = _samples[id];
        if (samples.length != 0 && samples[samples.length - 1].time == block.timestamp) samples.pop();
        samples.push(Sample(block.timestamp, _CREDIT.ratingOf(id).grade));
    }

    function assertEvidence(uint64 id) external view {
        uint256 roles = 0;
        for (uint8 role = 0; role <= uint8(type(Role).max); ++role) {
            if (_tallies[id][Role(role)].count != 0) roles |= 1 << role;
        }
        for (uint8 role = 0; role <= uint8(type(Role).max); ++role) {
            uint256 mask = _tallies[id][Role(role)].count == 0 ? 0 : roles;
            assertEq(_CREDIT.evidenceOf(id, Role(role)).roles, mask, "roles");
            assertRole(id, Role(role));
        }
        _assertRating(id);
    }

    function assertRole(uint64 id, Role role) public view {
        Tally storage tally = _tallies[id][role];
        Evidence memory evidence = _CREDIT.evidenceOf(id, role);
        assertEq(evidence.good, tally.good, "good");
        assertEq(evidence.bad, tally.bad, "bad");
        assertEq(evidence.updatedAt, tally.updatedAt, "updatedAt");
        assertEq(evidence.count, tally.count > type(uint16).max ? type(uint16).max : tally.count, "count");
        uint256 sketches = 0;
        for (uint256 i = 0; i < 8 && i < tally.counterparties.length; ++i) {
            uint64 other = tally.counterparties[tally.counterparties.length - 1 - i];
            sketches += (other % 2047 + 1) * 2 ** (11 * i);
        }
        assertEq(evidence.counterparties, sketches, "counterparties");
    }

    function assertHistory(uint64 id) external view {
        Sample[] storage samples = _samples[id];
        for (uint256 i = 0; i < samples.length; ++i) {
            Grade grade = _CREDIT.gradeAt(id, uint40(samples[i].time));
            assertEq(uint8(grade), uint8(samples[i].grade), "another grade than was seen");
        }
    }

    function samplesOf(uint64 id) external view returns (uint256) {
        return _samples[id].length;
    }

    /// @notice Who held the goods: 0 for the seller, a leg from 1 on, one more than there are for the consignee.
    function holderAt(Passage memory passage, uint256 time) public pure returns (uint256 holder) {
        holder = passage.legs.length;
        if (passage.deliveredAt != 0 && time > passage.deliveredAt) return holder + 1;
        while (holder != 0 && passage.legs[holder - 1].since > time) {
            --holder;
        }
    }

    /// @notice Nobody waited for the goods any more: customs turned them away, or the money went back before they were due.
    function isCalledOff(Passage memory passage) public pure returns (bool) {
        if (passage.deliveredAt != 0) return false;
        return passage.isRefused || passage.state != OrderState.Released && passage.endedAt <= passage.order.refundAfter;
    }

    /// @notice Share of the goods that a leg lost or damaged. The last one loses all that is left of what never came.
    function lossOf(Passage memory passage, uint256 leg) public pure returns (uint256 bps) {
        if (passage.lostBps != 0 && holderAt(passage, passage.lostAt) == leg) bps += passage.lostBps;
        if (passage.damagedBps != 0 && holderAt(passage, passage.damagedAt) == leg) bps += passage.damagedBps;
        bool isMissing = passage.deliveredAt == 0 && !isCalledOff(passage);
        if (isMissing && leg == passage.legs.length) bps += 10_000 - passage.lostBps;
        if (bps > 10_000) bps = 10_000;
    }

    /// @dev A leg is late that passes the goods on later than it got them, each by the deadline then in force; or the first
    /// one, where the goods were late and nobody else was.
    function _latenessOf(Passage memory passage) private pure returns (bool[] memory isLate) {
        Leg[] memory legs = passage.legs;
        uint256 until = passage.deliveredAt == 0 ? passage.asOf : passage.deliveredAt;
        if (until > passage.order.refundAfter) until = passage.order.refundAfter;
        isLate = new bool[](legs.length + 2);
        if (isCalledOff(passage)) return isLate;
        uint256 before = _late(legs[0].since, passage.order.shipBy);
        bool isAny = before != 0;
        for (uint256 i = 0; i < legs.length; ++i) {
            uint256 passedOn = i + 1 == legs.length || legs[i + 1].since > until ? until : legs[i + 1].since;
            uint256 late = _late(passedOn, legs[i].dueBy == 0 ? passage.order.deliverBy : legs[i].dueBy);
            isLate[i + 1] = late > before;
            isAny = isAny || late > before;
            before = late;
        }
        if (!isAny) isLate[1] = until > passage.order.deliverBy;
    }

    /// @dev The evidence of all roles, brought to the latest of them and from there to now.
    function _assertRating(uint64 id) private view {
        uint256 latest = 0;
        for (uint8 role = 0; role <= uint8(type(Role).max); ++role) {
            if (_tallies[id][Role(role)].updatedAt > latest) latest = _tallies[id][Role(role)].updatedAt;
        }
        (uint256 good, uint256 bad) = (0, 0);
        for (uint8 role = 0; role <= uint8(type(Role).max); ++role) {
            Tally storage tally = _tallies[id][Role(role)];
            good += tally.good * Credit.left(latest - tally.updatedAt) / 2 ** 64;
            bad += tally.bad * Credit.left(latest - tally.updatedAt) / 2 ** 64;
        }
        Rating memory expected = Credit.rate(good, bad, Credit.left(block.timestamp - latest));
        assertEq(abi.encode(_CREDIT.ratingOf(id)), abi.encode(expected), "rating over all roles");
    }

    function _late(uint256 time, uint256 due) private pure returns (uint256) {
        return time > due ? time - due : 0;
    }

    function _rateLeg(uint64 carrierId, uint64 sellerId, uint256 weight, LegOutcome outcome, uint256 lossBps) private {
        if (carrierId == sellerId) return;
        uint256 broken = 4 * (weight << 20) * lossBps / 10_000;
        uint256 rest = (weight << 20) * (10_000 - lossBps) / 10_000;
        if (outcome == LegOutcome.Kept) _add(carrierId, Role.Carrier, sellerId, rest, 0, broken);
        if (outcome == LegOutcome.Late) _add(carrierId, Role.Carrier, sellerId, rest / 2, rest / 2, broken);
        if (outcome == LegOutcome.Excursion) _add(carrierId, Role.Carrier, sellerId, 0, rest, broken);
    }

    function _rateDeclaration(uint64 brokerId, uint64 sellerId, uint256 weight, bool isRefused) private {
        if (brokerId == sellerId) return;
        if (isRefused) _add(brokerId, Role.CustomsBroker, sellerId, 0, weight << 20, 0);
        else _add(brokerId, Role.CustomsBroker, sellerId, weight << 20, 0, 0);
    }

    function _add(uint64 id, Role role, uint64 other, uint256 good, uint256 bad, uint256 broken) private {
        Tally storage tally = _tallies[id][role];
        uint256 repeats = 0;
        for (uint256 i = tally.counterparties.length; i > 0 && i + 8 > tally.counterparties.length; --i) {
            if (tally.counterparties[i - 1] % 2047 == other % 2047) ++repeats;
        }
        uint256 share = Credit.left(block.timestamp - tally.updatedAt);
        good = tally.good * share / 2 ** 64 + good / 2 ** repeats;
        bad = tally.bad * share / 2 ** 64 + bad / 2 ** repeats + broken / (1 + repeats);
        (tally.good, tally.bad) = (good > MOST ? MOST : good, bad > MOST ? MOST : bad);
        (tally.updatedAt, tally.count) = (block.timestamp, tally.count + 1);
        tally.counterparties.push(other);
    }
}
