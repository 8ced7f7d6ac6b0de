// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice An order or a policy as it is kept, one word: state 8, beganAt 40, endedAt 40, weight 16; the state lowest. Above
/// them, of orders alone: contestedAt 40, sellerShare 16, paid 4, isNoted 4, dutyPaid 88; of policies alone: fired 8,
/// grossBps 24, reservedBps 16.
type Record is uint256;

using Records for Record global;

/// @title Orders and policies in one word
library Records {
    uint256 private constant CONTESTED_AT = 104;
    uint256 private constant SELLER_SHARE = 144;
    uint256 private constant PAID = 160;
    uint256 private constant NOTED = 164;
    uint256 private constant DUTY_PAID = 168;
    uint256 private constant FIRED = 104;
    uint256 private constant GROSS = 112;
    uint256 private constant RESERVED = 136;
    uint256 private constant COVER_MASK = ((1 << 48) - 1) << FIRED;

    /// @notice A record that begins now.
    function begun(uint256 state_, uint16 weight_) internal view returns (Record) {
        return Record.wrap(state_ | uint256(uint40(block.timestamp)) << 8 | uint256(weight_) << 88);
    }

    /// @notice The record, ended now; it ends once.
    function ended(Record record, uint256 state_) internal view returns (Record) {
        uint256 kept = Record.unwrap(record) & ~uint256(type(uint8).max);
        return Record.wrap(kept | state_ | uint256(uint40(block.timestamp)) << 48);
    }

    /// @notice The record, contested now; it is contested once.
    function contested(Record record) internal view returns (Record) {
        return Record.wrap(Record.unwrap(record) | uint256(uint40(block.timestamp)) << CONTESTED_AT);
    }

    /// @notice The record with the seller's share at its end, which is set once.
    function withShare(Record record, uint16 share) internal pure returns (Record) {
        return Record.wrap(Record.unwrap(record) | uint256(share) << SELLER_SHARE);
    }

    /// @notice The record with further payments made, a mask.
    function withPaid(Record record, uint8 mask) internal pure returns (Record) {
        return Record.wrap(Record.unwrap(record) | uint256(mask) << PAID);
    }

    /// @notice The record with the duty that was paid, which is set once and below 2^88.
    function withDuty(Record record, uint256 duty) internal pure returns (Record) {
        return Record.wrap(Record.unwrap(record) | duty << DUTY_PAID);
    }

    /// @notice The record of an order with a note.
    function noted(Record record) internal pure returns (Record) {
        return Record.wrap(Record.unwrap(record) | 1 << NOTED);
    }

    /// @notice The record of a policy with what was decided of it, in place of what was before.
    function withCover(Record record, uint8 fired_, uint24 gross_, uint16 reserved_) internal pure returns (Record) {
        return Record.wrap(
            Record.unwrap(record) & ~COVER_MASK | uint256(fired_) << FIRED | uint256(gross_) << GROSS
                | uint256(reserved_) << RESERVED
        );
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

    function contestedAt(Record record) internal pure returns (uint40) {
        return uint40(Record.unwrap(record) >> CONTESTED_AT);
    }

    function sellerShare(Record record) internal pure returns (uint16) {
        return uint16(Record.unwrap(record) >> SELLER_SHARE);
    }

    function paid(Record record) internal pure returns (uint8) {
        return uint8(Record.unwrap(record) >> PAID) & 0x0f;
    }

    function isNoted(Record record) internal pure returns (bool) {
        return Record.unwrap(record) >> NOTED & 1 == 1;
    }

    function dutyPaid(Record record) internal pure returns (uint88) {
        return uint88(Record.unwrap(record) >> DUTY_PAID);
    }

    function fired(Record record) internal pure returns (uint8) {
        return uint8(Record.unwrap(record) >> FIRED);
    }

    function grossBps(Record record) internal pure returns (uint24) {
        return uint24(Record.unwrap(record) >> GROSS);
    }

    function reservedBps(Record record) internal pure returns (uint16) {
        return uint16(Record.unwrap(record) >> RESERVED);
    }
}
