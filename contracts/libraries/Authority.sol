// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Function, Role} from "interfaces/IParticipantRegistry.sol";

/// @title Which roles carry which functions
library Authority {
    uint32 internal constant ALL_ROLES = (uint32(1) << (uint8(type(Role).max) + 1)) - 1;
    uint32 internal constant ALL_FUNCTIONS = (uint32(1) << (uint8(type(Function).max) + 1)) - 1;

    /// @dev A function's mask in `rolesByFunction` begins at its number shifted by this: 16 bits, one for every role.
    uint256 internal constant LANE = 4;

    uint256 private constant PRODUCER = 1 << uint8(Role.Producer);
    uint256 private constant SELLER = 1 << uint8(Role.Seller);
    uint256 private constant BUYER = 1 << uint8(Role.Buyer);
    uint256 private constant CARRIER = 1 << uint8(Role.Carrier);
    uint256 private constant WAREHOUSE = 1 << uint8(Role.Warehouse);
    uint256 private constant CUSTOMS_AUTHORITY = 1 << uint8(Role.CustomsAuthority);
    uint256 private constant CUSTOMS_BROKER = 1 << uint8(Role.CustomsBroker);
    uint256 private constant INSPECTOR = 1 << uint8(Role.Inspector);
    uint256 private constant PLATFORM = 1 << uint8(Role.Platform);
    uint256 private constant BANK = 1 << uint8(Role.Bank);
    uint256 private constant INSURER = 1 << uint8(Role.Insurer);
    uint256 private constant RATING_AGENCY = 1 << uint8(Role.RatingAgency);
    uint256 private constant REGULATOR = 1 << uint8(Role.Regulator);
    uint256 private constant ARBITER = 1 << uint8(Role.Arbiter);

    /// @notice Roles that carry a function, one 16-bit mask each, the first function in the lowest bits.
    function rolesByFunction() internal pure returns (uint256) {
        return _lane(Function.Buy, BUYER | PLATFORM) | _lane(Function.Sell, PRODUCER | SELLER | PLATFORM)
            | _lane(Function.Label, PRODUCER) | _lane(Function.Handover, PRODUCER | SELLER | CARRIER | WAREHOUSE)
            | _lane(Function.Receive, BUYER | WAREHOUSE | PLATFORM) | _lane(Function.Underwrite, INSURER)
            | _lane(Function.Arbitrate, ARBITER)
            | _lane(Function.Certify, REGULATOR | CUSTOMS_AUTHORITY | INSPECTOR | RATING_AGENCY)
            | _lane(Function.Declare, PRODUCER | SELLER | CUSTOMS_BROKER)
            | _lane(Function.Inspect, INSPECTOR | CUSTOMS_AUTHORITY) | _lane(Function.Clear, CUSTOMS_AUTHORITY)
            | _lane(Function.Finance, BANK)
            | _lane(Function.Measure, PRODUCER | SELLER | CARRIER | WAREHOUSE | INSPECTOR);
    }

    function _lane(Function fn, uint256 roles) private pure returns (uint256) {
        return roles << (uint256(fn) << LANE);
    }
}
