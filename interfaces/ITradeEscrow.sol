// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A purchase order, signed by buyer and seller (EIP-712). Its digest is its id. Times are seconds UTC.
/// @param token listed ERC-20 in which it is paid
/// @param amount price in the token's smallest unit
/// @param buyer account that signs, funds and is refunded; an EOA or an ERC-1271 contract
/// @param seller account that signs and is paid
/// @param buyerId participant for whom `buyer` buys; 0 for a consumer, who needs no registration
/// @param sellerId participant for whom `seller` sells
/// @param carrierId participant that first takes custody from the seller
/// @param consigneeId participant that accepts delivery; 0 means that `buyer` itself does
/// @param arbiterId participant that decides a disputed tender; 0 leaves it to `upholdByDefault`
/// @param source where the shipment's facts are read
/// @param openBy the order opens no later: what a side signed cannot be sprung on it when it is too late to ship
/// @param shipBy not shipped by then, it may be refunded
/// @param deliverBy delivery is late after this
/// @param refundAfter not delivered by then, the money goes back
/// @param acceptanceWindow seconds after a tender in which silence is not yet acceptance
/// @param arbitrationPeriod seconds after a dispute in which the arbiter decides
/// @param upholdByDefault whether a disputed tender stands if the arbiter stays silent
/// @param goods commitment to what is bought
/// @param salt makes alike orders different
struct Order {
    address token;
    uint128 amount;
    address buyer;
    address seller;
    uint64 buyerId;
    uint64 sellerId;
    uint64 carrierId;
    uint64 consigneeId;
    uint64 arbiterId;
    address source;
    uint40 openBy;
    uint40 shipBy;
    uint40 deliverBy;
    uint40 refundAfter;
    uint32 acceptanceWindow;
    uint32 arbitrationPeriod;
    bool upholdByDefault;
    bytes32 goods;
    bytes32 salt;
}

/// @notice Where an order stands; it leaves `Open` exactly once.
enum OrderState {
    None,
    Open,
    Released,
    Refunded,
    Cancelled
}

/// @notice An order as it is kept: one word. The terms are resent and checked against the id.
/// @param weight what the order weighs in a rating
struct OrderRecord {
    OrderState state;
    uint40 openedAt;
    uint40 endedAt;
    uint16 weight;
}

/// @notice A token in which orders may be opened.
struct TokenListing {
    bool isListed;
    uint8 decimals;
}

/// @notice An ERC-2612 permit of the buyer for the escrow.
struct Permit {
    uint256 value;
    uint256 deadline;
    uint8 v;
    bytes32 r;
    bytes32 s;
}

/// @title A place where it is known which orders are open
interface IOrderSource {
    /// @notice Whether the order is funded and not ended.
    function isOpen(bytes32 orderId) external view returns (bool);
}

/// @title Orders and their money
/// @notice Holds the price of every open order and pays it to the seller when the goods were delivered in time, else
/// back to the buyer. Anyone may settle or refund: the shipment's facts decide, nobody else does. Governance lists
/// tokens and pauses the opening of orders; it never moves money and cannot stop a settlement, refund or withdrawal.
interface ITradeEscrow is IOrderSource {
    /// @notice `order` carries every term, so that the order can be rebuilt, settled or refunded from events alone.
    event OrderOpened(bytes32 indexed orderId, uint64 indexed buyerId, uint64 indexed sellerId, uint16 weight, Order order);
    event OrderReleased(bytes32 indexed orderId, address indexed payee, uint256 amount);
    event OrderRefunded(bytes32 indexed orderId, address indexed payee, uint256 amount);
    event OrderCancelled(bytes32 indexed orderId, address indexed payee, uint256 amount);
    /// @notice A payee refused a push; the amount waits for `withdraw`.
    event PaymentDeferred(address indexed token, address indexed payee, uint256 amount);
    event PaymentWithdrawn(address indexed token, address indexed payee, address to, uint256 amount);
    event TokenListed(address indexed token, uint8 decimals);
    event TokenUnlisted(address indexed token);
    event OpeningPaused(bool isPaused);

