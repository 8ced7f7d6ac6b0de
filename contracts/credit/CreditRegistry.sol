// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {Role} from "interfaces/IParticipantRegistry.sol";
import {
    CargoFacts,
    CustomsFacts,
    CustomsState,
    IShipmentSource,
    Leg,
    MAXIMUM_WATCHES,
    ShipmentFacts,
    ShipmentState,
    WatchFacts
} from "interfaces/IShipmentSource.sol";
import {ITradeEscrow, Order, OrderRecord, OrderState} from "interfaces/ITradeEscrow.sol";
import {Evidence, Grade, ICreditRegistry, LegOutcome, Rating, TradeOutcome} from "interfaces/ICreditRegistry.sol";
import {Credit, Finding} from "contracts/libraries/Credit.sol";
import {Facts} from "contracts/libraries/Facts.sol";
import {Liability} from "contracts/libraries/Liability.sol";
import {Orders} from "contracts/libraries/Orders.sol";
import {Signatures} from "contracts/libraries/Signatures.sol";
import {Standing} from "contracts/libraries/Standings.sol";

/// @title CreditRegistry
/// @dev One word per participant and role (`Standing`), and per participant the history of its grade: a checkpoint where
/// evidence changed the grade holds the grade, one where forgetting did holds the evidence that was forgotten from then on:
/// good 56, bad 56, time 40, grade 8; the first lowest.
contract CreditRegistry is ICreditRegistry {
    using Checkpoints for Checkpoints.Trace208;

    /// @dev A place in storage.
    struct Kept {
        Standing standing;
    }

    /// @dev Evidence over all roles, brought to the time of the latest change.
    struct Sum {
        uint256 good;
        uint256 bad;
        uint256 at;
    }

    /// @dev What is known of an order's journey. It is called off where customs refused the goods, or where the order ended
    /// without a delivery before one was overdue: then nobody is late, and nothing is missing.
    struct Journey {
        bytes32 orderId;
        bytes32 shipmentId;
        uint16 weight;
        bool isCalledOff;
        ShipmentFacts facts;
        CargoFacts cargo;
        CustomsFacts customs;
    }

    /// @notice Seconds after the end of an order and of its journey in which arbiters can still find out what happened on the way.
    uint40 public constant SETTLING = 30 days;

    uint256 private constant BAD = 56;
    uint256 private constant TIME = 112;
    uint256 private constant GRADE = 152;
    uint16 private constant WHOLE = 10_000;
    uint256 private constant RATED_ROLES = 1 << uint256(Role.Seller) | 1 << uint256(Role.Buyer) | 1
        << uint256(Role.Carrier) | 1 << uint256(Role.CustomsBroker) | 1 << uint256(Role.Insurer);

    /// @notice The only writer of trades.
    ITradeEscrow public immutable ESCROW;
    /// @notice The only writer of cover.
    address public immutable INSURANCE;
    /// @notice Where the facts of journeys are read.
    IShipmentSource public immutable SOURCE;
    /// @notice Domain of the escrow, in which order ids are computed.
    bytes32 public immutable ORDER_DOMAIN;

    /// @inheritdoc ICreditRegistry
    mapping(bytes32 orderId => bool) public isJourneyRated;

    /// @dev By id and, above its 64 bits, role: one hash on the way of every rating, and not four.
    mapping(uint256 key => Kept) private _kept;
    mapping(uint64 id => Checkpoints.Trace208) private _history;

    constructor(ITradeEscrow escrow, address insurance, IShipmentSource source) {
        ESCROW = escrow;
        INSURANCE = insurance;
        SOURCE = source;
        ORDER_DOMAIN = Signatures.domainOf(Orders.DOMAIN_NAME, block.chainid, address(escrow));
    }

    /// @inheritdoc ICreditRegistry
    function rateTrade(bytes32 orderId, uint64 sellerId, uint64 buyerId, uint16 weight, TradeOutcome outcome) external {
        if (msg.sender != address(ESCROW)) revert CreditRegistry_NotWriter(msg.sender);
        if (sellerId != buyerId) {
            _add(sellerId, Role.Seller, buyerId, Credit.ofSeller(weight, outcome));
            if (buyerId != 0) _add(buyerId, Role.Buyer, sellerId, Credit.ofBuyer(weight, outcome));
        }
        emit TradeRated(orderId, sellerId, buyerId, weight, outcome);
    }

    /// @inheritdoc ICreditRegistry
    function rateCover(bytes32 policyId, uint64 insurerId, uint64 holderId, uint16 weight) external {
        if (msg.sender != INSURANCE) revert CreditRegistry_NotWriter(msg.sender);
        if (insurerId != holderId) _add(insurerId, Role.Insurer, holderId, Credit.ofInsurer(weight));
        emit CoverRated(policyId, insurerId, holderId, weight);
    }

    /// @inheritdoc ICreditRegistry
    function rateJourney(Order calldata order, Leg[] calldata legs) external {
        if (order.source != address(SOURCE)) revert CreditRegistry_WrongSource(order.source, address(SOURCE));
        bytes32 orderId = Orders.idOf(order, ORDER_DOMAIN);
        OrderRecord memory record = ESCROW.recordOf(orderId);
        if (record.endedAt == 0 || record.state == OrderState.Agreed) {
            revert CreditRegistry_OrderNotRated(orderId, record.state);
        }
        if (isJourneyRated[orderId]) revert CreditRegistry_JourneyRated(orderId);
        Journey memory journey = _journeyOf(order, orderId, record);
        if (journey.facts.shippedAt == 0) revert CreditRegistry_NotShipped(orderId);
        if (journey.facts.state == ShipmentState.Tendered || journey.facts.state == ShipmentState.Disputed) {
            revert CreditRegistry_JourneyOpen(orderId, journey.facts.state);
        }
        // Goods that are still on their way in time are nobody's loss, whenever their order ended.
        uint40 arrivedAt = journey.facts.deliveredAt != 0 ? journey.facts.deliveredAt : order.refundAfter;
        uint256 opensAt = Math.max(record.endedAt, arrivedAt) + SETTLING;
        if (block.timestamp < opensAt) revert CreditRegistry_TooEarly(opensAt, block.timestamp);
        if (!Liability.isGenuine(order, journey.facts, journey.cargo.custody, legs)) {
            revert CreditRegistry_LegsMismatch(orderId);
        }

        isJourneyRated[orderId] = true;
        _rateLegs(order, journey, legs);
        _rateDeclaration(order, journey);
    }

    /// @inheritdoc ICreditRegistry
    function ratingOf(uint64 id) external view returns (Rating memory) {
        Sum memory sum = _sumOf(id);
        return Credit.rate(sum.good, sum.bad, Credit.left(block.timestamp - sum.at));
    }

    /// @inheritdoc ICreditRegistry
    function scoreOf(uint64 id, Role role) external view returns (Rating memory) {
        Standing standing = _keptOf(id, uint256(role)).standing;
        return Credit.rate(standing.good(), standing.bad(), standing.leftAt(block.timestamp));
    }

    /// @inheritdoc ICreditRegistry
    function gradeAt(uint64 id, uint40 time) external view returns (Grade) {
        Sum memory sum = _sumOf(id);
        if (time < sum.at) {
            uint256 checkpoint = _history[id].upperLookup(time);
            uint256 grade = checkpoint >> GRADE;
            if (grade != 0 || checkpoint == 0) return Grade(grade);
            sum = Sum(uint56(checkpoint), uint56(checkpoint >> BAD), checkpoint >> TIME);
        }
        return Grade(_gradeOf(sum, time));
    }

    /// @inheritdoc ICreditRegistry
    function evidenceOf(uint64 id, Role role) external view returns (Evidence memory) {
        Standing standing = _keptOf(id, uint256(role)).standing;
        return Evidence(
            uint48(standing.good()),
            uint48(standing.bad()),
            uint40(standing.updatedAt()),
            uint16(standing.count()),
            uint16(standing.roles()),
            uint88(standing.counterparties())
        );
    }

    function _add(uint64 id, Role role, uint64 counterparty, Finding finding) private {
        Kept storage kept = _keptOf(id, uint256(role));
        Standing standing = kept.standing;
        if (standing.isNone()) standing = standing.withRoles(_join(id, role));
        uint256 share = standing.leftAt(block.timestamp);
        Standing next = standing.withFinding(share, counterparty, finding);
        kept.standing = next;
        uint256 others = standing.roles() & ~(1 << uint256(role));
        if (others != 0) return _noteSum(id, standing, next, others);
        (uint256 old, uint256 grade) = (standing.grade(), next.grade());
        uint256 faded = Credit.gradeOf(standing.good(), standing.bad(), share);
        if (faded == old && grade == old) return;
        _note(id, Sum(standing.good(), standing.bad(), standing.updatedAt()), old, faded, grade);
    }

    /// @dev Tells the participant's other roles of one that is new, and the new one of them.
    function _join(uint64 id, Role role) private returns (uint256 roles) {
        uint256 own = 1 << uint256(role);
        roles = own;
        for (uint256 i = 0; RATED_ROLES >> i != 0; ++i) {
            if (RATED_ROLES >> i & 1 == 0) continue;
            Kept storage other = _keptOf(id, i);
            if (other.standing.isNone()) continue;
            other.standing = other.standing.withRoles(own);
            roles |= 1 << i;
        }
    }

    function _noteSum(uint64 id, Standing standing, Standing next, uint256 others) private {
        Sum memory present = _sum(id, next, others);
        Sum memory before = _sum(id, standing, others);
        uint256 old = _gradeOf(before, before.at);
        uint256 faded = _gradeOf(before, present.at);
        uint256 grade = _gradeOf(present, present.at);
        if (faded != old || grade != old) _note(id, before, old, faded, grade);
    }

    /// @dev Notes in the history what changed the grade: forgetting, evidence, or both.
    function _note(uint64 id, Sum memory before, uint256 old, uint256 faded, uint256 grade) private {
        Checkpoints.Trace208 storage history = _history[id];
        if (faded != old) {
            uint256 evidence = before.good | before.bad << BAD | before.at << TIME;
            history.push(uint48(before.at), uint208(evidence));
        }
        history.push(uint48(block.timestamp), uint208(grade << GRADE));
    }

    function _rateLegs(Order calldata order, Journey memory journey, Leg[] calldata legs) private {
        uint256[] memory delays = Liability.delays(order, journey.facts, legs);
        uint256[] memory losses = _lossesOf(journey, legs);
        bool[] memory hasExcursion = _excursionsOf(journey, legs);
        for (uint256 i = 1; i <= legs.length; ++i) {
            uint64 carrierId = legs[i - 1].custodianId;
            bool isLate = delays[i] != 0 && !journey.isCalledOff;
            LegOutcome outcome = hasExcursion[i] ? LegOutcome.Excursion : isLate ? LegOutcome.Late : LegOutcome.Kept;
            if (carrierId != order.sellerId) {
                _add(carrierId, Role.Carrier, order.sellerId, Credit.ofCarrier(journey.weight, outcome, losses[i]));
            }
            emit LegRated(
                journey.orderId, carrierId, order.sellerId, uint16(i), journey.weight, outcome, uint16(losses[i])
            );
        }
    }

    function _rateDeclaration(Order calldata order, Journey memory journey) private {
        bool isRefused = _isRefused(journey.customs);
        if (journey.customs.state != CustomsState.Released && !isRefused) return;
        uint64 brokerId = SOURCE.declarantOf(journey.shipmentId);
        if (brokerId == order.sellerId) return;
        _add(brokerId, Role.CustomsBroker, order.sellerId, Credit.ofBroker(journey.weight, isRefused));
        emit DeclarationRated(journey.orderId, brokerId, order.sellerId, journey.weight, isRefused);
    }

    function _journeyOf(Order calldata order, bytes32 orderId, OrderRecord memory record)
        private
        view
        returns (Journey memory journey)
    {
        journey.orderId = orderId;
        journey.shipmentId = Orders.shipmentIdOf(orderId, address(SOURCE));
        journey.weight = record.weight;
        journey.facts = SOURCE.factsOf(journey.shipmentId);
        journey.cargo = SOURCE.cargoOf(journey.shipmentId);
        journey.customs = SOURCE.customsOf(journey.shipmentId);
        bool isEndedEarly = record.state != OrderState.Released && record.endedAt <= order.refundAfter;
        journey.isCalledOff = journey.facts.deliveredAt == 0 && (isEndedEarly || _isRefused(journey.customs));
    }

    /// @dev Shares of the goods that were lost, damaged or never delivered, by who held them (`Liability.holderAt`).
    function _lossesOf(Journey memory journey, Leg[] calldata legs) private pure returns (uint256[] memory losses) {
        CargoFacts memory cargo = journey.cargo;
        losses = new uint256[](legs.length + 2);
        losses[Liability.holderAt(journey.facts, legs, cargo.lostAt)] += cargo.lostBps;
        losses[Liability.holderAt(journey.facts, legs, cargo.damagedAt)] += cargo.damagedBps;
        if (journey.facts.deliveredAt == 0 && !journey.isCalledOff) {
            losses[legs.length] = Math.min(losses[legs.length] + WHOLE - cargo.lostBps, WHOLE);
        }
    }

    /// @dev The legs, counted from 1, on which a watch saw its longest excursion, or its first where none filled a batch.
    function _excursionsOf(Journey memory journey, Leg[] calldata legs)
        private
        view
        returns (bool[] memory hasExcursion)
    {
        hasExcursion = new bool[](legs.length + 2);
        if (SOURCE.planOf(journey.shipmentId) == 0) return hasExcursion;
        for (uint8 i = 0; i < MAXIMUM_WATCHES; ++i) {
            WatchFacts memory watch = SOURCE.watchOf(journey.shipmentId, i);
            if (watch.breachedAt == 0) continue;
            uint40 time = watch.longest != 0 ? watch.longestAt : watch.breachedAt;
            hasExcursion[Liability.holderAt(journey.facts, legs, time)] = true;
        }
    }

    function _sumOf(uint64 id) private view returns (Sum memory sum) {
        for (uint256 i = 0; RATED_ROLES >> i != 0; ++i) {
            if (RATED_ROLES >> i & 1 == 0) continue;
            Standing standing = _keptOf(id, i).standing;
            if (!standing.isNone()) return _sum(id, standing, standing.roles() & ~(1 << i));
        }
    }

    /// @dev The sum of a standing and of those in the participant's other roles, a mask.
    function _sum(uint64 id, Standing standing, uint256 others) private view returns (Sum memory sum) {
        sum.at = standing.updatedAt();
        for (uint256 i = 0; others >> i != 0; ++i) {
            if (others >> i & 1 == 1) sum.at = Math.max(sum.at, _keptOf(id, i).standing.updatedAt());
        }
        _bring(sum, standing);
        for (uint256 i = 0; others >> i != 0; ++i) {
            if (others >> i & 1 == 1) _bring(sum, _keptOf(id, i).standing);
        }
    }

    function _bring(Sum memory sum, Standing standing) private pure {
        uint256 share = standing.leftAt(sum.at);
        sum.good += standing.good() * share >> 64;
        sum.bad += standing.bad() * share >> 64;
    }

    function _gradeOf(Sum memory sum, uint256 time) private pure returns (uint256) {
        return Credit.gradeOf(sum.good, sum.bad, Credit.left(time - sum.at));
    }

    function _keptOf(uint64 id, uint256 role) private view returns (Kept storage) {
        return _kept[role << 64 | id];
    }

    function _isRefused(CustomsFacts memory customs) private pure returns (bool) {
        return Facts.isRefused(customs.state, customs.finalAt, customs.asOf);
    }
}
