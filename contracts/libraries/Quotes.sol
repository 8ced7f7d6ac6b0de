// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Quote} from "interfaces/ICargoInsurance.sol";
import {Signatures} from "contracts/libraries/Signatures.sol";

/// @title Ids of policies
library Quotes {
    bytes32 private constant TYPEHASH = keccak256(
        "Quote(bytes32 orderId,address holder,address beneficiary,address pool,uint64 insurerId,uint128 premium,"
        "uint128 maximum,uint16 graceDays,uint16 bpsPerDay,uint16 capBps,uint16 deductibleBps,uint256 perils,"
        "bytes32 plan,uint32 reportingPeriod,uint40 validUntil,bytes32 salt)"
    );
    uint256 private constant SIZE = 16 * 32;

    /// @notice Id of a policy: its quote's EIP-712 digest.
    /// @dev The words are hashed as they came, like an order's.
    function idOf(Quote calldata quote, bytes32 domainSeparator) internal pure returns (bytes32) {
        return Signatures.digestOf(domainSeparator, keccak256(abi.encodePacked(TYPEHASH, wordsOf(quote))));
    }

    /// @notice The quote as it came, to be hashed or passed on without decoding.
    function wordsOf(Quote calldata quote) internal pure returns (bytes calldata words) {
        assembly ("memory-safe") {
            words.offset := quote
            words.length := SIZE
        }
    }
}
