// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A purchase order, signed by buyer and seller (EIP-712). Its digest is its id. Times are seconds UTC.
/// @param token listed ERC-20 in which it is paid; zero for the chain's native coin
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
/// @param clauses EIP-712 hash of what is agreed beyond payment on delivery (`Clauses`)
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
    bytes32 clauses;
}

/// @notice What must have happened for the price to be earned: one bit, `1 << uint8(condition)`, of an order's mask.
enum Condition {
    Shipped,
    Cleared,
    Delivered,
    Accepted
}

/// @notice Who is paid out of what the seller's side receives, before the seller.
struct Payee {
    address account;
    uint128 cap;
}

/// @notice What an order agrees beyond payment on delivery. Plain orders have the clauses `conditions` = delivered and
/// all else zero. Amounts are in the order's token, shares in basis points, times in seconds.
/// @param conditions bit mask over `Condition`; all of them must be met, each by the order's refund-after
/// @param inspectionWindow seconds after the last condition in which the buyer may contest; silence accepts. Only with
/// the condition `Accepted`
/// @param onShipped share of the seller's own part that is paid when the goods are shipped
/// @param onCleared the same when customs releases them
/// @param onDelivered the same when they are delivered
/// @param customsId participant that clears the goods; 0 if and only if `Cleared` is no condition
/// @param brokerId participant that may declare beside the seller; 0 for none
/// @param inspectorId participant that must pass the goods before they are released; 0 for none
/// @param treasury account to which duty is paid
/// @param dutyCap most that is paid as duty
/// @param appealPeriod seconds to appeal against a refusal, and again to decide the appeal
/// @param priceToken listed token in which the price was agreed, where it is settled in another; zero for native coin
/// @param price in `priceToken`'s smallest unit; 0 where the price is the amount itself
/// @param rate units of the order's token for 10^18 units of `priceToken`, both smallest units
/// @param rateUntil last second at which an order may be opened at that rate
/// @param payees paid in this order, each up to its cap, before the seller's side gets what is left
/// @dev People sign it in this order, and it is never stored.
// solhint-disable-next-line gas-struct-packing
struct Clauses {
    uint8 conditions;
    uint32 inspectionWindow;
    uint16 onShipped;
    uint16 onCleared;
    uint16 onDelivered;
    uint64 customsId;
    uint64 brokerId;
    uint64 inspectorId;
    address treasury;
    uint128 dutyCap;
    uint32 appealPeriod;
    address priceToken;
    uint128 price;
    uint128 rate;
    uint40 rateUntil;
    Payee[] payees;
}

/// @notice Where an order stands; it leaves `Open` exactly once. `Agreed`: its parties ended it. `Arbitrated`: its
/// arbiter divided it.
enum OrderState {
    None,
    Open,
    Released,
    Refunded,
    Agreed,
    Arbitrated
}

/// @notice What the facts say of an order.
enum Outcome {
    Pending,
    Earned,
    Failed
}

/// @notice What a payment is for.
enum Purpose {
    Shipped,
    Cleared,
    Delivered,
    Duty,
    Payee,
    Price,
    Refund
}

/// @notice A payment of an order, in its token's smallest unit.
struct Payment {
    Purpose purpose;
    address payee;
    uint256 amount;
}

/// @notice How far an order has come.
/// @param contestedAt the buyer contested the goods, seconds UTC; 0 if not
/// @param sellerShare share of what was left that the seller's side received at the end, in basis points
/// @param paid bit mask over the purposes `Shipped` to `Duty` that are paid
/// @param isNoted a note over the seller's claim exists; its holder is the seller's side
struct OrderProgress {
    uint40 contestedAt;
    uint16 sellerShare;
    uint8 paid;
    bool isNoted;
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
    event OrderOpened(
        bytes32 indexed orderId, uint64 indexed buyerId, uint64 indexed sellerId, uint16 weight, Order order
    );
    /// @notice The clauses of an order that is not plain, in the transaction that opens it.
    event OrderClauses(bytes32 indexed orderId, Clauses clauses);
    /// @notice A part of the price went out before the order ended, or beside its last payment.
    event OrderPaid(bytes32 indexed orderId, address indexed payee, Purpose purpose, uint256 amount);
    /// @notice `amount` is what was left for the seller's side.
    event OrderReleased(bytes32 indexed orderId, address indexed payee, uint256 amount);
    event OrderRefunded(bytes32 indexed orderId, address indexed payee, uint256 amount);
    /// @notice The parties ended the order; `toSeller` of what was left went to the seller's side, `toBuyer` to the buyer.
    event OrderAgreed(bytes32 indexed orderId, uint16 sellerShare, uint256 toSeller, uint256 toBuyer);
    event OrderContested(bytes32 indexed orderId, bytes32 evidence);
    event OrderArbitrated(
        bytes32 indexed orderId, uint64 indexed arbiterId, uint16 sellerShare, uint256 toSeller, uint256 toBuyer
    );
    event OrderNoted(bytes32 indexed orderId);
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
    error TradeEscrow_ClausesMismatch(bytes32 actual, bytes32 expected);
    error TradeEscrow_ShareTooLarge(uint16 share);
    error TradeEscrow_UnexpectedValue(uint256 expected, uint256 actual);
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
    error TradeEscrow_Undecided(bytes32 orderId);
    error TradeEscrow_NothingDue(bytes32 orderId);
    error TradeEscrow_ConsentExpired(uint40 until, uint256 timestamp);
    error TradeEscrow_CustomsPending(bytes32 orderId);
    error TradeEscrow_NotBuyer(address account, address buyer);
    error TradeEscrow_NotContestable(bytes32 orderId);
    error TradeEscrow_NotContested(bytes32 orderId);
    error TradeEscrow_ArbitrationEnded(uint40 closedAt, uint256 timestamp);
    error TradeEscrow_NotNotes(address caller);
    error TradeEscrow_OrderNoted(bytes32 orderId);
    error TradeEscrow_OrderContested(bytes32 orderId);
    error TradeEscrow_PaidMismatch(uint8 actual, uint8 expected);
    error TradeEscrow_LengthMismatch(uint256 orders, uint256 clauses);
    error TradeEscrow_PaymentRefused(address token, address payee, uint256 amount);
    error TradeEscrow_NothingToWithdraw(address token, address payee);

