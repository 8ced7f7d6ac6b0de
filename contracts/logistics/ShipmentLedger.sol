// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Function, IParticipantRegistry} from "interfaces/IParticipantRegistry.sol";
import {
    CargoFacts,
    CustomsFacts,
    IShipmentSource,
    Leg,
    MAXIMUM_WATCHES,
    ShipmentFacts,
    ShipmentState,
    Watch,
    WatchFacts
} from "interfaces/IShipmentSource.sol";
import {Cargo, Delivery, Handover, IShipmentLedger, Shares, Signature, Terms} from "interfaces/IShipmentLedger.sol";
import {ISensorLog} from "interfaces/ISensorLog.sol";
import {ITradeEscrow, Order} from "interfaces/ITradeEscrow.sol";
import {ICustomsDesk} from "interfaces/ICustomsDesk.sol";
import {ICargoInsurance, Quote} from "interfaces/ICargoInsurance.sol";
import {Facts} from "contracts/libraries/Facts.sol";
import {GS1} from "contracts/libraries/GS1.sol";
import {Liability} from "contracts/libraries/Liability.sol";
import {Orders} from "contracts/libraries/Orders.sol";
import {Shortcuts} from "contracts/libraries/Shortcuts.sol";
import {Signatures} from "contracts/libraries/Signatures.sol";

