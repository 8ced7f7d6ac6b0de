// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Deal, Way} from "./Deals.sol";
import {SettlementHandler} from "./SettlementHandler.sol";
import {ReceivableNote} from "contracts/trade/ReceivableNote.sol";
import {Offer} from "interfaces/IReceivableNote.sol";
import {WHOLE} from "interfaces/ISettlement.sol";

/// @notice Sells the claims on the orders of a settlement handler, passes the notes on, and divides the bonds.
contract NoteHandler is Test {
    SettlementHandler private immutable _BOOK;
    ReceivableNote private immutable _NOTES;
    mapping(string thing => uint256) public count;
    /// @notice Bond that an order's note should hold.
    mapping(uint256 deal => uint256) public bondOf;

    modifier now_() {
        vm.warp(_BOOK.clock());
        _;
    }

    constructor(SettlementHandler book) {
        (_BOOK, _NOTES) = (book, book.notes());
        vm.deal(address(this), type(uint128).max);
    }

    /// @dev Sometimes with a signature that is another's, the mask of another moment, or too late.
    function sell(uint256 seed, uint256 advance, uint256 bond) public now_ {
        if (_BOOK.dealCount() == 0) return;
        uint256 index = seed / 64 % _BOOK.dealCount();
        Deal memory deal = _BOOK.dealAt(index);
        advance = _bound(advance, 0, deal.order.amount);
        bond = seed / 8 % 3 == 0 ? 0 : _bound(bond, 0, advance);
        uint8 paid = seed % 8 == 0 ? deal.paid ^ 1 : deal.paid;
        address bank = _BOOK.accounts(_BOOK.BANK());
        Offer memory offer = Offer(
            deal.id,
            bank,
            _BOOK.BANK(),
            uint128(advance),
            uint128(bond),
            paid,
            uint40(block.timestamp - (seed % 8 == 1 ? 1 : 0)),
            bytes32(seed)
        );
        bool isDue = deal.way == Way.None && deal.sales == 0 && deal.contestedAt == 0 && advance != 0 && seed % 8 > 2
            && (advance == bond || !_BOOK.isRefused(deal.order.token, deal.order.seller));
        _sell(index, offer, _sale(deal, offer, seed % 8 == 2 ? bank : deal.order.seller), isDue);
    }

    function transfer(uint256 seed) public now_ {
        for (uint256 i = 0; i < _BOOK.dealCount(); ++i) {
            uint256 index = (seed / 64 + i) % _BOOK.dealCount();
            Deal memory deal = _BOOK.dealAt(index);
            if (deal.sales == 0) continue;
            address holder = _BOOK.sideOf(index);
            // To participants and buyers; payees and treasury are told apart from the seller's side.
            address to = _BOOK.accounts(1 + seed / 8 % 9);
            bool isDue = seed % 8 != 0;
            vm.prank(isDue ? holder : deal.order.seller);
            (bool isDone,) = address(_NOTES).call(abi.encodeCall(_NOTES.transferFrom, (holder, to, uint256(deal.id))));
            assertEq(isDone, isDue || holder == deal.order.seller, "passed on by a stranger, or not by the holder");
            ++count["transfer"];
            return;
        }
    }

    function divideBond(uint256 seed) public now_ {
        for (uint256 i = 0; i < _BOOK.dealCount(); ++i) {
            uint256 index = (seed / 8 + i) % _BOOK.dealCount();
            Deal memory deal = _BOOK.dealAt(index);
            if (seed % 8 != 0 && (bondOf[index] == 0 || deal.way == Way.None)) continue;
            _divide(index, deal);
            return;
        }
    }

    function withdraw(uint256 seed) public now_ {
        address token = _BOOK.tokens(seed % 3);
        for (uint256 i = 0; i < _BOOK.accountCount(); ++i) {
            address account = _BOOK.accounts((seed / 4 + i) % _BOOK.accountCount());
            if (_NOTES.withdrawable(token, account) == 0) continue;
            address to = _BOOK.accounts(seed / 64 % 13);
            bool isDue = !_BOOK.isRefused(token, to);
            vm.prank(account);
            (bool isDone,) = address(_NOTES).call(abi.encodeCall(_NOTES.withdraw, (token, to)));
            assertEq(isDone, isDue, "a withdrawal failed, or did not");
            ++count["withdrawBond"];
            return;
        }
    }

    function _sell(uint256 index, Offer memory offer, bytes memory call, bool isDue) private {
        address token = _BOOK.dealAt(index).order.token;
        address seller = _BOOK.accounts(_BOOK.SELLER());
        (uint256 banks, uint256 sellers) = (_balance(token, offer.bank), _balance(token, seller));
        (bool isDone,) = address(_NOTES).call{value: token == address(0) ? offer.advance : 0}(call);
        assertEq(isDone, isDue, "sold against the rules");
        if (!isDone) return;
        uint256 paid = token == address(0) ? 0 : offer.advance;
        assertEq(banks - _balance(token, offer.bank), paid, "the bank paid otherwise");
        assertEq(_balance(token, seller) - sellers, offer.advance - offer.bond, "the seller got otherwise");
        bondOf[index] = offer.bond;
        _BOOK.noteSold(index);
        ++count["sell"];
    }

    /// @dev To the seller the share in which the order came to its side; all where the holder agreed to the end.
    function _divide(uint256 index, Deal memory deal) private {
        bool isDue = bondOf[index] != 0 && deal.way != Way.None;
        uint256 share = deal.way == Way.Agreement ? WHOLE : deal.share;
        (address holder, address token) = (_BOOK.sideOf(index), deal.order.token);
        (uint256 holders, uint256 sellers) = (_worth(token, holder), _worth(token, deal.order.seller));
        (bool isDone,) = address(_NOTES).call(abi.encodeCall(_NOTES.divideBond, (deal.order)));
        assertEq(isDone, isDue, "divided a bond early or twice");
        if (!isDone) return;
        uint256 toSeller = bondOf[index] * share / WHOLE;
        uint256 toHolder = bondOf[index] - toSeller;
        if (holder == deal.order.seller) (toSeller, toHolder) = (bondOf[index], bondOf[index]);
        assertEq(_worth(token, deal.order.seller) - sellers, toSeller, "the bond's seller got otherwise");
        assertEq(_worth(token, holder) - holders, toHolder, "the bond's holder got otherwise");
        bondOf[index] = 0;
        ++count["divideBond"];
    }

    function _sale(Deal memory deal, Offer memory offer, address seller) private view returns (bytes memory) {
        bytes32 digest = _NOTES.offerDigest(offer);
        return
            abi.encodeCall(_NOTES.sell, (deal.order, offer, _BOOK.sign(offer.bank, digest), _BOOK.sign(seller, digest)));
    }

    function _worth(address token, address account) private view returns (uint256) {
        return _balance(token, account) + _NOTES.withdrawable(token, account);
    }

    function _balance(address token, address account) private view returns (uint256) {
        return token == address(0) ? account.balance : IERC20(token).balanceOf(account);
    }
}