    error TradeEscrow_OpeningPaused();
    error TradeEscrow_WrongChain(uint256 expected, uint256 actual);
    error TradeEscrow_TokenNotListed(address token);
    error TradeEscrow_TokenWithoutCode(address token);
    error TradeEscrow_ZeroAmount();
    error TradeEscrow_SourceWithoutCode(address source);
    error TradeEscrow_DeadlinesDisordered(uint40 earlier, uint40 later);
    error TradeEscrow_PeriodTooLong(uint32 period, uint32 maximum);
    error TradeEscrow_DeadlinePassed(uint40 openBy, uint256 timestamp);
    error TradeEscrow_InvalidSignature(address signer);
    error TradeEscrow_NotActingFor(address account, uint64 actual, uint64 expected);
    error TradeEscrow_OrderKnown(bytes32 orderId);
    error TradeEscrow_OrderNotOpen(bytes32 orderId, OrderState state);
    error TradeEscrow_AmountNotExact(uint256 expected, uint256 received);
    error TradeEscrow_NotDelivered(bytes32 orderId, uint40 deliveredAt, uint40 refundAfter);
    error TradeEscrow_NotRefundable(bytes32 orderId, uint40 asOf, uint40 refundAfter);
    error TradeEscrow_NothingToWithdraw(address token, address payee);

    /// @notice Opens and funds an order. Submitted by anyone; the buyer has approved the escrow for `order.amount`.
    /// @return orderId EIP-712 digest of the order
    function open(Order calldata order, bytes calldata buyerSignature, bytes calldata sellerSignature)
        external
        returns (bytes32 orderId);

    /// @notice The same, with the buyer's permit instead of an approval. A permit that fails, perhaps because somebody
    /// used it first, is ignored: the transfer then finds the allowance or it does not.
    function openWithPermit(
        Order calldata order,
        bytes calldata buyerSignature,
        bytes calldata sellerSignature,
        Permit calldata permit
    ) external returns (bytes32 orderId);

    /// @notice Pays the seller of an order that was delivered by its refund-after. By anyone.
    function settle(Order calldata order) external;

    /// @notice Returns the money of an order that was not shipped by ship-by or not delivered by refund-after, once
    /// the facts reach beyond that deadline and no tender made in time is waiting or disputed. By anyone.
    function refund(Order calldata order) external;

    /// @notice Ends an order by consent of both sides, who sign `Cancellation(bytes32 orderId)`; the buyer is refunded.
    function cancel(Order calldata order, bytes calldata buyerSignature, bytes calldata sellerSignature) external;

    /// @notice Sends what could not be pushed to the caller.
    function withdraw(address token, address to) external returns (uint256 amount);

    /// @notice Lists a token for new orders. Only governance.
    function listToken(address token) external;

    /// @notice Unlists a token for new orders. Only governance.
    function unlistToken(address token) external;

    /// @notice Pauses or resumes the opening of orders. Only governance.
    function pauseOpening(bool isPaused) external;

    /// @notice Whether the opening of orders is paused.
    function isOpeningPaused() external view returns (bool);

    /// @notice The listing of a token.
    function listingOf(address token) external view returns (TokenListing memory);

    /// @notice The record of an order; all zero where there is none.
    function recordOf(bytes32 orderId) external view returns (OrderRecord memory);

    /// @notice What waits for `payee` to withdraw, in the token's smallest unit.
    function withdrawable(address token, address payee) external view returns (uint256);

    /// @notice Id of an order: its EIP-712 digest in this escrow's domain.
    function orderIdOf(Order calldata order) external view returns (bytes32);

    /// @notice EIP-712 digest that both sides sign to cancel.
    function cancellationDigest(bytes32 orderId) external view returns (bytes32);

    /// @notice EIP-712 domain: name "Entrepot TradeEscrow", version "1", chain and contract of the deployment.
    function domainSeparator() external view returns (bytes32);
}
