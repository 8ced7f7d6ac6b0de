// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Role} from "interfaces/IParticipantRegistry.sol";

/// @notice How a trade ended for those who are rated by it.
enum TradeOutcome {
    DeliveredOnTime,
    DeliveredLate,
    NotDelivered
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

/// @notice Decayed evidence of a participant in a role, in 1/2^20 of a weight point.
struct Evidence {
    uint64 good;
    uint64 bad;
    uint40 updatedAt;
}

/// @title Credit ratings from settled facts
/// @notice Beta reputation with exponential forgetting: evidence halves every year, weighs by the value of the trade and
/// halves again for each time the same counterparty stands among the last eight. Only escrow and insurance write, when
/// money settles; nobody edits. Recording never reverts for its writers, so that no rating can hold money back.
interface ICreditRegistry {
    event TradeRated(
        bytes32 indexed orderId, uint64 indexed sellerId, uint64 indexed buyerId, uint16 weight, TradeOutcome outcome
    );
    event CoverRated(bytes32 indexed policyId, uint64 indexed insurerId, uint64 indexed holderId, uint16 weight);

    error CreditRegistry_NotWriter(address caller);

    /// @notice Rates seller and buyer of an ended order. Only the escrow.
    /// @param buyerId 0 for a consumer, who is not rated
    function rateTrade(bytes32 orderId, uint64 sellerId, uint64 buyerId, uint16 weight, TradeOutcome outcome) external;

    /// @notice Rates the insurer of a policy that paid. Only the insurance.
    function rateCover(bytes32 policyId, uint64 insurerId, uint64 holderId, uint16 weight) external;

    /// @notice Rating of a participant over all its roles now.
    function ratingOf(uint64 id) external view returns (Rating memory);

    /// @notice Rating of a participant in one role now.
    function scoreOf(uint64 id, Role role) external view returns (Rating memory);

    /// @notice Evidence as it was kept at its last change, not decayed to now.
    function evidenceOf(uint64 id, Role role) external view returns (Evidence memory);

    /// @notice The last eight counterparties as sketches of 11 bits, the newest lowest: id mod 2047, plus 1.
    function counterpartiesOf(uint64 id, Role role) external view returns (uint88);
}
