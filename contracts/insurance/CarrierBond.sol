// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Bond, ICarrierBond} from "interfaces/ICarrierBond.sol";
import {ICargoInsurance, Peril, PerilKind, PolicyRecord, Quote} from "interfaces/ICargoInsurance.sol";
import {IInsurancePool} from "interfaces/IInsurancePool.sol";
import {IParticipantRegistry} from "interfaces/IParticipantRegistry.sol";
import {CargoFacts, IShipmentSource, Leg, ShipmentFacts, WatchFacts} from "interfaces/IShipmentSource.sol";
import {ITradeEscrow, Order} from "interfaces/ITradeEscrow.sol";
import {Cover} from "contracts/libraries/Cover.sol";
import {Liability} from "contracts/libraries/Liability.sol";
import {Orders} from "contracts/libraries/Orders.sol";
import {Payments} from "contracts/libraries/Payments.sol";
import {Signatures} from "contracts/libraries/Signatures.sol";

/// @title CarrierBond
/// @dev Only legs of one source count: another one could say that anybody carried anything.
contract CarrierBond is ICarrierBond, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @dev What is being recovered. `left` is what the policy paid and has not got back.
    struct Recovery {
        bytes32 policyId;
        bytes32 shipmentId;
        address token;
        uint8 cause;
        uint256 left;
        uint256 taken;
    }

    /// @notice How long a bond that was asked back still answers.
    uint40 public constant NOTICE = 60 days;

    IParticipantRegistry public immutable REGISTRY;
    ICargoInsurance public immutable INSURANCE;
    IShipmentSource public immutable SOURCE;
    /// @notice Domain of the escrow, in which order ids are computed.
    bytes32 public immutable ORDER_DOMAIN;

    /// @inheritdoc ICarrierBond
    mapping(bytes32 policyId => uint256) public recoveredOf;
    /// @inheritdoc ICarrierBond
    mapping(bytes32 shipmentId => mapping(uint256 leg => uint256)) public answeredOf;

    mapping(uint64 participantId => mapping(address token => Bond)) private _bonds;
    mapping(bytes32 policyId => mapping(uint256 cause => mapping(uint256 leg => uint256))) private _taken;

    constructor(IParticipantRegistry registry, ITradeEscrow escrow, ICargoInsurance insurance, IShipmentSource source) {
        REGISTRY = registry;
        INSURANCE = insurance;
        SOURCE = source;
        ORDER_DOMAIN = Signatures.domainOf(Orders.DOMAIN_NAME, block.chainid, address(escrow));
    }

    /// @inheritdoc ICarrierBond
    function deposit(uint64 participantId, address token, uint128 amount) external nonReentrant {
        _bonds[participantId][token].held += amount;
        emit BondDeposited(participantId, token, msg.sender, amount);
        uint256 received = Payments.move(IERC20(token), msg.sender, address(this), amount);
        if (received != amount) revert CarrierBond_AmountNotExact(amount, received);
    }

    /// @inheritdoc ICarrierBond
    function requestWithdrawal(uint64 participantId, address token, uint88 amount) external {
        _requireRoot(participantId);
        Bond storage bond = _bonds[participantId][token];
        if (amount > bond.held) revert CarrierBond_BondShort(amount, bond.held);
        uint40 leavesAt = uint40(block.timestamp) + NOTICE;
        (bond.leaving, bond.leavesAt) = (amount, leavesAt);
        emit BondWithdrawalRequested(participantId, token, amount, leavesAt);
    }

    /// @inheritdoc ICarrierBond
    function withdraw(uint64 participantId, address token, address to) external nonReentrant returns (uint256 amount) {
        _requireRoot(participantId);
        Bond storage bond = _bonds[participantId][token];
        amount = Math.min(bond.leaving, bond.held);
        if (amount == 0) revert CarrierBond_NothingLeaving(participantId, token);
        if (block.timestamp < bond.leavesAt) revert CarrierBond_NoticeRunning(bond.leavesAt, block.timestamp);
        (bond.leaving, bond.leavesAt) = (0, 0);
        bond.held -= uint128(amount);
        emit BondWithdrawn(participantId, token, to, amount);
        IERC20(token).safeTransfer(to, amount);
    }

    /// @inheritdoc ICarrierBond
    function subrogate(Order calldata order, Quote calldata quote, uint8 cause, Leg[] calldata legs)
        external
        nonReentrant
        returns (uint256 amount)
    {
        Recovery memory r = _recovery(order, quote, cause);
        ShipmentFacts memory facts = SOURCE.factsOf(r.shipmentId);
        if (!Liability.isGenuine(order, facts, SOURCE.cargoOf(r.shipmentId).custody, legs)) {
            revert CarrierBond_CustodyMismatch(r.shipmentId);
        }
        if (cause == Cover.DELAY) _recoverDelay(order, quote, facts, legs, r);
        else _recoverPeril(order, quote, facts, legs, r);
        amount = r.taken;
        if (amount == 0) revert CarrierBond_NothingToRecover(r.policyId, cause);
        recoveredOf[r.policyId] += amount;
        IERC20(order.token).forceApprove(quote.pool, amount);
        IInsurancePool(quote.pool).recover(amount);
    }

    /// @inheritdoc ICarrierBond
    function bondOf(uint64 participantId, address token) external view returns (Bond memory) {
        return _bonds[participantId][token];
    }

    function _recovery(Order calldata order, Quote calldata quote, uint8 cause)
        private
        view
        returns (Recovery memory r)
    {
        if (order.source != address(SOURCE)) {
            revert CarrierBond_WrongSource(order.source, address(SOURCE));
        }
        bytes32 orderId = Orders.idOf(order, ORDER_DOMAIN);
        if (orderId != quote.orderId) revert CarrierBond_WrongOrder(orderId, quote.orderId);
        bytes32 policyId = INSURANCE.policyIdOf(quote);
        PolicyRecord memory record = INSURANCE.recordOf(policyId);
        if (cause > Cover.DELAY || record.fired >> cause & 1 == 0) revert CarrierBond_NotFired(policyId, cause);
        uint256 paid = Cover.unitsOf(order.amount, Cover.netOf(quote, record.grossBps));
        uint256 left = paid - recoveredOf[policyId];
        return Recovery(policyId, Orders.shipmentIdOf(orderId, order.source), order.token, cause, left, 0);
    }

    /// @dev Each leg answers for its part of the seconds late; the seller's own part is not recovered.
    function _recoverDelay(
        Order calldata order,
        Quote calldata quote,
        ShipmentFacts memory facts,
        Leg[] calldata legs,
        Recovery memory r
    ) private {
        uint256 time = facts.deliveredAt != 0 ? facts.deliveredAt : order.refundAfter;
        (uint256 bps,) = Cover.delayOf(order, quote, time);
        uint256 worth = Cover.unitsOf(order.amount, bps);
        _limit(r, worth, legs.length);
        uint256[] memory delays = Liability.delays(order, facts, legs);
        uint256 sum = 0;
        for (uint256 i = 0; i < delays.length; ++i) {
            sum += delays[i];
        }
        for (uint256 i = 1; i < delays.length; ++i) {
            if (delays[i] != 0) _take(r, legs[i - 1], i - 1, Math.mulDiv(worth, delays[i], sum));
        }
    }

    /// @dev Who held the goods when it happened answers for all of it: when the longest run outside began; when goods were
    /// lost or damaged; at the end of the journey where they were never seen again.
    function _recoverPeril(
        Order calldata order,
        Quote calldata quote,
        ShipmentFacts memory facts,
        Leg[] calldata legs,
        Recovery memory r
    ) private {
        Peril memory peril = Cover.perilOf(quote.perils, r.cause);
        if (peril.kind == PerilKind.Refusal) return;
        uint256 at;
        if (peril.kind <= PerilKind.Exposure) {
            WatchFacts memory watch = SOURCE.watchOf(r.shipmentId, peril.watch);
            at = watch.longestAt != 0 ? watch.longestAt : watch.breachedAt;
        } else {
            CargoFacts memory cargo = SOURCE.cargoOf(r.shipmentId);
            at = peril.kind == PerilKind.Loss ? cargo.lostAt : cargo.damagedAt;
            if (at == 0) at = order.refundAfter;
        }
        uint256 holder = Liability.holderAt(facts, legs, at);
        if (holder == 0 || holder > legs.length) return;
        uint256 worth = Cover.unitsOf(order.amount, peril.bps);
        _limit(r, worth, legs.length);
        _take(r, legs[holder - 1], holder - 1, worth);
    }

    /// @dev Facts that come later may name another leg: what the first one paid for a cause, the next one does not.
    function _limit(Recovery memory r, uint256 worth, uint256 legs) private view {
        for (uint256 i = 0; i < legs; ++i) {
            worth = Math.saturatingSub(worth, _taken[r.policyId][r.cause][i]);
        }
        r.left = Math.min(r.left, worth);
    }

    function _take(Recovery memory r, Leg calldata leg, uint256 index, uint256 share) private {
        Bond storage bond = _bonds[leg.custodianId][r.token];
        uint256 due = Math.saturatingSub(share, _taken[r.policyId][r.cause][index]);
        uint256 liable = leg.liability - answeredOf[r.shipmentId][index];
        uint256 amount = Math.min(Math.min(due, liable), Math.min(bond.held, r.left));
        if (amount == 0) return;
        bond.held -= uint128(amount);
        _taken[r.policyId][r.cause][index] += amount;
        answeredOf[r.shipmentId][index] += amount;
        r.left -= amount;
        r.taken += amount;
        emit ClaimRecovered(r.policyId, leg.custodianId, r.cause, index, r.token, amount);
    }

    function _requireRoot(uint64 participantId) private view {
        address root = REGISTRY.participantOf(participantId).root;
        if (msg.sender != root) revert CarrierBond_NotRoot(msg.sender, root);
    }
}
