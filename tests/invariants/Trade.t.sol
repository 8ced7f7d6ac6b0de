// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {CustomsHandler, Dossier} from "./CustomsHandler.sol";
import {Deal, WaywardSource, Way} from "./Deals.sol";
import {NoteHandler} from "./NoteHandler.sol";
import {SettlementHandler} from "./SettlementHandler.sol";
import {ReceivableNote} from "contracts/trade/ReceivableNote.sol";
import {TradeEscrow} from "contracts/trade/TradeEscrow.sol";
import {Role} from "interfaces/IParticipantRegistry.sol";
import {CustomsFacts, CustomsState} from "interfaces/IShipmentSource.sol";
import {OrderProgress, OrderRecord, OrderState, Outcome} from "interfaces/ITradeEscrow.sol";

/// forge-config: default.invariant.runs = 6
/// @notice Orders with clauses, notes and customs in one world. Numbers in the comments are those of `README.md`.
contract TradeTest is Test {
    SettlementHandler private _book;
    NoteHandler private _notary;
    CustomsHandler private _broker;
    TradeEscrow private _escrow;
    ReceivableNote private _notes;

    function setUp() public {
        _book = new SettlementHandler();
        _notary = new NoteHandler(_book);
        _broker = new CustomsHandler(_book);
        (_escrow, _notes) = (_book.escrow(), _book.notes());
        for (uint256 i = 0; i < 6; ++i) {
            _book.open(uint256(keccak256(abi.encode(i))), 10 ** (2 * i));
        }
        (address[3] memory handlers, bytes4[][3] memory selectors) = _targets();
        for (uint256 i = 0; i < 3; ++i) {
            targetContract(handlers[i]);
            targetSelector(FuzzSelector(handlers[i], selectors[i]));
        }
    }

    /// @dev As in `System.t.sol`.
    function test_handlersReachEveryState() public {
        string[30] memory things = [
            "open",
            "release",
            "refund",
            "agree",
            "arbitrate",
            "default",
            "concede",
            "accept",
            "concludeMany",
            "milestone",
            "duty",
            "contest",
            "withdraw",
            "tell",
            "sell",
            "transfer",
            "divideBond",
            "withdrawBond",
            "deliver",
            "declare",
            "inspect",
            "assess",
            "releaseGoods",
            "hold",
            "refuseGoods",
            "appeal",
            "decideAppeal",
            "reenter",
            "rateJourney",
            "rateDeclaration"
        ];
        uint256[30] memory counts;
        uint256 random = 1;
        for (uint256 walk = 0; walk < 40; ++walk) {
            if (walk != 0) setUp();
            (address[3] memory handlers, bytes4[][3] memory selectors) = _targets();
            for (uint256 i = 0; i < 280; ++i) {
                random = uint256(keccak256(abi.encode(random)));
                uint256 handler = random / 64 % 5;
                handler = handler > 2 ? 0 : handler;
                bytes4 selector = selectors[handler][random / 1024 % selectors[handler].length];
                Address.functionCall(
                    handlers[handler],
                    abi.encodeWithSelector(selector, _hash(random, 1), _hash(random, 2), _hash(random, 3))
                );
            }
            _checkAll();
            afterInvariant();
            for (uint256 i = 0; i < things.length; ++i) {
                counts[i] += _book.count(things[i]) + _notary.count(things[i]) + _broker.count(things[i]);
            }
            counts[27] += _book.hooks().tried();
        }
        for (uint256 i = 0; i < things.length; ++i) {
            emit log_named_uint(things[i], counts[i]);
            assertGt(counts[i], 2, things[i]);
        }
    }

    // 33
    function invariant_escrowHoldsWhatOpenOrdersHaveLeftAndWithdrawables() public view {
        for (uint256 i = 0; i < 3; ++i) {
            address token = _book.tokens(i);
            uint256 sum = 0;
            for (uint256 j = 0; j < _book.dealCount(); ++j) {
                Deal memory deal = _book.dealAt(j);
                if (deal.order.token == token && deal.way == Way.None) sum += deal.order.amount - deal.out;
            }
            assertEq(_balance(token, address(_escrow)), sum + _waiting(token, true));
        }
    }

    // 34
    function invariant_notesHoldBondsAndWithdrawables() public view {
        for (uint256 i = 0; i < 3; ++i) {
            address token = _book.tokens(i);
            uint256 sum = 0;
            for (uint256 j = 0; j < _book.dealCount(); ++j) {
                Deal memory deal = _book.dealAt(j);
                if (deal.order.token == token) sum += _notary.bondOf(j);
                assertEq(_notes.bondOf(deal.id), _notary.bondOf(j));
            }
            assertEq(_balance(token, address(_notes)), sum + _waiting(token, false));
        }
    }

    // 35
    function invariant_nobodyReceivesMoreThanItsShareAndTheSumIsTheAmount() public view {
        for (uint256 i = 0; i < _book.dealCount(); ++i) {
            Deal memory deal = _book.dealAt(i);
            if (deal.way == Way.None) assertLe(deal.out, deal.order.amount);
            else assertEq(deal.out, deal.order.amount);
            assertLe(_book.received(i, deal.clauses.treasury), deal.clauses.dutyCap);
            for (uint256 j = 0; j < deal.clauses.payees.length; ++j) {
                address payee = deal.clauses.payees[j].account;
                assertLe(_book.received(i, payee), deal.clauses.payees[j].cap);
            }
        }
    }

    // 36
    function invariant_orderEndsOnceAsItShould() public view {
        for (uint256 i = 0; i < _book.dealCount(); ++i) {
            Deal memory deal = _book.dealAt(i);
            OrderRecord memory record = _escrow.recordOf(deal.id);
            OrderProgress memory progress = _escrow.progressOf(deal.id);
            assertEq(record.state == OrderState.Open, deal.way == Way.None);
            assertEq(record.endedAt == 0, deal.way == Way.None);
            assertEq(progress.sellerShare, deal.share);
            assertEq(progress.contestedAt, deal.contestedAt);
            if (deal.way == Way.None) assertEq(progress.paid, deal.paid);
        }
    }

    // 37
    function invariant_whatTheFactsDecidedIsEndedSoButByConsentContestOrArbiter() public view {
        for (uint256 i = 0; i < _book.dealCount(); ++i) {
            Deal memory deal = _book.dealAt(i);
            OrderState state = _escrow.recordOf(deal.id).state;
            bool isByFacts = deal.way == Way.Facts || deal.way == Way.Default && deal.contestedAt == 0;
            if (isByFacts && deal.said == Outcome.Earned) assertEq(uint8(state), uint8(OrderState.Released));
            if (isByFacts && deal.said == Outcome.Failed) assertEq(uint8(state), uint8(OrderState.Refunded));
            if (state == OrderState.Refunded && deal.said == Outcome.Earned) {
                assertTrue(deal.way == Way.Concession || deal.contestedAt != 0);
            }
            if (state == OrderState.Released && deal.said == Outcome.Failed) assertNotEq(deal.contestedAt, 0);
        }
    }

    // 39
    function invariant_nothingThatCallsBackGetsThrough() public view {
        assertEq(_book.hooks().done(), 0);
    }

    // 40
    function invariant_orderHasOneNoteAtMost() public view {
        for (uint256 i = 0; i < _book.dealCount(); ++i) {
            Deal memory deal = _book.dealAt(i);
            assertLe(deal.sales, 1);
            assertEq(_escrow.progressOf(deal.id).isNoted, deal.sales == 1);
            assertEq(_notes.holderOf(deal.id) != address(0), deal.sales == 1);
        }
    }

    // 41
    function invariant_releaseIsFinalAndDutyWithinItsCap() public view {
        for (uint256 i = 0; i < _book.dealCount(); ++i) {
            Deal memory deal = _book.dealAt(i);
            if (deal.order.source != address(_book.ledger())) continue;
            Dossier memory dossier = _broker.dossierOf(i);
            CustomsFacts memory facts = _book.customs().factsOf(deal.shipmentId);
            assertEq(uint8(facts.state), uint8(dossier.state));
            assertEq(facts.releasedAt, dossier.releasedAt);
            assertEq(facts.releasedAt != 0, facts.state == CustomsState.Released);
            assertEq(facts.duty, dossier.duty);
            assertEq(facts.finalAt, dossier.finalAt);
            assertEq(facts.sequence, dossier.changes);
            assertLe(facts.duty, deal.clauses.dutyCap);
        }
    }

    // 71, 72
    function invariant_carriersAndBrokersAreRatedByTheFacts() public view {
        for (uint64 id = 0; id <= 7; ++id) {
            _broker.RATED().assertRole(id, Role.Carrier);
            _broker.RATED().assertRole(id, Role.CustomsBroker);
        }
    }

    /// @dev 38. At the end of every walk, whatever the sources do from then on: time passes, anyone ends every order and
    /// divides every bond, everyone fetches what waits, and nothing is left.
    function afterInvariant() public {
        uint256 time = block.timestamp > _book.clock() ? block.timestamp : _book.clock();
        for (uint256 i = 0; i < _book.dealCount(); ++i) {
            uint256 last = _book.lastOf(i) + 30 days;
            Deal memory deal = _book.dealAt(i);
            if (deal.contestedAt != 0) last += deal.order.arbitrationPeriod;
            if (last > time) time = last;
        }
        for (uint256 mood = 0; mood < 3; ++mood) {
            uint256 snapshot = vm.snapshotState();
            _book.turnAll(WaywardSource.Mood(mood), mood == 0 ? time + 1 : block.timestamp);
            vm.warp(time + 1);
            _endAll();
            vm.revertToStateAndDelete(snapshot);
        }
        // What the walk itself brought to an end is old enough to be rated.
        _book.wait(30 days);
        _broker.rateJourneys(0);
        invariant_carriersAndBrokersAreRatedByTheFacts();
    }

    function _endAll() private {
        _book.acceptAll();
        for (uint256 i = 0; i < _book.dealCount(); ++i) {
            Deal memory deal = _book.dealAt(i);
            if (deal.way == Way.None) _escrow.conclude(deal.order, deal.clauses);
            if (_notary.bondOf(i) != 0) _notes.divideBond(deal.order);
        }
        for (uint256 i = 0; i < 3; ++i) {
            address token = _book.tokens(i);
            for (uint256 j = 0; j < _book.accountCount(); ++j) {
                address account = _book.accounts(j);
                vm.startPrank(account);
                if (_escrow.withdrawable(token, account) != 0) _escrow.withdraw(token, account);
                if (_notes.withdrawable(token, account) != 0) _notes.withdraw(token, account);
                vm.stopPrank();
            }
            assertEq(_balance(token, address(_escrow)) + _balance(token, address(_notes)), 0, "money is left");
        }
    }

    function _checkAll() private view {
        invariant_escrowHoldsWhatOpenOrdersHaveLeftAndWithdrawables();
        invariant_notesHoldBondsAndWithdrawables();
        invariant_nobodyReceivesMoreThanItsShareAndTheSumIsTheAmount();
        invariant_orderEndsOnceAsItShould();
        invariant_whatTheFactsDecidedIsEndedSoButByConsentContestOrArbiter();
        invariant_nothingThatCallsBackGetsThrough();
        invariant_orderHasOneNoteAtMost();
        invariant_releaseIsFinalAndDutyWithinItsCap();
        invariant_carriersAndBrokersAreRatedByTheFacts();
    }

    function _waiting(address token, bool isEscrow) private view returns (uint256 sum) {
        for (uint256 i = 0; i < _book.accountCount(); ++i) {
            address account = _book.accounts(i);
            sum += isEscrow ? _escrow.withdrawable(token, account) : _notes.withdrawable(token, account);
        }
    }

    function _balance(address token, address account) private view returns (uint256) {
        return token == address(0) ? account.balance : IERC20(token).balanceOf(account);
    }

    function _hash(uint256 random, uint256 number) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(random, number)));
    }

    function _targets() private view returns (address[3] memory handlers, bytes4[][3] memory selectors) {
        handlers = [address(_book), address(_notary), address(_broker)];
        selectors[0] = new bytes4[](13);
        selectors[0][0] = SettlementHandler.open.selector;
        selectors[0][1] = SettlementHandler.conclude.selector;
        selectors[0][2] = SettlementHandler.concludeMany.selector;
        selectors[0][3] = SettlementHandler.advance.selector;
        selectors[0][4] = SettlementHandler.agree.selector;
        selectors[0][5] = SettlementHandler.contest.selector;
        selectors[0][6] = SettlementHandler.arbitrate.selector;
        selectors[0][7] = SettlementHandler.withdraw.selector;
        selectors[0][8] = SettlementHandler.tell.selector;
        selectors[0][9] = SettlementHandler.turnSource.selector;
        selectors[0][10] = SettlementHandler.passTime.selector;
        selectors[0][11] = SettlementHandler.refuse.selector;
        selectors[0][12] = SettlementHandler.pause.selector;
        selectors[1] = new bytes4[](4);
        selectors[1][0] = NoteHandler.sell.selector;
        selectors[1][1] = NoteHandler.transfer.selector;
        selectors[1][2] = NoteHandler.divideBond.selector;
        selectors[1][3] = NoteHandler.withdraw.selector;
        selectors[2] = new bytes4[](13);
        selectors[2][0] = CustomsHandler.ship.selector;
        selectors[2][1] = CustomsHandler.declare.selector;
        selectors[2][2] = CustomsHandler.inspect.selector;
        selectors[2][3] = CustomsHandler.assess.selector;
        selectors[2][4] = CustomsHandler.release.selector;
        selectors[2][5] = CustomsHandler.hold.selector;
        selectors[2][6] = CustomsHandler.refuse.selector;
        selectors[2][7] = CustomsHandler.appeal.selector;
        selectors[2][8] = CustomsHandler.decideAppeal.selector;
        selectors[2][9] = CustomsHandler.rateJourneys.selector;
        // Appeals are rare.
        selectors[2][10] = CustomsHandler.refuse.selector;
        selectors[2][11] = CustomsHandler.appeal.selector;
        selectors[2][12] = CustomsHandler.decideAppeal.selector;
    }
}
