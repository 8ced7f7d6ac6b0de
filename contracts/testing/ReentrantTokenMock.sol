// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BlockingTokenMock} from "contracts/testing/BlockingTokenMock.sol";

/// @title A token that makes the calls it was armed with in the midst of its next transfer
contract ReentrantTokenMock is BlockingTokenMock {
    struct Attempt {
        address target;
        bytes data;
    }

    Attempt[] private _attempts;
    uint256 private _made;

    event Reentered(address target, bytes4 selector, bool isDone, bytes result);

    /// @notice Adds a call to the next transfer.
    function arm(address target, bytes calldata data) external {
        _attempts.push(Attempt(target, data));
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        uint256 first = _made;
        _made = _attempts.length;
        for (uint256 i = first; i < _attempts.length; ++i) {
            Attempt memory attempt = _attempts[i];
            // solhint-disable-next-line avoid-low-level-calls
            (bool isDone, bytes memory result) = attempt.target.call(attempt.data);
            emit Reentered(attempt.target, bytes4(attempt.data), isDone, result);
        }
    }
}
