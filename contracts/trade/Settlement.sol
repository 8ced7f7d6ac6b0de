// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ALL_DUES, Case, ISettlement, Verdict, WHOLE} from "interfaces/ISettlement.sol";
import {CustomsFacts, CustomsState, ShipmentState} from "interfaces/IShipmentSource.sol";
import {Clauses, Condition, Order, Outcome, Payment, Purpose} from "interfaces/ITradeEscrow.sol";
import {Facts} from "contracts/libraries/Facts.sol";
import {Orders} from "contracts/libraries/Orders.sol";

/// @title Settlement
/// @dev The package's `core/settlement.py` gives the same answers.
contract Settlement is ISettlement {
    /// @notice Seconds after the last deadline in which a source that fell silent may still speak, or a tender be concluded.
    uint40 public constant STALL = 30 days;
    /// @notice Longest period that parties can agree on, in seconds.
    uint32 public constant MAXIMUM_PERIOD = 180 days;
    uint256 public constant MAXIMUM_PAYEES = 8;
    /// @notice Most duty that a record can note as paid, in the token's smallest unit.
    uint128 public constant MAXIMUM_DUTY = type(uint88).max;

    uint256 private constant RATE_UNIT = 10 ** 18;
    /// @dev The first three conditions are also the first three purposes.
    uint8 private constant MILESTONES = 3;

    /// @inheritdoc ISettlement
    function requireClauses(Order calldata order, Clauses calldata clauses) external pure {
        uint8 conditions = clauses.conditions;
        bool isInspecting = _asks(clauses, Condition.Accepted);
        if (
            conditions == 0 || conditions >> (uint8(type(Condition).max) + 1) != 0
                || _asks(clauses, Condition.Cleared) != (clauses.customsId != 0) || isInspecting
                && !_asks(clauses, Condition.Delivered) || !isInspecting && clauses.inspectionWindow != 0
        ) {
            revert Settlement_InvalidConditions(conditions);
        }
        uint256 shares = uint256(clauses.onShipped) + clauses.onCleared + clauses.onDelivered;
        if (shares > WHOLE) revert Settlement_SharesTooLarge(shares);
        if (clauses.dutyCap > order.amount) revert Settlement_DutyAboveAmount(clauses.dutyCap, order.amount);
        if (clauses.dutyCap > MAXIMUM_DUTY) revert Settlement_DutyTooLarge(clauses.dutyCap, MAXIMUM_DUTY);
        if (clauses.dutyCap != 0 && clauses.treasury == address(0)) revert Settlement_NoTreasury();
        if (clauses.payees.length > MAXIMUM_PAYEES) {
            revert Settlement_TooManyPayees(clauses.payees.length, MAXIMUM_PAYEES);
        }
        for (uint256 i = 0; i < clauses.payees.length; ++i) {
            if (clauses.payees[i].account == address(0)) revert Settlement_NoPayee(i);
        }
        _requirePeriod(clauses.inspectionWindow);
        _requirePeriod(clauses.appealPeriod);
        if (clauses.price != 0) {
            uint256 expected = Math.mulDiv(clauses.price, clauses.rate, RATE_UNIT, Math.Rounding.Ceil);
            if (expected != order.amount) revert Settlement_PriceMismatch(expected, order.amount);
        }
    }

    /// @inheritdoc ISettlement
    function judge(Order calldata order, Clauses calldata clauses, Case calldata c)
        external
        view
        returns (Verdict memory verdict)
    {
        uint40 at;
        (verdict.facts, at) = _met(order, clauses, c);
        uint256 last = _lastOf(order, clauses);
        uint256 asOf = clauses.customsId == 0 ? c.facts.asOf : Math.min(c.facts.asOf, c.customs.asOf);
        bool isOverdue = verdict.facts == Outcome.Pending && block.timestamp > last;
        verdict.isStalled = isOverdue && asOf <= last;
        verdict.isCustomsPending = c.customs.state != CustomsState.None && !_isDutyDue(c.customs);
        if (c.contestedAt != 0) {
            bool isOver = block.timestamp > uint256(c.contestedAt) + order.arbitrationPeriod;
            verdict.outcome = isOver ? _default(order) : Outcome.Pending;
        } else if (verdict.facts == Outcome.Earned) {
            verdict.isContestable =
                _asks(clauses, Condition.Accepted) && block.timestamp <= uint256(at) + clauses.inspectionWindow;
            verdict.outcome = verdict.isContestable ? Outcome.Pending : Outcome.Earned;
        } else if (isOverdue && block.timestamp > last + STALL) {
            // All that is open beyond the last deadline is a tender that nobody concluded; undisputed, it stands.
            bool isAccepted = asOf > last && c.facts.state == ShipmentState.Tendered;
            verdict.outcome = isAccepted ? Outcome.Earned : _default(order);
        } else {
            verdict.outcome = verdict.facts;
        }
    }

    /// @inheritdoc ISettlement
    function duesOf(Order calldata order, Clauses calldata clauses, Case calldata c)
        external
        pure
        returns (Payment[] memory payments, uint8 mask)
    {
        uint256 count;
        payments = new Payment[](MILESTONES + 1);
        (count, mask) = _addDues(payments, order, clauses, c, ALL_DUES);
        _cut(payments, count);
    }

    /// @inheritdoc ISettlement
    function divide(Order calldata order, Clauses calldata clauses, Case calldata c, uint8 wanted, uint16 share)
        external
        pure
        returns (Payment[] memory payments, uint8 mask)
    {
        uint256 count;
        payments = new Payment[](MILESTONES + clauses.payees.length + 3);
        (count, mask) = _addDues(payments, order, clauses, c, wanted);
        uint256 left = order.amount;
        for (uint8 i = 0; i <= MILESTONES; ++i) {
            if ((mask | c.paid) >> i & 1 == 1) left -= _partOf(order, clauses, Purpose(i), c);
        }
        uint256 rest = left * share / WHOLE;
        left -= rest;
        for (uint256 i = 0; i < clauses.payees.length; ++i) {
            uint256 amount = Math.min(rest, clauses.payees[i].cap);
            if (amount == 0) continue;
            payments[count] = Payment(Purpose.Payee, clauses.payees[i].account, amount);
            ++count;
            rest -= amount;
        }
        if (rest != 0) {
            payments[count] = Payment(Purpose.Price, c.sellerSide, rest);
            ++count;
        }
        if (left != 0) {
            payments[count] = Payment(Purpose.Refund, order.buyer, left);
            ++count;
        }
        _cut(payments, count);
    }

    function _addDues(
        Payment[] memory payments,
        Order calldata order,
        Clauses calldata clauses,
        Case calldata c,
        uint8 wanted
    ) private pure returns (uint256 count, uint8 mask) {
        wanted &= ~c.paid;
        for (uint8 i = 0; i <= MILESTONES; ++i) {
            Purpose purpose = Purpose(i);
            if (wanted >> i & 1 == 0 || !_isDue(order, purpose, c)) continue;
            uint256 amount = _partOf(order, clauses, purpose, c);
            if (amount == 0) continue;
            payments[count] = Payment(purpose, purpose == Purpose.Duty ? clauses.treasury : c.sellerSide, amount);
            ++count;
            mask |= uint8(1 << i);
        }
    }

    /// @dev All conditions are met, the last of them at `at`, or one of them failed.
    function _met(Order calldata order, Clauses calldata clauses, Case calldata c)
        private
        pure
        returns (Outcome outcome, uint40 at)
    {
        if (Orders.isUnshipped(order, c.facts)) return (Outcome.Failed, 0);
        outcome = Outcome.Earned;
        for (uint8 i = 0; i < MILESTONES; ++i) {
            if (!_asks(clauses, Condition(i))) continue;
            (Outcome one, uint40 oneAt) = _metOne(order, Condition(i), c);
            if (one == Outcome.Failed) return (Outcome.Failed, 0);
            if (one == Outcome.Pending) outcome = Outcome.Pending;
            if (oneAt > at) at = oneAt;
        }
    }

    function _metOne(Order calldata order, Condition condition, Case calldata c)
        private
        pure
        returns (Outcome outcome, uint40 at)
    {
        if (condition == Condition.Delivered) {
            if (Orders.isDeliveredInTime(order, c.facts)) return (Outcome.Earned, c.facts.deliveredAt);
            return (Orders.isUndelivered(order, c.facts) ? Outcome.Failed : Outcome.Pending, 0);
        }
        uint40 asOf = c.facts.asOf;
        at = c.facts.shippedAt != 0 ? c.facts.shippedAt : c.facts.deliveredAt;
        if (condition == Condition.Cleared) {
            if (_isRefused(c.customs)) return (Outcome.Failed, 0);
            (at, asOf) = (c.customs.releasedAt, c.customs.asOf);
        }
        if (at == 0) return (asOf > order.refundAfter ? Outcome.Failed : Outcome.Pending, 0);
        return (at > order.refundAfter ? Outcome.Failed : Outcome.Earned, at);
    }

    /// @dev By then every period has ended that the parties agreed on.
    function _lastOf(Order calldata order, Clauses calldata clauses) private pure returns (uint256) {
        return Math.max(order.shipBy, order.refundAfter) + order.acceptanceWindow + order.arbitrationPeriod
            + clauses.inspectionWindow;
    }

    function _isDue(Order calldata order, Purpose purpose, Case calldata c) private pure returns (bool) {
        if (purpose == Purpose.Duty) return _isDutyDue(c.customs);
        (Outcome outcome,) = _metOne(order, Condition(uint8(purpose)), c);
        return outcome == Outcome.Earned;
    }

    /// @dev Milestones are shares of what remains beside the caps of duty and payees, so that no advance eats into them.
    function _partOf(Order calldata order, Clauses calldata clauses, Purpose purpose, Case calldata c)
        private
        pure
        returns (uint256)
    {
        if (purpose == Purpose.Duty) {
            bool isPaid = c.paid >> uint8(Purpose.Duty) & 1 == 1;
            return isPaid ? c.dutyPaid : Math.min(c.customs.duty, clauses.dutyCap);
        }
        uint256 capped = clauses.dutyCap;
        for (uint256 i = 0; i < clauses.payees.length; ++i) {
            capped += clauses.payees[i].cap;
        }
        if (capped >= order.amount) return 0;
        uint256 share = purpose == Purpose.Shipped
            ? clauses.onShipped
            : purpose == Purpose.Cleared ? clauses.onCleared : clauses.onDelivered;
        return (order.amount - capped) * share / WHOLE;
    }

    function _asks(Clauses calldata clauses, Condition condition) private pure returns (bool) {
        return clauses.conditions >> uint8(condition) & 1 == 1;
    }

    function _isRefused(CustomsFacts calldata customs) private pure returns (bool) {
        return Facts.isRefused(customs.state, customs.finalAt, customs.asOf);
    }

    function _isDutyDue(CustomsFacts calldata customs) private pure returns (bool) {
        return customs.state == CustomsState.Released || _isRefused(customs);
    }

    function _default(Order calldata order) private pure returns (Outcome) {
        return order.upholdByDefault ? Outcome.Earned : Outcome.Failed;
    }

    function _requirePeriod(uint32 period) private pure {
        if (period > MAXIMUM_PERIOD) revert Settlement_PeriodTooLong(period, MAXIMUM_PERIOD);
    }

    function _cut(Payment[] memory payments, uint256 count) private pure {
        assembly ("memory-safe") {
            mstore(payments, count)
        }
    }
}
