// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {Order} from "interfaces/ITradeEscrow.sol";

/// @notice A bank's offer for the seller's claim on an open order, signed by the bank and by the seller (EIP-712).
/// @param orderId order whose price is advanced
/// @param bank account that pays the advance and receives the note
/// @param bankId participant for whom `bank` finances
/// @param advance what the bank pays, in the order's token, smallest unit; the discount is what it is short of the price
/// @param bond part of the advance that stays behind until the order ends; 0 for a sale without recourse
/// @param paid mask of the order's payments that were made already; another one voids the offer
/// @param validUntil last second, UTC, at which the offer can be taken
/// @param salt makes alike offers different
struct Offer {
    bytes32 orderId;
    address bank;
    uint64 bankId;
    uint128 advance;
    uint128 bond;
    uint8 paid;
    uint40 validUntil;
    bytes32 salt;
}

/// @title Receivables: the seller's claim on a funded order as a token
/// @notice At most one note per order, ever; its token id is the order's id. Note and advance change hands in one
/// transaction. From then on the holder is the seller's side of the order: it is paid, and its consent is asked. The bond goes
/// to the holder by as much as the order did not come to the seller's side, the rest back to the seller: all of it where the
/// holder agreed to the end, for what it gives up by consent it cannot ask of the seller.
interface IReceivableNote is IERC721 {
    event NoteSold(
        bytes32 indexed orderId,
        address indexed seller,
        address indexed bank,
        uint64 bankId,
        uint128 advance,
        uint128 bond,
        bytes32 offerId
    );
    event BondDivided(bytes32 indexed orderId, address indexed holder, uint256 toHolder, uint256 toSeller);
    /// @notice A payee refused a push; the amount waits for `withdraw`.
    event PaymentDeferred(address indexed token, address indexed payee, uint256 amount);
    event PaymentWithdrawn(address indexed token, address indexed payee, address to, uint256 amount);

    error ReceivableNote_WrongChain(uint256 expected, uint256 actual);
    error ReceivableNote_WrongOrder(bytes32 actual, bytes32 expected);
    error ReceivableNote_OfferExpired(uint40 validUntil, uint256 timestamp);
    error ReceivableNote_ZeroAdvance();
    error ReceivableNote_BondAboveAdvance(uint128 bond, uint128 advance);
    error ReceivableNote_InvalidSignature(address signer);
    error ReceivableNote_NotActingFor(address account, uint64 actual, uint64 expected);
    error ReceivableNote_AmountNotExact(uint256 expected, uint256 received);
    error ReceivableNote_UnexpectedValue(uint256 expected, uint256 actual);
    error ReceivableNote_OrderOpen(bytes32 orderId);
    error ReceivableNote_NoBond(bytes32 orderId);
    error ReceivableNote_NothingToWithdraw(address token, address payee);

    /// @notice Sells the claim. Submitted by anyone; the bank has approved this contract for the advance, or who submits
    /// sends it in native coin.
    function sell(
        Order calldata order,
        Offer calldata offer,
        bytes calldata bankSignature,
        bytes calldata sellerSignature
    ) external payable;

    /// @notice Divides the bond of an order that has ended. By anyone.
    function divideBond(Order calldata order) external;

    /// @notice Sends what could not be pushed to the caller.
    function withdraw(address token, address to) external returns (uint256 amount);

    /// @notice Bond that a note holds, in its order's token, smallest unit.
    function bondOf(bytes32 orderId) external view returns (uint256);

    /// @notice What waits for `payee` to withdraw, in the token's smallest unit.
    function withdrawable(address token, address payee) external view returns (uint256);

    /// @notice Who holds an order's note; zero where there is none.
    function holderOf(bytes32 orderId) external view returns (address);

    /// @notice EIP-712 digest that the bank and the seller sign.
    function offerDigest(Offer calldata offer) external view returns (bytes32);

    /// @notice EIP-712 domain: name "Entrepot ReceivableNote", version "1", chain and contract of the deployment.
    function domainSeparator() external view returns (bytes32);
}
