// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Grade, LegOutcome, Rating, TradeOutcome} from "interfaces/ICreditRegistry.sol";
import {ShipmentFacts} from "interfaces/IShipmentSource.sol";
import {Order} from "interfaces/ITradeEscrow.sol";

/// @notice What an ending says of somebody, before repetition, in 1/2^20 of a weight point and one word: good 64, bad 64,
/// broken 64; the first lowest.
type Finding is uint256;

/// @title The arithmetic of ratings
/// @dev Beta reputation (Jøsang and Ismail, 2002) with exponential forgetting. `docs/credit-model.md` explains it; the
/// package's `core/credit.py` gives the same integers.
library Credit {
    /// @notice One weight point.
    uint256 internal constant POINT = 1 << 20;
    /// @notice Evidence that a newcomer is assumed to have on either side.
    uint256 internal constant PRIOR = 16 * POINT;
    uint256 internal constant HALF_LIFE = 365 days;
    /// @notice All of something, in 1/2^64.
    uint256 internal constant ONE = 1 << 64;
    /// @notice How much more a breach weighs than a trade that went well.
    uint256 internal constant SEVERITY = 4;

    uint256 private constant WHOLE_BPS = 10_000;
    /// @dev The natural logarithm of 2, in 1/2^64, rounded down.
    uint256 private constant LN2 = 12_786_308_645_202_655_659;

    /// @notice Weight of an amount in points: 1 + log2(1 + whole currency units), rounded down.
    /// @param amount in the token's smallest unit
    function weightOf(uint256 amount, uint8 decimals) internal pure returns (uint16) {
        return uint16(1 + Math.log2(1 + amount / 10 ** decimals));
    }

    /// @notice How an order ended, by the facts.
    /// @param isEarned the seller keeps the money, or at least half of it
    /// @param isContested the buyer contested the order
    function outcomeOf(Order calldata order, ShipmentFacts memory facts, bool isEarned, bool isContested)
        internal
        pure
        returns (TradeOutcome)
    {
        // A tender that the arbiter rejected is no longer disputed, and one that is undecided says nothing.
        if (!isEarned) return isContested || facts.shippedAt == 0 ? TradeOutcome.Broken : TradeOutcome.Lost;
        if (isContested || facts.disputedAt != 0 && facts.deliveredAt != 0) return TradeOutcome.Upheld;
        bool isLate = facts.deliveredAt > order.deliverBy && (facts.shippedAt == 0 || facts.shippedAt > order.shipBy);
        return isLate ? TradeOutcome.Late : TradeOutcome.Kept;
    }

    /// @notice What a trade says of its seller.
    function ofSeller(uint256 weight, TradeOutcome outcome) internal pure returns (Finding) {
        uint256 evidence = _points(weight);
        if (outcome == TradeOutcome.Kept || outcome == TradeOutcome.Upheld) return Finding.wrap(evidence);
        if (outcome == TradeOutcome.Late) return _finding(evidence / 2, evidence / 2, 0);
        if (outcome == TradeOutcome.Lost) return _finding(0, evidence, 0);
        return _finding(0, 0, SEVERITY * evidence);
    }

    /// @notice What a trade says of its buyer.
    function ofBuyer(uint256 weight, TradeOutcome outcome) internal pure returns (Finding) {
        return outcome == TradeOutcome.Upheld ? _finding(0, _points(weight), 0) : Finding.wrap(_points(weight));
    }

    /// @notice What a leg says of who held the goods on it.
    /// @param lossBps share of the goods that was lost or damaged on it, at most 10,000
    function ofCarrier(uint256 weight, LegOutcome outcome, uint256 lossBps) internal pure returns (Finding) {
        uint256 evidence = _points(weight);
        uint256 rest = evidence * (WHOLE_BPS - lossBps) / WHOLE_BPS;
        uint256 broken = SEVERITY * evidence * lossBps / WHOLE_BPS;
        if (outcome == LegOutcome.Late) return _finding(rest / 2, rest / 2, broken);
        if (outcome == LegOutcome.Excursion) return _finding(0, rest, broken);
        return _finding(rest, 0, broken);
    }

    /// @notice What a claim that was paid says of its insurer.
    function ofInsurer(uint256 weight) internal pure returns (Finding) {
        return Finding.wrap(_points(weight));
    }

    /// @notice What the end of a customs case says of the broker who declared the goods.
    function ofBroker(uint256 weight, bool isRefused) internal pure returns (Finding) {
        return isRefused ? _finding(0, _points(weight), 0) : Finding.wrap(_points(weight));
    }

    /// @notice Share of evidence that is left after `elapsed` seconds, in 1/2^64: halves every `HALF_LIFE`.
    /// @dev The series of e^-y to the sixth power: exact at 0, at most 0.0031 % above the exponential, and falling with every
    /// second.
    function left(uint256 elapsed) internal pure returns (uint256 share) {
        unchecked {
            uint256 halvings = elapsed / HALF_LIFE;
            if (halvings > 63) return 0;
            uint256 y = LN2 * (elapsed % HALF_LIFE) / HALF_LIFE;
            share = ONE - y / 6;
            share = ONE - y * share / (5 * ONE);
            share = ONE - y * share / (4 * ONE);
            share = ONE - y * share / (3 * ONE);
            share = ONE - y * share / (2 * ONE);
            share = (ONE - y * share / ONE) >> halvings;
        }
    }

    /// @notice Rating that evidence gives once a share of it is left, in 1/2^64.
    /// @param good below 2^64, as `bad` is, so that no product overflows
    function rate(uint256 good, uint256 bad, uint256 share) internal pure returns (Rating memory rating) {
        unchecked {
            uint256 evidence = (good + bad) * share;
            uint256 whole = evidence + 2 * PRIOR * ONE;
            rating.score = uint16(WHOLE_BPS * (good * share + PRIOR * ONE) / whole);
            rating.confidence = uint16(WHOLE_BPS * evidence / whole);
            rating.grade = Grade(gradeOf(good, bad, share));
        }
    }

    /// @notice Number of the grade that evidence gives once a share of it is left.
    function gradeOf(uint256 good, uint256 bad, uint256 share) internal pure returns (uint256) {
        unchecked {
            uint256 evidence = (good + bad) * share;
            uint256 score = WHOLE_BPS * (good * share + PRIOR * ONE) / (evidence + 2 * PRIOR * ONE);
            if (score >= 9000) return score >= 9500 ? uint256(Grade.AAA) : uint256(Grade.AA);
            if (score == WHOLE_BPS / 2 && evidence == 0) return uint256(Grade.NR);
            return score >= 2000 ? score / 1000 : uint256(Grade.D);
        }
    }

    /// @dev A weight has 16 bits.
    function _points(uint256 weight) private pure returns (uint256) {
        unchecked {
            return weight * POINT;
        }
    }

    function _finding(uint256 good, uint256 bad, uint256 broken) private pure returns (Finding) {
        return Finding.wrap(good | bad << 64 | broken << 128);
    }
}
