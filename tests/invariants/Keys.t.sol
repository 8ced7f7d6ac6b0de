// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";
import {World} from "./World.sol";
import {ParticipantRegistry} from "contracts/participants/ParticipantRegistry.sol";
import {Function, KeyGrant, KeyRecord, Role} from "interfaces/IParticipantRegistry.sol";

/// @notice A key as it should be; roots stand at the first places.
struct KeyModel {
    address account;
    uint256 parent;
    uint32 functions;
    uint8 level;
    uint40 expiry;
    bool isRevoked;
}

/// @notice Grants and revokes at random over three participants and keeps a model of the tree.
contract KeyHandler is World {
    uint256 public constant ROOTS = 3;
    uint256 private constant MOST_KEYS = 12;

    uint256 public clock = START;
    KeyModel[] private _keys;
    address[] private _fresh;
    uint32[] private _roles;
    mapping(string thing => uint256) public count;

    modifier step(uint256 seed) {
        clock += seed % 6 hours;
        vm.warp(clock);
        _;
    }

    constructor() {
        _deploy();
        for (uint32 i = 0; i < ROOTS; ++i) {
            address account = _account(i);
            _roles.push(type(uint16).max >> 1);
            _register(i + 1, _roles[i], account);
            _keys.push(KeyModel(account, i, 127, 0, type(uint40).max, false));
        }
        for (uint32 i = 0; i < MOST_KEYS; ++i) {
            _fresh.push(_account(uint32(ROOTS) + i));
        }
    }

    function grant(uint256 seed, uint256 functionSeed) public step(seed) {
        seed = uint256(keccak256(abi.encode(seed)));
        uint256 granter = seed % _keys.length;
        KeyModel memory above = _keys[granter];
        bool isTaken = seed / 32 % 8 == 0;
        if (!isTaken && _keys.length == ROOTS + MOST_KEYS) return;
        KeyGrant memory offer;
        offer.granter = above.account;
        offer.key = isTaken ? _keys[seed / 256 % _keys.length].account : _fresh[_keys.length - ROOTS];
        offer.functions = uint32(functionSeed % 128);
        if (seed / 256 % 4 != 0) offer.functions &= above.functions;
        offer.level = uint8(above.level + seed / 1024 % 4);
        offer.expiry = uint40(clock + seed / 4096 % 8 days);
        if (seed / 4096 % 4 != 0 && offer.expiry > above.expiry) offer.expiry = above.expiry;

        bool isDue = _isAlive(granter) && !isTaken && offer.functions != 0 && offer.functions & ~above.functions == 0
            && offer.level > above.level && offer.expiry <= above.expiry && offer.expiry >= clock;
        KeyGrant[] memory offers = new KeyGrant[](1);
        bytes[] memory acceptances = new bytes[](1);
        (offers[0], acceptances[0]) = (offer, _sign(offer.key, registry.keyGrantDigest(offer)));
        bytes memory signature = _sign(offer.granter, registry.keyGrantsDigest(offers));
        try registry.grantKeys(offers, acceptances, offer.granter, signature) {
            assertTrue(isDue, "granted against the rules");
            _keys.push(KeyModel(offer.key, granter, offer.functions, offer.level, offer.expiry, false));
            ++count["grant"];
            if (granter >= ROOTS) ++count["grantByKey"];
        } catch {
            assertFalse(isDue, "a grant within the rules failed");
        }
    }

    function revoke(uint256 seed, uint256 revokerSeed) public step(seed) {
        if (seed % 4 != 0) return;
        uint256 index = seed / 4 % _keys.length;
        uint256 revoker = index;
        if (revokerSeed % 4 == 0) {
            revoker = (revokerSeed / 4) % _keys.length;
        } else {
            for (uint256 i = revokerSeed / 4 % 3; i > 0; --i) {
                revoker = _keys[revoker].parent;
            }
        }
        bool isAbove = revoker == index;
        for (uint256 i = index; i >= ROOTS && !isAbove; i = _keys[i].parent) {
            isAbove = _keys[i].parent == revoker;
        }
        bool isDue = index >= ROOTS && !_keys[index].isRevoked && isAbove;
        vm.prank(_keys[revoker].account);
        try registry.revokeKey(_keys[index].account) {
            assertTrue(isDue, "revoked against the rules");
            _keys[index].isRevoked = true;
            ++count["revoke"];
        } catch {
            assertFalse(isDue, "a revocation from above failed");
        }
    }

    function setRoles(uint256 seed, uint256 roles) public step(seed) {
        if (seed % 4 != 0) return;
        uint256 index = seed / 4 % ROOTS;
        _roles[index] = uint32(roles % 2 ** 15);
        registry.setRoles(uint64(index + 1), _roles[index], uint32(++count["roles"]));
    }

    function keyCount() external view returns (uint256) {
        return _keys.length;
    }

    function keyAt(uint256 index) external view returns (KeyModel memory) {
        return _keys[index];
    }

    /// @notice Whether the key may use the function now: every key up to the root is alive and has it, and a role carries it.
    function mayUse(uint256 index, Function fn) external view returns (bool) {
        if (!_isAlive(index)) return false;
        uint256 above = index;
        while (above >= ROOTS) {
            if (_keys[above].functions >> uint8(fn) & 1 == 0) return false;
            above = _keys[above].parent;
        }
        return _carries(_roles[above], fn);
    }

    function rootOf(uint256 index) external view returns (uint256) {
        while (index >= ROOTS) index = _keys[index].parent;
        return index;
    }

    /// @notice Whether neither the key nor one above it is revoked.
    function isUnrevoked(uint256 index) external view returns (bool) {
        for (; index >= ROOTS; index = _keys[index].parent) {
            if (_keys[index].isRevoked) return false;
        }
        return true;
    }

    function _isAlive(uint256 index) private view returns (bool) {
        for (; index >= ROOTS; index = _keys[index].parent) {
            if (_keys[index].isRevoked || _keys[index].expiry < clock) return false;
        }
        return true;
    }

    function _carries(uint32 roles, Function fn) private pure returns (bool) {
        if (fn == Function.Buy) return _hasAny(roles, [Role.Buyer, Role.Platform, Role.Buyer, Role.Buyer]);
        if (fn == Function.Sell) return _hasAny(roles, [Role.Producer, Role.Seller, Role.Platform, Role.Seller]);
        if (fn == Function.Label) return _hasAny(roles, [Role.Producer, Role.Producer, Role.Producer, Role.Producer]);
        if (fn == Function.Handover) return _hasAny(roles, [Role.Producer, Role.Seller, Role.Carrier, Role.Warehouse]);
        if (fn == Function.Receive) return _hasAny(roles, [Role.Buyer, Role.Warehouse, Role.Platform, Role.Buyer]);
        if (fn == Function.Underwrite) return _hasAny(roles, [Role.Insurer, Role.Insurer, Role.Insurer, Role.Insurer]);
        return _hasAny(roles, [Role.Arbiter, Role.Arbiter, Role.Arbiter, Role.Arbiter]);
    }

    function _hasAny(uint32 roles, Role[4] memory wanted) private pure returns (bool) {
        for (uint256 i = 0; i < 4; ++i) {
            if (roles & _bit(wanted[i]) != 0) return true;
        }
        return false;
    }
}

