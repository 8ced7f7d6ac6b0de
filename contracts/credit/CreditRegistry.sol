// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Role} from "interfaces/IParticipantRegistry.sol";
import {Evidence, ICreditRegistry, Rating, TradeOutcome} from "interfaces/ICreditRegistry.sol";
import {Credit} from "contracts/libraries/Credit.sol";

/// @title CreditRegistry
/// @dev One word per participant and role: good 64, bad 64, updatedAt 40, and 88 bits that hold the last eight
/// counterparties as 11-bit sketches, the newest lowest.
contract CreditRegistry is ICreditRegistry {
    uint256 private constant SKETCHES = 8;
    uint256 private constant SKETCH_BITS = 11;
    uint256 private constant SKETCH_MASK = (1 << SKETCH_BITS) - 1;
    uint256 private constant SKETCHES_MASK = (1 << (SKETCHES * SKETCH_BITS)) - 1;

    /// @notice The only writer of trades.
    address public immutable ESCROW;
    /// @notice The only writer of cover.
    address public immutable INSURANCE;

    mapping(uint64 id => mapping(Role role => uint256)) private _words;

    constructor(address escrow, address insurance) {
        ESCROW = escrow;
        INSURANCE = insurance;
    }

    /// @inheritdoc ICreditRegistry
    function rateTrade(bytes32 orderId, uint64 sellerId, uint64 buyerId, uint16 weight, TradeOutcome outcome) external {
        if (msg.sender != ESCROW) revert CreditRegistry_NotWriter(msg.sender);
        if (sellerId != buyerId) {
            uint256 evidence = weight * Credit.POINT;
            (uint256 good, uint256 bad) = _sellerEvidence(evidence, outcome);
            _add(sellerId, Role.Seller, buyerId, good, bad);
            if (buyerId != 0) _add(buyerId, Role.Buyer, sellerId, evidence, 0);
        }
        emit TradeRated(orderId, sellerId, buyerId, weight, outcome);
    }

    /// @inheritdoc ICreditRegistry
    function rateCover(bytes32 policyId, uint64 insurerId, uint64 holderId, uint16 weight) external {
        if (msg.sender != INSURANCE) revert CreditRegistry_NotWriter(msg.sender);
        if (insurerId != holderId) _add(insurerId, Role.Insurer, holderId, weight * Credit.POINT, 0);
        emit CoverRated(policyId, insurerId, holderId, weight);
    }

    /// @inheritdoc ICreditRegistry
    function ratingOf(uint64 id) external view returns (Rating memory) {
        (uint256 good, uint256 bad) = (0, 0);
        for (uint256 role = 0; role <= uint256(type(Role).max); ++role) {
            (uint256 roleGood, uint256 roleBad) = _now(_words[id][Role(role)]);
            good += roleGood;
            bad += roleBad;
        }
        return Credit.rate(good, bad);
    }

    /// @inheritdoc ICreditRegistry
    function scoreOf(uint64 id, Role role) external view returns (Rating memory) {
        (uint256 good, uint256 bad) = _now(_words[id][role]);
        return Credit.rate(good, bad);
    }

    /// @inheritdoc ICreditRegistry
    function evidenceOf(uint64 id, Role role) external view returns (Evidence memory) {
        uint256 word = _words[id][role];
        return Evidence(uint64(word), uint64(word >> 64), uint40(word >> 128));
    }

    /// @inheritdoc ICreditRegistry
    function counterpartiesOf(uint64 id, Role role) external view returns (uint88) {
        return uint88(_words[id][role] >> 168);
    }

    function _sellerEvidence(uint256 evidence, TradeOutcome outcome) private pure returns (uint256 good, uint256 bad) {
        if (outcome == TradeOutcome.DeliveredOnTime) return (evidence, 0);
        if (outcome == TradeOutcome.DeliveredLate) return (evidence / 2, evidence / 2);
        return (0, evidence);
    }

    function _add(uint64 id, Role role, uint64 counterparty, uint256 good, uint256 bad) private {
        mapping(Role => uint256) storage words = _words[id];
        uint256 word = words[role];
        (uint256 oldGood, uint256 oldBad) = _now(word);
        uint256 sketches = word >> 168;
        // Evidence has 64 bits and there are eight sketches: nothing here can overflow.
        unchecked {
            uint256 sketch = counterparty % SKETCH_MASK + 1;
            uint256 repeats = 0;
            for (uint256 rest = sketches; rest != 0; rest >>= SKETCH_BITS) {
                if (rest & SKETCH_MASK == sketch) ++repeats;
            }
            good = Math.min(oldGood + (good >> repeats), type(uint64).max);
            bad = Math.min(oldBad + (bad >> repeats), type(uint64).max);
            sketches = (sketches << SKETCH_BITS | sketch) & SKETCHES_MASK;
        }
        words[role] = good | bad << 64 | uint256(uint40(block.timestamp)) << 128 | sketches << 168;
    }

    function _now(uint256 word) private view returns (uint256 good, uint256 bad) {
        if (word == 0) return (0, 0);
        uint256 elapsed = block.timestamp - uint40(word >> 128);
        return (Credit.decay(uint64(word), elapsed), Credit.decay(uint64(word >> 64), elapsed));
    }
}
