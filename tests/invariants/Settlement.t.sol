// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";
import {Settlement} from "contracts/trade/Settlement.sol";
import {ALL_DUES, DUTY_ALONE, Case, Verdict, WHOLE} from "interfaces/ISettlement.sol";
import {CustomsFacts, CustomsState, ShipmentFacts, ShipmentState} from "interfaces/IShipmentSource.sol";
import {Clauses, Order, Outcome, Payee, Payment, Purpose} from "interfaces/ITradeEscrow.sol";

/// @notice The rules of settlement for any terms and facts. Numbers in the comments are those of `README.md`.
contract SettlementTest is Test {
    uint256 private constant SPAN = 1000;

    Settlement private _settlement;

    function setUp() public {
        _settlement = new Settlement();
    }

    // 42
    function testFuzz_divisionConservesTheAmount(
        Order memory order,
        Clauses memory clauses,
        uint8 wanted,
        uint16 share,
        uint256 seed
    ) public view {
        Case memory c = _bind(order, clauses, seed);
        (wanted, share) = (wanted & ALL_DUES, uint16(_bound(share, 0, WHOLE)));
        uint256 sum = 0;
        if (seed % 2 == 0) {
            (Payment[] memory before, uint8 paid) = _settlement.duesOf(order, clauses, c);
            (sum, c.paid) = (_sum(before), paid);
            // What was paid counts, whatever the source says later.
            if (paid & DUTY_ALONE != 0) c.dutyPaid = uint88(before[before.length - 1].amount);
            c.customs.duty = uint128(seed);
        }
        (Payment[] memory payments, uint8 mask) = _settlement.divide(order, clauses, c, wanted, share);
        assertEq(sum + _sum(payments), order.amount);
        assertEq(mask & (~wanted | c.paid), 0);
        _assertInOrder(clauses, payments);
    }

    // 43
    function testFuzz_decisionIsForEverOnceFactsAreFinal(
        Order memory order,
        Clauses memory clauses,
        uint32 later,
        uint256 seed
    ) public {
        Case memory c = _bind(order, clauses, seed);
        c.contestedAt = 0;
        Verdict memory first = _settlement.judge(order, clauses, c);
        vm.warp(block.timestamp + later);
        // Nothing happens; it is only known for longer that it did not.
        if (c.facts.asOf < block.timestamp) c.facts.asOf = uint40(block.timestamp);
        if (c.customs.asOf < block.timestamp) c.customs.asOf = uint40(block.timestamp);
        Verdict memory second = _settlement.judge(order, clauses, c);
        if (first.facts != Outcome.Pending) assertEq(uint8(second.facts), uint8(first.facts));
        // What was left to the default for want of news may yet be decided by news.
        if (first.outcome != Outcome.Pending && first.facts != Outcome.Pending) {
            assertEq(uint8(second.outcome), uint8(first.outcome));
        }
        if (second.isContestable) assertTrue(first.isContestable);
        if (second.facts != Outcome.Pending) assertFalse(second.isStalled);
        assertFalse(second.isContestable && second.outcome != Outcome.Pending);
    }

    // 38
    function testFuzz_everythingIsDecidedAfterTheStall(Order memory order, Clauses memory clauses, uint256 seed)
        public
    {
        Case memory c = _bind(order, clauses, seed);
        uint256 last = order.shipBy > order.refundAfter ? order.shipBy : order.refundAfter;
        last += uint256(order.acceptanceWindow) + order.arbitrationPeriod + clauses.inspectionWindow;
        vm.warp(last + uint256(order.arbitrationPeriod) + _settlement.STALL() + 1);
        if (c.contestedAt > last) c.contestedAt = uint40(last);
        assertNotEq(uint8(_settlement.judge(order, clauses, c).outcome), uint8(Outcome.Pending));
    }

    /// @dev Times within one span, so that each may come before or after each; clauses that the settlement takes, with caps
    /// that may be anything.
    function _bind(Order memory order, Clauses memory clauses, uint256 seed) private view returns (Case memory c) {
        uint40[12] memory times;
        for (uint256 i = 0; i < 12; ++i) {
            uint256 noise = uint256(keccak256(abi.encode(seed, i)));
            times[i] = noise % 4 == 0 ? 0 : uint40(block.timestamp + noise / 4 % SPAN);
        }
        order.amount = uint128(_bound(order.amount, 1, type(uint128).max));
        (order.shipBy, order.refundAfter) = (times[0], times[1]);
        (order.acceptanceWindow, order.arbitrationPeriod) =
        (order.acceptanceWindow % uint32(SPAN), order.arbitrationPeriod % uint32(SPAN));
        clauses.conditions = uint8(1 + seed / 2 % 15);
        if (clauses.conditions > 7) clauses.conditions |= 4;
        clauses.inspectionWindow = clauses.conditions > 7 ? clauses.inspectionWindow % uint32(SPAN) : 0;
        clauses.customsId = clauses.conditions >> 1 & 1;
        clauses.onShipped = uint16(clauses.onShipped % (WHOLE + 1));
        clauses.onCleared = uint16(clauses.onCleared % (WHOLE + 1 - clauses.onShipped));
        clauses.onDelivered = uint16(clauses.onDelivered % (WHOLE + 1 - clauses.onShipped - clauses.onCleared));
        uint256 most = order.amount < _settlement.MAXIMUM_DUTY() ? order.amount : _settlement.MAXIMUM_DUTY();
        clauses.dutyCap = uint128(_bound(clauses.dutyCap, 0, most));
        clauses.treasury = address(1);
        clauses.appealPeriod = clauses.appealPeriod % uint32(SPAN);
        clauses.price = 0;
        uint256 size = clauses.payees.length < 8 ? clauses.payees.length : 8;
        Payee[] memory payees = new Payee[](size);
        for (uint256 i = 0; i < size; ++i) {
            payees[i] = Payee(address(uint160(2 + i)), clauses.payees[i].cap);
            // Small ones leave something for milestones.
            if (seed / 32 % 2 == 0) payees[i].cap = uint128(payees[i].cap % (order.amount / 16 + 1));
        }
        clauses.payees = payees;
        _settlement.requireClauses(order, clauses);
        c.facts = ShipmentFacts(ShipmentState(seed / 64 % 6), 1, 1, times[2], times[3], times[4], times[5], times[6]);
        if (c.facts.deliveredAt != 0) c.facts.state = ShipmentState.Delivered;
        else if (c.facts.state == ShipmentState.Delivered) c.facts.state = ShipmentState.InTransit;
        c.customs = CustomsFacts(
            CustomsState(seed / 512 % 6), 1, times[7], times[8], times[9], uint128(seed >> 128), times[10]
        );
        // Released is final and nothing else has a time of release.
        if (c.customs.state != CustomsState.Released) c.customs.releasedAt = 0;
        else if (c.customs.releasedAt == 0) c.customs.releasedAt = uint40(block.timestamp);
        if (clauses.customsId == 0) delete c.customs;
        (c.contestedAt, c.paid) = (times[11], 0);
        (c.sellerSide, order.buyer) = (address(20), address(21));
    }

    function _assertInOrder(Clauses memory clauses, Payment[] memory payments) private pure {
        uint256 next = 0;
        for (uint256 i = 0; i < payments.length; ++i) {
            Payment memory payment = payments[i];
            assertNotEq(payment.amount, 0);
            if (i != 0) assertLe(uint8(payments[i - 1].purpose), uint8(payment.purpose));
            if (payment.purpose == Purpose.Duty) assertLe(payment.amount, clauses.dutyCap);
            if (payment.purpose != Purpose.Payee) continue;
            // None is passed over before it has its cap, but those whose cap is nothing.
            while (clauses.payees[next].cap == 0) {
                ++next;
            }
            assertEq(payment.payee, clauses.payees[next].account);
            assertLe(payment.amount, clauses.payees[next].cap);
            if (i + 1 < payments.length && payments[i + 1].purpose <= Purpose.Price) {
                assertEq(payment.amount, clauses.payees[next].cap);
            }
            ++next;
        }
    }

    function _sum(Payment[] memory payments) private pure returns (uint256 sum) {
        for (uint256 i = 0; i < payments.length; ++i) {
            sum += payments[i].amount;
        }
    }
}
