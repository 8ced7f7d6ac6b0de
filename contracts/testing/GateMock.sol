// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Function, IParticipantRegistry} from "interfaces/IParticipantRegistry.sol";

/// @title A function with and without `authorize`, to measure what it costs
contract GateMock {
    IParticipantRegistry public immutable REGISTRY;

    constructor(IParticipantRegistry registry) {
        REGISTRY = registry;
    }

    /// @notice Does nothing, for those who may use `fn`.
    function restricted(Function fn) external view {
        REGISTRY.authorize(msg.sender, fn);
    }

    /// @notice Does nothing, for anyone.
    function unrestricted(Function) external pure {}
}
