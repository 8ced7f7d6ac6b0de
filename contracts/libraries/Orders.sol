// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Clauses, Order, Payee} from "interfaces/ITradeEscrow.sol";
import {ShipmentFacts} from "interfaces/IShipmentSource.sol";
import {Signatures} from "contracts/libraries/Signatures.sol";

/// @title Ids of orders and shipments, and what the facts say of a plain order
library Orders {
    string internal constant DOMAIN_NAME = "Entrepot TradeEscrow";
    /// @notice Hash of the clauses of a plain order: delivery is its one condition, and nothing else is agreed.
    bytes32 internal constant PLAIN = 0x51653169466e3fd7e462b827b8cef5338e45af37e652080ec7b2ec519fba1336;

    bytes32 private constant PAYEE_TYPEHASH = keccak256("Payee(address account,uint128 cap)");
    bytes32 private constant CLAUSES_TYPEHASH = keccak256(
        "Clauses(uint8 conditions,uint32 inspectionWindow,uint16 onShipped,uint16 onCleared,uint16 onDelivered,"
        "uint64 customsId,uint64 brokerId,uint64 inspectorId,address treasury,uint128 dutyCap,uint32 appealPeriod,"
        "address priceToken,uint128 price,uint128 rate,uint40 rateUntil,Payee[] payees)Payee(address account,uint128 cap)"
    );
    bytes32 private constant ORDER_TYPEHASH = keccak256(
        "Order(address token,uint128 amount,address buyer,address seller,uint64 buyerId,uint64 sellerId,uint64 carrierId,"
        "uint64 consigneeId,uint64 arbiterId,address source,uint40 openBy,uint40 shipBy,uint40 deliverBy,uint40 refundAfter,"
        "uint32 acceptanceWindow,uint32 arbitrationPeriod,bool upholdByDefault,bytes32 goods,bytes32 salt,Clauses clauses)"
        "Clauses(uint8 conditions,uint32 inspectionWindow,uint16 onShipped,uint16 onCleared,uint16 onDelivered,"
        "uint64 customsId,uint64 brokerId,uint64 inspectorId,address treasury,uint128 dutyCap,uint32 appealPeriod,"
        "address priceToken,uint128 price,uint128 rate,uint40 rateUntil,Payee[] payees)Payee(address account,uint128 cap)"
    );
    uint256 private constant ORDER_SIZE = 20 * 32;
    uint256 private constant CLAUSES_SIZE = 15 * 32;

    /// @notice Id of an order: its EIP-712 digest.
    /// @dev The words are hashed as they came. One with dirty upper bits gives another id, which nobody has signed.
    function idOf(Order calldata order, bytes32 domainSeparator) internal pure returns (bytes32) {
        return Signatures.digestOf(domainSeparator, keccak256(abi.encodePacked(ORDER_TYPEHASH, wordsOf(order))));
    }

    /// @notice The order as it came, to be hashed or passed on without decoding.
    function wordsOf(Order calldata order) internal pure returns (bytes calldata words) {
        assembly ("memory-safe") {
            words.offset := order
            words.length := ORDER_SIZE
        }
    }

    /// @notice EIP-712 hash of clauses, which an order carries in their place.
    function hashOf(Clauses calldata clauses) internal pure returns (bytes32) {
        bytes calldata words;
        assembly ("memory-safe") {
            words.offset := clauses
            words.length := CLAUSES_SIZE
        }
        bytes32[] memory payees = new bytes32[](clauses.payees.length);
        for (uint256 i = 0; i < payees.length; ++i) {
            Payee calldata payee = clauses.payees[i];
            payees[i] = keccak256(abi.encode(PAYEE_TYPEHASH, payee.account, payee.cap));
        }
        return keccak256(abi.encodePacked(CLAUSES_TYPEHASH, words, keccak256(abi.encodePacked(payees))));
    }

    /// @notice Id of the one shipment of an order.
    function shipmentIdOf(bytes32 orderId, address source) internal pure returns (bytes32) {
        return keccak256(abi.encode(orderId, source));
    }

    /// @notice The goods were delivered by refund-after.
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
