// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title A token whose issuer blocks accounts from receiving
contract BlockingTokenMock is ERC20 {
    mapping(address account => bool) public isBlocked;

    error BlockingTokenMock_Blocked(address account);

    constructor() ERC20("Blocking Token", "BLOCK") {}

    /// @notice Mints `amount` to `to`.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    /// @notice Blocks or unblocks `account`.
    function setBlocked(address account, bool isBlockedNow) external {
        isBlocked[account] = isBlockedNow;
    }

    function _update(address from, address to, uint256 value) internal virtual override {
        if (isBlocked[to]) revert BlockingTokenMock_Blocked(to);
        super._update(from, to, value);
    }
}
