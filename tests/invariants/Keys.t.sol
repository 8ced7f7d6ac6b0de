// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";
import {KeyHandler} from "./KeyHandler.sol";
import {KeyModel} from "./KeyModel.sol";
import {ParticipantRegistry} from "contracts/participants/ParticipantRegistry.sol";
import {Function, KeyRecord} from "interfaces/IParticipantRegistry.sol";

/// @notice Numbers in the comments are those of `README.md`. That a message is taken exactly when due (18), and that
/// nobody who was cut off acts again (16), the handler asserts of every step.
contract KeysTest is Test {
    KeyHandler private _handler;
    KeyModel private _model;
    ParticipantRegistry private _registry;

    function setUp() public {
        _handler = new KeyHandler();
        _model = _handler.model();
        _registry = _handler.registry();
        bytes4[] memory selectors = new bytes4[](6);
        selectors[0] = KeyHandler.grant.selector;
        selectors[1] = KeyHandler.revoke.selector;
        selectors[2] = KeyHandler.moveRoot.selector;
        selectors[3] = KeyHandler.register.selector;
        selectors[4] = KeyHandler.setRoles.selector;
        selectors[5] = KeyHandler.grant.selector;
        targetContract(address(_handler));
        targetSelector(FuzzSelector(address(_handler), selectors));
    }

    function test_handlerGrowsTreesAndCutsThem() public {
        string[14] memory things = [
            "grant",
            "grantRefused",
            "grantByKey",
            "grantByCutOff",
            "grantOfRevoked",
            "revoke",
            "revokeRefused",
            "withdraw",
            "move",
            "moveRefused",
            "keep",
            "register",
            "roles",
            "rolesRefused"
        ];
        uint256[14] memory counts;
        for (uint256 random = 1; random < 7; ++random) {
            setUp();
            _walk(random);
            for (uint256 i = 0; i < things.length; ++i) {
                counts[i] += _handler.count(things[i]);
            }
        }
        for (uint256 i = 0; i < things.length; ++i) {
            emit log_named_uint(things[i], counts[i]);
            assertGt(counts[i], 1, things[i]);
        }
    }

    function _walk(uint256 random) private {
        for (uint256 i = 0; i < 120; ++i) {
            random = uint256(keccak256(abi.encode(random)));
            if (i % 4 < 2) _handler.grant(random);
            else if (i % 8 == 2) _handler.moveRoot(random);
            else if (i % 8 == 3) _handler.register(random);
            else if (i % 8 == 6) _handler.setRoles(random);
            else _handler.revoke(random);
        }
        invariant_accountActsExactlyAsTheMessagesSay();
        invariant_keyHasNothingThatItsAncestorsLack();
    }

    // 15, 16
    function invariant_accountActsExactlyAsTheMessagesSay() public {
        vm.warp(_handler.clock());
        address[] memory accounts = _handler.accounts();
        for (uint256 i = 0; i < accounts.length; ++i) {
            (uint32 functions, uint64 due) = _model.powersOf(accounts[i]);
            for (uint8 fn = 0; fn <= uint8(type(Function).max); ++fn) {
                bool mayUse = functions >> fn & 1 == 1;
                try _registry.authorize(accounts[i], Function(fn)) returns (uint64 id) {
                    assertTrue(mayUse, "acts beyond its powers");
                    assertEq(id, due);
                } catch {
                    assertFalse(mayUse, "is kept from acting");
                }
            }
        }
    }

    // 17
    function invariant_keyHasNothingThatItsAncestorsLack() public view {
        address[] memory accounts = _handler.accounts();
        for (uint256 i = 0; i < accounts.length; ++i) {
            if (!_model.isKnown(accounts[i]) || _model.idOfRoot(accounts[i]) != 0) continue;
            address granter = _model.grantOf(accounts[i]).granter;
            KeyRecord memory key = _registry.keyOf(accounts[i]);
            KeyRecord memory above = _registry.keyOf(granter);
            assertEq(key.parent, above.isRoot ? address(0) : granter);
            if (_model.isDead(granter)) continue;
            assertEq(key.functions & ~above.functions, 0);
            assertGt(key.level, above.level);
            assertLe(key.expiry, above.expiry);
        }
    }
}