/// @notice Numbers in the comments are those of `README.md`.
contract KeysTest is Test {
    KeyHandler private _handler;
    ParticipantRegistry private _registry;

    function setUp() public {
        _handler = new KeyHandler();
        _registry = _handler.registry();
        bytes4[] memory selectors = new bytes4[](3);
        selectors[0] = KeyHandler.grant.selector;
        selectors[1] = KeyHandler.revoke.selector;
        selectors[2] = KeyHandler.setRoles.selector;
        targetContract(address(_handler));
        targetSelector(FuzzSelector(address(_handler), selectors));
    }

    function test_handlerGrowsTreesAndCutsThem() public {
        uint256 random = 1;
        for (uint256 i = 0; i < 200; ++i) {
            random = uint256(keccak256(abi.encode(random)));
            if (i % 2 == 0) _handler.grant(random, random >> 128);
            else _handler.revoke(random, random >> 128);
        }
        assertGt(_handler.count("grant"), 10);
        assertGt(_handler.count("grantByKey"), 2);
        assertGt(_handler.count("revoke"), 2);
        invariant_keyActsExactlyWhileAllAboveItAreGood();
        invariant_revokedKeyAndAllUnderItNeverAct();
        invariant_keyHasNothingThatItsAncestorsLack();
    }

    // 15
    function invariant_keyActsExactlyWhileAllAboveItAreGood() public {
        vm.warp(_handler.clock());
        for (uint256 i = 0; i < _handler.keyCount(); ++i) {
            for (uint8 fn = 0; fn <= uint8(type(Function).max); ++fn) {
                bool mayUse = _handler.mayUse(i, Function(fn));
                try _registry.authorize(_handler.keyAt(i).account, Function(fn)) returns (uint64 id) {
                    assertTrue(mayUse);
                    assertEq(id, _handler.rootOf(i) + 1);
                } catch {
                    assertFalse(mayUse);
                }
            }
        }
    }

    // 16
    function invariant_revokedKeyAndAllUnderItNeverAct() public {
        vm.warp(_handler.clock());
        for (uint256 i = 0; i < _handler.keyCount(); ++i) {
            if (_handler.isUnrevoked(i)) continue;
            for (uint8 fn = 0; fn <= uint8(type(Function).max); ++fn) {
                try _registry.authorize(_handler.keyAt(i).account, Function(fn)) {
                    assertTrue(false, "a revoked key acts");
                } catch {}
            }
        }
    }

    // 17
    function invariant_keyHasNothingThatItsAncestorsLack() public view {
        for (uint256 i = _handler.ROOTS(); i < _handler.keyCount(); ++i) {
            KeyModel memory model = _handler.keyAt(i);
            KeyRecord memory key = _registry.keyOf(model.account);
            KeyRecord memory above = _registry.keyOf(_handler.keyAt(model.parent).account);
            assertEq(key.functions & ~above.functions, 0);
            assertGt(key.level, above.level);
            assertLe(key.expiry, above.expiry);
            assertEq(key.parent, above.isRoot ? address(0) : _handler.keyAt(model.parent).account);
        }
    }
}
