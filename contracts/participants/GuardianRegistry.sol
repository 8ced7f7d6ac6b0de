// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {GuardianSet, Guarding, IGuardianRegistry, Recall, RootMove} from "interfaces/IGuardianRegistry.sol";
import {IParticipantRegistry, Participant} from "interfaces/IParticipantRegistry.sol";
import {Signatures} from "contracts/libraries/Signatures.sol";

/// @title GuardianRegistry
contract GuardianRegistry is IGuardianRegistry {
    uint32 private constant MIN_DELAY = 1 days;
    uint32 private constant MAX_DELAY = 30 days;
    uint256 private constant MAX_GUARDIANS = 32;

    bytes32 private constant GUARDIAN_SET_TYPEHASH = keccak256(
        "GuardianSet(uint64 id,uint32 nonce,uint8 threshold,uint8 overrideThreshold,uint32 delay,address[] guardians)"
    );
    bytes32 private constant ROOT_MOVE_TYPEHASH =
        keccak256("RootMove(uint64 id,uint32 epoch,bytes32 set,uint32 nonce,address newRoot,address[] kept)");
    bytes32 private constant MOVE_CANCELLATION_TYPEHASH =
        keccak256("MoveCancellation(uint64 id,uint32 epoch,bytes32 set)");
    bytes32 private constant SEAL_ANCHOR_TYPEHASH = keccak256("SealAnchor(uint64 id,bytes32 record)");

    /// @notice Registry whose roots are guarded.
    IParticipantRegistry public immutable REGISTRY;

    bytes32 private immutable DOMAIN;

    mapping(uint64 id => Guarding) private _guardings;
    mapping(uint64 id => Recall) private _recalls;
    mapping(uint64 id => bytes32 cancellation) private _cancellations;

    /// @inheritdoc IGuardianRegistry
    mapping(uint64 id => mapping(bytes32 record => uint40)) public sealedAt;

    /// @param registry ParticipantRegistry of the deployment
    /// @param salt the deployment's salt, the same on each of its chains
    constructor(address registry, bytes32 salt) {
        REGISTRY = IParticipantRegistry(registry);
        DOMAIN = Signatures.deploymentDomain(salt);
    }

    /// @inheritdoc IGuardianRegistry
    function setGuardians(GuardianSet calldata set, bytes calldata signature) external {
        uint64 id = set.id;
        bytes32 digest = guardianSetDigest(set);
        _requireRoot(id, digest, signature);
        _requireSound(set);
        if (_recalls[id].move != 0) revert GuardianRegistry_MoveOnItsWay(id);
        Guarding memory guarding = guardingOf(id);
        if (set.nonce <= guarding.nonce) revert GuardianRegistry_OldNonce(id, set.nonce, guarding.nonce);

        guarding.nonce = set.nonce;
        uint40 from = uint40(block.timestamp);
        if (guarding.set == 0) {
            (guarding.set, guarding.delay) = (digest, set.delay);
        } else {
            from += guarding.delay;
            (guarding.nextSet, guarding.nextDelay, guarding.nextFrom) = (digest, set.delay, from);
        }
        _guardings[id] = guarding;
        emit GuardiansSet(id, digest, from, set);
    }

    /// @inheritdoc IGuardianRegistry
    function announce(
        RootMove calldata move,
        GuardianSet calldata set,
        bytes calldata acceptance,
        bytes[] calldata signatures
    ) external {
        Guarding memory guarding = _requireInForce(move, set);
        uint32 epoch = _participant(move.id).epoch;
        if (move.epoch != epoch) revert GuardianRegistry_WrongEpoch(move.id, move.epoch, epoch);
        bytes32 digest = rootMoveDigest(move);
        _requireSignature(move.newRoot, digest, acceptance);
        Recall memory recall = _next(move, _requireGuardians(set, digest, signatures), guarding.delay);

        recall.move = digest;
        _recalls[move.id] = recall;
        (guarding.nextSet, guarding.nextDelay, guarding.nextFrom) = (0, 0, 0);
        // Else a thief's request with the last of all nonces would outlive the thief.
        guarding.nonce = set.nonce;
        _guardings[move.id] = guarding;
        emit MoveAnnounced(move.id, digest, recall.readyAt, recall.isOverride, move);
    }

    /// @inheritdoc IGuardianRegistry
    function cancel(uint64 id, bytes calldata signature) external {
        (uint32 epoch, bytes32 set) = (_participant(id).epoch, guardingOf(id).set);
        if (set == 0) revert GuardianRegistry_NoGuardians(id);
        bytes32 digest = moveCancellationDigest(id, epoch, set);
        _requireRoot(id, digest, signature);
        if (_cancellations[id] == digest) revert GuardianRegistry_CancelledBefore(id);

        _cancellations[id] = digest;
        Recall memory recall = _recalls[id];
        bytes32 move = recall.isOverride ? bytes32(0) : recall.move;
        if (!recall.isOverride) {
            // What was announced in the time of other guardians is no notice of a move by these.
            if (move == 0) recall.readyAt = 0;
            recall.move = 0;
            _recalls[id] = recall;
        }
        emit MoveCancelled(id, epoch, set, move);
    }

    /// @inheritdoc IGuardianRegistry
    function execute(RootMove calldata move) external {
        bytes32 digest = rootMoveDigest(move);
        Recall memory recall = _recalls[move.id];
        if (recall.move != digest) revert GuardianRegistry_NotAnnounced(move.id, digest);
        if (block.timestamp < recall.readyAt) revert GuardianRegistry_TooEarly(move.id, recall.readyAt);
        delete _recalls[move.id];
        emit MoveExecuted(move.id, digest);
        REGISTRY.moveRoot(move.id, move.newRoot, move.kept);
    }

    /// @inheritdoc IGuardianRegistry
    function anchorSeal(uint64 id, bytes32 record, bytes calldata signature) external {
        _requireRoot(id, sealAnchorDigest(id, record), signature);
        if (sealedAt[id][record] != 0) revert GuardianRegistry_AnchoredBefore(id, record);
        sealedAt[id][record] = uint40(block.timestamp);
        emit SealAnchored(id, record);
    }

    /// @inheritdoc IGuardianRegistry
    function recallOf(uint64 id) external view returns (Recall memory) {
        return _recalls[id];
    }

    /// @inheritdoc IGuardianRegistry
    function guardingOf(uint64 id) public view returns (Guarding memory guarding) {
        guarding = _guardings[id];
        if (guarding.nextSet != 0 && guarding.nextFrom <= block.timestamp) {
            (guarding.set, guarding.delay) = (guarding.nextSet, guarding.nextDelay);
            (guarding.nextSet, guarding.nextDelay, guarding.nextFrom) = (0, 0, 0);
        }
    }

    /// @inheritdoc IGuardianRegistry
    function hasCancelled(uint64 id) public view returns (bool) {
        bytes32 cancellation = _cancellations[id];
        return
            cancellation != 0 && cancellation == moveCancellationDigest(id, _participant(id).epoch, guardingOf(id).set);
    }

    /// @inheritdoc IGuardianRegistry
    function guardianSetDigest(GuardianSet calldata set) public view returns (bytes32) {
        return _digest(
            keccak256(
                abi.encode(
                    GUARDIAN_SET_TYPEHASH,
                    set.id,
                    set.nonce,
                    set.threshold,
                    set.overrideThreshold,
                    set.delay,
                    keccak256(abi.encodePacked(set.guardians))
                )
            )
        );
    }

    /// @inheritdoc IGuardianRegistry
    function rootMoveDigest(RootMove calldata move) public view returns (bytes32) {
        bytes32 kept = keccak256(abi.encodePacked(move.kept));
        return _digest(
            keccak256(abi.encode(ROOT_MOVE_TYPEHASH, move.id, move.epoch, move.set, move.nonce, move.newRoot, kept))
        );
    }

    /// @inheritdoc IGuardianRegistry
    function moveCancellationDigest(uint64 id, uint32 epoch, bytes32 set) public view returns (bytes32) {
        return _digest(keccak256(abi.encode(MOVE_CANCELLATION_TYPEHASH, id, epoch, set)));
    }

    /// @inheritdoc IGuardianRegistry
    function sealAnchorDigest(uint64 id, bytes32 record) public view returns (bytes32) {
        return _digest(keccak256(abi.encode(SEAL_ANCHOR_TYPEHASH, id, record)));
    }

    function _participant(uint64 id) private view returns (Participant memory participant) {
        participant = REGISTRY.participantOf(id);
        if (participant.root == address(0)) revert GuardianRegistry_UnknownParticipant(id);
    }

    function _requireRoot(uint64 id, bytes32 digest, bytes calldata signature) private view {
        address root = _participant(id).root;
        if (msg.sender != root) _requireSignature(root, digest, signature);
    }

    function _requireSound(GuardianSet calldata set) private pure {
        uint256 count = set.guardians.length;
        if (count > MAX_GUARDIANS) revert GuardianRegistry_TooManyGuardians(count, MAX_GUARDIANS);
        if (set.threshold == 0 || set.overrideThreshold <= set.threshold || set.overrideThreshold > count) {
            revert GuardianRegistry_BadThresholds(set.threshold, set.overrideThreshold, count);
        }
        if (set.delay < MIN_DELAY || set.delay > MAX_DELAY) {
            revert GuardianRegistry_BadDelay(set.delay, MIN_DELAY, MAX_DELAY);
        }
        address previous;
        for (uint256 i = 0; i < count; ++i) {
            address guardian = set.guardians[i];
            if (guardian <= previous) revert GuardianRegistry_NotAscending(previous, guardian);
            previous = guardian;
        }
    }

    function _requireInForce(RootMove calldata move, GuardianSet calldata set)
        private
        view
        returns (Guarding memory guarding)
    {
        uint64 id = move.id;
        guarding = guardingOf(id);
        bytes32 digest = guardianSetDigest(set);
        if (guarding.set == 0) revert GuardianRegistry_NoGuardians(id);
        if (guarding.set != digest) revert GuardianRegistry_NotTheSet(id, digest, guarding.set);
        if (guarding.set != move.set) revert GuardianRegistry_NotTheSet(id, move.set, guarding.set);
    }

    /// @dev Whether as many guardians signed as override the root.
    function _requireGuardians(GuardianSet calldata set, bytes32 digest, bytes[] calldata signatures)
        private
        view
        returns (bool)
    {
        uint256 count = set.guardians.length;
        if (signatures.length != count) revert GuardianRegistry_LengthMismatch(count, signatures.length);
        uint256 signed;
        for (uint256 i = 0; i < count; ++i) {
            if (signatures[i].length == 0) continue;
            _requireSignature(set.guardians[i], digest, signatures[i]);
            ++signed;
        }
        if (signed < set.threshold) revert GuardianRegistry_TooFewGuardians(signed, set.threshold);
        return signed >= set.overrideThreshold;
    }

    /// @dev What a move makes of the one that was announced before it, if any.
    function _next(RootMove calldata move, bool isOverride, uint32 delay) private view returns (Recall memory recall) {
        uint64 id = move.id;
        bool isCancelled = hasCancelled(id);
        if (isCancelled && !isOverride) revert GuardianRegistry_Cancelled(id);
        recall = _recalls[id];
        if (recall.move != 0) {
            bool isHigher = isOverride == recall.isOverride ? move.nonce > recall.nonce : isOverride;
            if (!isHigher) revert GuardianRegistry_Outranked(id, move.nonce, recall.nonce);
        }
        bool isResumed = isOverride && recall.readyAt != 0 && (recall.move != 0 || isCancelled);
        if (!isResumed) recall.readyAt = uint40(block.timestamp) + delay;
        (recall.nonce, recall.isOverride) = (move.nonce, isOverride);
    }

    function _requireSignature(address signer, bytes32 digest, bytes calldata signature) private view {
        if (!Signatures.isValid(signer, digest, signature)) revert GuardianRegistry_InvalidSignature(signer);
    }

    function _digest(bytes32 structHash) private view returns (bytes32) {
        return Signatures.digestOf(DOMAIN, structHash);
    }
}
