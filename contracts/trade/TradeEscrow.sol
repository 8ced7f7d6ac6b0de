// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Function, IParticipantRegistry} from "interfaces/IParticipantRegistry.sol";
import {CustomsFacts, IShipmentSource, ShipmentFacts} from "interfaces/IShipmentSource.sol";
import {ICreditRegistry, TradeOutcome} from "interfaces/ICreditRegistry.sol";
import {ALL_DUES, Case, DUTY_ALONE, ISettlement, Verdict, WHOLE} from "interfaces/ISettlement.sol";
import {IReceivableNote} from "interfaces/IReceivableNote.sol";
import {
    Clauses,
    IOrderSource,
    ITradeEscrow,
    Order,
    OrderProgress,
    OrderRecord,
    OrderState,
    Outcome,
    Payment,
    Permit,
    Purpose,
    TokenListing
} from "interfaces/ITradeEscrow.sol";
import {Credit} from "contracts/libraries/Credit.sol";
import {Orders} from "contracts/libraries/Orders.sol";
import {Payments} from "contracts/libraries/Payments.sol";
import {Record, Records} from "contracts/libraries/Records.sol";
import {Signatures} from "contracts/libraries/Signatures.sol";

/// @title TradeEscrow
contract TradeEscrow is ITradeEscrow, AccessManaged, ReentrancyGuardTransient {
    /// @dev How an order ends. `dues` is a mask of what is paid first if it is due, `isRated` whether the end counts for
    /// the ratings.
    struct Ending {
        bytes32 orderId;
        Record record;
        OrderState state;
        uint16 share;
        uint8 dues;
        bool isRated;
    }

    /// @dev Bounds on what both sides can agree on, so that every order can be ended within two years of its refund-after.
    uint32 private constant MAXIMUM_PERIOD = 180 days;
    uint8 private constant NATIVE_DECIMALS = 18;
    bytes32 private constant CONSENT_TYPEHASH = keccak256("Consent(bytes32 orderId,uint16 sellerShare,uint40 until)");

    IParticipantRegistry public immutable REGISTRY;
    ICreditRegistry public immutable CREDIT;
    /// @notice Says who holds the seller's claim on a noted order.
    IReceivableNote public immutable NOTES;
    /// @notice Decides orders with clauses.
    ISettlement public immutable SETTLEMENT;
    /// @notice The source whose facts are evidence of those who trade; what others say is evidence of nothing.
    address public immutable RATED_SOURCE;
    uint256 public immutable CHAIN_ID;

    /// @inheritdoc ITradeEscrow
    bytes32 public immutable domainSeparator;
    /// @inheritdoc ITradeEscrow
    bool public isOpeningPaused;
    /// @inheritdoc ITradeEscrow
    mapping(address token => mapping(address payee => uint256)) public withdrawable;

    mapping(address token => TokenListing) private _listings;
    mapping(bytes32 orderId => Record) private _records;

    constructor(
        address manager,
        IParticipantRegistry registry,
        ICreditRegistry credit,
        IReceivableNote notes,
        ISettlement settlement,
        address ratedSource
    ) AccessManaged(manager) {
        REGISTRY = registry;
        CREDIT = credit;
        NOTES = notes;
        SETTLEMENT = settlement;
        RATED_SOURCE = ratedSource;
        CHAIN_ID = block.chainid;
        domainSeparator = Signatures.domainOf(Orders.DOMAIN_NAME, block.chainid, address(this));
    }

    /// @inheritdoc ITradeEscrow
    function open(Order calldata order, bytes calldata buyerSignature, bytes calldata sellerSignature)
        external
        payable
        nonReentrant
        returns (bytes32 orderId)
    {
        _requirePlain(order);
        orderId = _open(order, buyerSignature, sellerSignature);
        _collect(order);
    }

    /// @inheritdoc ITradeEscrow
    function openWithClauses(
        Order calldata order,
        Clauses calldata clauses,
        bytes calldata buyerSignature,
        bytes calldata sellerSignature
    ) external payable nonReentrant returns (bytes32 orderId) {
        orderId = _open(order, buyerSignature, sellerSignature);
        _admit(orderId, order, clauses);
        _collect(order);
    }

    /// @inheritdoc ITradeEscrow
    function openWithPermit(
        Order calldata order,
        Clauses calldata clauses,
        bytes calldata buyerSignature,
        bytes calldata sellerSignature,
        Permit calldata permit
    ) external nonReentrant returns (bytes32 orderId) {
        orderId = _open(order, buyerSignature, sellerSignature);
        _admit(orderId, order, clauses);
        if (order.token != address(0)) {
            try IERC20Permit(order.token)
                .permit(order.buyer, address(this), permit.value, permit.deadline, permit.v, permit.r, permit.s) {}
                catch {}
        }
        _collect(order);
    }

    /// @inheritdoc ITradeEscrow
    function settle(Order calldata order) external nonReentrant {
        (bytes32 orderId, Record record) = _requireOpen(order);
        _requirePlain(order);
        ShipmentFacts memory facts = _factsOf(order, orderId);
        if (!Orders.isDeliveredInTime(order, facts)) {
            revert TradeEscrow_NotDelivered(orderId, facts.deliveredAt, order.refundAfter);
        }
        _end(orderId, record, OrderState.Released, WHOLE);
        _rate(order, orderId, record, facts, true, false);
        address payee = _sellerSide(order, orderId, record);
        emit OrderReleased(orderId, payee, order.amount);
        _pay(order.token, payee, order.amount);
    }

    /// @inheritdoc ITradeEscrow
    function refund(Order calldata order) external nonReentrant {
        (bytes32 orderId, Record record) = _requireOpen(order);
        _requirePlain(order);
        ShipmentFacts memory facts = _factsOf(order, orderId);
        if (!Orders.isUndelivered(order, facts) && !Orders.isUnshipped(order, facts)) {
            revert TradeEscrow_NotRefundable(orderId, facts.asOf, order.refundAfter);
        }
        _end(orderId, record, OrderState.Refunded, 0);
        _rate(order, orderId, record, facts, false, false);
        emit OrderRefunded(orderId, order.buyer, order.amount);
        _pay(order.token, order.buyer, order.amount);
    }

    /// @inheritdoc ITradeEscrow
    function conclude(Order calldata order, Clauses calldata clauses) external nonReentrant {
        (bytes32 orderId, Record record) = _requireOpen(order);
        if (!_conclude(order, clauses, orderId, record)) revert TradeEscrow_Undecided(orderId);
    }

    /// @inheritdoc ITradeEscrow
    function concludeMany(Order[] calldata orders, Clauses[] calldata clauses)
        external
        nonReentrant
        returns (uint256 ended)
    {
        if (orders.length != clauses.length) {
            revert TradeEscrow_LengthMismatch(orders.length, clauses.length);
        }
        for (uint256 i = 0; i < orders.length; ++i) {
            bytes32 orderId = Orders.idOf(orders[i], domainSeparator);
            Record record = _records[orderId];
            if (OrderState(record.state()) != OrderState.Open) continue;
            if (_conclude(orders[i], clauses[i], orderId, record)) ++ended;
        }
    }

    /// @inheritdoc ITradeEscrow
    function advance(Order calldata order, Clauses calldata clauses) external nonReentrant {
        (bytes32 orderId, Record record) = _requireOpen(order);
        (Payment[] memory payments, uint8 mask) =
            SETTLEMENT.duesOf(order, clauses, _caseOf(order, clauses, orderId, record));
        if (mask == 0) revert TradeEscrow_NothingDue(orderId);
        record = record.withPaid(mask);
        // Duty comes last.
        if (mask & DUTY_ALONE != 0) record = record.withDuty(payments[payments.length - 1].amount);
        _records[orderId] = record;
        _payAll(order.token, orderId, payments);
    }

    /// @inheritdoc ITradeEscrow
    function agree(
        Order calldata order,
        Clauses calldata clauses,
        uint16 sellerShare,
        uint40 until,
        bytes calldata buyerSignature,
        bytes calldata sellerSignature
    ) external nonReentrant {
        (bytes32 orderId, Record record) = _requireOpen(order);
        if (until < block.timestamp) revert TradeEscrow_ConsentExpired(until, block.timestamp);
        _requireShare(sellerShare);
        bytes32 digest = consentDigest(orderId, sellerShare, until);
        address sellerSide = _sellerSide(order, orderId, record);
        // Who concedes sends: a signature that was meant for both sides must not be used as a concession.
        bool isConceded = sellerShare == 0 && buyerSignature.length == 0 && msg.sender == sellerSide;
        if (!isConceded) _requireConsent(order.buyer, digest, buyerSignature);
        if (sellerShare != WHOLE) _requireConsent(sellerSide, digest, sellerSignature);
        _agree(order, clauses, orderId, record, sellerShare, isConceded);
    }

    /// @inheritdoc ITradeEscrow
    function contest(Order calldata order, Clauses calldata clauses, bytes32 evidence) external nonReentrant {
        if (msg.sender != order.buyer) revert TradeEscrow_NotBuyer(msg.sender, order.buyer);
        (bytes32 orderId, Record record) = _requireOpen(order);
        if (!_judge(order, clauses, _caseOf(order, clauses, orderId, record)).isContestable) {
            revert TradeEscrow_NotContestable(orderId);
        }
        _records[orderId] = record.contested();
        emit OrderContested(orderId, evidence);
    }

    /// @inheritdoc ITradeEscrow
    function arbitrate(Order calldata order, Clauses calldata clauses, uint16 sellerShare) external nonReentrant {
        _requireActingFor(msg.sender, Function.Arbitrate, order.arbiterId);
        (bytes32 orderId, Record record) = _requireOpen(order);
        _requireShare(sellerShare);
        Case memory c = _caseOf(order, clauses, orderId, record);
        bool isContested = c.contestedAt != 0;
        if (!isContested) {
            if (!_judge(order, clauses, c).isStalled) revert TradeEscrow_NotContested(orderId);
        } else if (block.timestamp > c.contestedAt + order.arbitrationPeriod) {
            revert TradeEscrow_ArbitrationEnded(c.contestedAt + order.arbitrationPeriod, block.timestamp);
        }
        Ending memory ending = Ending(orderId, record, OrderState.Arbitrated, sellerShare, DUTY_ALONE, isContested);
        _finish(order, clauses, c, ending);
    }

    /// @inheritdoc ITradeEscrow
    function markNoted(Order calldata order, uint8 paid) external returns (bytes32 orderId) {
        if (msg.sender != address(NOTES)) revert TradeEscrow_NotNotes(msg.sender);
        Record record;
        (orderId, record) = _requireOpen(order);
        if (record.isNoted()) revert TradeEscrow_OrderNoted(orderId);
        if (record.contestedAt() != 0) revert TradeEscrow_OrderContested(orderId);
        if (record.paid() != paid) revert TradeEscrow_PaidMismatch(record.paid(), paid);
        _records[orderId] = record.noted();
        emit OrderNoted(orderId);
    }

    /// @inheritdoc ITradeEscrow
    function withdraw(address token, address to) external nonReentrant returns (uint256 amount) {
        amount = withdrawable[token][msg.sender];
        if (amount == 0) revert TradeEscrow_NothingToWithdraw(token, msg.sender);
        withdrawable[token][msg.sender] = 0;
        emit PaymentWithdrawn(token, msg.sender, to, amount);
        if (!Payments.tryPay(token, to, amount, gasleft())) revert TradeEscrow_PaymentRefused(token, to, amount);
    }

    /// @inheritdoc ITradeEscrow
    function listToken(address token) external restricted {
        uint8 decimals = NATIVE_DECIMALS;
        if (token != address(0)) {
            if (token.code.length == 0) revert TradeEscrow_TokenWithoutCode(token);
            decimals = IERC20Metadata(token).decimals();
        }
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
    function progressOf(bytes32 orderId) external view returns (OrderProgress memory) {
        Record record = _records[orderId];
        return OrderProgress(record.contestedAt(), record.sellerShare(), record.paid(), record.isNoted());
    }

    /// @inheritdoc ITradeEscrow
    function quoteOf(Order calldata order, Clauses calldata clauses)
        external
        view
        returns (Outcome outcome, Payment[] memory payments)
    {
        (bytes32 orderId, Record record) = _requireOpen(order);
        Case memory c = _caseOf(order, clauses, orderId, record);
        outcome = _judge(order, clauses, c).outcome;
        if (outcome == Outcome.Pending) {
            (payments,) = SETTLEMENT.duesOf(order, clauses, c);
        } else {
            (payments,) = SETTLEMENT.divide(order, clauses, c, ALL_DUES, outcome == Outcome.Earned ? WHOLE : 0);
        }
    }

    /// @inheritdoc ITradeEscrow
    function orderIdOf(Order calldata order) external view returns (bytes32) {
        return Orders.idOf(order, domainSeparator);
    }

    /// @inheritdoc ITradeEscrow
    function clausesHashOf(Clauses calldata clauses) external pure returns (bytes32) {
        return Orders.hashOf(clauses);
    }

    /// @inheritdoc ITradeEscrow
    function consentDigest(bytes32 orderId, uint16 sellerShare, uint40 until) public view returns (bytes32) {
        return
            Signatures.digestOf(domainSeparator, keccak256(abi.encode(CONSENT_TYPEHASH, orderId, sellerShare, until)));
    }

    function _open(Order calldata order, bytes calldata buyerSignature, bytes calldata sellerSignature)
        private
        returns (bytes32 orderId)
    {
        uint8 decimals = _requireOpenable(order);
        orderId = Orders.idOf(order, domainSeparator);
        if (_records[orderId].state() != 0) revert TradeEscrow_OrderKnown(orderId);
        _requireSignature(order.buyer, orderId, buyerSignature);
        _requireSignature(order.seller, orderId, sellerSignature);
        _requireActingFor(order.seller, Function.Sell, order.sellerId);
        if (order.buyerId != 0) _requireActingFor(order.buyer, Function.Buy, order.buyerId);

        uint16 weight = Credit.weightOf(order.amount, decimals);
        _records[orderId] = Records.begun(uint256(OrderState.Open), weight);
        emit OrderOpened(orderId, order.buyerId, order.sellerId, weight, order);
    }

    function _admit(bytes32 orderId, Order calldata order, Clauses calldata clauses) private {
        _requireClauses(order, clauses);
        if (order.clauses == Orders.PLAIN) return;
        SETTLEMENT.requireClauses(order, clauses);
        if (clauses.price != 0) {
            if (!_listings[clauses.priceToken].isListed) revert TradeEscrow_TokenNotListed(clauses.priceToken);
            if (clauses.rateUntil < block.timestamp) {
                revert TradeEscrow_DeadlinePassed(clauses.rateUntil, block.timestamp);
            }
        }
        emit OrderClauses(orderId, clauses);
    }

    /// @dev Open-by is the one deadline that must lie ahead; the others are the parties' own.
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
        _requirePeriod(order.acceptanceWindow);
        _requirePeriod(order.arbitrationPeriod);
        if (order.openBy < block.timestamp) revert TradeEscrow_DeadlinePassed(order.openBy, block.timestamp);
        return listing.decimals;
    }

    function _requirePeriod(uint32 period) private pure {
        if (period > MAXIMUM_PERIOD) revert TradeEscrow_PeriodTooLong(period, MAXIMUM_PERIOD);
    }

    function _collect(Order calldata order) private {
        uint256 native = order.token == address(0) ? order.amount : 0;
        if (msg.value != native) revert TradeEscrow_UnexpectedValue(native, msg.value);
        if (native != 0) return;
        uint256 received = Payments.move(IERC20(order.token), order.buyer, address(this), order.amount);
        if (received != order.amount) revert TradeEscrow_AmountNotExact(order.amount, received);
    }

    function _conclude(Order calldata order, Clauses calldata clauses, bytes32 orderId, Record record)
        private
        returns (bool isDecided)
    {
        Case memory c = _caseOf(order, clauses, orderId, record);
        Verdict memory verdict = _judge(order, clauses, c);
        if (verdict.outcome == Outcome.Pending) return false;
        bool isEarned = verdict.outcome == Outcome.Earned;
        Ending memory ending;
        (ending.orderId, ending.record) = (orderId, record);
        (ending.state, ending.share) = isEarned ? (OrderState.Released, WHOLE) : (OrderState.Refunded, 0);
        ending.dues = ALL_DUES;
        ending.isRated = verdict.facts != Outcome.Pending || c.contestedAt != 0;
        _finish(order, clauses, c, ending);
        return true;
    }

    function _agree(
        Order calldata order,
        Clauses calldata clauses,
        bytes32 orderId,
        Record record,
        uint16 sellerShare,
        bool isConceded
    ) private {
        Case memory c = _caseOf(order, clauses, orderId, record);
        Verdict memory verdict = _judge(order, clauses, c);
        if (verdict.isCustomsPending) revert TradeEscrow_CustomsPending(orderId);
        bool isAccepted = sellerShare == WHOLE && verdict.facts == Outcome.Earned;
        OrderState state = isAccepted
            ? OrderState.Released
            : isConceded && !record.isNoted() ? OrderState.Refunded : OrderState.Agreed;
        bool isRated = state != OrderState.Agreed;
        _finish(order, clauses, c, Ending(orderId, record, state, sellerShare, DUTY_ALONE, isRated));
    }

    /// @dev The state first, then the ratings, money last.
    function _finish(Order calldata order, Clauses calldata clauses, Case memory c, Ending memory ending) private {
        (Payment[] memory payments, uint8 mask) = SETTLEMENT.divide(order, clauses, c, ending.dues, ending.share);
        _end(ending.orderId, ending.record.withPaid(mask), ending.state, ending.share);
        if (ending.isRated) {
            bool isEarned = 2 * uint256(ending.share) >= WHOLE;
            _rate(order, ending.orderId, ending.record, c.facts, isEarned, c.contestedAt != 0);
        }
        _emitEnd(order, c.sellerSide, ending, payments);
        _payAll(order.token, ending.orderId, payments);
    }

    function _emitEnd(Order calldata order, address sellerSide, Ending memory ending, Payment[] memory payments)
        private
    {
        (uint256 toSeller, uint256 toBuyer) = (0, 0);
        for (uint256 i = 0; i < payments.length; ++i) {
            if (payments[i].purpose == Purpose.Price) toSeller = payments[i].amount;
            if (payments[i].purpose == Purpose.Refund) toBuyer = payments[i].amount;
        }
        if (ending.state == OrderState.Released) emit OrderReleased(ending.orderId, sellerSide, toSeller);
        else if (ending.state == OrderState.Refunded) emit OrderRefunded(ending.orderId, order.buyer, toBuyer);
        else if (ending.state == OrderState.Agreed) emit OrderAgreed(ending.orderId, ending.share, toSeller, toBuyer);
        else emit OrderArbitrated(ending.orderId, order.arbiterId, ending.share, toSeller, toBuyer);
    }

    function _payAll(address token, bytes32 orderId, Payment[] memory payments) private {
        for (uint256 i = 0; i < payments.length; ++i) {
            Payment memory payment = payments[i];
            if (payment.purpose < Purpose.Price) {
                emit OrderPaid(orderId, payment.payee, payment.purpose, payment.amount);
            }
            _pay(token, payment.payee, payment.amount);
        }
    }

    function _pay(address token, address payee, uint256 amount) private {
        if (Payments.tryPay(token, payee, amount)) return;
        withdrawable[token][payee] += amount;
        emit PaymentDeferred(token, payee, amount);
    }

    function _end(bytes32 orderId, Record record, OrderState state, uint16 share) private {
        _records[orderId] = record.withShare(share).ended(uint256(state));
    }

    function _rate(
        Order calldata order,
        bytes32 orderId,
        Record record,
        ShipmentFacts memory facts,
        bool isEarned,
        bool isContested
    ) private {
        if (order.source != RATED_SOURCE) return;
        TradeOutcome outcome = Credit.outcomeOf(order, facts, isEarned, isContested);
        CREDIT.rateTrade(orderId, order.sellerId, order.buyerId, record.weight(), outcome);
    }

    function _requireOpen(Order calldata order) private view returns (bytes32 orderId, Record record) {
        orderId = Orders.idOf(order, domainSeparator);
        record = _records[orderId];
        OrderState state = OrderState(record.state());
        if (state != OrderState.Open) revert TradeEscrow_OrderNotOpen(orderId, state);
    }

    function _requirePlain(Order calldata order) private pure {
        if (order.clauses != Orders.PLAIN) revert TradeEscrow_ClausesMismatch(Orders.PLAIN, order.clauses);
    }

    function _requireClauses(Order calldata order, Clauses calldata clauses) private pure {
        bytes32 actual = Orders.hashOf(clauses);
        if (actual != order.clauses) revert TradeEscrow_ClausesMismatch(actual, order.clauses);
    }

    function _judge(Order calldata order, Clauses calldata clauses, Case memory c)
        private
        view
        returns (Verdict memory)
    {
        return SETTLEMENT.judge(order, clauses, c);
    }

    function _caseOf(Order calldata order, Clauses calldata clauses, bytes32 orderId, Record record)
        private
        view
        returns (Case memory c)
    {
        _requireClauses(order, clauses);
        (c.contestedAt, c.paid, c.dutyPaid) = (record.contestedAt(), record.paid(), record.dutyPaid());
        c.sellerSide = _sellerSide(order, orderId, record);
        c.facts = _factsOf(order, orderId);
        if (clauses.customsId != 0) {
            try IShipmentSource(order.source).customsOf(Orders.shipmentIdOf(orderId, order.source)) returns (
                CustomsFacts memory customs
            ) {
                c.customs = customs;
            } catch {}
        }
    }

    function _sellerSide(Order calldata order, bytes32 orderId, Record record) private view returns (address) {
        return record.isNoted() ? NOTES.holderOf(orderId) : order.seller;
    }

    /// @dev A source that reverts is a silent one, so that even a wrong address leaves the order an end.
    function _factsOf(Order calldata order, bytes32 orderId) private view returns (ShipmentFacts memory facts) {
        try IShipmentSource(order.source).factsOf(Orders.shipmentIdOf(orderId, order.source)) returns (
            ShipmentFacts memory told
        ) {
            facts = told;
        } catch {}
    }

    function _requireShare(uint16 share) private pure {
        if (share > WHOLE) revert TradeEscrow_ShareTooLarge(share);
    }

    /// @dev Who sends has no need to sign.
    function _requireConsent(address side, bytes32 digest, bytes calldata signature) private view {
        if (msg.sender != side) _requireSignature(side, digest, signature);
    }

    function _requireSignature(address signer, bytes32 digest, bytes calldata signature) private view {
        if (!Signatures.isValid(signer, digest, signature)) revert TradeEscrow_InvalidSignature(signer);
    }

    function _requireActingFor(address account, Function fn, uint64 expected) private view {
        uint64 actual = REGISTRY.authorize(account, fn);
        if (actual != expected) revert TradeEscrow_NotActingFor(account, actual, expected);
    }
}
