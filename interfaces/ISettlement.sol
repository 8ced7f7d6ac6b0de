// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CustomsFacts, ShipmentFacts} from "interfaces/IShipmentSource.sol";
import {Clauses, Order, Outcome, Payment} from "interfaces/ITradeEscrow.sol";

/// @dev The whole of what is shared, in basis points.
uint16 constant WHOLE = 10_000;
/// @dev Masks of what may be due before an order ends: all of it, and the duty alone.
uint8 constant ALL_DUES = 0x0f;
uint8 constant DUTY_ALONE = 0x08;

/// @notice All that an open order is decided on, beside its terms.
/// @param contestedAt the buyer contested the goods; 0 if not
/// @param paid mask of what was paid already
/// @param sellerSide who is paid in the seller's place
/// @param dutyPaid duty that was paid already: a source may say something else later
struct Case {
    uint40 contestedAt;
    uint8 paid;
    address sellerSide;
    ShipmentFacts facts;
    CustomsFacts customs;
    uint88 dutyPaid;
}

/// @notice What is to become of an order.
/// @param facts what the facts alone say: all conditions are met, or one of them failed
/// @param outcome the same with inspection window, contest and defaults: what `conclude` would do
/// @param isContestable the buyer may contest now
/// @param isStalled the last deadline is over and the source is not known to be complete beyond it
/// @param isCustomsPending goods are declared and customs has not decided for good
struct Verdict {
    Outcome facts;
    Outcome outcome;
    bool isContestable;
    bool isStalled;
    bool isCustomsPending;
}

/// @title The rules of settlement
/// @notice Decides orders with clauses and divides their money. It keeps and holds nothing: the escrow asks it, and anyone may.
interface ISettlement {
    error Settlement_InvalidConditions(uint8 conditions);
    error Settlement_SharesTooLarge(uint256 shares);
    error Settlement_DutyAboveAmount(uint128 dutyCap, uint128 amount);
    error Settlement_DutyTooLarge(uint128 dutyCap, uint128 maximum);
    error Settlement_NoTreasury();
    error Settlement_NoPayee(uint256 index);
    error Settlement_TooManyPayees(uint256 payees, uint256 maximum);
    error Settlement_PeriodTooLong(uint32 period, uint32 maximum);
    error Settlement_PriceMismatch(uint256 expected, uint128 amount);

    /// @notice Reverts where clauses could not be carried out, so that no order begins without an end.
    function requireClauses(Order calldata order, Clauses calldata clauses) external pure;

    /// @notice What is to become of an order now.
    function judge(Order calldata order, Clauses calldata clauses, Case calldata c)
        external
        view
        returns (Verdict memory);

    /// @notice Payments that are due before the end and not made yet: milestones that were reached, and duty.
    /// @return payments in the order in which they are made
    /// @return mask of their purposes
    function duesOf(Order calldata order, Clauses calldata clauses, Case calldata c)
        external
        pure
        returns (Payment[] memory payments, uint8 mask);

    /// @notice Every payment at the end of an order: what is due of `wanted`, then what is left, of which `share` goes to the
    /// payees in their order and to the seller's side, the rest to the buyer.
    /// @param wanted mask of the dues that are paid
    /// @return payments in the order in which they are made
    /// @return mask of the dues among them
    function divide(Order calldata order, Clauses calldata clauses, Case calldata c, uint8 wanted, uint16 share)
        external
        pure
        returns (Payment[] memory payments, uint8 mask);
}
