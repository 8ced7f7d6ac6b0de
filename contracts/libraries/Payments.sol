// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @title Payments in a token or, where the token is zero, in the chain's native coin
library Payments {
    using SafeERC20 for IERC20;

    /// @dev Enough for a contract account to take note of coin that it receives, and a bound for what it may do.
    uint256 private constant NATIVE_GAS = 50_000;
    /// @dev The same for a token and for what it lets its payee do.
    uint256 private constant TOKEN_GAS = 250_000;
    bytes32 private constant TRANSFER = 0xa9059cbb00000000000000000000000000000000000000000000000000000000;

    /// @notice Moves a token and returns by how much the balance of `to` grew.
    function move(IERC20 token, address from, address to, uint256 amount) internal returns (uint256 received) {
        uint256 before = token.balanceOf(to);
        token.safeTransferFrom(from, to, amount);
        return token.balanceOf(to) - before;
    }

    /// @notice Pays, or reverts.
    function pay(address token, address payee, uint256 amount) internal {
        if (token == address(0)) Address.sendValue(payable(payee), amount);
        else IERC20(token).safeTransfer(payee, amount);
    }

    /// @notice Pays with little gas, or returns false where the payee or the token does not let it.
    function tryPay(address token, address payee, uint256 amount) internal returns (bool) {
        return tryPay(token, payee, amount, token == address(0) ? NATIVE_GAS : TOKEN_GAS);
    }

    /// @notice The same with at most this much gas.
    function tryPay(address token, address payee, uint256 amount, uint256 limit) internal returns (bool isPaid) {
        // Return data is not copied beyond a word, so a payee cannot make others pay for it.
        assembly ("memory-safe") {
            switch token
            case 0 { isPaid := call(limit, payee, amount, 0, 0, 0, 0) }
            default {
                let data := mload(0x40)
                mstore(data, TRANSFER)
                mstore(add(data, 4), payee)
                mstore(add(data, 0x24), amount)
                // Where the token answers nothing, the word stays. The call comes first: arguments are taken from the last.
                mstore(0, 1)
                isPaid := and(eq(mload(0), 1), call(limit, token, 0, data, 0x44, 0, 0x20))
            }
        }
    }
}