/// @title ShipmentLedger
/// @dev A shipment is one word (`Facts`). Nothing of the order is kept: every call resends it, and its id, so the
/// shipment's id, only comes out right with the terms that buyer and seller signed.
contract ShipmentLedger is IShipmentLedger {
    uint256 private constant WHOLE = 10_000;
    bytes32 private constant HANDOVER_TYPEHASH = keccak256(
        "Handover(bytes32 shipmentId,uint24 sequence,uint64 fromId,uint64 toId,uint40 dueBy,uint128 liability,"
        "bytes13 location,bytes16 seal,bytes32 condition)"
    );
    bytes32 private constant DELIVERY_TYPEHASH =
        keccak256("Delivery(bytes32 shipmentId,uint24 sequence,uint16 lostBps,uint16 damagedBps,bytes32 evidence)");

    IParticipantRegistry public immutable REGISTRY;
    /// @notice Where orders are known to be open, and first listener of a delivery.
    ITradeEscrow public immutable ESCROW;
    /// @notice Second listener of a delivery.
    ICargoInsurance public immutable INSURANCE;
    /// @notice Where shipments are cleared.
    ICustomsDesk public immutable CUSTOMS;
    /// @notice Where readings of the goods are recorded.
    ISensorLog public immutable SENSORS;
    /// @notice Domain of the escrow, in which order ids are computed.
    bytes32 public immutable ORDER_DOMAIN;

    /// @inheritdoc IShipmentLedger
    bytes32 public immutable domainSeparator;

    /// @inheritdoc IShipmentSource
    mapping(bytes32 shipmentId => bytes32) public planOf;

    mapping(bytes32 shipmentId => uint256) private _records;
    mapping(bytes32 shipmentId => CargoFacts) private _cargo;

    constructor(
        IParticipantRegistry registry,
        ITradeEscrow escrow,
        ICargoInsurance insurance,
        ICustomsDesk customs,
        ISensorLog sensors
    ) {
        REGISTRY = registry;
        ESCROW = escrow;
        INSURANCE = insurance;
        CUSTOMS = customs;
        SENSORS = sensors;
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
    function load(Order calldata order, Cargo[] calldata cargo, Watch[] calldata watches) external {
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
        if (watches.length != 0) _setWatches(shipmentId, watches);
        // With the next sequence: who signed a handover before did not see this cargo and these watches.
        _commit(shipmentId, record);
    }

    /// @inheritdoc IShipmentLedger
    function handOver(Order calldata order, Terms calldata terms, Signature calldata giver, Signature calldata receiver)
        external
    {
        (bytes32 shipmentId, ShipmentFacts memory record) = _requireUndelivered(order);
        (uint64 fromId, uint64 toId) = (record.custodianId, terms.toId);
        Leg memory leg = Leg(toId, uint40(block.timestamp), terms.dueBy, terms.liability);
        if (record.state == ShipmentState.Created) {
            if (toId != order.carrierId) revert ShipmentLedger_NotCarrier(toId, order.carrierId);
            record.state = ShipmentState.InTransit;
            record.shippedAt = uint40(block.timestamp);
            if (!Liability.isPlain(leg)) _extendCustody(shipmentId, leg);
        } else if (record.state != ShipmentState.InTransit) {
            revert ShipmentLedger_TenderPending(shipmentId);
        } else if (toId == fromId) {
            revert ShipmentLedger_SameCustodian(toId);
        } else {
            _extendCustody(shipmentId, leg);
        }
        uint64 consigneeId = _consigneeOf(order);
        if (toId == consigneeId) revert ShipmentLedger_ReceiverIsConsignee(consigneeId);
        bytes32 digest = _handoverDigest(shipmentId, record.sequence, fromId, terms);
        _requireSigned(giver, digest, Function.Handover, fromId);
        _requireSigned(receiver, digest, Function.Handover, toId);

        record.custodianId = toId;
        emit CustodyTransferred(shipmentId, fromId, toId, record.sequence, terms);
        _commit(shipmentId, record);
    }

    /// @inheritdoc IShipmentLedger
    function checkpoint(bytes32 shipmentId, bytes13 location, bytes32 evidence) external {
        uint256 word = _records[shipmentId];
        if (word == 0) revert ShipmentLedger_ShipmentUnknown(shipmentId);
        ShipmentFacts memory record = Facts.unpack(word);
        if (record.state == ShipmentState.Delivered) revert ShipmentLedger_AlreadyDelivered(shipmentId);
        _requireActingFor(msg.sender, Function.Handover, record.custodianId);
        emit CheckpointPassed(shipmentId, record.custodianId, location, evidence);
    }

    /// @inheritdoc IShipmentLedger
    function deliver(Order calldata order, bytes32 evidence, Signature calldata consignee, Quote[] calldata policies)
        external
    {
        (bytes32 shipmentId, ShipmentFacts memory record) = _requireUndelivered(order);
        _requireReceipt(order, consignee, _deliveryDigest(Delivery(shipmentId, record.sequence, 0, 0, evidence)));
        _deliver(order, shipmentId, record, evidence, policies);
    }

    /// @inheritdoc IShipmentLedger
    function deliverWithReserve(
        Order calldata order,
        Shares calldata shares,
        bytes32 evidence,
        Signature calldata consignee,
        Signature calldata custodian,
        Quote[] calldata policies
    ) external {
        (bytes32 shipmentId, ShipmentFacts memory record) = _requireUndelivered(order);
        bytes32 digest =
            _deliveryDigest(Delivery(shipmentId, record.sequence, shares.lostBps, shares.damagedBps, evidence));
        _requireReceipt(order, consignee, digest);
        if (custodian.signer == address(0)) {
            _requireShares(shares);
            emit ReserveMade(shipmentId, shares.lostBps, shares.damagedBps);
        } else {
            _requireSigned(custodian, digest, Function.Handover, record.custodianId);
            _recordDamage(shipmentId, shares, record.custodianId, _lastMoment(record), evidence);
        }
        _deliver(order, shipmentId, record, evidence, policies);
    }

    /// @inheritdoc IShipmentLedger
    function admit(Order calldata order, Shares calldata shares, bytes32 evidence, Quote[] calldata policies) external {
        (bytes32 shipmentId, ShipmentFacts memory record) = _requireShipment(order);
        if (record.shippedAt == 0) revert ShipmentLedger_NotShipped(shipmentId);
        _requireActingFor(msg.sender, Function.Handover, record.custodianId);
        _recordDamage(shipmentId, shares, record.custodianId, _lastMoment(record), evidence);
        // With the next sequence: who signed a handover before would answer for what is of the same second.
        _commit(shipmentId, record);
        _claim(shipmentId, order, policies);
    }

    /// @inheritdoc IShipmentLedger
    function determine(
        Order calldata order,
        Shares calldata shares,
        uint40 occurredAt,
        bytes32 evidence,
        Quote[] calldata policies
    ) external {
        (bytes32 shipmentId, ShipmentFacts memory record) = _requireShipment(order);
        _requireActingFor(msg.sender, Function.Arbitrate, order.arbiterId);
        uint40 until = _lastMoment(record);
        if (record.shippedAt == 0 || occurredAt < record.shippedAt || occurredAt > until) {
            revert ShipmentLedger_NotOnTheWay(occurredAt, record.shippedAt, until);
        }
        _recordDamage(shipmentId, shares, order.arbiterId, occurredAt, evidence);
        _claim(shipmentId, order, policies);
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
        emit CargoSnapshot(shipmentId, cargoOf(shipmentId));
    }

    /// @inheritdoc IShipmentSource
    function factsOf(bytes32 shipmentId) external view returns (ShipmentFacts memory) {
        return Facts.unpack(_records[shipmentId]);
    }

    /// @inheritdoc IShipmentSource
    function customsOf(bytes32 shipmentId) external view returns (CustomsFacts memory) {
        return CUSTOMS.factsOf(shipmentId);
    }

    /// @inheritdoc IShipmentSource
    function watchOf(bytes32 shipmentId, uint8 watch) external view returns (WatchFacts memory) {
        return SENSORS.watchOf(shipmentId, watch);
    }

    /// @inheritdoc IShipmentSource
    function declarantOf(bytes32 shipmentId) external view returns (uint64) {
        return CUSTOMS.caseOf(shipmentId).declarantId;
    }

    /// @inheritdoc IShipmentSource
    function cargoOf(bytes32 shipmentId) public view returns (CargoFacts memory facts) {
        facts = _cargo[shipmentId];
        facts.asOf = uint40(block.timestamp);
    }

    /// @inheritdoc IShipmentLedger
    function custodianAt(Order calldata order, Leg[] calldata legs, uint40 time) external view returns (uint64) {
        ShipmentFacts memory record = _requireLegs(order, legs);
        uint256 holder = Liability.holderAt(record, legs, time);
        if (holder == 0) return order.sellerId;
        return holder > legs.length ? _consigneeOf(order) : legs[holder - 1].custodianId;
    }

    /// @inheritdoc IShipmentLedger
    function delaysOf(Order calldata order, Leg[] calldata legs) external view returns (uint256[] memory) {
        return Liability.delays(order, _requireLegs(order, legs), legs);
    }

    /// @inheritdoc IShipmentLedger
    function shipmentIdOf(Order calldata order) external view returns (bytes32 shipmentId) {
        (, shipmentId) = _idsOf(order);
    }

    /// @inheritdoc IShipmentLedger
    function handoverDigest(Handover calldata handover) external view returns (bytes32) {
        return Signatures.digestOf(domainSeparator, keccak256(abi.encode(HANDOVER_TYPEHASH, handover)));
    }

    /// @inheritdoc IShipmentLedger
    function deliveryDigest(Delivery calldata delivery) external view returns (bytes32) {
        return _deliveryDigest(delivery);
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
            bytes4 selector = isInTime ? ITradeEscrow.settle.selector : ITradeEscrow.refund.selector;
            if (!Shortcuts.attempt(address(ESCROW), abi.encodePacked(selector, Orders.wordsOf(order)))) {
                emit ShortcutFailed(shipmentId, address(ESCROW));
            }
        }
        _claim(shipmentId, order, policies);
    }

    function _claim(bytes32 shipmentId, Order calldata order, Quote[] calldata policies) private {
        for (uint256 i = 0; i < policies.length; ++i) {
            if (!Shortcuts.claim(address(INSURANCE), order, policies[i])) {
                emit ShortcutFailed(shipmentId, address(INSURANCE));
            }
        }
    }

    function _setWatches(bytes32 shipmentId, Watch[] calldata watches) private {
        if (watches.length > MAXIMUM_WATCHES) revert ShipmentLedger_TooManyWatches(watches.length, MAXIMUM_WATCHES);
        for (uint256 i = 0; i < watches.length; ++i) {
            (address device, int32 low, int32 high) = (watches[i].device, watches[i].low, watches[i].high);
            if (device == address(0) || low > high) revert ShipmentLedger_InvalidWatch(device, low, high);
        }
        bytes32 plan = keccak256(abi.encode(watches));
        planOf[shipmentId] = plan;
        emit WatchesSet(shipmentId, plan, watches);
    }

    function _extendCustody(bytes32 shipmentId, Leg memory leg) private {
        CargoFacts storage cargo = _cargo[shipmentId];
        cargo.custody = Liability.extended(cargo.custody, leg);
        emit CargoSnapshot(shipmentId, cargoOf(shipmentId));
    }

    function _recordDamage(bytes32 shipmentId, Shares calldata shares, uint64 byId, uint40 occurredAt, bytes32 evidence)
        private
    {
        _requireShares(shares);
        CargoFacts memory cargo = cargoOf(shipmentId);
        (uint16 lost, uint16 damaged) = (shares.lostBps, shares.damagedBps);
        bool isGrown = lost + damaged > cargo.lostBps + cargo.damagedBps;
        if (!isGrown || lost < cargo.lostBps || damaged < cargo.damagedBps) {
            revert ShipmentLedger_SharesNotGrown(cargo.lostBps, cargo.damagedBps);
        }
        if (lost != cargo.lostBps) (cargo.lostBps, cargo.lostAt) = (lost, occurredAt);
        if (damaged != cargo.damagedBps) (cargo.damagedBps, cargo.damagedAt) = (damaged, occurredAt);
        _cargo[shipmentId] = cargo;
        emit DamageRecorded(shipmentId, byId, lost, damaged, occurredAt, evidence);
        emit CargoSnapshot(shipmentId, cargo);
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
        (shipmentId, record) = _requireShipment(order);
        if (record.state == ShipmentState.Delivered) revert ShipmentLedger_AlreadyDelivered(shipmentId);
    }

    function _requireShipment(Order calldata order)
        private
        view
        returns (bytes32 shipmentId, ShipmentFacts memory record)
    {
        (, shipmentId) = _idsOf(order);
        uint256 word = _records[shipmentId];
        if (word == 0) revert ShipmentLedger_ShipmentUnknown(shipmentId);
        record = Facts.unpack(word);
    }

    function _requireLegs(Order calldata order, Leg[] calldata legs)
        private
        view
        returns (ShipmentFacts memory record)
    {
        bytes32 shipmentId;
        (shipmentId, record) = _requireShipment(order);
        if (!Liability.isGenuine(order, record, _cargo[shipmentId].custody, legs)) {
            revert ShipmentLedger_CustodyMismatch(shipmentId);
        }
    }

    function _requireReceipt(Order calldata order, Signature calldata consignee, bytes32 digest) private view {
        if (!Signatures.isValid(consignee.signer, digest, consignee.data)) {
            revert ShipmentLedger_InvalidSignature(consignee.signer);
        }
        _requireConsignee(order, consignee.signer);
    }

    function _requireShares(Shares calldata shares) private pure {
        uint256 sum = uint256(shares.lostBps) + shares.damagedBps;
        if (sum == 0 || sum > WHOLE) revert ShipmentLedger_InvalidShares(shares.lostBps, shares.damagedBps);
    }

    /// @dev The last second in which the custodian answers for the goods, as far as it has come.
    function _lastMoment(ShipmentFacts memory record) private view returns (uint40) {
        if (record.deliveredAt != 0) return record.deliveredAt;
        return record.tenderedAt != 0 ? record.tenderedAt : uint40(block.timestamp);
    }

    function _consigneeOf(Order calldata order) private pure returns (uint64) {
        return order.consigneeId != 0 ? order.consigneeId : order.buyerId;
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

    function _handoverDigest(bytes32 shipmentId, uint24 sequence, uint64 fromId, Terms calldata terms)
        private
        view
        returns (bytes32)
    {
        return Signatures.digestOf(
            domainSeparator, keccak256(abi.encode(HANDOVER_TYPEHASH, shipmentId, sequence, fromId, terms))
        );
    }

    function _deliveryDigest(Delivery memory delivery) private view returns (bytes32) {
        return Signatures.digestOf(domainSeparator, keccak256(abi.encode(DELIVERY_TYPEHASH, delivery)));
    }
}