    /// @notice Opens and funds a plain order. Submitted by anyone; the buyer has approved the escrow for `order.amount`, or
    /// who submits sends that much native coin.
    /// @return orderId EIP-712 digest of the order
    function open(Order calldata order, bytes calldata buyerSignature, bytes calldata sellerSignature)
        external
        payable
        returns (bytes32 orderId);

    /// @notice The same for an order with clauses, be they plain or not.
    function openWithClauses(
        Order calldata order,
        Clauses calldata clauses,
        bytes calldata buyerSignature,
        bytes calldata sellerSignature
    ) external payable returns (bytes32 orderId);

    /// @notice The same, with the buyer's permit instead of an approval. A permit that fails, perhaps because somebody
    /// used it first, is ignored: the transfer then finds the allowance or it does not.
    function openWithPermit(
        Order calldata order,
        Clauses calldata clauses,
        bytes calldata buyerSignature,
        bytes calldata sellerSignature,
        Permit calldata permit
    ) external returns (bytes32 orderId);

    /// @notice Pays the seller's side of a plain order that was delivered by its refund-after. By anyone.
    function settle(Order calldata order) external;

    /// @notice Returns the money of a plain order that was not shipped by ship-by or not delivered by refund-after, once
    /// the facts reach beyond that deadline and no tender made in time is waiting or disputed. By anyone.
    function refund(Order calldata order) external;

    /// @notice Ends any order as the facts say: its conditions are met and the inspection window is over, or one of them
    /// failed. A contest that the arbiter let lapse ends as `order.upholdByDefault` says. By anyone.
    function conclude(Order calldata order, Clauses calldata clauses) external;

    /// @notice Concludes those of many orders that can be, and passes over the others. By anyone.
    /// @return ended how many ended
    function concludeMany(Order[] calldata orders, Clauses[] calldata clauses) external returns (uint256 ended);

    /// @notice Pays what is due before the end: milestones that were reached, and duty that customs decided. By anyone.
    function advance(Order calldata order, Clauses calldata clauses) external;

    /// @notice Ends an order by consent. The seller's side, sending and without the buyer's signature, concedes with a share
    /// of 0: a refund. The buyer alone pays everything with a share of 10,000: acceptance where all conditions but silence
    /// are met. Both agree on any share. They sign `Consent(bytes32 orderId,uint16 sellerShare,uint40 until)`; who sends needs
    /// no signature. The seller's side is the note's holder where there is one.
    function agree(
        Order calldata order,
        Clauses calldata clauses,
        uint16 sellerShare,
        uint40 until,
        bytes calldata buyerSignature,
        bytes calldata sellerSignature
    ) external;

    /// @notice Contests goods within the inspection window; by the buyer.
    function contest(Order calldata order, Clauses calldata clauses, bytes32 evidence) external;

    /// @notice Divides what a contested order still holds; by its arbiter, within the arbitration period.
    function arbitrate(Order calldata order, Clauses calldata clauses, uint16 sellerShare) external;

    /// @notice Marks the order as the subject of a note, once and for ever, and returns its id. Only the note contract.
    /// @param paid mask of what has been paid already, as the note's buyer knows it
    function markNoted(Order calldata order, uint8 paid) external returns (bytes32 orderId);

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

    /// @notice How far an order has come; all zero where there is none.
    function progressOf(bytes32 orderId) external view returns (OrderProgress memory);

    /// @notice What the facts say of an open order now, and every payment that `conclude`, or else `advance`, would make.
    function quoteOf(Order calldata order, Clauses calldata clauses)
        external
        view
        returns (Outcome outcome, Payment[] memory payments);

    /// @notice EIP-712 hash of clauses, as an order names them.
    function clausesHashOf(Clauses calldata clauses) external pure returns (bytes32);

    /// @notice What waits for `payee` to withdraw, in the token's smallest unit.
    function withdrawable(address token, address payee) external view returns (uint256);

    /// @notice Id of an order: its EIP-712 digest in this escrow's domain.
    function orderIdOf(Order calldata order) external view returns (bytes32);

    /// @notice EIP-712 digest that a side signs to end an order by consent.
    function consentDigest(bytes32 orderId, uint16 sellerShare, uint40 until) external view returns (bytes32);

    /// @notice EIP-712 domain: name "Entrepot TradeEscrow", version "1", chain and contract of the deployment.
    function domainSeparator() external view returns (bytes32);
}
