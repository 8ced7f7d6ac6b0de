// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CargoFacts, IShipmentSource, Leg, ShipmentFacts, Watch} from "interfaces/IShipmentSource.sol";
import {Order} from "interfaces/ITradeEscrow.sol";
import {Quote} from "interfaces/ICargoInsurance.sol";

/// @notice What giver and receiver agree on when custody passes.
/// @param toId participant that receives the goods
/// @param dueBy last second by which the receiver is to pass custody on; 0 for the order's deliver-by
/// @param liability most that the receiver answers for on its leg, in the order's token, smallest unit
/// @param location where it happens: UN/LOCODE or GLN in ASCII, left-aligned, zero-padded; zero where it is not said
/// @param seal number of the seal in ASCII, left-aligned, zero-padded; zero for none
/// @param condition commitment to a note on the goods as both saw them
struct Terms {
    uint64 toId;
    uint40 dueBy;
    uint128 liability;
    bytes13 location;
    bytes16 seal;
    bytes32 condition;
}

/// @notice Custody passing from one participant to another; both sign it (EIP-712).
/// @param sequence the shipment's sequence before the handover, so that the signature is good once
struct Handover {
    bytes32 shipmentId;
    uint24 sequence;
    uint64 fromId;
    uint64 toId;
    uint40 dueBy;
    uint128 liability;
    bytes13 location;
    bytes16 seal;
    bytes32 condition;
}

/// @notice Receipt of the goods; the consignee signs it (EIP-712), and the custodian too where it accepts a reserve.
/// @param sequence the shipment's sequence before the delivery
/// @param lostBps share of the goods that is missing, in basis points
/// @param damagedBps share that is damaged
/// @param evidence commitment to what was received
struct Delivery {
    bytes32 shipmentId;
    uint24 sequence;
    uint16 lostBps;
    uint16 damagedBps;
    bytes32 evidence;
}

/// @notice Shares of the goods that are lost and damaged, in basis points; both together are at most 10,000.
struct Shares {
    uint16 lostBps;
    uint16 damagedBps;
}

/// @notice A signature and who made it: a key or an ERC-1271 contract.
struct Signature {
    address signer;
    bytes data;
}

/// @notice Items of a batch that a shipment carries.
/// @param lot GS1 lot (10), 1 to 20 URI-unreserved characters, left-aligned, zero-padded
/// @param gtin GTIN-14 with a valid check digit
/// @param first number of the first item in the batch, counted from 0
/// @param count how many items in a row, at least 1; `first` + `count` is below 2^32
struct Cargo {
    bytes20 lot;
    uint64 gtin;
    uint32 first;
    uint32 count;
}

