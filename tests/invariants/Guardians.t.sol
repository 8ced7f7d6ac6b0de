// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";
import {GuardianHandler} from "./GuardianHandler.sol";

/// @notice Numbers in the comments are those of `README.md`. Of every step the handler asserts that it is taken exactly
/// when due (21), which has one cancellation for each root and set (22), and that guardians keep their notice (23).
contract GuardiansTest is Test {
    GuardianHandler private _handler;

    function setUp() public {
        _handler = new GuardianHandler();
        bytes4[] memory selectors = new bytes4[](4);
        selectors[0] = GuardianHandler.nameGuardians.selector;
        selectors[1] = GuardianHandler.announce.selector;
        selectors[2] = GuardianHandler.cancel.selector;
        selectors[3] = GuardianHandler.execute.selector;
        targetContract(address(_handler));
        targetSelector(FuzzSelector(address(_handler), selectors));
    }

    function test_handlerReachesEveryState() public {
        string[11] memory things = [
            "name",
            "nameRefused",
            "change",
            "drop",
            "announce",
            "announceRefused",
            "override",
            "resume",
            "cancel",
            "execute",
            "executeRefused"
        ];
        uint256 random = 1;
        for (uint256 i = 0; i < 600; ++i) {
            random = uint256(keccak256(abi.encode(random)));
            if (i % 4 == 0) _handler.nameGuardians(random);
            else if (i % 4 == 1) _handler.announce(random);
            else if (i % 4 == 2) _handler.cancel(random);
            else _handler.execute(random);
        }
        for (uint256 i = 0; i < things.length; ++i) {
            emit log_named_uint(things[i], _handler.count(things[i]));
            assertGt(_handler.count(things[i]), 3, things[i]);
        }
        invariant_rootAndGuardiansAreThoseOfTheRecord();
    }

    // 21, 22, 23
    function invariant_rootAndGuardiansAreThoseOfTheRecord() public {
        vm.warp(_handler.clock());
        uint64 id = _handler.ID();
        assertEq(_handler.registry().participantOf(id).root, _handler.rootInForce());
        assertEq(_handler.guardians().guardingOf(id).set, _handler.setInForce());
        assertEq(_handler.guardians().recallOf(id).move != 0, _handler.isOnItsWay());
    }
}
