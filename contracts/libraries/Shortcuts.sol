// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICargoInsurance, Quote} from "interfaces/ICargoInsurance.sol";
import {Order} from "interfaces/ITradeEscrow.sol";
import {Orders} from "contracts/libraries/Orders.sol";
import {Quotes} from "contracts/libraries/Quotes.sol";

/// @title Calls that a fact makes to those whom it concerns, in its own transaction
/// @dev Anyone can do the same later, so a failure costs nothing.
library Shortcuts {
    /// @dev Enough for a claim with reinsurance that ends the order and rates everybody for the first time, and a bound for
    /// whatever awkward tokens do.
    uint256 private constant GAS = 600_000;

    /// @notice Calls with bounded gas and returns whether it worked.
    /// @dev Return data is not copied, so a listener cannot make the fact pay for it.
    function attempt(address listener, bytes memory data) internal returns (bool isDone) {
        assembly ("memory-safe") {
            isDone := call(GAS, listener, 0, add(data, 0x20), mload(data), 0, 0)
        }
    }

    /// @notice Claims a policy and returns whether it worked.
    function claim(address insurance, Order calldata order, Quote calldata policy) internal returns (bool) {
        return attempt(
            insurance, abi.encodePacked(ICargoInsurance.claim.selector, Orders.wordsOf(order), Quotes.wordsOf(policy))
        );
    }
}
