// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice An order or a policy as it is kept, one word: state 8, beganAt 40, endedAt 40, weight 16; the state lowest.
type Record is uint256;

using Records for Record global;

/// @title Orders and policies in one word
library Records {
    /// @notice A record that begins now.
    function begun(uint256 state_, uint16 weight_) internal view returns (Record) {
        return Record.wrap(state_ | uint256(uint40(block.timestamp)) << 8 | uint256(weight_) << 88);
    }

    /// @notice The record, ended now; it ends once.
    function ended(Record record, uint256 state_) internal view returns (Record) {
        uint256 kept = Record.unwrap(record) & ~uint256(type(uint8).max);
        return Record.wrap(kept | state_ | uint256(uint40(block.timestamp)) << 48);
    }

    function state(Record record) internal pure returns (uint8) {
        return uint8(Record.unwrap(record));
    }

    function beganAt(Record record) internal pure returns (uint40) {
        return uint40(Record.unwrap(record) >> 8);
    }

    function endedAt(Record record) internal pure returns (uint40) {
        return uint40(Record.unwrap(record) >> 48);
    }

    function weight(Record record) internal pure returns (uint16) {
        return uint16(Record.unwrap(record) >> 88);
    }
}
