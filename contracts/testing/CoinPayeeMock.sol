// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title A payee that takes native coin, refuses it, burns its gas, or makes the calls it was armed with
contract CoinPayeeMock {
    enum Manner {
        Take,
        Refuse,
        Burn
    }

    struct Attempt {
        address target;
        bytes data;
    }

    Manner private _manner;
    Attempt[] private _attempts;

    event Reentered(bytes4 selector, bool isDone, bytes result);

    error CoinPayeeMock_Refused();

    receive() external payable {
        _take();
    }

    /// @notice Sets what it does with coin.
    function behave(Manner manner) external {
        _manner = manner;
    }

    /// @notice Adds a call to all that it makes when it takes coin.
    function arm(address target, bytes calldata data) external {
        _attempts.push(Attempt(target, data));
    }

    function _take() private {
        if (_manner == Manner.Refuse) revert CoinPayeeMock_Refused();
        if (_manner == Manner.Burn) {
            assembly ("memory-safe") {
                invalid()
            }
        }
        for (uint256 i = 0; i < _attempts.length; ++i) {
            Attempt memory attempt = _attempts[i];
            // solhint-disable-next-line avoid-low-level-calls
            (bool isDone, bytes memory result) = attempt.target.call(attempt.data);
            emit Reentered(bytes4(attempt.data), isDone, result);
        }
    }
}
