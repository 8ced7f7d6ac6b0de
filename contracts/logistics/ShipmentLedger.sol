// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Function, IParticipantRegistry} from "interfaces/IParticipantRegistry.sol";
import {CustomsFacts, IShipmentSource, ShipmentFacts, ShipmentState} from "interfaces/IShipmentSource.sol";
import {Cargo, Delivery, Handover, IShipmentLedger, Signature} from "interfaces/IShipmentLedger.sol";
import {ITradeEscrow, Order} from "interfaces/ITradeEscrow.sol";
import {ICustomsDesk} from "interfaces/ICustomsDesk.sol";
import {ICargoInsurance, Quote} from "interfaces/ICargoInsurance.sol";
import {Facts} from "contracts/libraries/Facts.sol";
import {GS1} from "contracts/libraries/GS1.sol";
import {Orders} from "contracts/libraries/Orders.sol";
import {Quotes} from "contracts/libraries/Quotes.sol";
import {Signatures} from "contracts/libraries/Signatures.sol";

/// @title ShipmentLedger
/// @dev A shipment is one word (`Facts`). Nothing of the order is kept: every call resends it, and its id, so the
/// shipment's id, only comes out right with the terms that buyer and seller signed.
contract ShipmentLedger is IShipmentLedger {
    /// @dev Enough for a settlement with ratings or a claim with awkward tokens, and a bound for whatever they do.
    uint256 private constant SHORTCUT_GAS = 250_000;
    bytes32 private constant HANDOVER_TYPEHASH =
        keccak256("Handover(bytes32 shipmentId,uint24 sequence,uint64 fromId,uint64 toId,bytes32 evidence)");
    bytes32 private constant DELIVERY_TYPEHASH =
        keccak256("Delivery(bytes32 shipmentId,uint24 sequence,bytes32 evidence)");

    IParticipantRegistry public immutable REGISTRY;
    /// @notice Where orders are known to be open, and first listener of a delivery.
    ITradeEscrow public immutable ESCROW;
    /// @notice Second listener of a delivery.
    ICargoInsurance public immutable INSURANCE;
    /// @notice Where shipments are cleared.
    ICustomsDesk public immutable CUSTOMS;
    /// @notice Domain of the escrow, in which order ids are computed.
    bytes32 public immutable ORDER_DOMAIN;

    /// @inheritdoc IShipmentLedger
    bytes32 public immutable domainSeparator;

    mapping(bytes32 shipmentId => uint256) private _records;

    constructor(IParticipantRegistry registry, ITradeEscrow escrow, ICargoInsurance insurance, ICustomsDesk customs) {
        REGISTRY = registry;
        ESCROW = escrow;
        INSURANCE = insurance;
        CUSTOMS = customs;
        ORDER_DOMAIN = Signatures.domainOf(Orders.DOMAIN_NAME, block.chainid, address(escrow));
        domainSeparator = Signatures.domainOf("Entrepot ShipmentLedger", block.chainid, address(this));
    }

    /// @inheritdoc IShipmentLedger
    function create(Order calldata order) external returns (bytes32 shipmentId) {
        bytes32 orderId;
        (orderId, shipmentId) = _idsOf(order);
        if (_records[shipmentId] != 0) revert ShipmentLedger_ShipmentKnown(shipmentId);
        if (!ESCROW.isOpen(orderId)) revert ShipmentLedger_OrderNotOpen(orderId);

        ShipmentFacts memory record;
        record.state = ShipmentState.Created;
        record.custodianId = order.sellerId;
        emit ShipmentCreated(shipmentId, orderId, order.sellerId);
        _commit(shipmentId, record);
    }

    /// @inheritdoc IShipmentLedger
    function load(Order calldata order, Cargo[] calldata cargo) external {
        (bytes32 shipmentId, ShipmentFacts memory record) = _requireUndelivered(order);
        if (record.state != ShipmentState.Created) revert ShipmentLedger_AlreadyShipped(shipmentId);
        _requireActingFor(msg.sender, Function.Handover, record.custodianId);
        for (uint256 i = 0; i < cargo.length; ++i) {
            (uint64 gtin, bytes20 lot, uint32 first, uint32 count) =
                (cargo[i].gtin, cargo[i].lot, cargo[i].first, cargo[i].count);
            if (count == 0 || first > type(uint32).max - count || !GS1.isGtin(gtin) || !GS1.isCode(lot)) {
                revert ShipmentLedger_InvalidCargo(gtin, lot, first, count);
            }
            emit ShipmentLoaded(shipmentId, gtin, lot, first, count);
        }
        // With the next sequence: who signed a handover before did not see this cargo.
        _commit(shipmentId, record);
    }

    /// @inheritdoc IShipmentLedger
    function handOver(
        Order calldata order,
        uint64 toId,
        bytes32 evidence,
        Signature calldata giver,
        Signature calldata receiver
    ) external {
        (bytes32 shipmentId, ShipmentFacts memory record) = _requireUndelivered(order);
        uint64 fromId = record.custodianId;
        if (record.state == ShipmentState.Created) {
            if (toId != order.carrierId) revert ShipmentLedger_NotCarrier(toId, order.carrierId);
            record.state = ShipmentState.InTransit;
            record.shippedAt = uint40(block.timestamp);
        } else if (record.state != ShipmentState.InTransit) {
            revert ShipmentLedger_TenderPending(shipmentId);
        } else if (toId == fromId) {
            revert ShipmentLedger_SameCustodian(toId);
        }
        uint64 consigneeId = order.consigneeId != 0 ? order.consigneeId : order.buyerId;
        if (toId == consigneeId) revert ShipmentLedger_ReceiverIsConsignee(consigneeId);
        bytes32 digest = _handoverDigest(shipmentId, record.sequence, fromId, toId, evidence);
        _requireSigned(giver, digest, Function.Handover, fromId);
        _requireSigned(receiver, digest, Function.Handover, toId);

        record.custodianId = toId;
        emit CustodyTransferred(shipmentId, fromId, toId, record.sequence, evidence);
        _commit(shipmentId, record);
    }

    /// @inheritdoc IShipmentLedger
    function deliver(Order calldata order, bytes32 evidence, Signature calldata consignee, Quote[] calldata policies)
        external
    {
        (bytes32 shipmentId, ShipmentFacts memory record) = _requireUndelivered(order);
        bytes32 digest = _deliveryDigest(shipmentId, record.sequence, evidence);
        if (!Signatures.isValid(consignee.signer, digest, consignee.data)) {
            revert ShipmentLedger_InvalidSignature(consignee.signer);
        }
        _requireConsignee(order, consignee.signer);
        _deliver(order, shipmentId, record, evidence, policies);
    }

    /// @inheritdoc IShipmentLedger
    function tender(Order calldata order, bytes32 evidence) external {
        (bytes32 shipmentId, ShipmentFacts memory record) = _requireUndelivered(order);
        if (record.state == ShipmentState.Created) revert ShipmentLedger_NotShipped(shipmentId);
        if (record.state != ShipmentState.InTransit) revert ShipmentLedger_TenderPending(shipmentId);
        _requireActingFor(msg.sender, Function.Handover, record.custodianId);

        record.state = ShipmentState.Tendered;
        record.tenderedAt = uint40(block.timestamp);
        emit ShipmentTendered(shipmentId, record.custodianId, evidence);
        _commit(shipmentId, record);
    }

    /// @inheritdoc IShipmentLedger
    function dispute(Order calldata order, bytes32 evidence) external {
        (bytes32 shipmentId, ShipmentFacts memory record) = _requireUndelivered(order);
        if (record.state != ShipmentState.Tendered) revert ShipmentLedger_NotTendered(shipmentId);
        uint40 closesAt = record.tenderedAt + order.acceptanceWindow;
        if (block.timestamp > closesAt) revert ShipmentLedger_WindowClosed(closesAt, block.timestamp);
        _requireConsignee(order, msg.sender);

        record.state = ShipmentState.Disputed;
        record.disputedAt = uint40(block.timestamp);
        emit TenderDisputed(shipmentId, msg.sender, evidence);
        _commit(shipmentId, record);
    }

    /// @inheritdoc IShipmentLedger
    function rule(Order calldata order, bool isUpheld, Quote[] calldata policies) external {
        (bytes32 shipmentId, ShipmentFacts memory record) = _requireUndelivered(order);
        if (record.state != ShipmentState.Disputed) revert ShipmentLedger_NotDisputed(shipmentId);
        uint40 closesAt = record.disputedAt + order.arbitrationPeriod;
        if (block.timestamp > closesAt) revert ShipmentLedger_WindowClosed(closesAt, block.timestamp);
        _requireActingFor(msg.sender, Function.Arbitrate, order.arbiterId);

        emit TenderRuled(shipmentId, order.arbiterId, isUpheld);
        _decideTender(order, shipmentId, record, isUpheld, policies);
    }

    /// @inheritdoc IShipmentLedger
    function concludeTender(Order calldata order, Quote[] calldata policies) external {
        (bytes32 shipmentId, ShipmentFacts memory record) = _requireUndelivered(order);
        uint40 closesAt;
        bool isUpheld;
        if (record.state == ShipmentState.Tendered) {
            (closesAt, isUpheld) = (record.tenderedAt + order.acceptanceWindow, true);
        } else if (record.state == ShipmentState.Disputed) {
            (closesAt, isUpheld) = (record.disputedAt + order.arbitrationPeriod, order.upholdByDefault);
        } else {
            revert ShipmentLedger_NotTendered(shipmentId);
        }
        if (block.timestamp <= closesAt) revert ShipmentLedger_WindowOpen(closesAt, block.timestamp);

        emit TenderConcluded(shipmentId, isUpheld);
        _decideTender(order, shipmentId, record, isUpheld, policies);
    }

    /// @inheritdoc IShipmentLedger
    function reemit(bytes32 shipmentId) external {
        uint256 word = _records[shipmentId];
        if (word == 0) revert ShipmentLedger_ShipmentUnknown(shipmentId);
        emit ShipmentSnapshot(shipmentId, Facts.unpack(word));
    }

    /// @inheritdoc IShipmentSource
    function factsOf(bytes32 shipmentId) external view returns (ShipmentFacts memory) {
        return Facts.unpack(_records[shipmentId]);
    }

    /// @inheritdoc IShipmentSource
    function customsOf(bytes32 shipmentId) external view returns (CustomsFacts memory) {
        return CUSTOMS.factsOf(shipmentId);
    }

    /// @inheritdoc IShipmentLedger
    function shipmentIdOf(Order calldata order) external view returns (bytes32 shipmentId) {
        (, shipmentId) = _idsOf(order);
    }

    /// @inheritdoc IShipmentLedger
    function handoverDigest(Handover calldata handover) external view returns (bytes32) {
        return
            _handoverDigest(handover.shipmentId, handover.sequence, handover.fromId, handover.toId, handover.evidence);
    }

    /// @inheritdoc IShipmentLedger
    function deliveryDigest(Delivery calldata delivery) external view returns (bytes32) {
        return _deliveryDigest(delivery.shipmentId, delivery.sequence, delivery.evidence);
    }

    function _decideTender(
        Order calldata order,
        bytes32 shipmentId,
        ShipmentFacts memory record,
        bool isUpheld,
        Quote[] calldata policies
    ) private {
        if (isUpheld) {
            _deliver(order, shipmentId, record, 0, policies);
        } else {
            record.state = ShipmentState.InTransit;
            (record.tenderedAt, record.disputedAt) = (0, 0);
            _commit(shipmentId, record);
        }
    }

    function _deliver(
        Order calldata order,
        bytes32 shipmentId,
        ShipmentFacts memory record,
        bytes32 evidence,
        Quote[] calldata policies
    ) private {
        record.state = ShipmentState.Delivered;
        record.deliveredAt = record.tenderedAt != 0 ? record.tenderedAt : uint40(block.timestamp);
        emit ShipmentDelivered(shipmentId, record.deliveredAt, evidence);
        _commit(shipmentId, record);

        if (order.clauses == Orders.PLAIN && ESCROW.isOpen(Orders.idOf(order, ORDER_DOMAIN))) {
            bool isInTime = record.deliveredAt <= order.refundAfter;
            _shortcut(
                shipmentId,
                address(ESCROW),
                abi.encodePacked(
                    isInTime ? ITradeEscrow.settle.selector : ITradeEscrow.refund.selector, Orders.wordsOf(order)
                )
            );
        }
        for (uint256 i = 0; i < policies.length; ++i) {
            _shortcut(
                shipmentId,
                address(INSURANCE),
                abi.encodePacked(ICargoInsurance.claim.selector, Orders.wordsOf(order), Quotes.wordsOf(policies[i]))
            );
        }
    }

    /// @dev Return data is not copied, so a listener cannot make the delivery pay for it.
    function _shortcut(bytes32 shipmentId, address listener, bytes memory data) private {
        bool isDone;
        assembly ("memory-safe") {
            isDone := call(SHORTCUT_GAS, listener, 0, add(data, 0x20), mload(data), 0, 0)
        }
        if (!isDone) emit ShortcutFailed(shipmentId, listener);
    }

    function _commit(bytes32 shipmentId, ShipmentFacts memory record) private {
        ++record.sequence;
        record.asOf = uint40(block.timestamp);
        _records[shipmentId] = Facts.pack(record);
        emit ShipmentSnapshot(shipmentId, record);
    }

    function _requireUndelivered(Order calldata order)
        private
        view
        returns (bytes32 shipmentId, ShipmentFacts memory record)
    {
        (, shipmentId) = _idsOf(order);
        uint256 word = _records[shipmentId];
        if (word == 0) revert ShipmentLedger_ShipmentUnknown(shipmentId);
        record = Facts.unpack(word);
        if (record.state == ShipmentState.Delivered) revert ShipmentLedger_AlreadyDelivered(shipmentId);
    }

    function _idsOf(Order calldata order) private view returns (bytes32 orderId, bytes32 shipmentId) {
        if (order.source != address(this)) revert ShipmentLedger_WrongSource(order.source, address(this));
        orderId = Orders.idOf(order, ORDER_DOMAIN);
        shipmentId = Orders.shipmentIdOf(orderId, address(this));
    }

    function _requireConsignee(Order calldata order, address account) private view {
        if (order.consigneeId != 0) {
            _requireActingFor(account, Function.Receive, order.consigneeId);
        } else if (account != order.buyer) {
            revert ShipmentLedger_NotConsignee(account, order.buyer);
        }
    }

    function _requireSigned(Signature calldata signature, bytes32 digest, Function fn, uint64 expected) private view {
        if (!Signatures.isValid(signature.signer, digest, signature.data)) {
            revert ShipmentLedger_InvalidSignature(signature.signer);
        }
        _requireActingFor(signature.signer, fn, expected);
    }

    function _requireActingFor(address account, Function fn, uint64 expected) private view {
        uint64 actual = REGISTRY.authorize(account, fn);
        if (actual != expected) revert ShipmentLedger_NotActingFor(account, actual, expected);
    }

    function _handoverDigest(bytes32 shipmentId, uint24 sequence, uint64 fromId, uint64 toId, bytes32 evidence)
        private
        view
        returns (bytes32)
    {
        return Signatures.digestOf(
            domainSeparator, keccak256(abi.encode(HANDOVER_TYPEHASH, shipmentId, sequence, fromId, toId, evidence))
        );
    }

    function _deliveryDigest(bytes32 shipmentId, uint24 sequence, bytes32 evidence) private view returns (bytes32) {
        return
            Signatures.digestOf(
                domainSeparator, keccak256(abi.encode(DELIVERY_TYPEHASH, shipmentId, sequence, evidence))
            );
    }
}
