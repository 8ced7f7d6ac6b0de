// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {PolicyState, Quote} from "interfaces/ICargoInsurance.sol";
import {ShipmentState} from "interfaces/IShipmentSource.sol";
import {Order, OrderState} from "interfaces/ITradeEscrow.sol";

/// @notice What an order and its shipment should be.
struct Trade {
    Order order;
    bytes32 id;
    OrderState state;
    bool isConceded;
    bool isRated;
    uint40 endedAt;
    uint16 weight;
    uint256 paid;
    uint256 covered;
    ShipmentState shipment;
    uint24 changes;
    uint64 custodianId;
    uint40 shippedAt;
    uint40 tenderedAt;
    uint40 disputedAt;
    uint40 deliveredAt;
}

/// @notice What a policy should be.
struct Cover {
    Quote quote;
    bytes32 id;
    uint256 trade;
    PolicyState state;
    uint40 inceptedAt;
    uint256 paid;
}

/// @notice What the facts make of a policy.
/// @param isWorth the delay is worth a share of the amount, be it less than a unit
struct Verdict {
    bool isDecided;
    bool isWorth;
    PolicyState state;
    uint256 payout;
}
