// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Order} from "interfaces/ITradeEscrow.sol";
import {ShipmentFacts} from "interfaces/IShipmentSource.sol";
import {Signatures} from "contracts/libraries/Signatures.sol";

/// @title Ids of orders and shipments, and what the facts say of an order
library Orders {
    string internal constant DOMAIN_NAME = "Entrepot TradeEscrow";

    bytes32 private constant TYPEHASH = keccak256(
        "Order(address token,uint128 amount,address buyer,address seller,uint64 buyerId,uint64 sellerId,uint64 carrierId,"
        "uint64 consigneeId,uint64 arbiterId,address source,uint40 openBy,uint40 shipBy,uint40 deliverBy,uint40 refundAfter,"
        "uint32 acceptanceWindow,uint32 arbitrationPeriod,bool upholdByDefault,bytes32 goods,bytes32 salt)"
    );
    uint256 private constant SIZE = 19 * 32;

    /// @notice Id of an order: its EIP-712 digest.
    /// @dev The words are hashed as they came. One with dirty upper bits gives another id, which nobody has signed.
    function idOf(Order calldata order, bytes32 domainSeparator) internal pure returns (bytes32) {
        return Signatures.digestOf(domainSeparator, keccak256(abi.encodePacked(TYPEHASH, wordsOf(order))));
    }

    /// @notice The order as it came, to be hashed or passed on without decoding.
    function wordsOf(Order calldata order) internal pure returns (bytes calldata words) {
        assembly ("memory-safe") {
            words.offset := order
            words.length := SIZE
        }
    }

    /// @notice Id of the one shipment of an order.
    function shipmentIdOf(bytes32 orderId, address source) internal pure returns (bytes32) {
        return keccak256(abi.encode(orderId, source));
    }

    /// @notice The seller has earned the price.
    function isDeliveredInTime(Order calldata order, ShipmentFacts memory facts) internal pure returns (bool) {
        return facts.deliveredAt != 0 && facts.deliveredAt <= order.refundAfter;
    }

    /// @notice The goods were not shipped by ship-by and it is known that they were not.
    function isUnshipped(Order calldata order, ShipmentFacts memory facts) internal pure returns (bool) {
        return facts.deliveredAt == 0 && facts.shippedAt == 0 && facts.asOf > order.shipBy;
    }

    /// @notice The goods were not delivered by refund-after and it is known that they were not. A tender made by then
    /// holds this back until the consignee, silence, the arbiter or the default has decided it.
    function isUndelivered(Order calldata order, ShipmentFacts memory facts) internal pure returns (bool) {
        if (facts.deliveredAt != 0) return facts.deliveredAt > order.refundAfter;
        bool isTenderPending = facts.tenderedAt != 0 && facts.tenderedAt <= order.refundAfter;
        return facts.asOf > order.refundAfter && !isTenderPending;
    }
}
