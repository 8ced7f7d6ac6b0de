// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Chains} from "./Chains.sol";
import {KeyGrant, Registration} from "interfaces/IParticipantRegistry.sol";

/// @notice Numbers in the comments are those of `README.md`.
contract ChainsTest is Chains {
    uint256 private constant ROOTS = 3;
    uint256 private constant KEYS = 10;
    uint256 private constant SPARE_ROOTS = 4;
    uint32 private constant ALL_ROLES = 2 ** 15 - 1;

    mapping(string thing => uint256) private _count;

    function setUp() public {
        _deployChains();
        for (uint32 i = 0; i < ROOTS + KEYS + SPARE_ROOTS; ++i) {
            _named(i);
        }
    }

    // 19
    function testFuzz_chainsAgreeOnceTheSameMessagesReachedThem(uint256 seed) public {
        _assertAgreementAfterAll(seed);
    }

    function test_messagesReachEveryState() public {
        string[6] memory things = ["acts", "expired", "revoked", "cut", "kept", "refused"];
        uint256[6] memory counts;
        uint256 empty = vm.snapshotState();
        for (uint256 seed = 0; seed < 30; ++seed) {
            vm.revertToState(empty);
            _assertAgreementAfterAll(seed);
            for (uint256 i = 0; i < things.length; ++i) {
                counts[i] += _count[things[i]];
            }
        }
        for (uint256 i = 0; i < things.length; ++i) {
            emit log_named_uint(things[i], counts[i]);
            assertGt(counts[i], 9, things[i]);
        }
    }

    // 19
    function test_recallWaitsForNoKeyThatAcceptedAnotherGrant() public {
        _registerAll();
        address key = _key(0);
        uint256 grant = _grant(_accounts[0], key, 255, 1, type(uint40).max);
        uint256 second = _grant(_accounts[1], key, 1, 1, type(uint40).max);
        uint256 move = _move(1, 0, _spare(0), _list(key));
        _bringOnly(0, [grant, move, second]);
        _bringOnly(1, [second, grant, move]);
        _bringOnly(2, [second, move, grant]);
        assertEq(_chains[1].participantOf(1).root, _spare(0));
        _assertAgreement();
    }

    // 19
    function test_keyEndsItselfByASecondGrantOfAGranterThatDidSo() public {
        _registerAll();
        (address granter, address key) = (_key(0), _key(1));
        uint256 wide = _grant(_accounts[0], granter, 255, 1, type(uint40).max);
        uint256 narrow = _grant(_accounts[0], granter, 1, 1, type(uint40).max);
        uint256 under = _grant(granter, key, 2, 2, type(uint40).max);
        uint256 aside = _grant(_accounts[1], key, 255, 1, type(uint40).max);
        _bringOnly(0, [wide, under, aside]);
        _bringOnly(1, [narrow, aside, wide]);
        _bringOnly(2, [aside, wide, narrow]);
        for (uint256 chain = 0; chain < CHAINS; ++chain) {
            _bringAll(chain, chain);
        }
        _assertAgreement();
        (bool isKnown, bool isCutOff) = _standingOf(0, key);
        assertTrue(isKnown && isCutOff);
    }

    // 19
    function test_keyIsDeadWhereOnlyOneAboveItIsRevoked() public {
        _registerAll();
        (address twoFaced, address granter, address key) = (_key(0), _key(1), _key(2));
        uint256 first = _grant(_accounts[0], twoFaced, 255, 1, type(uint40).max);
        uint256 second = _grant(_accounts[1], twoFaced, 255, 1, type(uint40).max);
        _grant(twoFaced, granter, 1, 2, type(uint40).max);
        _grant(granter, key, 2, 3, type(uint40).max);
        _grant(_accounts[2], key, 255, 1, type(uint40).max);
        _revocation(granter, _accounts[0]);
        for (uint256 chain = 0; chain < CHAINS; ++chain) {
            _bring(chain, chain == 0 ? first : second);
            _bringAll(chain, chain);
        }
        assertTrue(_chains[0].keyOf(granter).isRevoked && !_chains[1].keyOf(granter).isRevoked);
        _assertAgreement();
    }

    // 19
    function testFuzz_formerRootRevokesUnderAKeptKeyWheneverItIsHeard(uint256 seed) public {
        _registerAll();
        (address kept, address key) = (_key(0), _key(1));
        _grant(_accounts[0], kept, 255, 1, type(uint40).max);
        _grant(kept, key, 255, 2, type(uint40).max);
        _move(1, 0, _spare(0), _list(kept));
        _revocation(key, _accounts[0]);
        for (uint256 chain = 0; chain < CHAINS; ++chain) {
            _bringAll(chain, _pick(seed, chain, type(uint256).max));
            (uint32 functions,) = _powersOf(chain, kept);
            assertEq(functions, 255);
            assertTrue(_chains[chain].keyOf(key).isRevoked);
        }
        _assertAgreement();
    }

    // 20
    function testFuzz_revocationByAKnownAccountIsTakenAtOnceWhereverItComes(uint256 seed) public {
        _registerAll();
        address[4] memory line = [_accounts[0], _key(0), _key(1), _key(2)];
        uint256 first = _grant(line[0], line[1], 255, 1, type(uint40).max);
        uint256 second = _grant(line[1], line[2], 255, 2, type(uint40).max);
        uint256 grant = _grant(line[2], line[3], 255, 3, type(uint40).max);
        uint256 revocation = _revocation(line[3], line[seed % 4]);
        for (uint256 chain = 0; chain < CHAINS; ++chain) {
            assertTrue(_bring(chain, first) && _bring(chain, second));
            bool isFirst = _pick(seed, chain, 2) == 0;
            assertTrue(_bring(chain, isFirst ? revocation : grant));
            assertTrue(_bring(chain, isFirst ? grant : revocation));
            assertTrue(_chains[chain].keyOf(line[3]).isRevoked);
        }
    }

    /// @dev The limit: who signs both as a root and as a key is what it was first, and holds up the batches it is in.
    /// The others of such a batch are granted by another list.
    function test_addressThatSignsAsRootAndAsKeyIsWhatItWasFirst() public {
        _registerAll();
        (address twoFaced, address honest) = (_spare(0), _key(0));
        KeyGrant[] memory both = new KeyGrant[](2);
        both[0] = KeyGrant(_accounts[0], twoFaced, 255, 1, type(uint40).max);
        both[1] = KeyGrant(_accounts[0], honest, 255, 1, type(uint40).max);
        uint256 batch = _grants(both);
        uint256 move = _move(2, 0, twoFaced, new address[](0));
        _bringOnly(0, [batch, move, batch]);
        _bringOnly(1, [move, batch, move]);
        (, uint64 idOnFirst) = _powersOf(0, twoFaced);
        (, uint64 idOnSecond) = _powersOf(1, twoFaced);
        assertEq(idOnFirst, 1);
        assertEq(idOnSecond, 2);
        (, uint64 honestId) = _powersOf(1, honest);
        assertEq(honestId, 0);

        uint256 alone = _grant(_accounts[0], honest, 255, 1, type(uint40).max);
        assertTrue(_bring(0, alone) && _bring(1, alone));
        (, honestId) = _powersOf(1, honest);
        assertEq(honestId, 1);
    }

    /// @dev The limit: of two registrations for one id, both signed by governance, the first one stands.
    function test_secondRegistrationOfAnIdIsPassedOverOrRefused() public {
        uint256 registration = _registration(1, 1, _accounts[0]);
        uint256 sameRoot = _registration(1, 2, _accounts[0]);
        uint256 otherRoot = _registration(1, 1, _accounts[1]);
        assertTrue(_bring(0, registration) && _bring(0, sameRoot) && !_bring(0, otherRoot));
        assertTrue(_bring(1, sameRoot) && _bring(1, registration) && !_bring(1, otherRoot));
        assertEq(_chains[0].participantOf(1).roles, 1);
        assertEq(_chains[1].participantOf(1).roles, 2);
        uint256 roles = _roles(1, 3, 1);
        assertTrue(_bring(0, roles) && _bring(1, roles));
        assertEq(abi.encode(_chains[0].participantOf(1)), abi.encode(_chains[1].participantOf(1)));
    }

    function _assertAgreementAfterAll(uint256 seed) private {
        _draw(seed);
        for (uint256 chain = 0; chain < CHAINS; ++chain) {
            uint256 taken = _bringAll(chain, _pick(seed, 100 + chain, type(uint256).max));
            if (chain == 0) _count["refused"] = _messages.length - taken;
        }
        for (uint256 day = 0; day < 12; day += 3) {
            vm.warp(START + day * 1 days);
            _assertAgreement();
        }
        vm.warp(START + 6 days);
        for (uint256 i = ROOTS; i < ROOTS + KEYS; ++i) {
            (uint32 functions,) = _powersOf(0, _accounts[i]);
            (bool isKnown, bool isCutOff) = _standingOf(0, _accounts[i]);
            if (!isKnown) continue;
            if (functions != 0) ++_count["acts"];
            if (_chains[0].keyOf(_accounts[i]).isRevoked) ++_count["revoked"];
            else if (isCutOff) ++_count["cut"];
            else if (functions == 0) ++_count["expired"];
            if (_chains[0].keyOf(_accounts[i]).epoch != _chains[0].keyOf(_accounts[i]).born) ++_count["kept"];
        }
    }

    /// @dev Roots sign nothing as keys, and a spare root is drawn for one move only.
    function _draw(uint256 seed) private {
        delete _messages;
        _drawParticipants(seed);
        for (uint256 i = 0; i < KEYS + 6; ++i) {
            uint256 random = _pick(seed, 200 + i, type(uint256).max);
            KeyGrant[] memory grants = new KeyGrant[](_pick(random, 0, 6) == 0 ? 2 : 1);
            address granter = i < 4 ? _accounts[_pick(random, 1, 2)] : _granter(random);
            for (uint256 j = 0; j < grants.length; ++j) {
                uint256 index = i < KEYS && j == 0 ? i : _pick(random, 2, KEYS);
                grants[j] = _offer(_pick(random, j, type(uint256).max), granter, index);
            }
            _grants(grants);
        }
        for (uint256 i = 0; i < 3; ++i) {
            uint256 random = _pick(seed, 300 + i, type(uint256).max);
            address key = _key(_pick(random, 0, KEYS));
            address revoker = _pick(random, 1, 4) == 0 ? key : _accounts[_pick(random, 2, _accounts.length)];
            _revocation(key, revoker);
        }
    }

    function _drawParticipants(uint256 seed) private {
        Registration[] memory pair = new Registration[](2);
        pair[0] = Registration(1, ALL_ROLES, _accounts[0]);
        pair[1] = Registration(2, ALL_ROLES, _accounts[1]);
        _registrations(pair);
        _registration(3, ALL_ROLES, _accounts[2]);
        if (_pick(seed, 0, 2) == 0) _registration(1, ALL_ROLES, _accounts[0]);
        for (uint32 nonce = 1; nonce < 4; ++nonce) {
            _roles(uint64(1 + _pick(seed, nonce, ROOTS)), uint32(_pick(seed, 10 + nonce, 2 ** 15)), nonce);
        }
        uint256 spare = ROOTS + KEYS;
        for (uint64 id = 1; id < 3; ++id) {
            for (uint32 epoch = 0; epoch < _pick(seed, 20 + id, 3); ++epoch) {
                address[] memory kept = new address[](_pick(seed, 30 + id * 9 + epoch, 4));
                for (uint256 i = 0; i < kept.length; ++i) {
                    kept[i] = _key(_pick(seed, 60 + id * 3 + i, 4));
                }
                _move(id, epoch, _accounts[spare++], kept);
            }
        }
    }

    function _granter(uint256 random) private view returns (address) {
        uint256 kind = _pick(random, 20, 8);
        if (kind < 3) return _accounts[_pick(random, 21, ROOTS)];
        if (kind == 3) return _accounts[ROOTS + KEYS + _pick(random, 21, SPARE_ROOTS)];
        return _key(_pick(random, 21, KEYS));
    }

    /// @dev Later keys have larger levels and earlier expiries, so that most grants down the list are good.
    function _offer(uint256 random, address granter, uint256 index) private view returns (KeyGrant memory) {
        uint32 functions = _pick(random, 31, 3) == 0 ? uint32(_pick(random, 32, 256)) : 255;
        uint8 level = uint8(10 * index + 1 + _pick(random, 33, 2));
        uint40 expiry = uint40(START + 12 days - index * 1 days);
        return KeyGrant(granter, _key(index), functions, level, expiry);
    }

    function _key(uint256 index) private view returns (address) {
        return _accounts[ROOTS + index];
    }

    function _spare(uint256 index) private view returns (address) {
        return _accounts[ROOTS + KEYS + index];
    }

    function _registerAll() private {
        for (uint64 i = 0; i < ROOTS; ++i) {
            uint256 registration = _registration(i + 1, ALL_ROLES, _accounts[i]);
            for (uint256 chain = 0; chain < CHAINS; ++chain) {
                assertTrue(_bring(chain, registration));
            }
        }
    }

    function _bringOnly(uint256 chain, uint256[3] memory messages) private {
        for (uint256 i = 0; i < 3; ++i) {
            _bring(chain, messages[i]);
        }
    }

    function _list(address account) private pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = account;
    }
}
