// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {World} from "./World.sol";
import {GuardianRegistry} from "contracts/participants/GuardianRegistry.sol";
import {ParticipantRegistry} from "contracts/participants/ParticipantRegistry.sol";
import {GuardianSet, RootMove} from "interfaces/IGuardianRegistry.sol";
import {KeyGrant} from "interfaces/IParticipantRegistry.sol";

/// @notice Two sides play for a root: one acts at random, the other as the rules advise. Numbers in the comments are
/// those of `README.md`.
contract RecallTest is World {
    uint64 private constant ID = 1;
    uint256 private constant GUARDIANS = 5;
    uint8 private constant THRESHOLD = 2;
    uint8 private constant OVERRIDE = 3;
    uint256 private constant ALL = 31;
    /// @dev The guardians of the lower quorum, and the others.
    uint256 private constant FEW = 3;
    uint256 private constant MOST = 28;

    address private _root;
    address private _rescue;
    address private _villain;
    address[] private _guardians;
    address[] private _others;
    GuardianSet private _set;
    RootMove[] private _moves;

    function setUp() public {
        _deploy();
        (_root, _rescue, _villain) = (_account(0), _account(1), _account(2));
        _guardians = _ascending(100);
        _others = _ascending(200);
        _register(ID, 1, _root);
        _set = GuardianSet(ID, 1, THRESHOLD, OVERRIDE, 3 days, _guardians);
        assertTrue(_name(_root, _set));
    }

    // 24
    function testFuzz_thiefIsOutOnceTheOthersAnswerWithinTheNotice(uint256 seed) public {
        uint256 answer = START + _pick(seed, 0, 3 days);
        for (uint256 i = 0; i < 12; ++i) {
            uint256 next = block.timestamp + _pick(seed, 10 + i, 1 days);
            if (next > answer) break;
            vm.warp(next);
            _actAsThief(_pick(seed, 30 + i, type(uint256).max));
        }
        vm.warp(answer);
        RootMove memory rescue = _moveTo(_rescue, uint32(_pick(seed, 1, 3)));
        assertTrue(_announce(guardians, rescue, _set, MOST), "the others were kept from announcing");
        for (uint256 i = 0; i < 12; ++i) {
            uint256 next = block.timestamp + _pick(seed, 50 + i, 12 hours);
            if (next >= answer + 3 days) break;
            vm.warp(next);
            _actAsThief(_pick(seed, 70 + i, type(uint256).max));
        }
        vm.warp(answer + 3 days);
        _execute(guardians, rescue);
        assertEq(registry.participantOf(ID).root, _rescue, "the thief stays");

        GuardianSet memory fresh = GuardianSet(ID, 2, 1, 2, 1 days, _others);
        assertTrue(_name(_rescue, fresh), "the thief used the nonces up");
    }

    // 25
    function testFuzz_rootThatAnswersOnceIsRidOfTheLowerQuorum(uint256 seed) public {
        uint256 start = START + _pick(seed, 0, 9 days);
        vm.warp(start);
        _actAsFew(1);
        vm.warp(start + _pick(seed, 1, 3 days));
        assertTrue(_cancel(guardians, _root));
        GuardianSet memory next = GuardianSet(ID, 2, 1, 2, 1 days, _others);
        assertTrue(_name(_root, next));
        uint256 named = block.timestamp;
        for (uint256 i = 0; i < 12; ++i) {
            _actAsFew(_pick(seed, 30 + i, type(uint256).max));
            uint256 time = block.timestamp + _pick(seed, 10 + i, 12 hours);
            if (time < named + 3 days) vm.warp(time);
        }
        vm.warp(named + 3 days);
        _actAsFew(seed);
        assertEq(registry.participantOf(ID).root, _root, "the lower quorum moved the root");
        assertEq(guardians.guardingOf(ID).set, guardians.guardianSetDigest(next), "the lower quorum stays");
    }

    // 21
    function test_noticeOfFormerGuardiansIsNoneOfTheNext() public {
        _announce(guardians, _moveTo(_villain, 1), _set, FEW);
        assertTrue(_cancel(guardians, _root));
        GuardianSet memory next = GuardianSet(ID, 2, 1, 2, 1 days, _others);
        assertTrue(_name(_root, next));
        vm.warp(START + 9 days);
        RootMove memory move = _moveTo(_rescue, 1);
        assertFalse(_announce(guardians, move, next, ALL), "guardians signed for others");
        move.set = guardians.guardianSetDigest(next);
        uint256 before = vm.snapshotState();
        for (uint256 i = 0; i < 2; ++i) {
            vm.revertToState(before);
            if (i == 1) assertTrue(_cancel(guardians, _root));
            assertTrue(_announce(guardians, move, next, ALL));
            assertEq(guardians.recallOf(ID).readyAt, START + 10 days);
        }
    }

    /// @dev The limit: delays count for each chain, so that a cancellation may come in time on one only. The same move,
    /// signed by as many as override, makes them agree again.
    function test_cancellationThatIsLateOnOneChainIsMadeUpForByAnOverride() public {
        (GuardianRegistry elsewhere, ParticipantRegistry registryElsewhere) = _otherChain();
        RootMove memory move = _moveTo(_rescue, 1);
        assertTrue(_announce(guardians, move, _set, FEW) && _announce(elsewhere, move, _set, FEW));
        assertTrue(_cancel(guardians, _root));
        vm.warp(START + 3 days);
        assertFalse(_execute(guardians, move));
        assertTrue(_execute(elsewhere, move));
        assertFalse(_cancel(elsewhere, _root));
        assertEq(registry.participantOf(ID).root, _root);
        assertEq(registryElsewhere.participantOf(ID).root, _rescue);

        assertTrue(_announce(guardians, move, _set, MOST));
        assertTrue(_execute(guardians, move));
        assertEq(abi.encode(registry.participantOf(ID)), abi.encode(registryElsewhere.participantOf(ID)));
    }

    /// @dev The limit: the thief's messages of the time when it was the root still revoke what that root granted.
    function test_formerRootStillRevokesKeysThatWereKept() public {
        address key = _account(3);
        _grantByRoot(key);
        RootMove memory move = RootMove(ID, 0, guardians.guardianSetDigest(_set), 1, _rescue, new address[](1));
        move.kept[0] = key;
        assertTrue(_announce(guardians, move, _set, MOST));
        vm.warp(START + 3 days);
        assertTrue(_execute(guardians, move));
        assertFalse(registry.keyOf(key).isRevoked);
        vm.prank(_root);
        registry.revokeKey(key);
        assertTrue(registry.keyOf(key).isRevoked);
    }

    /// @dev Has the root and the lower quorum.
    function _actAsThief(uint256 seed) private {
        uint256 kind = _pick(seed, 0, 3);
        if (kind == 0) {
            uint32 nonce = _pick(seed, 1, 4) == 0 ? type(uint32).max : uint32(2 + _pick(seed, 2, 9));
            _name(_root, GuardianSet(ID, nonce, 1, 2, 1 days, _others));
        } else if (kind == 1) {
            _cancel(guardians, _root);
        } else {
            _actAsFew(seed);
        }
        RootMove memory move = _moveTo(_villain, uint32(_pick(seed, 3, 99)));
        GuardianSet memory set = GuardianSet(ID, uint32(2 + _pick(seed, 2, 9)), 1, 2, 1 days, _others);
        move.set = guardians.guardianSetDigest(set);
        _announce(guardians, move, set, ALL);
    }

    function _actAsFew(uint256 seed) private {
        RootMove memory move = _moveTo(_villain, uint32(_pick(seed, 3, 99)));
        _moves.push(move);
        _announce(guardians, move, _set, FEW);
        _execute(guardians, _moves[_pick(seed, 4, _moves.length)]);
    }

    function _moveTo(address newRoot, uint32 nonce) private view returns (RootMove memory) {
        (uint32 epoch, bytes32 set) = (registry.participantOf(ID).epoch, guardians.guardianSetDigest(_set));
        return RootMove(ID, epoch, set, nonce, newRoot, new address[](0));
    }

    function _name(address root, GuardianSet memory set) private returns (bool isTaken) {
        bytes memory signature = _sign(root, guardians.guardianSetDigest(set));
        (isTaken,) = address(guardians).call(abi.encodeCall(guardians.setGuardians, (set, signature)));
    }

    /// @param signers bit mask over the guardians of the set
    function _announce(GuardianRegistry chain, RootMove memory move, GuardianSet memory set, uint256 signers)
        private
        returns (bool isTaken)
    {
        bytes32 digest = chain.rootMoveDigest(move);
        bytes[] memory signatures = new bytes[](GUARDIANS);
        for (uint256 i = 0; i < GUARDIANS; ++i) {
            if (signers >> i & 1 == 1) signatures[i] = _sign(set.guardians[i], digest);
        }
        bytes memory acceptance = _sign(move.newRoot, digest);
        (isTaken,) = address(chain).call(abi.encodeCall(chain.announce, (move, set, acceptance, signatures)));
    }

    function _cancel(GuardianRegistry chain, address root) private returns (bool isTaken) {
        uint32 epoch = chain.REGISTRY().participantOf(ID).epoch;
        bytes memory signature = _sign(root, chain.moveCancellationDigest(ID, epoch, chain.guardingOf(ID).set));
        (isTaken,) = address(chain).call(abi.encodeCall(chain.cancel, (ID, signature)));
    }

    function _execute(GuardianRegistry chain, RootMove memory move) private returns (bool isTaken) {
        (isTaken,) = address(chain).call(abi.encodeCall(chain.execute, (move)));
    }

    function _otherChain() private returns (GuardianRegistry elsewhere, ParticipantRegistry registryElsewhere) {
        address at = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        elsewhere = new GuardianRegistry(at, keccak256("deployment"));
        registryElsewhere = new ParticipantRegistry(address(manager), keccak256("deployment"), address(elsewhere));
        (registry, registryElsewhere) = (registryElsewhere, registry);
        _register(ID, 1, _root);
        (registry, registryElsewhere) = (registryElsewhere, registry);
        vm.prank(_root);
        elsewhere.setGuardians(_set, "");
    }

    function _ascending(uint32 first) private returns (address[] memory list) {
        list = new address[](GUARDIANS);
        for (uint32 i = 0; i < GUARDIANS; ++i) {
            address account = _account(first + i);
            uint256 place = i;
            for (; place > 0 && list[place - 1] > account; --place) {
                list[place] = list[place - 1];
            }
            list[place] = account;
        }
    }

    function _grantByRoot(address key) private {
        KeyGrant memory offer = KeyGrant(_root, key, 1, 1, type(uint40).max);
        bytes memory acceptance = _sign(key, registry.keyGrantDigest(offer));
        vm.prank(_root);
        registry.grantKey(offer, acceptance);
    }

    function _pick(uint256 seed, uint256 salt, uint256 choices) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, salt))) % choices;
    }
}
