// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A key as it is kept, one word: holder 160 (participant id if direct, else the granting key), functions 32,
/// expiry 40, level 8, flags 16; the holder lowest.
type Key is uint256;

using Keys for Key global;

/// @title Keys in one word
library Keys {
    /// @notice The participant's own account.
    uint16 internal constant ROOT = 1;
    /// @notice A root, or granted by one: the holder is the participant's id.
    uint16 internal constant DIRECT = 2;
    uint16 internal constant REVOKED = 4;

    uint256 private constant FLAGS = 240;

    /// @notice The word of a key.
    function pack(address holder_, uint32 functions_, uint40 expiry_, uint8 level_, uint16 flags)
        internal
        pure
        returns (Key)
    {
        return Key.wrap(
            uint256(uint160(holder_)) | uint256(functions_) << 160 | uint256(expiry_) << 192 | uint256(level_) << 232
                | uint256(flags) << FLAGS
        );
    }

    /// @notice The key, revoked.
    function revoked(Key key) internal pure returns (Key) {
        return Key.wrap(Key.unwrap(key) | uint256(REVOKED) << FLAGS);
    }

    function holder(Key key) internal pure returns (address) {
        return address(uint160(Key.unwrap(key)));
    }

    /// @notice Participant of a direct key.
    function participantId(Key key) internal pure returns (uint64) {
        return uint64(Key.unwrap(key));
    }

    function functions(Key key) internal pure returns (uint32) {
        return uint32(Key.unwrap(key) >> 160);
    }

    function expiry(Key key) internal pure returns (uint40) {
        return uint40(Key.unwrap(key) >> 192);
    }

    function level(Key key) internal pure returns (uint8) {
        return uint8(Key.unwrap(key) >> 232);
    }

    /// @notice Whether a flag is set.
    function has(Key key, uint16 flag) internal pure returns (bool) {
        return Key.unwrap(key) >> FLAGS & flag != 0;
    }

    /// @notice Whether the address was never registered nor granted.
    function isUnknown(Key key) internal pure returns (bool) {
        return Key.unwrap(key) == 0;
    }
}
