// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";
import {Settlement} from "contracts/trade/Settlement.sol";
import {Case, Verdict} from "interfaces/ISettlement.sol";
import {CustomsState, ShipmentState} from "interfaces/IShipmentSource.sol";
import {Clauses, Order, Payee, Payment} from "interfaces/ITradeEscrow.sol";

/// @notice The contract judges and divides as the package does; `tools/vectors.py` wrote the file.
contract SettlementVectorsTest is Test {
    uint256 private constant CASES = 300;

    Settlement private _settlement;
    uint256[] private _row;
    uint256 private _at;

    function setUp() public {
        _settlement = new Settlement();
    }

    function test_settlementsAreThePackages() public {
        string memory json = vm.readFile("tests/vectors/settlement.json");
        for (uint256 i = 0; i < CASES; ++i) {
            string memory place = string.concat("[", vm.toString(i), "]");
            _row = vm.parseJsonUintArray(json, place);
            _at = 0;
            _check(place);
            assertEq(_at, _row.length, place);
        }
    }

    function _check(string memory place) private {
        (Order memory order, Clauses memory clauses, Case memory c) = (_order(), _clauses(), _case());
        vm.warp(_next());
        (uint8 wanted, uint16 share) = (uint8(_next()), uint16(_next()));
        clauses.payees = new Payee[](_next());
        for (uint256 i = 0; i < clauses.payees.length; ++i) {
            clauses.payees[i] = Payee(_address(), uint128(_next()));
        }

        Verdict memory verdict = _settlement.judge(order, clauses, c);
        assertEq(uint8(verdict.facts), _next(), place);
        assertEq(uint8(verdict.outcome), _next(), place);
        assertEq(verdict.isContestable, _next() == 1, place);
        assertEq(verdict.isStalled, _next() == 1, place);
        assertEq(verdict.isCustomsPending, _next() == 1, place);

        (Payment[] memory payments, uint8 mask) = _settlement.duesOf(order, clauses, c);
        assertEq(uint256(keccak256(abi.encode(payments, mask))), _next(), place);
        (payments, mask) = _settlement.divide(order, clauses, c, wanted, share);
        assertEq(uint256(keccak256(abi.encode(payments, mask))), _next(), place);
    }

    function _order() private returns (Order memory order) {
        order.amount = uint128(_next());
        order.buyer = _address();
        order.shipBy = uint40(_next());
        order.refundAfter = uint40(_next());
        order.acceptanceWindow = uint32(_next());
        order.arbitrationPeriod = uint32(_next());
        order.upholdByDefault = _next() == 1;
    }

    function _clauses() private returns (Clauses memory clauses) {
        clauses.conditions = uint8(_next());
        clauses.inspectionWindow = uint32(_next());
        clauses.onShipped = uint16(_next());
        clauses.onCleared = uint16(_next());
        clauses.onDelivered = uint16(_next());
        clauses.customsId = uint64(_next());
        clauses.treasury = _address();
        clauses.dutyCap = uint128(_next());
    }

    function _case() private returns (Case memory c) {
        c.facts.shippedAt = uint40(_next());
        c.facts.tenderedAt = uint40(_next());
        c.facts.deliveredAt = uint40(_next());
        c.facts.asOf = uint40(_next());
        if (_next() == 1) c.facts.state = ShipmentState.Tendered;
        c.customs.state = CustomsState(_next());
        c.customs.releasedAt = uint40(_next());
        c.customs.finalAt = uint40(_next());
        c.customs.duty = uint128(_next());
        c.customs.asOf = uint40(_next());
        c.contestedAt = uint40(_next());
        c.paid = uint8(_next());
        c.dutyPaid = uint88(_next());
        c.sellerSide = _address();
    }

    function _address() private returns (address) {
        return address(uint160(_next()));
    }

    function _next() private returns (uint256) {
        return _row[_at++];
    }
}
