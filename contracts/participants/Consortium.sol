// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";

/// @title Consortium
/// @notice Who may use the restricted functions of a deployment: the timelock all of them, as its admin, and the
/// council at once those that registration and pauses need. No function that anybody may be given here moves escrowed
/// funds, cover, capital or scores.
contract Consortium is AccessManager {
    /// @notice Role of the council: registers participants, and pauses new business.
    uint64 public constant STEWARD = 1;

    /// @param admin who sets it up and then hands over to the timelock
    constructor(address admin) AccessManager(admin) {}
}