/// @title Shipments: custody, delivery, loss and damage
/// @notice One shipment per order. The order, signed by its buyer, names who carries and who receives, so nobody else can.
/// Terms are resent and checked against the order's id; the record is one word. After a delivery the ledger calls escrow
/// and insurance as a shortcut; facts are committed first, gas is bounded, and a failure costs nothing, because anyone can
/// settle and claim later.
interface IShipmentLedger is IShipmentSource {
    event ShipmentCreated(bytes32 indexed shipmentId, bytes32 indexed orderId, uint64 indexed sellerId);
    /// @notice Every change of a shipment, and `reemit`, emits all its facts. `asOf` is the block's time.
    event ShipmentSnapshot(bytes32 indexed shipmentId, ShipmentFacts facts);
    event CustodyTransferred(
        bytes32 indexed shipmentId, uint64 indexed fromId, uint64 indexed toId, uint24 sequence, Terms terms
    );
    /// @notice The custodian says where the goods are.
    event CheckpointPassed(bytes32 indexed shipmentId, uint64 indexed custodianId, bytes13 location, bytes32 evidence);
    /// @notice The watches over a shipment; later ones take their place as long as it has not shipped.
    event WatchesSet(bytes32 indexed shipmentId, bytes32 plan, Watch[] watches);
    /// @notice The goods on board as the seller declares them; whether they are there, who hands over and receives attests.
    event ShipmentLoaded(
        bytes32 indexed shipmentId, uint64 indexed gtin, bytes20 indexed lot, uint32 first, uint32 count
    );
    event ShipmentTendered(bytes32 indexed shipmentId, uint64 indexed custodianId, bytes32 evidence);
    event TenderDisputed(bytes32 indexed shipmentId, address indexed by, bytes32 evidence);
    event TenderRuled(bytes32 indexed shipmentId, uint64 indexed arbiterId, bool isUpheld);
    /// @notice Nobody spoke in time: silence of the consignee, or of the arbiter, decided.
    event TenderConcluded(bytes32 indexed shipmentId, bool isUpheld);
    event ShipmentDelivered(bytes32 indexed shipmentId, uint40 deliveredAt, bytes32 evidence);
    /// @notice The consignee received the goods with a reserve. It is a claim until the custodian signs or admits it or the
    /// arbiter determines it.
    event ReserveMade(bytes32 indexed shipmentId, uint16 lostBps, uint16 damagedBps);
    /// @notice Loss or damage became a fact.
    /// @param byId who admits it, or the arbiter
    event DamageRecorded(
        bytes32 indexed shipmentId,
        uint64 indexed byId,
        uint16 lostBps,
        uint16 damagedBps,
        uint40 occurredAt,
        bytes32 evidence
    );
    /// @notice Every change of what became of the goods, and `reemit`, emits all of it. `asOf` is the block's time.
    event CargoSnapshot(bytes32 indexed shipmentId, CargoFacts facts);
    /// @notice The shortcut to a listener failed; its own function does the same when called.
    event ShortcutFailed(bytes32 indexed shipmentId, address indexed listener);

    error ShipmentLedger_WrongSource(address source, address expected);
    error ShipmentLedger_OrderNotOpen(bytes32 orderId);
    error ShipmentLedger_ShipmentKnown(bytes32 shipmentId);
    error ShipmentLedger_ShipmentUnknown(bytes32 shipmentId);
    error ShipmentLedger_AlreadyDelivered(bytes32 shipmentId);
    error ShipmentLedger_TenderPending(bytes32 shipmentId);
    error ShipmentLedger_NotTendered(bytes32 shipmentId);
    error ShipmentLedger_NotDisputed(bytes32 shipmentId);
    error ShipmentLedger_NotShipped(bytes32 shipmentId);
    error ShipmentLedger_AlreadyShipped(bytes32 shipmentId);
    error ShipmentLedger_InvalidCargo(uint64 gtin, bytes20 lot, uint32 first, uint32 count);
    error ShipmentLedger_TooManyWatches(uint256 watches, uint256 maximum);
    error ShipmentLedger_InvalidWatch(address device, int32 low, int32 high);
    error ShipmentLedger_InvalidShares(uint16 lostBps, uint16 damagedBps);
    error ShipmentLedger_SharesNotGrown(uint16 lostBps, uint16 damagedBps);
    error ShipmentLedger_NotOnTheWay(uint40 occurredAt, uint40 shippedAt, uint256 until);
    error ShipmentLedger_CustodyMismatch(bytes32 shipmentId);
    error ShipmentLedger_SameCustodian(uint64 custodianId);
    error ShipmentLedger_NotCarrier(uint64 toId, uint64 carrierId);
    error ShipmentLedger_ReceiverIsConsignee(uint64 consigneeId);
    error ShipmentLedger_NotConsignee(address account, address buyer);
    error ShipmentLedger_NotActingFor(address account, uint64 actual, uint64 expected);
    error ShipmentLedger_InvalidSignature(address signer);
    error ShipmentLedger_WindowClosed(uint40 closedAt, uint256 timestamp);
    error ShipmentLedger_WindowOpen(uint40 closesAt, uint256 timestamp);

    /// @notice Creates the shipment of an open order; its seller has custody. By anyone: the order says it all.
    function create(Order calldata order) external returns (bytes32 shipmentId);

