// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Role} from "interfaces/IParticipantRegistry.sol";
import {Leg, ShipmentState} from "interfaces/IShipmentSource.sol";
import {Order, OrderState} from "interfaces/ITradeEscrow.sol";

/// @notice How a trade ended for those who are rated by it.
enum TradeOutcome {
    /// The seller kept its word, the buyer paid.
    Kept,
    /// Delivered late, and shipped late.
    Late,
    /// Shipped but not delivered: the money went back.
    Lost,
    /// Never shipped, or the seller lost a dispute: the money went back.
    Broken,
    /// The seller kept its word against a dispute, which the buyer lost.
    Upheld
}

/// @notice How goods fared on a leg of their way, beside the share that was lost or damaged on it.
enum LegOutcome {
    Kept,
    /// The leg added a delay.
    Late,
    /// A watch saw its longest excursion on it.
    Excursion
}

/// @notice Grades, best last. `NR`: not rated, no evidence.
enum Grade {
    NR,
    D,
    C,
    CC,
    CCC,
    B,
    BB,
    BBB,
    A,
    AA,
    AAA
}

/// @notice A rating at a time.
/// @param score expected share of good behaviour, in basis points (0 to 10,000); 5,000 without evidence
/// @param confidence share of the score that rests on evidence and not on the prior, in basis points
struct Rating {
    Grade grade;
    uint16 score;
    uint16 confidence;
}

/// @notice Evidence on a participant in a role as it stood at its last change, in 1/2^20 of a weight point.
/// @param count endings that were rated, at most 65,535
/// @param roles mask of all roles in which the participant is rated
/// @param counterparties the last eight as sketches of 11 bits, the newest lowest: id mod 2047, plus 1
struct Evidence {
    uint48 good;
    uint48 bad;
    uint40 updatedAt;
    uint16 count;
    uint16 roles;
    uint88 counterparties;
}

/// @title Credit ratings from settled facts
/// @notice Beta reputation with exponential forgetting: evidence halves every year, weighs by the value of the trade, and
/// less for each time that the same counterparty stands among the last eight. Escrow and insurance write when money settles;
/// journeys are read from the facts of orders that have settled. Nobody edits. Recording never reverts for its writers, so
/// that no rating can hold money back.
interface ICreditRegistry {
    event TradeRated(
        bytes32 indexed orderId, uint64 indexed sellerId, uint64 indexed buyerId, uint16 weight, TradeOutcome outcome
    );
    event CoverRated(bytes32 indexed policyId, uint64 indexed insurerId, uint64 indexed holderId, uint16 weight);
    /// @param leg counted from 1
    /// @param lossBps share of the goods that was lost or damaged on the leg, in basis points
    event LegRated(
        bytes32 indexed orderId,
        uint64 indexed carrierId,
        uint64 indexed sellerId,
        uint16 leg,
        uint16 weight,
        LegOutcome outcome,
        uint16 lossBps
    );
    event DeclarationRated(
        bytes32 indexed orderId, uint64 indexed brokerId, uint64 indexed sellerId, uint16 weight, bool isRefused
    );

    error CreditRegistry_NotWriter(address caller);
    error CreditRegistry_WrongSource(address source, address expected);
    error CreditRegistry_OrderNotRated(bytes32 orderId, OrderState state);
    error CreditRegistry_TooEarly(uint256 opensAt, uint256 timestamp);
    error CreditRegistry_JourneyRated(bytes32 orderId);
    error CreditRegistry_NotShipped(bytes32 orderId);
    error CreditRegistry_JourneyOpen(bytes32 orderId, ShipmentState state);
    error CreditRegistry_LegsMismatch(bytes32 orderId);

    /// @notice Rates seller and buyer of an ended order. Only the escrow.
    /// @param buyerId 0 for a consumer, who is not rated
    function rateTrade(bytes32 orderId, uint64 sellerId, uint64 buyerId, uint16 weight, TradeOutcome outcome) external;

    /// @notice Rates the insurer of a policy that paid. Only the insurance.
    function rateCover(bytes32 policyId, uint64 insurerId, uint64 holderId, uint16 weight) external;

    /// @notice Rates who carried the goods of an order and the broker who declared them, once, from the facts of its
    /// shipment, which has begun. Anyone, from 30 days after the order's end and the delivery, or refund-after where nothing came;
    /// not while a tender is pending, which anyone can conclude.
    /// @param legs who held the goods, as the source has it in a hash (`Liability`)
    function rateJourney(Order calldata order, Leg[] calldata legs) external;

    /// @notice Rating of a participant over all its roles now.
    function ratingOf(uint64 id) external view returns (Rating memory);

    /// @notice Rating of a participant in one role now.
    function scoreOf(uint64 id, Role role) external view returns (Rating memory);

    /// @notice Grade that `ratingOf` gave at a time; of a time to come, what forgetting alone will make of it.
    /// @param time seconds UTC
    function gradeAt(uint64 id, uint40 time) external view returns (Grade);

    /// @notice Evidence as it was kept at its last change, not brought to now.
    function evidenceOf(uint64 id, Role role) external view returns (Evidence memory);

    /// @notice Whether the journey of an order is rated.
    function isJourneyRated(bytes32 orderId) external view returns (bool);
}
