// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Who may move a participant's root, as the root signs it.
/// @param id participant
/// @param nonce larger than that of the set in force and of one on its way, so that the order of sets is the same on
/// every chain
/// @param threshold guardians that a move needs; the root may cancel it once
/// @param overrideThreshold guardians, more than `threshold`, that move the root whatever it says
/// @param delay seconds between a move's announcement and its execution, and before a new set replaces this one
/// @param guardians accounts, EOA or ERC-1271, in ascending order
struct GuardianSet {
    uint64 id;
    uint32 nonce;
    uint8 threshold;
    uint8 overrideThreshold;
    uint32 delay;
    address[] guardians;
}

/// @notice A new root, as guardians sign it and the new root accepts it.
/// @param id participant
/// @param epoch number of the root that is to be replaced
/// @param set digest of the guardians who move it: what they signed is worth nothing under others
/// @param nonce of two moves with as many guardians behind them, the larger one counts
/// @param newRoot address that was never a root or a key
/// @param kept keys that the old root granted and that stay good; all others, and those under them, are cut off for ever
struct RootMove {
    uint64 id;
    uint32 epoch;
    bytes32 set;
    uint32 nonce;
    address newRoot;
    address[] kept;
}

/// @notice A participant's guardians as they are kept; sets by their hashes.
/// @param set the set in force, zero where there is none
/// @param nonce of the set on its way or, where none is, of the set in force
/// @param delay of the set in force, seconds
/// @param nextSet set that comes into force at `nextFrom`, zero where none is on its way
/// @param nextDelay delay of the next set, seconds
struct Guarding {
    bytes32 set;
    bytes32 nextSet;
    uint32 nonce;
    uint32 delay;
    uint32 nextDelay;
    uint40 nextFrom;
}

/// @notice A move that was announced.
/// @param move its digest, zero where none is on its way
/// @param nonce the move's
/// @param readyAt time from which anyone may execute it; stays after a cancellation, for the move that overrides it
/// @param isOverride whether enough guardians signed it to override the root
struct Recall {
    bytes32 move;
    uint32 nonce;
    uint40 readyAt;
    bool isOverride;
}

/// @title Guardians, who replace a root that is lost or stolen, and the records of keys sealed against a loss
/// @notice Guardians announce a move and after a delay anyone executes it. The root may cancel once per set of
/// guardians; after that, and against that, the higher threshold counts. A root cannot change its guardians while a
/// move is on its way, and at no time without a notice of the delay, in which the old ones may still act: whoever
/// steals a root gains time, not the participant.
/// @dev All messages are signed for the deployment, as those of `IParticipantRegistry`, and may be brought by anyone. A
/// chain counts its delays from when it hears of a message.
interface IGuardianRegistry {
    event GuardiansSet(uint64 indexed id, bytes32 indexed set, uint40 from, GuardianSet terms);
    event MoveAnnounced(uint64 indexed id, bytes32 indexed move, uint40 readyAt, bool isOverride, RootMove terms);
    event MoveCancelled(uint64 indexed id, uint32 epoch, bytes32 indexed set, bytes32 indexed move);
    event MoveExecuted(uint64 indexed id, bytes32 indexed move);
    event SealAnchored(uint64 indexed id, bytes32 indexed record);

    error GuardianRegistry_UnknownParticipant(uint64 id);
    error GuardianRegistry_InvalidSignature(address signer);
    error GuardianRegistry_OldNonce(uint64 id, uint32 nonce, uint32 last);
    error GuardianRegistry_BadThresholds(uint8 threshold, uint8 overrideThreshold, uint256 guardians);
    error GuardianRegistry_BadDelay(uint32 delay, uint32 least, uint32 most);
    error GuardianRegistry_TooManyGuardians(uint256 guardians, uint256 most);
    error GuardianRegistry_NotAscending(address previous, address guardian);
    error GuardianRegistry_MoveOnItsWay(uint64 id);
    error GuardianRegistry_NoGuardians(uint64 id);
    error GuardianRegistry_NotTheSet(uint64 id, bytes32 given, bytes32 inForce);
    error GuardianRegistry_WrongEpoch(uint64 id, uint32 epoch, uint32 current);
    error GuardianRegistry_LengthMismatch(uint256 guardians, uint256 signatures);
    error GuardianRegistry_TooFewGuardians(uint256 signed, uint8 threshold);
    error GuardianRegistry_Outranked(uint64 id, uint32 nonce, uint32 announced);
    error GuardianRegistry_Cancelled(uint64 id);
    error GuardianRegistry_CancelledBefore(uint64 id);
    error GuardianRegistry_NotAnnounced(uint64 id, bytes32 move);
    error GuardianRegistry_TooEarly(uint64 id, uint40 readyAt);
    error GuardianRegistry_AnchoredBefore(uint64 id, bytes32 record);

    /// @notice Names guardians: the first at once, others in place of them after the delay of those in force.
    /// @param signature the root's over the set; empty where it is the caller
    function setGuardians(GuardianSet calldata set, bytes calldata signature) external;

    /// @notice Announces a move of a root. A set that was on its way is dropped, and its nonce counts no more.
    /// @dev A move that was announced gives way to one with a larger nonce and to one that overrides. One that overrides
    /// waits no longer than the one in whose place it comes, also after a cancellation.
    /// @param set the guardians in force
    /// @param acceptance signature of `move.newRoot` over the move
    /// @param signatures of each guardian in the set's order over the move, empty for those who did not sign
    function announce(
        RootMove calldata move,
        GuardianSet calldata set,
        bytes calldata acceptance,
        bytes[] calldata signatures
    ) external;

    /// @notice Ends the announced move, unless it overrides, and refuses all others that do not: once for each root and
    /// set of guardians.
    /// @param signature the root's over `MoveCancellation(uint64 id,uint32 epoch,bytes32 set)`; empty where it is the caller
    function cancel(uint64 id, bytes calldata signature) external;

    /// @notice Moves the root as announced, once its delay is over. By anyone.
    function execute(RootMove calldata move) external;

    /// @notice Keeps the hash of a record of a sealed key.
    /// @param signature the root's over `SealAnchor(uint64 id,bytes32 record)`; empty where it is the caller
    function anchorSeal(uint64 id, bytes32 record, bytes calldata signature) external;

    /// @notice The participant's guardians now.
    function guardingOf(uint64 id) external view returns (Guarding memory);

    /// @notice The move that was announced last and not executed.
    function recallOf(uint64 id) external view returns (Recall memory);

    /// @notice Whether the root in force has cancelled a move of the guardians in force.
    function hasCancelled(uint64 id) external view returns (bool);

    /// @notice When the hash of a sealed key's record was kept, 0 where it was not.
    function sealedAt(uint64 id, bytes32 record) external view returns (uint40);

    /// @notice EIP-712 digest of a set, its name, which the root signs.
    function guardianSetDigest(GuardianSet calldata set) external view returns (bytes32);

    /// @notice EIP-712 digest of a move, its name, which guardians and the new root sign.
    function rootMoveDigest(RootMove calldata move) external view returns (bytes32);

    /// @notice EIP-712 digest that the root signs to cancel.
    function moveCancellationDigest(uint64 id, uint32 epoch, bytes32 set) external view returns (bytes32);

    /// @notice EIP-712 digest that the root signs to keep a record's hash.
    function sealAnchorDigest(uint64 id, bytes32 record) external view returns (bytes32);
}