    /// @notice Declares which items a shipment carries, more of them with every call, and which devices watch over them: at
    /// most eight watches; none leaves those of an earlier call. By the seller, before the carrier takes the goods. It is a
    /// change of the shipment, so handovers that were signed before it are no good any more.
    function load(Order calldata order, Cargo[] calldata cargo, Watch[] calldata watches) external;

    /// @notice Passes custody. The first handover is from the seller to the order's carrier and ships the goods. Who is to
    /// receive the goods takes them by `deliver` alone: as custodian it could keep them, and nobody else could tender.
    function handOver(
        Order calldata order,
        Terms calldata terms,
        Signature calldata giver,
        Signature calldata receiver
    ) external;

    /// @notice Says where the goods are; by the custodian. It changes no fact.
    function checkpoint(bytes32 shipmentId, bytes13 location, bytes32 evidence) external;

    /// @notice Records the delivery that the consignee signed. Signed after a tender, even a disputed one, it concedes
    /// the tender. Submitted by anyone, who may add the policies to be claimed at once.
    function deliver(Order calldata order, bytes32 evidence, Signature calldata consignee, Quote[] calldata policies)
        external;

    /// @notice Records a delivery with a reserve: the consignee received the goods, but shares of them are missing or damaged.
    /// That is a fact if the custodian signed the same receipt, and the consignee's claim if not (`custodian` zero).
    function deliverWithReserve(
        Order calldata order,
        Shares calldata shares,
        bytes32 evidence,
        Signature calldata consignee,
        Signature calldata custodian,
        Quote[] calldata policies
    ) external;

    /// @notice Admits loss or damage; by the custodian, the last one after a delivery. It answers for it. Shares only grow. It
    /// is a change of the shipment, so handovers that were signed before it are no good any more.
    function admit(Order calldata order, Shares calldata shares, bytes32 evidence, Quote[] calldata policies) external;

    /// @notice Determines loss or damage and when it happened, which says who answers; by the order's arbiter. Shares only
    /// grow.
    function determine(
        Order calldata order,
        Shares calldata shares,
        uint40 occurredAt,
        bytes32 evidence,
        Quote[] calldata policies
    ) external;

    /// @notice Offers delivery with evidence; by the custodian. Opens the acceptance window.
    function tender(Order calldata order, bytes32 evidence) external;

    /// @notice Refuses goods: disputes a tender within its acceptance window; by the consignee.
    function dispute(Order calldata order, bytes32 evidence) external;

    /// @notice Decides a disputed tender within the arbitration period; by the order's arbiter. Upheld, it is a delivery;
    /// rejected, the goods are in transit again.
    function rule(Order calldata order, bool isUpheld, Quote[] calldata policies) external;

    /// @notice Concludes a tender by silence: of the consignee (accepted), or of the arbiter (the order's default). By anyone.
    function concludeTender(Order calldata order, Quote[] calldata policies) external;

    /// @notice Emits both snapshots again with the present time, which proves what has not happened. By anyone.
    function reemit(bytes32 shipmentId) external;

    /// @notice Who answers for the goods at a time: the seller before they ship, the consignee after the
    /// second of the delivery.
    /// @param legs all legs of the shipment in order; reverts where they are not
    function custodianAt(Order calldata order, Leg[] calldata legs, uint40 time) external view returns (uint64);

    /// @notice Seconds late that each answers for: the seller first, then each leg (`Liability`).
    function delaysOf(Order calldata order, Leg[] calldata legs) external view returns (uint256[] memory);

    /// @notice Id of the shipment of an order.
    function shipmentIdOf(Order calldata order) external view returns (bytes32);

    /// @notice EIP-712 domain: name "Entrepot ShipmentLedger", version "1", chain and contract of the deployment.
    function domainSeparator() external view returns (bytes32);

    /// @notice EIP-712 digest that giver and receiver sign.
    function handoverDigest(Handover calldata handover) external view returns (bytes32);

    /// @notice EIP-712 digest that the consignee signs.
    function deliveryDigest(Delivery calldata delivery) external view returns (bytes32);
}
