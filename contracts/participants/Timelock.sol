// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

/// @title Timelock
/// @notice What the council decides in a deployment, announced before it happens: the consortium's admin. The council
/// proposes and may take back, anyone executes once the delay is over.
contract Timelock is TimelockController {
    /// @param delay seconds between a decision and its execution
    /// @param proposers the council
    /// @param executors the zero address: anyone
    constructor(uint256 delay, address[] memory proposers, address[] memory executors)
        TimelockController(delay, proposers, executors, address(0))
    {}
}
