// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CustomsState, ShipmentFacts, ShipmentState} from "interfaces/IShipmentSource.sol";

/// @title A shipment's facts in one word: all but `asOf`, which is now
/// @dev custodianId 64, shippedAt 40, tenderedAt 40, disputedAt 40, deliveredAt 40, sequence 24, state 8; the first
/// lowest. Only a shipment that does not exist is 0.
library Facts {
    /// @notice The word of a shipment's facts.
    function pack(ShipmentFacts memory facts) internal pure returns (uint256) {
        return uint256(facts.custodianId) | uint256(facts.shippedAt) << 64 | uint256(facts.tenderedAt) << 104
            | uint256(facts.disputedAt) << 144 | uint256(facts.deliveredAt) << 184 | uint256(facts.sequence) << 224
            | uint256(facts.state) << 248;
    }

    /// @notice The facts of a word as they stand now.
    function unpack(uint256 word) internal view returns (ShipmentFacts memory facts) {
        facts.custodianId = uint64(word);
        facts.shippedAt = uint40(word >> 64);
        facts.tenderedAt = uint40(word >> 104);
        facts.disputedAt = uint40(word >> 144);
        facts.deliveredAt = uint40(word >> 184);
        facts.sequence = uint24(word >> 224);
        facts.state = ShipmentState(word >> 248);
        facts.asOf = uint40(block.timestamp);
    }

    /// @notice Whether customs refused the goods and it is known that the refusal stands.
    function isRefused(CustomsState state, uint40 finalAt, uint40 asOf) internal pure returns (bool) {
        return (state == CustomsState.Refused || state == CustomsState.Appealed) && asOf > finalAt;
    }
}
