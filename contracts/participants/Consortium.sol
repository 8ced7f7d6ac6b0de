// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";

/// @title Consortium
/// @notice The governance of a deployment: registers participants, lists tokens and pools, pauses openings. No contract
/// lets it move escrowed funds, cover, capital or scores.
contract Consortium is AccessManager {
    /// @param admin account or contract that decides for the members
    constructor(address admin) AccessManager(admin) {}
}
