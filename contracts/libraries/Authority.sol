// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Function, Role} from "interfaces/IParticipantRegistry.sol";

/// @title Which roles carry which functions
library Authority {
    uint32 internal constant ALL_ROLES = (uint32(1) << (uint8(type(Role).max) + 1)) - 1;
    uint32 internal constant ALL_FUNCTIONS = (uint32(1) << (uint8(type(Function).max) + 1)) - 1;

    uint256 private constant PRODUCER = 1 << uint8(Role.Producer);
    uint256 private constant SELLER = 1 << uint8(Role.Seller);
    uint256 private constant BUYER = 1 << uint8(Role.Buyer);
    uint256 private constant CARRIER = 1 << uint8(Role.Carrier);
    uint256 private constant WAREHOUSE = 1 << uint8(Role.Warehouse);
    uint256 private constant CUSTOMS_AUTHORITY = 1 << uint8(Role.CustomsAuthority);
    uint256 private constant INSPECTOR = 1 << uint8(Role.Inspector);
    uint256 private constant PLATFORM = 1 << uint8(Role.Platform);
    uint256 private constant INSURER = 1 << uint8(Role.Insurer);
    uint256 private constant RATING_AGENCY = 1 << uint8(Role.RatingAgency);
    uint256 private constant REGULATOR = 1 << uint8(Role.Regulator);
    uint256 private constant ARBITER = 1 << uint8(Role.Arbiter);

    /// @notice One 32-bit role mask per function, the first function in the lowest bits: eight functions fill the word.
    function rolesByFunction() internal pure returns (uint256) {
        return (BUYER | PLATFORM) << (32 * uint8(Function.Buy)) | (PRODUCER | SELLER | PLATFORM)
            << (32 * uint8(Function.Sell)) | PRODUCER << (32 * uint8(Function.Label))
            | (PRODUCER | SELLER | CARRIER | WAREHOUSE) << (32 * uint8(Function.Handover))
            | (BUYER | WAREHOUSE | PLATFORM) << (32 * uint8(Function.Receive)) | INSURER
            << (32 * uint8(Function.Underwrite)) | ARBITER << (32 * uint8(Function.Arbitrate))
            | (REGULATOR | CUSTOMS_AUTHORITY | INSPECTOR | RATING_AGENCY) << (32 * uint8(Function.Certify));
    }
}
