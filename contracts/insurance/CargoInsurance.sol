// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ICargoInsurance, Peril, PolicyRecord, PolicyState, Quote} from "interfaces/ICargoInsurance.sol";
import {ICreditRegistry} from "interfaces/ICreditRegistry.sol";
import {IInsurancePool} from "interfaces/IInsurancePool.sol";
import {Function, IParticipantRegistry} from "interfaces/IParticipantRegistry.sol";
import {IReceivableNote} from "interfaces/IReceivableNote.sol";
import {IShipmentSource, ShipmentFacts} from "interfaces/IShipmentSource.sol";
import {ITradeEscrow, Order, OrderRecord, OrderState} from "interfaces/ITradeEscrow.sol";
import {Cover} from "contracts/libraries/Cover.sol";
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

    /// @dev What a claim comes to. Shares are in basis points of the order's amount; `paidBps` was paid before it.
    struct Decision {
        bytes32 policyId;
        Record record;
        uint256 fired;
        uint256 grossBps;
        uint256 paidBps;
        uint256 daysLate;
        bool isFinal;
    }

    /// @dev A bound on how long a policy can hold capital after its goods arrived.
    uint32 private constant MAXIMUM_PERIOD = 180 days;

    IParticipantRegistry public immutable REGISTRY;
    ITradeEscrow public immutable ESCROW;
    ICreditRegistry public immutable CREDIT;
    /// @notice Says who holds the seller's claim on a noted order.
    IReceivableNote public immutable NOTES;
    /// @notice The source whose facts are evidence of insurers; what others say is evidence of nothing.
    address public immutable RATED_SOURCE;
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

    constructor(
        address manager,
        IParticipantRegistry registry,
        ITradeEscrow escrow,
        ICreditRegistry credit,
        IReceivableNote notes,
        address ratedSource
    ) AccessManaged(manager) {
        REGISTRY = registry;
        ESCROW = escrow;
        CREDIT = credit;
        NOTES = notes;
        RATED_SOURCE = ratedSource;
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
        (bytes32 policyId, Record record) = _requireActive(order, quote);
        bytes32 shipmentId = Orders.shipmentIdOf(quote.orderId, order.source);
        ShipmentFacts memory facts = IShipmentSource(order.source).factsOf(shipmentId);
        OrderRecord memory ended = ESCROW.recordOf(quote.orderId);
        if (_isUnattached(order, quote, shipmentId, record, facts, ended)) {
            _records[policyId] = record.ended(uint256(PolicyState.Void));
            emit PolicyVoided(policyId, quote.holder, quote.premium);
            IInsurancePool(quote.pool).unlock(quote.maximum, quote.premium, quote.holder);
            return;
        }
        Decision memory d = Decision(policyId, record, record.fired(), record.grossBps(), 0, 0, true);
        d.paidBps = Cover.netOf(quote, d.grossBps);
        if (ended.state != OrderState.Agreed) _decide(order, quote, shipmentId, facts, d);
        if (!d.isFinal && d.fired == record.fired()) revert CargoInsurance_NothingToDecide(policyId);
        // What a delay pays on has ended the order too. Left open, its parties could end it after the claim, and nobody
        // would be rated for what the insurer paid.
        bool isPaying = Cover.netOf(quote, d.grossBps) != d.paidBps;
        if (isPaying && d.fired >> Cover.DELAY == 1 && ended.state == OrderState.Open) {
            _endOrder(order, quote.orderId, facts);
        }
        _settle(order, quote, d);
    }

    /// @inheritdoc ICargoInsurance
    function reserve(Order calldata order, Quote calldata quote) external nonReentrant {
        (bytes32 policyId, Record record) = _requireActive(order, quote);
        bytes32 shipmentId = Orders.shipmentIdOf(quote.orderId, order.source);
        ShipmentFacts memory facts = IShipmentSource(order.source).factsOf(shipmentId);
        OrderRecord memory ended = ESCROW.recordOf(quote.orderId);
        bool isWaiting = facts.shippedAt != 0 && facts.deliveredAt == 0 && ended.state != OrderState.Agreed
            && record.fired() >> Cover.DELAY == 0;
        if (!isWaiting || _isUnattached(order, quote, shipmentId, record, facts, ended)) {
            revert CargoInsurance_NothingToReserve(policyId);
        }
        // A tender that is upheld counts from its own time, however long the decision takes.
        (uint256 delayBps, uint256 daysLate) =
            Cover.delayOf(order, quote, facts.tenderedAt != 0 ? facts.tenderedAt : facts.asOf);
        uint256 expected = Cover.netOf(quote, record.grossBps() + delayBps);
        uint256 paid = Cover.netOf(quote, record.grossBps());
        uint256 before = Math.max(record.reservedBps(), paid);
        if (expected <= before) revert CargoInsurance_NothingToReserve(policyId);

        _records[policyId] = record.withCover(record.fired(), record.grossBps(), uint16(expected));
        emit PolicyReserved(policyId, uint16(expected), uint32(daysLate));
        _reserve(order, quote, before, expected, paid, paid);
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
        return PolicyRecord(
            PolicyState(record.state()),
            record.beganAt(),
            record.endedAt(),
            record.weight(),
            record.fired(),
            record.grossBps(),
            record.reservedBps()
        );
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
        bool isParty = quote.holder == order.buyer || quote.holder == order.seller;
        if (!isParty && quote.holder != NOTES.holderOf(quote.orderId)) {
            revert CargoInsurance_NotParty(quote.holder, quote.orderId);
        }
        _requirePerils(quote);
        uint256 most = Cover.unitsOf(order.amount, quote.capBps);
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

    function _requireActive(Order calldata order, Quote calldata quote)
        private
        view
        returns (bytes32 policyId, Record record)
    {
        policyId = policyIdOf(quote);
        record = _records[policyId];
        PolicyState state = PolicyState(record.state());
        if (state != PolicyState.Active) revert CargoInsurance_PolicyNotActive(policyId, state);
        _requireOrder(order, quote.orderId);
    }

    function _requirePerils(Quote calldata quote) private pure {
        (bool isValid, bool isWatching) = Cover.checked(quote.perils);
        if (!isValid) revert CargoInsurance_InvalidPerils(quote.perils);
        if (isWatching && quote.plan == 0) revert CargoInsurance_PlanMissing(quote.perils);
        if (quote.reportingPeriod > MAXIMUM_PERIOD) {
            revert CargoInsurance_PeriodTooLong(quote.reportingPeriod, MAXIMUM_PERIOD);
        }
    }

    /// @dev Adds what the facts fire, each cause once. Nothing more can come once the delay is decided and every peril has
    /// fired, the cap is reached, or the reporting period is over.
    function _decide(
        Order calldata order,
        Quote calldata quote,
        bytes32 shipmentId,
        ShipmentFacts memory facts,
        Decision memory d
    ) private view {
        // Goods that come after refund-after are as lost as before they came, or it would matter who claims when.
        bool isUndelivered = Orders.isUndelivered(order, facts);
        bool isDecided = facts.deliveredAt != 0 || isUndelivered;
        uint40 decidedAt = isUndelivered ? order.refundAfter : facts.deliveredAt;
        if (isDecided && d.fired >> Cover.DELAY == 0) {
            uint256 delayBps;
            (delayBps, d.daysLate) = Cover.delayOf(order, quote, decidedAt);
            d.grossBps += delayBps;
            d.fired |= 1 << Cover.DELAY;
        }
        uint256 mask = Cover.maskOf(quote.perils);
        for (uint256 i = 0; mask >> i != 0; ++i) {
            if (d.fired >> i & 1 == 1) continue;
            Peril memory peril = Cover.perilOf(quote.perils, i);
            if (!Cover.isFired(peril, IShipmentSource(order.source), shipmentId, isUndelivered)) continue;
            d.grossBps += peril.bps;
            d.fired |= 1 << i;
        }
        d.isFinal = isDecided
            && (d.fired & mask == mask
                || Cover.netOf(quote, d.grossBps) == quote.capBps
                || facts.asOf > uint256(decidedAt) + quote.reportingPeriod);
    }

    function _settle(Order calldata order, Quote calldata quote, Decision memory d) private {
        uint256 netBps = Cover.netOf(quote, d.grossBps);
        uint256 paid = Cover.unitsOf(order.amount, d.paidBps);
        uint256 payout = Cover.unitsOf(order.amount, netBps) - paid;
        uint256 reserved = d.record.reservedBps();
        // Once the delay is decided there is nothing left to expect.
        bool isReserving = reserved > d.paidBps && !d.isFinal && d.fired >> Cover.DELAY == 0;
        Record record = d.record.withCover(uint8(d.fired), uint24(d.grossBps), isReserving ? uint16(reserved) : 0);
        if (d.isFinal) record = record.ended(uint256(paid + payout == 0 ? PolicyState.Expired : PolicyState.Paid));
        _records[d.policyId] = record;
        address payee = _beneficiaryOf(quote);
        if (payout == 0 && d.isFinal) {
            emit PolicyExpired(d.policyId, uint8(d.fired), uint24(d.grossBps));
        } else {
            emit ClaimPaid(d.policyId, payee, payout, uint8(d.fired), uint24(d.grossBps), uint32(d.daysLate), d.isFinal);
        }
        if (payout != 0 && paid == 0 && order.source == RATED_SOURCE) {
            uint64 holderId = quote.holder == order.buyer ? order.buyerId : order.sellerId;
            CREDIT.rateCover(d.policyId, quote.insurerId, holderId, record.weight());
        }
        if (reserved > d.paidBps) {
            _reserve(order, quote, reserved, isReserving ? Math.max(reserved, netBps) : netBps, d.paidBps, netBps);
        }
        if (d.isFinal) IInsurancePool(quote.pool).release(quote.maximum, paid, quote.premium, payee, payout);
        else if (payout != 0) IInsurancePool(quote.pool).pay(quote.maximum, paid, payee, payout);
    }

    /// @dev Tells the pool what it has yet to expect: the reserve less what was paid, before and now.
    function _reserve(
        Order calldata order,
        Quote calldata quote,
        uint256 before,
        uint256 current,
        uint256 paidBefore,
        uint256 paid
    ) private {
        uint256 amount = order.amount;
        IInsurancePool(quote.pool)
            .reserve(
                Cover.unitsOf(amount, paidBefore),
                Cover.unitsOf(amount, before),
                Cover.unitsOf(amount, paid),
                Cover.unitsOf(amount, current)
            );
    }

    function _beneficiaryOf(Quote calldata quote) private view returns (address) {
        if (quote.beneficiary == address(0)) return quote.holder;
        if (quote.beneficiary != address(NOTES)) return quote.beneficiary;
        address holder = NOTES.holderOf(quote.orderId);
        return holder != address(0) ? holder : quote.holder;
    }

    /// @dev Only `conclude` ends an order with clauses.
    function _endOrder(Order calldata order, bytes32 orderId, ShipmentFacts memory facts) private {
        if (order.clauses != Orders.PLAIN) revert CargoInsurance_OrderNotEnded(orderId);
        if (Orders.isDeliveredInTime(order, facts)) ESCROW.settle(order);
        else ESCROW.refund(order);
    }

    /// @dev The carrier did not take custody between inception and ship-by while the order was open, and it is known that
    /// it did not, or will not any more; or it did under another plan. Cover on which something was decided or reserved stays
    /// attached, or a source that takes its word back would free capital twice.
    function _isUnattached(
        Order calldata order,
        Quote calldata quote,
        bytes32 shipmentId,
        Record record,
        ShipmentFacts memory facts,
        OrderRecord memory ended
    ) private view returns (bool) {
        if (record.fired() != 0 || record.reservedBps() != 0) return false;
        if (facts.shippedAt == 0) {
            return ended.state == OrderState.Agreed || facts.deliveredAt != 0 || facts.asOf > order.shipBy;
        }
        if (ended.endedAt != 0 && facts.shippedAt > ended.endedAt) return true;
        if (quote.plan != 0 && IShipmentSource(order.source).planOf(shipmentId) != quote.plan) return true;
        return facts.shippedAt < record.beganAt() || facts.shippedAt > order.shipBy;
    }
}
