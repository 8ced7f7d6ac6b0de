// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {Cover, Trade} from "./Model.sol";
import {Handler} from "./Handler.sol";
import {RefusingDollar} from "./World.sol";
import {CargoInsurance} from "contracts/insurance/CargoInsurance.sol";
import {InsurancePool} from "contracts/insurance/InsurancePool.sol";
import {CreditRegistry} from "contracts/credit/CreditRegistry.sol";
import {ShipmentLedger} from "contracts/logistics/ShipmentLedger.sol";
import {TradeEscrow} from "contracts/trade/TradeEscrow.sol";
import {PolicyState} from "interfaces/ICargoInsurance.sol";
import {Rating} from "interfaces/ICreditRegistry.sol";
import {ExitRequest, PoolBooks} from "interfaces/IInsurancePool.sol";
import {ShipmentFacts} from "interfaces/IShipmentSource.sol";
import {OrderRecord, OrderState} from "interfaces/ITradeEscrow.sol";

/// @notice Numbers in the comments are those of `README.md`.
contract SystemTest is Test {
    Handler private _handler;
    RefusingDollar private _dollar;
    TradeEscrow private _escrow;
    ShipmentLedger private _ledger;
    CargoInsurance private _insurance;
    InsurancePool private _pool;
    CreditRegistry private _credit;

    function setUp() public {
        _handler = new Handler();
        _dollar = _handler.dollar();
        _escrow = _handler.escrow();
        _ledger = _handler.ledger();
        _insurance = _handler.insurance();
        _pool = _handler.pool();
        _credit = _handler.credit();
        _handler.deposit(1, 3e9);
        _handler.depositFirstLoss(1, 1e8);
        for (uint256 i = 0; i < 6; ++i) {
            _handler.open(i, 1e9 * i + 1);
            _handler.insure(8 * i + 1, 1e6 * i, 1e8);
        }
        targetContract(address(_handler));
        targetSelector(FuzzSelector(address(_handler), _selectors()));
    }

    /// @dev The handler asserts much, but only of the states that it reaches: here is shown that it reaches them all.
    function test_handlerReachesEveryState() public {
        string[32] memory things = [
            "open",
            "release",
            "refund",
            "agree",
            "concede",
            "withdraw",
            "ship",
            "handOver",
            "tender",
            "dispute",
            "uphold",
            "reject",
            "default",
            "accept by silence",
            "deliver",
            "insure",
            "pay",
            "expire",
            "void",
            "deposit",
            "donate",
            "requestExit",
            "redeem",
            "cancelLapsedExit",
            "withdrawFirstLoss",
            "withdrawDeferred",
            "rateJourney",
            "kept",
            "half kept",
            "failed",
            "broken",
            "upheld"
        ];
        uint256[32] memory counts;
        bytes4[] memory selectors = _selectors();
        uint256 random = 1;
        for (uint256 walk = 0; walk < 40; ++walk) {
            if (walk != 0) setUp();
            for (uint256 i = 0; i < 300; ++i) {
                random = uint256(keccak256(abi.encode(random)));
                bytes4 selector = selectors[random % selectors.length];
                (uint256 first, uint256 second) = (_hash(random, 1), _hash(random, 2));
                Address.functionCall(
                    address(_handler), abi.encodeWithSelector(selector, first, second, _hash(random, 3))
                );
            }
            _checkAll();
            afterInvariant();
            for (uint256 i = 0; i < things.length; ++i) {
                counts[i] += _handler.count(things[i]);
            }
        }
        for (uint256 i = 0; i < things.length; ++i) {
            emit log_named_uint(things[i], counts[i]);
            assertGt(counts[i], 2, things[i]);
        }
    }

    // 1
    function invariant_escrowHoldsOpenOrdersAndWithdrawables() public view {
        uint256 sum = 0;
        for (uint256 i = 0; i < _handler.tradeCount(); ++i) {
            Trade memory trade = _handler.tradeAt(i);
            if (_escrow.isOpen(trade.id)) sum += trade.order.amount;
        }
        for (uint256 i = 0; i < _handler.partyCount(); ++i) {
            sum += _escrow.withdrawable(address(_dollar), _handler.parties(i));
        }
        assertEq(_dollar.balanceOf(address(_escrow)), sum);
    }

    // 2
    function invariant_orderEndsOnceAndPaysItsAmount() public view {
        for (uint256 i = 0; i < _handler.tradeCount(); ++i) {
            Trade memory trade = _handler.tradeAt(i);
            OrderRecord memory record = _escrow.recordOf(trade.id);
            assertEq(uint8(record.state), uint8(trade.state));
            assertEq(record.endedAt, trade.endedAt);
            assertEq(record.weight, trade.weight);
            assertEq(trade.paid, trade.state == OrderState.Open ? 0 : trade.order.amount);
        }
    }

    // 3
    function invariant_nobodyGainsOrLosesButByTheRules() public view {
        uint256 sum = _dollar.balanceOf(address(_escrow)) + _dollar.balanceOf(address(_pool));
        for (uint256 i = 0; i < _handler.partyCount(); ++i) {
            address party = _handler.parties(i);
            uint256 balance = _dollar.balanceOf(party);
            uint256 waiting = _escrow.withdrawable(address(_dollar), party) + _pool.deferredOf(party);
            assertEq(balance + waiting, _handler.fortune(party));
            sum += balance;
        }
        assertEq(sum, _dollar.totalSupply());
    }

    // 7
    function invariant_lockedIsTheSumOfActiveMaxima() public view {
        assertEq(_pool.books().locked, _handler.locked());
    }

    // 8
    function invariant_poolNeverPromisesMoreThanItHolds() public view {
        PoolBooks memory books = _pool.books();
        assertLe(uint256(books.locked) + books.liabilities, _dollar.balanceOf(address(_pool)));
        assertLe(uint256(books.firstLoss) + books.liabilities, _dollar.balanceOf(address(_pool)));
    }

    // 9
    function invariant_liabilitiesArePremiumsAndDeferredPayments() public view {
        assertEq(_pool.books().liabilities, _handler.liabilities());
    }

    // 10
    function invariant_firstLossGoesFirst() public view {
        assertEq(_pool.books().firstLoss, _handler.firstLoss());
    }

    // 11
    function invariant_policyPaysOnceAndAtMostItsMaximum() public view {
        for (uint256 i = 0; i < _handler.coverCount(); ++i) {
            Cover memory cover = _handler.coverAt(i);
            assertEq(uint8(_insurance.recordOf(cover.id).state), uint8(cover.state));
            assertLe(cover.paid, cover.quote.maximum);
            assertEq(cover.paid != 0, cover.state == PolicyState.Paid);
        }
    }

    // 12
    function invariant_orderIsNeverOverInsured() public view {
        for (uint256 i = 0; i < _handler.tradeCount(); ++i) {
            Trade memory trade = _handler.tradeAt(i);
            assertEq(_insurance.coveredOf(trade.id), trade.covered);
            assertLe(trade.covered, trade.order.amount);
        }
    }

    // 4
    function invariant_deliveredInTimeIsNeverRefundedAndUndeliveredNeverReleased() public view {
        for (uint256 i = 0; i < _handler.tradeCount(); ++i) {
            Trade memory trade = _handler.tradeAt(i);
            OrderState state = _escrow.recordOf(trade.id).state;
            ShipmentFacts memory facts = _factsOf(trade);
            bool isInTime = facts.deliveredAt != 0 && facts.deliveredAt <= trade.order.refundAfter;
            if (state == OrderState.Released) assertTrue(isInTime);
            // A refund for want of shipping may come before a delivery by other ways than the carrier's.
            if (state == OrderState.Refunded && isInTime && !trade.isConceded) {
                assertTrue(facts.shippedAt == 0 || facts.shippedAt > trade.order.shipBy);
                assertLe(trade.endedAt, facts.deliveredAt);
            }
        }
    }

    // 5
    function invariant_shipmentCountsItsChangesAndKeepsItsDelivery() public view {
        for (uint256 i = 0; i < _handler.tradeCount(); ++i) {
            Trade memory trade = _handler.tradeAt(i);
            ShipmentFacts memory facts = _factsOf(trade);
            assertEq(facts.sequence, trade.changes);
            assertEq(uint8(facts.state), uint8(trade.shipment));
            assertEq(facts.custodianId, trade.custodianId);
            assertEq(facts.shippedAt, trade.shippedAt);
            assertEq(facts.tenderedAt, trade.tenderedAt);
            assertEq(facts.disputedAt, trade.disputedAt);
            assertEq(facts.deliveredAt, trade.deliveredAt);
        }
    }

    // 6
    function invariant_ratingsStayInBoundsAndEvidenceIsWhatTheEndingsGave() public view {
        for (uint64 id = 0; id <= 10; ++id) {
            Rating memory rating = _credit.ratingOf(id);
            assertLe(rating.score, 10_000);
            assertLe(rating.confidence, 10_000);
            _handler.rated().assertEvidence(id);
        }
        assertEq(_credit.ratingOf(0).confidence, 0);
    }

    // 73
    function afterInvariant() public view {
        for (uint64 id = 0; id <= 10; ++id) {
            _handler.rated().assertHistory(id);
        }
    }

    // 13
    function invariant_sharePriceFallsOnlyByPayoutsBeyondFirstLoss() public view {
        assertFalse(_handler.hasPriceFallen());
    }

    // 14
    function invariant_poolHoldsTheSharesOnTheirWayOutAndNoOthers() public view {
        uint256 sum = 0;
        for (uint256 i = 0; i < _handler.partyCount(); ++i) {
            address owner = _handler.parties(i);
            ExitRequest memory request = _pool.exitOf(owner);
            ExitRequest memory expected = _handler.exitAt(owner);
            assertEq(request.shares, expected.shares);
            assertEq(request.maturesAt, expected.maturesAt);
            sum += request.shares;
        }
        assertEq(_pool.balanceOf(address(_pool)), sum);
    }

    function _checkAll() private view {
        invariant_escrowHoldsOpenOrdersAndWithdrawables();
        invariant_orderEndsOnceAndPaysItsAmount();
        invariant_nobodyGainsOrLosesButByTheRules();
        invariant_lockedIsTheSumOfActiveMaxima();
        invariant_poolNeverPromisesMoreThanItHolds();
        invariant_liabilitiesArePremiumsAndDeferredPayments();
        invariant_firstLossGoesFirst();
        invariant_policyPaysOnceAndAtMostItsMaximum();
        invariant_orderIsNeverOverInsured();
        invariant_deliveredInTimeIsNeverRefundedAndUndeliveredNeverReleased();
        invariant_shipmentCountsItsChangesAndKeepsItsDelivery();
        invariant_ratingsStayInBoundsAndEvidenceIsWhatTheEndingsGave();
        invariant_sharePriceFallsOnlyByPayoutsBeyondFirstLoss();
        invariant_poolHoldsTheSharesOnTheirWayOutAndNoOthers();
    }

    function _hash(uint256 random, uint256 number) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(random, number)));
    }

    function _factsOf(Trade memory trade) private view returns (ShipmentFacts memory) {
        return _ledger.factsOf(_ledger.shipmentIdOf(trade.order));
    }

    function _selectors() private pure returns (bytes4[] memory selectors) {
        selectors = new bytes4[](25);
        selectors[0] = Handler.open.selector;
        selectors[1] = Handler.insure.selector;
        selectors[2] = Handler.create.selector;
        selectors[3] = Handler.handOver.selector;
        selectors[4] = Handler.tender.selector;
        selectors[5] = Handler.dispute.selector;
        selectors[6] = Handler.rule.selector;
        selectors[7] = Handler.conclude.selector;
        selectors[8] = Handler.deliver.selector;
        selectors[9] = Handler.settle.selector;
        selectors[10] = Handler.refund.selector;
        selectors[11] = Handler.agree.selector;
        selectors[12] = Handler.withdraw.selector;
        selectors[13] = Handler.claim.selector;
        selectors[14] = Handler.deposit.selector;
        selectors[15] = Handler.requestExit.selector;
        selectors[16] = Handler.redeem.selector;
        selectors[17] = Handler.cancelExit.selector;
        selectors[18] = Handler.depositFirstLoss.selector;
        selectors[19] = Handler.withdrawFirstLoss.selector;
        selectors[20] = Handler.withdrawDeferred.selector;
        selectors[21] = Handler.donate.selector;
        selectors[22] = Handler.refuse.selector;
        selectors[23] = Handler.passTime.selector;
        selectors[24] = Handler.rateJourney.selector;
    }
}
