// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {PoolHandler, Purse} from "./PoolHandler.sol";
import {RefusingDollar} from "./World.sol";
import {InsurancePool} from "contracts/insurance/InsurancePool.sol";
import {PoolBooks} from "interfaces/IInsurancePool.sol";

/// @notice Numbers in the comments are those of `README.md`.
contract PoolTest is Test {
    PoolHandler private _handler;
    RefusingDollar private _dollar;
    InsurancePool[2] private _pools;

    function setUp() public {
        _handler = new PoolHandler();
        _dollar = _handler.dollar();
        _pools = [_handler.pools(0), _handler.pools(1)];
        _handler.deposit(0, 1e9);
        _handler.deposit(1, 1e9);
        _handler.depositFirstLoss(0, 1e8);
        targetContract(address(_handler));
        targetSelector(FuzzSelector(address(_handler), _selectors()));
    }

    /// @dev The handler asserts much, but only of what happens: here is shown that all of it does.
    function test_handlerReachesEveryState() public {
        string[18] memory things = [
            "lock",
            "cede",
            "refuse",
            "reserve",
            "pay",
            "pay what was expected",
            "release",
            "expire",
            "defer",
            "unlock",
            "recover",
            "deposit",
            "redeem",
            "redeemRefused",
            "last shares leave",
            "withdrawFirstLoss",
            "withdrawDeferred",
            "income without shares"
        ];
        uint256[18] memory counts;
        bytes4[] memory selectors = _selectors();
        uint256 random = 1;
        for (uint256 walk = 0; walk < 30; ++walk) {
            if (walk != 0) setUp();
            for (uint256 i = 0; i < 200; ++i) {
                random = uint256(keccak256(abi.encode(random)));
                bytes4 selector = selectors[random % selectors.length];
                (uint256 first, uint256 second) = (_hash(random, 1), _hash(random, 2));
                Address.functionCall(
                    address(_handler), abi.encodeWithSelector(selector, first, second, _hash(random, 3))
                );
                _checkAll();
            }
            for (uint256 i = 0; i < things.length; ++i) {
                counts[i] += _handler.count(things[i]);
            }
            afterInvariant();
        }
        for (uint256 i = 0; i < things.length; ++i) {
            emit log_named_uint(things[i], counts[i]);
            assertGt(counts[i], 2, things[i]);
        }
    }

    // 44
    function invariant_lockedIsWhatPoliciesCanStillClaimAndIsHeld() public view {
        for (uint256 i = 0; i < 2; ++i) {
            PoolBooks memory books = _pools[i].books();
            assertEq(books.locked, _handler.lockedOf(i));
            assertLe(uint256(books.locked) + books.liabilities, _dollar.balanceOf(address(_pools[i])));
        }
    }

    // 45
    function invariant_liabilitiesArePremiumsAndDeferredPayments() public view {
        for (uint256 i = 0; i < 2; ++i) {
            assertEq(_pools[i].books().liabilities, _handler.liabilitiesOf(i));
        }
    }

    // 46
    function invariant_everybodyHasWhatTheRulesGave() public view {
        for (uint256 i = 0; i < 2; ++i) {
            assertEq(_dollar.balanceOf(address(_pools[i])), _handler.purseOf(i).balance);
        }
        for (uint256 i = 0; i < _handler.partyCount(); ++i) {
            address party = _handler.parties(i);
            uint256 waiting = _pools[0].deferredOf(party) + _pools[1].deferredOf(party);
            assertEq(_dollar.balanceOf(party) + waiting, _handler.fortune(party));
        }
    }

    // 47
    function invariant_firstLossGoesFirstAndEarnsItsCommission() public view {
        for (uint256 i = 0; i < 2; ++i) {
            assertEq(_pools[i].books().firstLoss, _handler.purseOf(i).firstLoss);
        }
    }

    // 48
    function invariant_incomeVestsWithinItsTimeAndIsHeld() public view {
        for (uint256 i = 0; i < 2; ++i) {
            PoolBooks memory books = _pools[i].books();
            uint256 unvested = _handler.unvestedOf(i);
            Purse memory purse = _handler.purseOf(i);
            assertLe(books.vestsIn, _pools[i].VESTING());
            if (unvested != 0) {
                uint256 end = uint256(books.vestedAt) + books.vestsIn;
                assertLe(end, purse.lastIncomeAt + _pools[i].VESTING());
            }
            assertLe(purse.firstLoss + unvested, _handler.capitalOf(i));
        }
    }

    // 49
    function invariant_reservesAreWhatIsExpectedAndBorneByTheSharesBeyondFirstLoss() public view {
        for (uint256 i = 0; i < 2; ++i) {
            PoolBooks memory books = _pools[i].books();
            assertEq(books.reserved, _handler.expectedOf(i));
            uint256 counted = books.reserved < books.locked ? books.reserved : books.locked;
            uint256 ahead = (counted > books.firstLoss ? counted : books.firstLoss) + _handler.unvestedOf(i);
            uint256 capital = _handler.capitalOf(i);
            assertEq(_pools[i].totalAssets(), capital > ahead ? capital - ahead : 0);
        }
    }

    // 50
    function afterInvariant() public {
        _handler.wind();
        for (uint256 i = 0; i < 2; ++i) {
            PoolBooks memory books = _pools[i].books();
            assertEq(books.locked, 0);
            assertEq(books.liabilities, 0);
            assertEq(books.reserved, 0);
            assertEq(books.firstLoss, 0);
            assertEq(_pools[i].totalSupply(), 0);
        }
    }

    function _checkAll() private view {
        invariant_lockedIsWhatPoliciesCanStillClaimAndIsHeld();
        invariant_liabilitiesArePremiumsAndDeferredPayments();
        invariant_everybodyHasWhatTheRulesGave();
        invariant_firstLossGoesFirstAndEarnsItsCommission();
        invariant_incomeVestsWithinItsTimeAndIsHeld();
        invariant_reservesAreWhatIsExpectedAndBorneByTheSharesBeyondFirstLoss();
    }

    function _hash(uint256 random, uint256 number) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(random, number)));
    }

    function _selectors() private pure returns (bytes4[] memory selectors) {
        selectors = new bytes4[](15);
        selectors[0] = PoolHandler.lock.selector;
        selectors[1] = PoolHandler.reserve.selector;
        selectors[2] = PoolHandler.pay.selector;
        selectors[3] = PoolHandler.unlock.selector;
        selectors[4] = PoolHandler.recover.selector;
        selectors[5] = PoolHandler.deposit.selector;
        selectors[6] = PoolHandler.donate.selector;
        selectors[7] = PoolHandler.requestExit.selector;
        selectors[8] = PoolHandler.redeem.selector;
        selectors[9] = PoolHandler.depositFirstLoss.selector;
        selectors[10] = PoolHandler.withdrawFirstLoss.selector;
        selectors[11] = PoolHandler.withdrawDeferred.selector;
        selectors[12] = PoolHandler.refuse.selector;
        selectors[13] = PoolHandler.passTime.selector;
        selectors[14] = PoolHandler.run.selector;
    }
}
