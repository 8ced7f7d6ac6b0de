// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Function, IParticipantRegistry} from "interfaces/IParticipantRegistry.sol";
import {IReceivableNote, Offer} from "interfaces/IReceivableNote.sol";
import {WHOLE} from "interfaces/ISettlement.sol";
import {ITradeEscrow, Order} from "interfaces/ITradeEscrow.sol";
import {Orders} from "contracts/libraries/Orders.sol";
import {Payments} from "contracts/libraries/Payments.sol";
import {Signatures} from "contracts/libraries/Signatures.sol";

/// @title ReceivableNote
contract ReceivableNote is IReceivableNote, ERC721, ReentrancyGuardTransient {
    bytes32 private constant OFFER_TYPEHASH = keccak256(
        "Offer(bytes32 orderId,address bank,uint64 bankId,uint128 advance,uint128 bond,uint8 paid,uint40 validUntil,"
        "bytes32 salt)"
    );

    IParticipantRegistry public immutable REGISTRY;
    ITradeEscrow public immutable ESCROW;
    /// @notice Domain of the escrow, in which order ids are computed.
    bytes32 public immutable ORDER_DOMAIN;
    uint256 public immutable CHAIN_ID;

    /// @inheritdoc IReceivableNote
    bytes32 public immutable domainSeparator;
    /// @inheritdoc IReceivableNote
    mapping(bytes32 orderId => uint256) public bondOf;
    /// @inheritdoc IReceivableNote
    mapping(address token => mapping(address payee => uint256)) public withdrawable;

    constructor(IParticipantRegistry registry, ITradeEscrow escrow) ERC721("Entrepot Receivable", "ENR") {
        REGISTRY = registry;
        ESCROW = escrow;
        ORDER_DOMAIN = Signatures.domainOf(Orders.DOMAIN_NAME, block.chainid, address(escrow));
        CHAIN_ID = block.chainid;
        domainSeparator = Signatures.domainOf("Entrepot ReceivableNote", block.chainid, address(this));
    }

    /// @inheritdoc IReceivableNote
    function sell(
        Order calldata order,
        Offer calldata offer,
        bytes calldata bankSignature,
        bytes calldata sellerSignature
    ) external payable nonReentrant {
        if (block.chainid != CHAIN_ID) {
            revert ReceivableNote_WrongChain(CHAIN_ID, block.chainid);
        }
        if (offer.validUntil < block.timestamp) revert ReceivableNote_OfferExpired(offer.validUntil, block.timestamp);
        if (offer.advance == 0) revert ReceivableNote_ZeroAdvance();
        if (offer.bond > offer.advance) revert ReceivableNote_BondAboveAdvance(offer.bond, offer.advance);
        bytes32 offerId = offerDigest(offer);
        _requireSignature(offer.bank, offerId, bankSignature);
        _requireSignature(order.seller, offerId, sellerSignature);
        uint64 actual = REGISTRY.authorize(offer.bank, Function.Finance);
        if (actual != offer.bankId) revert ReceivableNote_NotActingFor(offer.bank, actual, offer.bankId);

        bytes32 orderId = ESCROW.markNoted(order, offer.paid);
        if (orderId != offer.orderId) revert ReceivableNote_WrongOrder(orderId, offer.orderId);
        if (offer.bond != 0) bondOf[orderId] = offer.bond;
        _mint(offer.bank, uint256(orderId));
        emit NoteSold(orderId, order.seller, offer.bank, offer.bankId, offer.advance, offer.bond, offerId);
        _advance(order, offer);
    }

    /// @inheritdoc IReceivableNote
    function divideBond(Order calldata order) external nonReentrant {
        bytes32 orderId = Orders.idOf(order, ORDER_DOMAIN);
        uint256 bond = bondOf[orderId];
        if (bond == 0) revert ReceivableNote_NoBond(orderId);
        if (ESCROW.isOpen(orderId)) revert ReceivableNote_OrderOpen(orderId);
        bondOf[orderId] = 0;
        address holder = holderOf(orderId);
        uint256 toSeller = bond * ESCROW.progressOf(orderId).sellerShare / WHOLE;
        emit BondDivided(orderId, holder, bond - toSeller, toSeller);
        _pay(order.token, holder, bond - toSeller);
        _pay(order.token, order.seller, toSeller);
    }

    /// @inheritdoc IReceivableNote
    function withdraw(address token, address to) external nonReentrant returns (uint256 amount) {
        amount = withdrawable[token][msg.sender];
        if (amount == 0) revert ReceivableNote_NothingToWithdraw(token, msg.sender);
        withdrawable[token][msg.sender] = 0;
        emit PaymentWithdrawn(token, msg.sender, to, amount);
        Payments.pay(token, to, amount);
    }

    /// @inheritdoc IReceivableNote
    function holderOf(bytes32 orderId) public view returns (address) {
        return _ownerOf(uint256(orderId));
    }

    /// @inheritdoc IReceivableNote
    function offerDigest(Offer calldata offer) public view returns (bytes32) {
        return Signatures.digestOf(
            domainSeparator,
            keccak256(
                abi.encode(
                    OFFER_TYPEHASH,
                    offer.orderId,
                    offer.bank,
                    offer.bankId,
                    offer.advance,
                    offer.bond,
                    offer.paid,
                    offer.validUntil,
                    offer.salt
                )
            )
        );
    }

    /// @dev The seller gets the advance less the bond, which stays here.
    function _advance(Order calldata order, Offer calldata offer) private {
        uint256 native = order.token == address(0) ? offer.advance : 0;
        if (msg.value != native) revert ReceivableNote_UnexpectedValue(native, msg.value);
        if (native != 0) {
            Payments.pay(address(0), order.seller, offer.advance - offer.bond);
        } else {
            _move(order.token, offer.bank, order.seller, offer.advance - offer.bond);
            _move(order.token, offer.bank, address(this), offer.bond);
        }
    }

    function _move(address token, address from, address to, uint256 amount) private {
        if (amount == 0) return;
        uint256 received = Payments.move(IERC20(token), from, to, amount);
        if (received != amount) revert ReceivableNote_AmountNotExact(amount, received);
    }

    function _pay(address token, address payee, uint256 amount) private {
        if (amount == 0 || Payments.tryPay(token, payee, amount)) return;
        withdrawable[token][payee] += amount;
        emit PaymentDeferred(token, payee, amount);
    }

    function _requireSignature(address signer, bytes32 digest, bytes calldata signature) private view {
        if (!Signatures.isValid(signer, digest, signature)) revert ReceivableNote_InvalidSignature(signer);
    }
}
