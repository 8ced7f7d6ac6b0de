// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ICargoInsurance, PolicyRecord, PolicyState, Quote} from "interfaces/ICargoInsurance.sol";
import {ICreditRegistry} from "interfaces/ICreditRegistry.sol";
import {IInsurancePool} from "interfaces/IInsurancePool.sol";
import {Function, IParticipantRegistry} from "interfaces/IParticipantRegistry.sol";
import {IShipmentSource, ShipmentFacts} from "interfaces/IShipmentSource.sol";
import {ITradeEscrow, Order, OrderRecord, OrderState} from "interfaces/ITradeEscrow.sol";
import {Orders} from "contracts/libraries/Orders.sol";
import {Quotes} from "contracts/libraries/Quotes.sol";
import {Record, Records} from "contracts/libraries/Records.sol";
import {Signatures} from "contracts/libraries/Signatures.sol";

/// @title CargoInsurance
/// @dev A policy is one word. It holds no money: premiums and maxima lie in the insurer's pool.
contract CargoInsurance is ICargoInsurance, AccessManaged, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @dev What the pool says of itself for ever, so that cover is bought without asking it.
    struct PoolListing {
        address asset;
        uint64 insurerId;
        bool isListed;
    }

    IParticipantRegistry public immutable REGISTRY;
    ITradeEscrow public immutable ESCROW;
    ICreditRegistry public immutable CREDIT;
    uint256 public immutable CHAIN_ID;
    /// @notice Domain of the escrow, in which order ids are computed.
    bytes32 public immutable ORDER_DOMAIN;

    /// @inheritdoc ICargoInsurance
    bytes32 public immutable domainSeparator;
    /// @inheritdoc ICargoInsurance
    bool public isUnderwritingPaused;
    /// @inheritdoc ICargoInsurance
    mapping(bytes32 orderId => uint256) public coveredOf;

    mapping(address pool => PoolListing) private _listings;
    mapping(bytes32 policyId => Record) private _records;

    constructor(address manager, IParticipantRegistry registry, ITradeEscrow escrow, ICreditRegistry credit)
        AccessManaged(manager)
    {
        REGISTRY = registry;
        ESCROW = escrow;
        CREDIT = credit;
        CHAIN_ID = block.chainid;
        ORDER_DOMAIN = Signatures.domainOf(Orders.DOMAIN_NAME, block.chainid, address(escrow));
        domainSeparator = Signatures.domainOf("Entrepot CargoInsurance", block.chainid, address(this));
    }

    /// @inheritdoc ICargoInsurance
    function insure(
        Order calldata order,
        Quote calldata quote,
        bytes calldata holderSignature,
        address underwriter,
        bytes calldata underwriterSignature
    ) external nonReentrant returns (bytes32 policyId) {
        uint16 weight = _requireInsurable(order, quote);
        policyId = policyIdOf(quote);
        if (_records[policyId].state() != 0) revert CargoInsurance_PolicyKnown(policyId);
        _requireSignature(quote.holder, policyId, holderSignature);
        _requireSignature(underwriter, policyId, underwriterSignature);
        uint64 actual = REGISTRY.authorize(underwriter, Function.Underwrite);
        if (actual != quote.insurerId) revert CargoInsurance_NotActingFor(underwriter, actual, quote.insurerId);

        uint256 covered = coveredOf[quote.orderId] + quote.maximum;
        if (covered > order.amount) revert CargoInsurance_OverInsured(quote.orderId, covered, order.amount);
        coveredOf[quote.orderId] = covered;
        _records[policyId] = Records.begun(uint256(PolicyState.Active), weight);
        emit PolicyIncepted(policyId, quote.orderId, quote.holder, weight, quote);
        _collect(IERC20(order.token), quote);
        IInsurancePool(quote.pool).lock(quote.maximum, quote.premium);
    }

    /// @inheritdoc ICargoInsurance
    function claim(Order calldata order, Quote calldata quote) external nonReentrant {
        bytes32 policyId = policyIdOf(quote);
        Record record = _records[policyId];
        PolicyState state = PolicyState(record.state());
        if (state != PolicyState.Active) revert CargoInsurance_PolicyNotActive(policyId, state);
        _requireOrder(order, quote.orderId);

        ShipmentFacts memory facts =
            IShipmentSource(order.source).factsOf(Orders.shipmentIdOf(quote.orderId, order.source));
        OrderRecord memory ended = ESCROW.recordOf(quote.orderId);
        bool isAgreed = ended.state == OrderState.Agreed;
        if (_isUnattached(order, record, facts, ended)) {
            _end(policyId, record, PolicyState.Void);
            emit PolicyVoided(policyId, quote.holder, quote.premium);
            IInsurancePool(quote.pool).unlock(quote.maximum, quote.premium, quote.holder);
            return;
        }
        if (!isAgreed && facts.deliveredAt == 0 && !Orders.isUndelivered(order, facts)) {
            revert CargoInsurance_NothingToDecide(policyId);
        }
        (uint256 payout, uint256 daysLate) = isAgreed ? (0, uint256(0)) : _payout(order, quote, facts.deliveredAt);
        if (payout == 0) {
            _end(policyId, record, PolicyState.Expired);
            emit PolicyExpired(policyId);
        } else {
            if (ended.state == OrderState.Open) _endOrder(order, quote.orderId, facts);
            _end(policyId, record, PolicyState.Paid);
            uint64 holderId = quote.holder == order.buyer ? order.buyerId : order.sellerId;
            CREDIT.rateCover(policyId, quote.insurerId, holderId, record.weight());
            emit ClaimPaid(policyId, quote.holder, payout, uint32(daysLate));
        }
        IInsurancePool(quote.pool).release(quote.maximum, 0, quote.premium, quote.holder, payout);
    }

    /// @inheritdoc ICargoInsurance
    function listPool(address pool) external restricted {
        address underwriter = IInsurancePool(pool).UNDERWRITER();
        if (underwriter != address(this)) revert CargoInsurance_PoolNotUnderwrittenHere(pool, underwriter);
        _listings[pool] = PoolListing(IInsurancePool(pool).asset(), IInsurancePool(pool).INSURER_ID(), true);
        emit PoolListed(pool);
    }

    /// @inheritdoc ICargoInsurance
    function unlistPool(address pool) external restricted {
        if (!_listings[pool].isListed) revert CargoInsurance_PoolNotListed(pool);
        delete _listings[pool];
        emit PoolUnlisted(pool);
    }

    /// @inheritdoc ICargoInsurance
    function pauseUnderwriting(bool isPaused) external restricted {
        isUnderwritingPaused = isPaused;
        emit UnderwritingPaused(isPaused);
    }

    /// @inheritdoc ICargoInsurance
    function isPoolListed(address pool) external view returns (bool) {
        return _listings[pool].isListed;
    }

    /// @inheritdoc ICargoInsurance
    function recordOf(bytes32 policyId) external view returns (PolicyRecord memory) {
        Record record = _records[policyId];
        return PolicyRecord(PolicyState(record.state()), record.beganAt(), record.endedAt(), record.weight());
    }

    /// @inheritdoc ICargoInsurance
    function policyIdOf(Quote calldata quote) public view returns (bytes32) {
        return Quotes.idOf(quote, domainSeparator);
    }

    function _requireInsurable(Order calldata order, Quote calldata quote) private view returns (uint16 weight) {
        if (isUnderwritingPaused) revert CargoInsurance_UnderwritingPaused();
        if (block.chainid != CHAIN_ID) revert CargoInsurance_WrongChain(CHAIN_ID, block.chainid);
        if (quote.validUntil < block.timestamp) {
            revert CargoInsurance_QuoteExpired(quote.validUntil, block.timestamp);
        }
        PoolListing memory listing = _listings[quote.pool];
        if (!listing.isListed) revert CargoInsurance_PoolNotListed(quote.pool);
        if (listing.insurerId != quote.insurerId) {
            revert CargoInsurance_PoolOfOther(quote.pool, listing.insurerId, quote.insurerId);
        }
        if (listing.asset != order.token) revert CargoInsurance_WrongAsset(listing.asset, order.token);

        _requireOrder(order, quote.orderId);
        OrderRecord memory record = ESCROW.recordOf(quote.orderId);
        if (record.state != OrderState.Open) revert CargoInsurance_OrderNotOpen(quote.orderId);
        if (quote.holder != order.buyer && quote.holder != order.seller) {
            revert CargoInsurance_NotParty(quote.holder, quote.orderId);
        }
        uint256 most = uint256(order.amount) * quote.capBps / 10_000;
        if (quote.maximum < most) revert CargoInsurance_MaximumBelowSchedule(quote.maximum, most);
        ShipmentFacts memory facts =
            IShipmentSource(order.source).factsOf(Orders.shipmentIdOf(quote.orderId, order.source));
        if (facts.shippedAt != 0 || facts.deliveredAt != 0) revert CargoInsurance_AlreadyShipped(quote.orderId);
        return record.weight;
    }

    function _requireSignature(address signer, bytes32 digest, bytes calldata signature) private view {
        if (!Signatures.isValid(signer, digest, signature)) revert CargoInsurance_InvalidSignature(signer);
    }

    function _requireOrder(Order calldata order, bytes32 expected) private view {
        bytes32 actual = Orders.idOf(order, ORDER_DOMAIN);
        if (actual != expected) revert CargoInsurance_WrongOrder(actual, expected);
    }

    function _collect(IERC20 token, Quote calldata quote) private {
        uint256 before = token.balanceOf(quote.pool);
        token.safeTransferFrom(quote.holder, quote.pool, quote.premium);
        uint256 received = token.balanceOf(quote.pool) - before;
        if (received != quote.premium) revert CargoInsurance_AmountNotExact(quote.premium, received);
    }

    function _end(bytes32 policyId, Record record, PolicyState state) private {
        _records[policyId] = record.ended(uint256(state));
    }

    /// @dev What a claim is paid on has ended the order too. Left open, its parties could end it after the claim, and nobody
    /// would be rated for what the insurer paid. Only `conclude` ends an order with clauses.
    function _endOrder(Order calldata order, bytes32 orderId, ShipmentFacts memory facts) private {
        if (order.clauses != Orders.PLAIN) revert CargoInsurance_OrderNotEnded(orderId);
        if (Orders.isDeliveredInTime(order, facts)) ESCROW.settle(order);
        else ESCROW.refund(order);
    }

    /// @dev The carrier did not take custody between inception and ship-by while the order was open, and it is known that
    /// it did not, or will not any more.
    function _isUnattached(Order calldata order, Record record, ShipmentFacts memory facts, OrderRecord memory ended)
        private
        pure
        returns (bool)
    {
        if (facts.shippedAt == 0) {
            return ended.state == OrderState.Agreed || facts.deliveredAt != 0 || facts.asOf > order.shipBy;
        }
        if (ended.endedAt != 0 && facts.shippedAt > ended.endedAt) return true;
        return facts.shippedAt < record.beganAt() || facts.shippedAt > order.shipBy;
    }

    /// @dev Lateness is counted in begun days after deliver-by, and not beyond refund-after, so that it does not matter
    /// who claims when. The grace days are free; the schedule ends at `capBps`.
    function _payout(Order calldata order, Quote calldata quote, uint40 deliveredAt)
        private
        pure
        returns (uint256 payout, uint256 daysLate)
    {
        uint40 until = deliveredAt == 0 || deliveredAt > order.refundAfter ? order.refundAfter : deliveredAt;
        daysLate = until > order.deliverBy ? Math.ceilDiv(until - order.deliverBy, 1 days) : 0;
        if (daysLate > quote.graceDays) {
            uint256 bps = Math.min((daysLate - quote.graceDays) * quote.bpsPerDay, quote.capBps);
            payout = uint256(order.amount) * bps / 10_000;
        }
    }
}
