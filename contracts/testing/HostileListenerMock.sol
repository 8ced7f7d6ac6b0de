// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title A contract that knows every order as open and answers every other call as badly as it can
contract HostileListenerMock {
    bool public immutable IS_REVERTING;
    uint256 public immutable SIZE;

    /// @param isReverting whether it reverts, else it returns
    /// @param size bytes of its answer; 0 burns all gas instead
    constructor(bool isReverting, uint256 size) {
        IS_REVERTING = isReverting;
        SIZE = size;
    }

    fallback() external {
        _answer(IS_REVERTING, SIZE);
    }

    /// @notice Always true.
    function isOpen(bytes32) external pure returns (bool) {
        return true;
    }

    function _answer(bool isReverting, uint256 size) private pure {
        assembly ("memory-safe") {
            if iszero(size) { invalid() }
            if isReverting { revert(0, size) }
            return(0, size)
        }
    }
}
