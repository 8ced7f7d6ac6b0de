// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title A token whose balances are shares of a supply that grows, so that a transfer may round one unit away
contract RebasingTokenMock is ERC20 {
    uint256 private constant ONE = 1e18;

    uint256 private _index = ONE;

    constructor() ERC20("Rebasing Token", "REBASE") {}

    /// @notice Makes one share worth `index / 1e18` units.
    function rebase(uint256 index) external {
        _index = index;
    }

    /// @notice Mints `amount` to `to`.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    /// @inheritdoc ERC20
    function balanceOf(address owner) public view override returns (uint256) {
        return super.balanceOf(owner) * _index / ONE;
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value * ONE / _index);
    }
}
