// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Leg} from "interfaces/IShipmentSource.sol";
import {Order} from "interfaces/ITradeEscrow.sol";
import {Quote} from "interfaces/ICargoInsurance.sol";

/// @notice A custodian's bond in a token, one word.
/// @param held in the token's smallest unit
/// @param leaving part of it that was asked back; it still answers for claims
/// @param leavesAt from which second on it can be taken
struct Bond {
    uint128 held;
    uint88 leaving;
    uint40 leavesAt;
}

/// @title Bonds of those who hold goods, for what they answer for
/// @notice Where a policy paid, its insurer steps into the holder's rights: anyone recovers for its pool, from the bond of
/// whoever answers for the cause, up to the liability that this custodian signed for its leg. Nobody else touches a bond but
/// its participant's root, after a notice. A refusal by customs is nobody's liability here.
interface ICarrierBond {
    event BondDeposited(uint64 indexed participantId, address indexed token, address indexed from, uint256 amount);
    /// @notice In place of an earlier request; an amount of 0 takes it back.
    event BondWithdrawalRequested(
        uint64 indexed participantId, address indexed token, uint256 amount, uint40 leavesAt
    );
    event BondWithdrawn(uint64 indexed participantId, address indexed token, address to, uint256 amount);
    /// @param cause of the policy: 0 to 3 for its perils, 4 for the delay
    /// @param leg of the shipment, counted from 0
    event ClaimRecovered(
        bytes32 indexed policyId, uint64 indexed participantId, uint8 cause, uint256 leg, address token, uint256 amount
    );

    error CarrierBond_WrongSource(address source, address expected);
    error CarrierBond_WrongOrder(bytes32 actual, bytes32 expected);
    error CarrierBond_CustodyMismatch(bytes32 shipmentId);
    error CarrierBond_NotFired(bytes32 policyId, uint8 cause);
    error CarrierBond_NothingToRecover(bytes32 policyId, uint8 cause);
    error CarrierBond_NotRoot(address caller, address root);
    error CarrierBond_AmountNotExact(uint256 expected, uint256 received);
    error CarrierBond_BondShort(uint256 asked, uint256 held);
    error CarrierBond_NothingLeaving(uint64 participantId, address token);
    error CarrierBond_NoticeRunning(uint40 leavesAt, uint256 timestamp);

    /// @notice Adds to a participant's bond; by anyone who has approved this contract.
    function deposit(uint64 participantId, address token, uint128 amount) external;

    /// @notice Asks for a part of a bond back; by the participant's root. It leaves after 60 days.
    function requestWithdrawal(uint64 participantId, address token, uint88 amount) external;

    /// @notice Takes what was asked back and is still there; by the participant's root.
    function withdraw(uint64 participantId, address token, address to) external returns (uint256 amount);

    /// @notice Recovers what a policy paid for a cause, into its pool. By anyone, and again when more can be had.
    /// @param cause 0 to 3 for the quote's perils, 4 for the delay
    /// @param legs all legs of the shipment in order
    function subrogate(Order calldata order, Quote calldata quote, uint8 cause, Leg[] calldata legs)
        external
        returns (uint256 amount);

    /// @notice A participant's bond in a token.
    function bondOf(uint64 participantId, address token) external view returns (Bond memory);

    /// @notice What was recovered of a policy, in its order's token.
    function recoveredOf(bytes32 policyId) external view returns (uint256);

    /// @notice What a leg of a shipment has answered for so far.
    function answeredOf(bytes32 shipmentId, uint256 leg) external view returns (uint256);
}
