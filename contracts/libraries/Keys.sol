// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A key as it is kept, one word, the holder lowest: holder 160, functions 32, expiry 40, level 8, flags 16.
/// The holder is the granting key or, of a direct key, participant id 64, born 32, epoch 32.
type Key is uint256;

using Keys for Key global;

/// @title Keys in one word
library Keys {
    /// @notice The participant's own account.
    uint16 internal constant ROOT = 1;
    /// @notice A root, or granted by one.
    uint16 internal constant DIRECT = 2;
    uint16 internal constant REVOKED = 4;
    /// @notice An address for which grants were withdrawn before any came.
    uint16 internal constant WITHDRAWN = 8;

    uint256 private constant BORN = 64;
    uint256 private constant EPOCH = 96;
    uint256 private constant FLAGS = 240;

    /// @notice The word of a key.
    function pack(uint160 holder_, uint32 functions_, uint40 expiry_, uint8 level_, uint16 flags)
        internal
        pure
        returns (Key)
    {
        return Key.wrap(
            uint256(holder_) | uint256(functions_) << 160 | uint256(expiry_) << 192 | uint256(level_) << 232
                | uint256(flags) << FLAGS
        );
    }

    /// @notice Holder of a root, or of a key that it grants, in the root's own epoch.
    function direct(uint64 participantId_, uint32 epoch_) internal pure returns (uint160) {
        return uint160(participantId_) | uint160(epoch_) << uint160(BORN) | uint160(epoch_) << uint160(EPOCH);
    }

    /// @notice The word of an address that is known only for withdrawn grants.
    function withdrawn() internal pure returns (Key) {
        return Key.wrap(uint256(WITHDRAWN) << FLAGS);
    }

    /// @notice The key, revoked.
    function revoked(Key key) internal pure returns (Key) {
        return Key.wrap(Key.unwrap(key) | uint256(REVOKED) << FLAGS);
    }

    /// @notice The direct key, good in another epoch.
    function keptIn(Key key, uint32 epoch_) internal pure returns (Key) {
        return Key.wrap(Key.unwrap(key) & ~(uint256(type(uint32).max) << EPOCH) | uint256(epoch_) << EPOCH);
    }

    function holder(Key key) internal pure returns (address) {
        return address(uint160(Key.unwrap(key)));
    }

    /// @notice Participant of a direct key.
    function participantId(Key key) internal pure returns (uint64) {
        return uint64(Key.unwrap(key));
    }

    /// @notice Number of the root that a direct key is or was granted by.
    function born(Key key) internal pure returns (uint32) {
        return uint32(Key.unwrap(key) >> BORN);
    }

    /// @notice Number of the root under which a direct key is good.
    function epoch(Key key) internal pure returns (uint32) {
        return uint32(Key.unwrap(key) >> EPOCH);
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
        return Key.unwrap(key) & ~(uint256(WITHDRAWN) << FLAGS) == 0;
    }

    /// @notice Whether two keys were granted by the same on the same terms.
    function isLike(Key key, Key other) internal pure returns (bool) {
        if (key.has(DIRECT)) (key, other) = (key.keptIn(0), other.keptIn(0));
        return Key.unwrap(key.revoked()) == Key.unwrap(other.revoked());
    }
}
