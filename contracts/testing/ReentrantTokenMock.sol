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

    event Reentered(address target, bytes4 selector, bool isDone, bytes result);

    /// @notice Adds a call to the next transfer.
    function arm(address target, bytes calldata data) external {
        _attempts.push(Attempt(target, data));
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        Attempt[] memory attempts = _attempts;
        delete _attempts;
        for (uint256 i = 0; i < attempts.length; ++i) {
            // solhint-disable-next-line avoid-low-level-calls
            (bool isDone, bytes memory result) = attempts[i].target.call(attempts[i].data);
            emit Reentered(attempts[i].target, bytes4(attempts[i].data), isDone, result);
        }
    }
}
