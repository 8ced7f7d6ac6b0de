// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {World} from "./World.sol";
import {Council} from "contracts/participants/Council.sol";
import {ParticipantRegistry} from "contracts/participants/ParticipantRegistry.sol";
import {QualificationRegistry} from "contracts/participants/QualificationRegistry.sol";
import {Timelock} from "contracts/participants/Timelock.sol";
import {Function, KeyGrant, Registration} from "interfaces/IParticipantRegistry.sol";
import {Qualification} from "interfaces/IQualificationRegistry.sol";

/// @notice A wallet that agrees to everything, after an attempt to act on what it is asked about.
contract CallingBackWallet is IERC1271 {
    ParticipantRegistry private immutable _REGISTRY;

    constructor(ParticipantRegistry registry) {
        _REGISTRY = registry;
    }

    function isValidSignature(bytes32, bytes calldata signature) external view returns (bytes4) {
        if (signature.length != 0) {
            (bool isDone,) = address(_REGISTRY)
                .staticcall(abi.encodeCall(_REGISTRY.revokeKey, (address(uint160(bytes20(signature))))));
            if (!isDone) return 0;
        }
        return IERC1271.isValidSignature.selector;
    }
}

/// @notice Attempts on the participants' contracts that need no random walk, and what they come to.
contract AttacksTest is World {
    uint256 private constant CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
    uint64 private constant COUNCIL_THRESHOLD = 2;

    address private _root;
    address private _key;
    address private _stranger;
    address[] private _members;
    Council private _council;
    Timelock private _timelock;

    function setUp() public {
        _deploy();
        (_root, _key, _stranger) = (_account(0), _account(1), _account(2));
        _register(1, 2 ** 15 - 1, _root);
        _register(2, 2 ** 15 - 1, _stranger);
        bytes[] memory members = new bytes[](3);
        for (uint32 i = 0; i < 3; ++i) {
            _members.push(_account(10 + i));
            members[i] = abi.encodePacked(_members[i]);
        }
        _council = new Council(members, COUNCIL_THRESHOLD);
        address[] memory proposers = new address[](1);
        proposers[0] = address(_council);
        _timelock = new Timelock(2 days, proposers, new address[](1));
    }

    function test_messageOfAnotherDeploymentIsRefused() public {
        (KeyGrant[] memory grants, bytes[] memory acceptances, bytes memory signature) = _granting(_root, _key);
        registry = new ParticipantRegistry(address(manager), keccak256("another"), address(guardians));
        _register(1, 2 ** 15 - 1, _root);
        assertFalse(_bring(abi.encodeCall(registry.grantKeys, (grants, acceptances, _root, signature))));
        (, acceptances, signature) = _granting(_root, _key);
        assertTrue(_bring(abi.encodeCall(registry.grantKeys, (grants, acceptances, _root, signature))));
    }

    function testFuzz_signatureInAnotherShapeIsRefused(uint256 index) public {
        _key = _account(uint32(bound(index, 3, 9)));
        (KeyGrant[] memory grants, bytes[] memory acceptances, bytes memory signature) = _granting(_root, _key);
        bytes memory mirrored = _mirrored(signature);
        bytes memory compact = _compact(signature);
        assertFalse(_bring(abi.encodeCall(registry.grantKeys, (grants, acceptances, _root, mirrored))));
        assertFalse(_bring(abi.encodeCall(registry.grantKeys, (grants, acceptances, _root, compact))));
        assertFalse(_bring(abi.encodeCall(registry.grantKeys, (grants, acceptances, _root, ""))));
        assertTrue(_bring(abi.encodeCall(registry.grantKeys, (grants, acceptances, _root, signature))));
    }

    function test_batchIsTakenWhollyOrNotAtAll() public {
        KeyGrant[] memory grants = new KeyGrant[](2);
        bytes[] memory acceptances = new bytes[](2);
        for (uint32 i = 0; i < 2; ++i) {
            grants[i] = KeyGrant(_root, _account(3 + i), 1, 1, type(uint40).max);
            acceptances[i] = _sign(grants[i].key, registry.keyGrantDigest(grants[i]));
        }
        bytes memory signature = _sign(_root, registry.keyGrantsDigest(grants));
        bytes memory last = acceptances[1];
        acceptances[1] = acceptances[0];
        assertFalse(_bring(abi.encodeCall(registry.grantKeys, (grants, acceptances, _root, signature))));
        assertEq(registry.keyOf(grants[0].key).functions, 0);
        acceptances[1] = last;
        assertTrue(_bring(abi.encodeCall(registry.grantKeys, (grants, acceptances, _root, signature))));
    }

    function test_walletThatCallsBackChangesNothing() public {
        address wallet = address(new CallingBackWallet(registry));
        KeyGrant[] memory grants = new KeyGrant[](1);
        grants[0] = KeyGrant(_root, wallet, 1, 1, type(uint40).max);
        bytes memory signature = _sign(_root, registry.keyGrantsDigest(grants));
        bytes[] memory acceptances = new bytes[](1);
        acceptances[0] = abi.encodePacked(wallet);
        assertFalse(_bring(abi.encodeCall(registry.grantKeys, (grants, acceptances, _root, signature))));
        assertFalse(registry.isWithdrawn(wallet, wallet));
        acceptances[0] = "";
        assertTrue(_bring(abi.encodeCall(registry.grantKeys, (grants, acceptances, _root, signature))));
    }

    function test_signatureOfAnotherIsRefused() public {
        (KeyGrant[] memory grants, bytes[] memory acceptances,) = _granting(_root, _key);
        bytes memory forged = _sign(_stranger, registry.keyGrantsDigest(grants));
        assertFalse(_bring(abi.encodeCall(registry.grantKeys, (grants, acceptances, _root, forged))));
        bytes32 digest = registry.keyRevocationDigest(_key);
        assertFalse(_bring(abi.encodeCall(registry.revokeKeyBySig, (_key, _root, _sign(_stranger, digest)))));
        assertFalse(_bring(abi.encodeCall(registry.revokeKeyBySig, (_key, _key, _sign(_stranger, digest)))));
        (Registration[] memory registrations, bytes[] memory registering) = _registering(3, _account(3));
        registering[0] = _sign(_stranger, registry.registrationDigest(registrations[0]));
        assertFalse(_bring(abi.encodeCall(registry.register, (registrations, registering, address(this), ""))));
        assertTrue(_bring(abi.encodeCall(registry.revokeKeyBySig, (_key, _root, _sign(_root, digest)))));
    }

    function testFuzz_addressWithoutCodeOrKeySignsNothing(address account, bytes memory signature) public {
        vm.assume(account.code.length == 0 && account != _root);
        assertFalse(_bring(abi.encodeCall(registry.revokeKeyBySig, (_key, account, signature))));
    }

    function test_withdrawalsByStrangersHinderNobody() public {
        address newRoot = _account(3);
        vm.prank(_account(4));
        assertFalse(_bring(abi.encodeCall(registry.revokeKey, (_key))));
        vm.startPrank(_stranger);
        registry.revokeKey(_key);
        registry.revokeKey(newRoot);
        registry.revokeKey(_account(5));
        vm.stopPrank();
        (KeyGrant[] memory grants, bytes[] memory acceptances, bytes memory signature) = _granting(_root, _key);
        assertTrue(_bring(abi.encodeCall(registry.grantKeys, (grants, acceptances, _root, signature))));
        assertEq(registry.authorize(_key, Function.Buy), 1);
        vm.prank(address(guardians));
        registry.moveRoot(1, newRoot, new address[](0));
        assertEq(registry.authorize(newRoot, Function.Buy), 1);
        _register(3, 2 ** 15 - 1, _account(5));
    }

    function test_councilCountsEveryMemberOnce() public {
        bytes memory call = abi.encodeCall(_council.changeMembers, (new bytes[](0), new bytes[](0), 1));
        bytes32 digest = _council.callDigest(address(_council), call, 0);
        assertFalse(_execute(call, 0, _councilSignature(digest, _members[0], _members[0])));
        assertFalse(_execute(call, 0, _councilSignature(digest, _members[0], _stranger)));
        assertFalse(_execute(call, 0, abi.encode(new bytes[](0), new bytes[](0))));
        bytes memory signature = _councilSignature(digest, _members[1], _members[0]);
        assertTrue(_execute(call, 0, signature));
        assertFalse(_execute(call, 0, signature));
        assertFalse(_execute(call, 1, signature));
    }

    function test_councilKeepsAThresholdThatItsMembersReach() public {
        bytes[] memory all = new bytes[](3);
        for (uint32 i = 0; i < 3; ++i) {
            all[i] = abi.encodePacked(_members[i]);
        }
        bytes[3] memory calls = [
            abi.encodeCall(_council.changeMembers, (new bytes[](0), new bytes[](0), 0)),
            abi.encodeCall(_council.changeMembers, (new bytes[](0), new bytes[](0), 4)),
            abi.encodeCall(_council.changeMembers, (new bytes[](0), all, 1))
        ];
        for (uint256 i = 0; i < 3; ++i) {
            bytes32 digest = _council.callDigest(address(_council), calls[i], 0);
            assertFalse(_execute(calls[i], 0, _councilSignature(digest, _members[0], _members[1])));
        }
        assertEq(_council.nonce(), 0);
    }

    function test_councilRegistersAtOnceAndDecidesTheRestWithNotice() public {
        _handOver();
        (Registration[] memory registrations, bytes[] memory acceptances) = _registering(3, _account(3));
        bytes32 digest = registry.registrationsDigest(registrations);
        bytes memory signature = _councilSignature(digest, _members[0], _members[1]);
        assertFalse(_bring(abi.encodeCall(registry.register, (registrations, acceptances, address(this), ""))));
        assertFalse(
            _bring(abi.encodeCall(registry.register, (registrations, acceptances, address(_timelock), signature)))
        );
        assertTrue(
            _bring(abi.encodeCall(registry.register, (registrations, acceptances, address(_council), signature)))
        );

        bytes memory roles = abi.encodeCall(registry.setRoles, (3, 1, 1));
        assertFalse(_bring(roles));
        vm.prank(address(_council));
        assertFalse(_bring(roles));
        vm.startPrank(address(_council));
        _timelock.schedule(address(registry), 0, roles, 0, 0, 2 days);
        vm.stopPrank();
        bytes memory execution = abi.encodeCall(_timelock.execute, (address(registry), 0, roles, 0, 0));
        (bool isDone,) = address(_timelock).call(execution);
        assertFalse(isDone);
        vm.warp(block.timestamp + 2 days);
        (isDone,) = address(_timelock).call(execution);
        assertTrue(isDone);
        assertEq(registry.participantOf(3).roles, 1);
    }

    /// @dev The limit: what its members sign as themselves, the council has signed. It is no key, root or guardian beside them.
    function test_signaturesOfMembersAreTheCouncils() public view {
        bytes32 digest = keccak256("what two members happened to sign");
        bytes memory signature = _councilSignature(digest, _members[0], _members[1]);
        assertEq(_council.isValidSignature(digest, signature), IERC1271.isValidSignature.selector);
    }

    /// @dev The limit: a qualification is taken while its key may certify, so it may come too late on one chain. Another
    /// key of the issuer vouches for the same one.
    function test_qualificationThatIsLateIsVouchedForByAnotherKey() public {
        QualificationRegistry qualifications = new QualificationRegistry(address(registry), keccak256("deployment"));
        (KeyGrant[] memory grants, bytes[] memory acceptances, bytes memory signature) = _granting(_root, _key);
        registry.grantKeys(grants, acceptances, _root, signature);
        Qualification memory terms = Qualification(1, 2, 0, type(uint40).max, "licence", 0, 0);
        bytes32 id = qualifications.qualificationIdOf(terms);
        signature = _sign(_key, id);
        vm.prank(_root);
        registry.revokeKey(_key);
        (bool isTaken,) = address(qualifications).call(abi.encodeCall(qualifications.qualify, (terms, _key, signature)));
        assertFalse(isTaken);
        qualifications.qualify(terms, _root, _sign(_root, id));
        assertTrue(qualifications.isQualified(id));
    }

    /// @dev As `services/deploy.py` does.
    function _handOver() private {
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = registry.register.selector;
        manager.setTargetFunctionRole(address(registry), selectors, manager.STEWARD());
        manager.grantRole(manager.STEWARD(), address(_council), 0);
        manager.grantRole(0, address(_timelock), 0);
        manager.renounceRole(0, address(this));
    }

    function _granting(address granter, address key)
        private
        view
        returns (KeyGrant[] memory grants, bytes[] memory acceptances, bytes memory signature)
    {
        grants = new KeyGrant[](1);
        acceptances = new bytes[](1);
        grants[0] = KeyGrant(granter, key, 255, 1, type(uint40).max);
        acceptances[0] = _sign(key, registry.keyGrantDigest(grants[0]));
        signature = _sign(granter, registry.keyGrantsDigest(grants));
    }

    function _registering(uint64 id, address root)
        private
        view
        returns (Registration[] memory registrations, bytes[] memory acceptances)
    {
        registrations = new Registration[](1);
        acceptances = new bytes[](1);
        registrations[0] = Registration(id, 1, root);
        acceptances[0] = _sign(root, registry.registrationDigest(registrations[0]));
    }

    function _bring(bytes memory message) private returns (bool isTaken) {
        (isTaken,) = address(registry).call(message);
    }

    function _execute(bytes memory call, uint256 nonce, bytes memory signature) private returns (bool isDone) {
        (isDone,) =
            address(_council).call(abi.encodeCall(_council.execute, (address(_council), call, nonce, signature)));
    }

    /// @dev Of two accounts, members or not, in the right order.
    function _councilSignature(bytes32 digest, address one, address other) private view returns (bytes memory) {
        address[2] memory signers = [one, other];
        if (keccak256(abi.encodePacked(signers[0])) > keccak256(abi.encodePacked(signers[1]))) {
            (signers[0], signers[1]) = (signers[1], signers[0]);
        }
        bytes[] memory members = new bytes[](2);
        bytes[] memory signatures = new bytes[](2);
        for (uint256 i = 0; i < 2; ++i) {
            members[i] = abi.encodePacked(signers[i]);
            signatures[i] = _sign(signers[i], digest);
        }
        return abi.encode(members, signatures);
    }

    function _mirrored(bytes memory signature) private pure returns (bytes memory) {
        (bytes32 r, uint256 s, uint8 v) = _parts(signature);
        return abi.encodePacked(r, CURVE_ORDER - s, v == 27 ? uint8(28) : uint8(27));
    }

    function _compact(bytes memory signature) private pure returns (bytes memory) {
        (bytes32 r, uint256 s, uint8 v) = _parts(signature);
        return abi.encodePacked(r, uint256(v - 27) << 255 | s);
    }

    function _parts(bytes memory signature) private pure returns (bytes32 r, uint256 s, uint8 v) {
        assembly ("memory-safe") {
            r := mload(add(signature, 0x20))
            s := mload(add(signature, 0x40))
            v := byte(0, mload(add(signature, 0x60)))
        }
    }
}
