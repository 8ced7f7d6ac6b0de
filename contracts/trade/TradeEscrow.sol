// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Function, IParticipantRegistry} from "interfaces/IParticipantRegistry.sol";
import {IShipmentSource, ShipmentFacts} from "interfaces/IShipmentSource.sol";
import {ICreditRegistry, TradeOutcome} from "interfaces/ICreditRegistry.sol";
import {
    IOrderSource,
    ITradeEscrow,
    Order,
    OrderRecord,
    OrderState,
    Permit,
    TokenListing
} from "interfaces/ITradeEscrow.sol";
import {Credit} from "contracts/libraries/Credit.sol";
import {Orders} from "contracts/libraries/Orders.sol";
import {Record, Records} from "contracts/libraries/Records.sol";
import {Signatures} from "contracts/libraries/Signatures.sol";

/// @title TradeEscrow
contract TradeEscrow is ITradeEscrow, AccessManaged, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @dev Bounds on what both sides can agree on, so that every order can be ended within a year of its refund-after.
    uint32 private constant MAXIMUM_PERIOD = 180 days;
    bytes32 private constant CANCELLATION_TYPEHASH = keccak256("Cancellation(bytes32 orderId)");

    IParticipantRegistry public immutable REGISTRY;
    ICreditRegistry public immutable CREDIT;
    uint256 public immutable CHAIN_ID;

    /// @inheritdoc ITradeEscrow
    bytes32 public immutable domainSeparator;
    /// @inheritdoc ITradeEscrow
    bool public isOpeningPaused;
    /// @inheritdoc ITradeEscrow
    mapping(address token => mapping(address payee => uint256)) public withdrawable;

    mapping(address token => TokenListing) private _listings;
    mapping(bytes32 orderId => Record) private _records;

    constructor(address manager, IParticipantRegistry registry, ICreditRegistry credit) AccessManaged(manager) {
        REGISTRY = registry;
        CREDIT = credit;
        CHAIN_ID = block.chainid;
        domainSeparator = Signatures.domainOf(Orders.DOMAIN_NAME, block.chainid, address(this));
    }

    /// @inheritdoc ITradeEscrow
    function open(Order calldata order, bytes calldata buyerSignature, bytes calldata sellerSignature)
        external
        nonReentrant
        returns (bytes32 orderId)
    {
        return _open(order, buyerSignature, sellerSignature, _requireOpenable(order));
    }

    /// @inheritdoc ITradeEscrow
    function openWithPermit(
        Order calldata order,
        bytes calldata buyerSignature,
        bytes calldata sellerSignature,
        Permit calldata permit
    ) external nonReentrant returns (bytes32 orderId) {
        uint8 decimals = _requireOpenable(order);
        try IERC20Permit(order.token)
            .permit(order.buyer, address(this), permit.value, permit.deadline, permit.v, permit.r, permit.s) {}
            catch {}
        return _open(order, buyerSignature, sellerSignature, decimals);
    }

    /// @inheritdoc ITradeEscrow
    function settle(Order calldata order) external nonReentrant {
        (bytes32 orderId, Record record) = _requireOpen(order);
        ShipmentFacts memory facts = _factsOf(order, orderId);
        if (!Orders.isDeliveredInTime(order, facts)) {
            revert TradeEscrow_NotDelivered(orderId, facts.deliveredAt, order.refundAfter);
        }
        _end(orderId, record, OrderState.Released);
        bool isLate = facts.deliveredAt > order.deliverBy;
        CREDIT.rateTrade(
            orderId,
            order.sellerId,
            order.buyerId,
            record.weight(),
            isLate ? TradeOutcome.DeliveredLate : TradeOutcome.DeliveredOnTime
        );
        emit OrderReleased(orderId, order.seller, order.amount);
        _pay(order.token, order.seller, order.amount);
    }

    /// @inheritdoc ITradeEscrow
    function refund(Order calldata order) external nonReentrant {
        (bytes32 orderId, Record record) = _requireOpen(order);
        ShipmentFacts memory facts = _factsOf(order, orderId);
        if (!Orders.isUndelivered(order, facts) && !Orders.isUnshipped(order, facts)) {
            revert TradeEscrow_NotRefundable(orderId, facts.asOf, order.refundAfter);
        }
        _end(orderId, record, OrderState.Refunded);
        CREDIT.rateTrade(orderId, order.sellerId, order.buyerId, record.weight(), TradeOutcome.NotDelivered);
        emit OrderRefunded(orderId, order.buyer, order.amount);
        _pay(order.token, order.buyer, order.amount);
    }

    /// @inheritdoc ITradeEscrow
    function cancel(Order calldata order, bytes calldata buyerSignature, bytes calldata sellerSignature)
        external
        nonReentrant
    {
        (bytes32 orderId, Record record) = _requireOpen(order);
        bytes32 digest = cancellationDigest(orderId);
        _requireSignature(order.buyer, digest, buyerSignature);
        _requireSignature(order.seller, digest, sellerSignature);
        _end(orderId, record, OrderState.Cancelled);
        emit OrderCancelled(orderId, order.buyer, order.amount);
        _pay(order.token, order.buyer, order.amount);
    }

    /// @inheritdoc ITradeEscrow
    function withdraw(address token, address to) external nonReentrant returns (uint256 amount) {
        amount = withdrawable[token][msg.sender];
        if (amount == 0) revert TradeEscrow_NothingToWithdraw(token, msg.sender);
        withdrawable[token][msg.sender] = 0;
        emit PaymentWithdrawn(token, msg.sender, to, amount);
        IERC20(token).safeTransfer(to, amount);
    }

    /// @inheritdoc ITradeEscrow
    function listToken(address token) external restricted {
        if (token.code.length == 0) revert TradeEscrow_TokenWithoutCode(token);
        uint8 decimals = IERC20Metadata(token).decimals();
        _listings[token] = TokenListing(true, decimals);
        emit TokenListed(token, decimals);
    }

    /// @inheritdoc ITradeEscrow
    function unlistToken(address token) external restricted {
        if (!_listings[token].isListed) revert TradeEscrow_TokenNotListed(token);
        delete _listings[token];
        emit TokenUnlisted(token);
    }

    /// @inheritdoc ITradeEscrow
    function pauseOpening(bool isPaused) external restricted {
        isOpeningPaused = isPaused;
        emit OpeningPaused(isPaused);
    }

    /// @inheritdoc IOrderSource
    function isOpen(bytes32 orderId) external view returns (bool) {
        return OrderState(_records[orderId].state()) == OrderState.Open;
    }

    /// @inheritdoc ITradeEscrow
    function listingOf(address token) external view returns (TokenListing memory) {
        return _listings[token];
    }

    /// @inheritdoc ITradeEscrow
    function recordOf(bytes32 orderId) external view returns (OrderRecord memory) {
        Record record = _records[orderId];
        return OrderRecord(OrderState(record.state()), record.beganAt(), record.endedAt(), record.weight());
    }

    /// @inheritdoc ITradeEscrow
    function orderIdOf(Order calldata order) external view returns (bytes32) {
        return Orders.idOf(order, domainSeparator);
    }

    /// @inheritdoc ITradeEscrow
    function cancellationDigest(bytes32 orderId) public view returns (bytes32) {
        return Signatures.digestOf(domainSeparator, keccak256(abi.encode(CANCELLATION_TYPEHASH, orderId)));
    }

    function _open(Order calldata order, bytes calldata buyerSignature, bytes calldata sellerSignature, uint8 decimals)
        private
        returns (bytes32 orderId)
    {
        orderId = Orders.idOf(order, domainSeparator);
        if (_records[orderId].state() != 0) revert TradeEscrow_OrderKnown(orderId);
        _requireSignature(order.buyer, orderId, buyerSignature);
        _requireSignature(order.seller, orderId, sellerSignature);
        _requireActingFor(order.seller, Function.Sell, order.sellerId);
        if (order.buyerId != 0) _requireActingFor(order.buyer, Function.Buy, order.buyerId);

        uint16 weight = Credit.weightOf(order.amount, decimals);
        _records[orderId] = Records.begun(uint256(OrderState.Open), weight);
        emit OrderOpened(orderId, order.buyerId, order.sellerId, weight, order);
        _collect(IERC20(order.token), order.buyer, order.amount);
    }

    /// @dev Ship-by is the one deadline that must lie ahead; the others are the parties' own.
    function _requireOpenable(Order calldata order) private view returns (uint8 decimals) {
        if (isOpeningPaused) revert TradeEscrow_OpeningPaused();
        if (block.chainid != CHAIN_ID) revert TradeEscrow_WrongChain(CHAIN_ID, block.chainid);
        TokenListing memory listing = _listings[order.token];
        if (!listing.isListed) revert TradeEscrow_TokenNotListed(order.token);
        if (order.amount == 0) revert TradeEscrow_ZeroAmount();
        if (order.source.code.length == 0) revert TradeEscrow_SourceWithoutCode(order.source);
        if (order.shipBy < order.openBy) revert TradeEscrow_DeadlinesDisordered(order.openBy, order.shipBy);
        if (order.refundAfter < order.deliverBy) {
            revert TradeEscrow_DeadlinesDisordered(order.deliverBy, order.refundAfter);
        }
        if (order.acceptanceWindow > MAXIMUM_PERIOD) {
            revert TradeEscrow_PeriodTooLong(order.acceptanceWindow, MAXIMUM_PERIOD);
        }
        if (order.arbitrationPeriod > MAXIMUM_PERIOD) {
            revert TradeEscrow_PeriodTooLong(order.arbitrationPeriod, MAXIMUM_PERIOD);
        }
        if (order.openBy < block.timestamp) revert TradeEscrow_DeadlinePassed(order.openBy, block.timestamp);
        return listing.decimals;
    }

    function _collect(IERC20 token, address from, uint256 amount) private {
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(from, address(this), amount);
        uint256 received = token.balanceOf(address(this)) - before;
        if (received != amount) revert TradeEscrow_AmountNotExact(amount, received);
    }

    function _pay(address token, address payee, uint256 amount) private {
        if (IERC20(token).trySafeTransfer(payee, amount)) return;
        withdrawable[token][payee] += amount;
        emit PaymentDeferred(token, payee, amount);
    }

    function _end(bytes32 orderId, Record record, OrderState state) private {
        _records[orderId] = record.ended(uint256(state));
    }

    function _requireOpen(Order calldata order) private view returns (bytes32 orderId, Record record) {
        orderId = Orders.idOf(order, domainSeparator);
        record = _records[orderId];
        OrderState state = OrderState(record.state());
        if (state != OrderState.Open) revert TradeEscrow_OrderNotOpen(orderId, state);
    }

    function _factsOf(Order calldata order, bytes32 orderId) private view returns (ShipmentFacts memory) {
        return IShipmentSource(order.source).factsOf(Orders.shipmentIdOf(orderId, order.source));
    }

    function _requireSignature(address signer, bytes32 digest, bytes calldata signature) private view {
        if (!Signatures.isValid(signer, digest, signature)) revert TradeEscrow_InvalidSignature(signer);
    }

    function _requireActingFor(address account, Function fn, uint64 expected) private view {
        uint64 actual = REGISTRY.authorize(account, fn);
        if (actual != expected) revert TradeEscrow_NotActingFor(account, actual, expected);
    }
}
