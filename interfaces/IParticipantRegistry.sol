// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What a key may be used for. A function is one bit, `1 << uint8(fn)`, of a key's mask.
enum Function {
    Buy,
    Sell,
    Label,
    Handover,
    Receive,
    Underwrite,
    Arbitrate,
    Certify,
    Declare,
    Inspect,
    Clear,
    Finance,
    Measure
}

/// @notice What a participant is. A role is one bit, `1 << uint8(role)`, of a participant's mask.
enum Role {
    Producer,
    Seller,
    Buyer,
    Carrier,
    Warehouse,
    CustomsAuthority,
    CustomsBroker,
    Inspector,
    Bank,
    Insurer,
    PaymentProvider,
    Platform,
    RatingAgency,
    Regulator,
    Arbiter
}

/// @notice Why a caller may not use a function.
enum Refusal {
    UnknownKey,
    RevokedKey,
    ExpiredKey,
    RecalledKey,
    FunctionNotGranted,
    RoleMissing
}

/// @notice A participant as governance registers it and its root accepts it.
/// @param id chosen by governance, the same on every chain of a deployment, never 0
/// @param roles bit mask over `Role`
/// @param root account that answers for the participant: an EOA or an ERC-1271 contract
struct Registration {
    uint64 id;
    uint32 roles;
    address root;
}

/// @notice A function key as its granter offers it and the key itself accepts it.
/// @param granter the root, or a key that holds at least these functions, a smaller level and a later expiry
/// @param key address of the new key; an address accepts one grant, ever
/// @param functions bit mask over `Function`
/// @param level 1 to 255; 0 is the root's, a larger number is less power
/// @param expiry last second, UTC, at which the key is good
struct KeyGrant {
    address granter;
    address key;
    uint32 functions;
    uint8 level;
    uint40 expiry;
}

/// @notice A key as it is kept.
/// @param participantId participant for a root or a key that a root granted, otherwise 0
/// @param parent key that granted this one, otherwise zero
/// @param born for a root its number, counted from 0; for a key that a root granted that root's; otherwise 0
/// @param epoch number of the root under which a root or a key that one granted is good; otherwise 0
struct KeyRecord {
    uint64 participantId;
    address parent;
    uint32 born;
    uint32 epoch;
    uint32 functions;
    uint8 level;
    uint40 expiry;
    bool isRoot;
    bool isRevoked;
}

/// @notice A participant as it is kept.
/// @param epoch number of its root: how often the root was moved
/// @param rolesNonce nonce of the last change of its roles
struct Participant {
    address root;
    uint32 roles;
    uint32 epoch;
    uint32 rolesNonce;
}

/// @title Participants, their roles, and the keys that act for them
/// @notice Contracts ask `authorize` and nothing else. Signatures are made for the deployment, not for a chain: the
/// EIP-712 domain holds the deployment's salt and neither chain id nor contract, so that anyone may bring a signed
/// message to every chain, in any order.
/// @dev What a message does never depends on whether another one that it does not build on came first. A grant by a key
/// that was cut off meanwhile is recorded and good for nothing; a revocation may come before the grant; a message
/// that has been brought already changes nothing.
interface IParticipantRegistry {
    event ParticipantRegistered(uint64 indexed id, address indexed root, uint32 roles);
    event RolesChanged(uint64 indexed id, uint32 roles, uint32 nonce);
    event RootMoved(uint64 indexed id, address indexed newRoot, address indexed oldRoot, uint32 epoch, address[] kept);
    event KeyGranted(
        address indexed key,
        address indexed granter,
        uint64 indexed participantId,
        uint32 functions,
        uint8 level,
        uint40 expiry
    );
    event KeyRevoked(address indexed key, address indexed revoker);
    event GrantWithdrawn(address indexed key, address indexed revoker);

    error ParticipantRegistry_LengthMismatch(uint256 messages, uint256 acceptances);
    error ParticipantRegistry_NotGovernance(address governor);
    error ParticipantRegistry_NotGuardians(address caller);
    error ParticipantRegistry_ZeroId();
    error ParticipantRegistry_ZeroRoot(uint64 id);
    error ParticipantRegistry_IdTaken(uint64 id);
    error ParticipantRegistry_UnknownParticipant(uint64 id);
    error ParticipantRegistry_UnknownRoles(uint32 roles);
    error ParticipantRegistry_OldNonce(uint64 id, uint32 nonce, uint32 last);
    error ParticipantRegistry_AddressTaken(address account);
    error ParticipantRegistry_InvalidSignature(address signer);
    error ParticipantRegistry_NotGranter(address account, address granter);
    error ParticipantRegistry_NoFunctions(address key);
    error ParticipantRegistry_FunctionsExceedGranter(uint32 functions, uint32 granterFunctions);
    error ParticipantRegistry_LevelNotBelowGranter(uint8 level, uint8 granterLevel);
    error ParticipantRegistry_ExpiryExceedsGranter(uint40 expiry, uint40 granterExpiry);
    error ParticipantRegistry_UnknownKey(address key);
    error ParticipantRegistry_RootNotRevocable(address root);
    error ParticipantRegistry_AlreadyRevoked(address key);
    error ParticipantRegistry_NotAncestor(address key, address revoker);
    error ParticipantRegistry_NotKept(address key, uint64 id);
    error ParticipantRegistry_NotAuthorized(address caller, Function fn, Refusal refusal);

    /// @notice Registers participants, all or none; those registered already are passed over.
    /// @param acceptances of each registration, the signature of its root over it
    /// @param governor account that governance lets call this function
    /// @param signature the governor's over all of them; empty where it is the caller
    function register(
        Registration[] calldata registrations,
        bytes[] calldata acceptances,
        address governor,
        bytes calldata signature
    ) external;

    /// @notice Replaces the roles of a participant. Only governance.
    /// @param nonce larger than that of the last change, so that the order of changes is the same on every chain
    function setRoles(uint64 id, uint32 roles, uint32 nonce) external;

    /// @notice Grants a function key; the caller is the granter. See `grantKeys`.
    /// @param acceptance signature of `keyGrant.key` over the grant, so that nobody claims a stranger's address
    function grantKey(KeyGrant calldata keyGrant, bytes calldata acceptance) external;

    /// @notice Grants function keys, submitted by anyone; all or none.
    /// @dev The granter needs to be known, not good: a key under one that was cut off is recorded and good for nothing.
    /// Under one that is revoked, on whatever terms, for chains may know different terms of a key that accepted two grants.
    /// A grant that stands already is passed over. An address that accepts a second grant under other terms ends
    /// itself: it is revoked.
    /// @param acceptances of each grant, the signature of its key over it
    /// @param granter who grants all of them
    /// @param signature the granter's over all of them
    function grantKeys(
        KeyGrant[] calldata keyGrants,
        bytes[] calldata acceptances,
        address granter,
        bytes calldata signature
    ) external;

    /// @notice Revokes a key for ever and with it, at once, every key under it. By the key itself, any key above it, or
    /// a root of its participant that is not older than the grant.
    /// @dev An address that has not been granted yet: the caller's grants of it, and those under the caller, are
    /// withdrawn, which is to say that they are revoked as soon as they come.
    function revokeKey(address key) external;

    /// @notice The same, submitted by anyone with the revoker's signature over `KeyRevocation(address key)`.
    function revokeKeyBySig(address key, address revoker, bytes calldata signature) external;

    /// @notice Replaces a root. Only the guardians' contract.
    /// @dev Reverts where the grant of a kept key has yet to come, and passes over one that another than the root granted:
    /// there it either never was the root's, or it has accepted a second grant and ends once that comes.
    /// @param newRoot address that was never a root or a key
    /// @param kept keys that the root granted and that stay good; all others, and those under them, are cut off for ever
    function moveRoot(uint64 id, address newRoot, address[] calldata kept) external;

    /// @notice Participant for whom `caller` may use `fn` now. Reads one slot per level and one for the participant.
    /// @dev Reverts with `ParticipantRegistry_NotAuthorized` and the reason.
    function authorize(address caller, Function fn) external view returns (uint64 participantId);

    /// @notice The participant; root zero where there is none.
    function participantOf(uint64 id) external view returns (Participant memory);

    /// @notice The key's record; all zero where there is none.
    function keyOf(address key) external view returns (KeyRecord memory);

    /// @notice Whether the account has withdrawn its grants of the key, before any came.
    function isWithdrawn(address key, address revoker) external view returns (bool);

    /// @notice EIP-712 domain of this deployment: name "Entrepot", version "1" and the salt.
    function domainSeparator() external view returns (bytes32);

    /// @notice EIP-712 digest that the root of a registration signs.
    function registrationDigest(Registration calldata registration) external view returns (bytes32);

    /// @notice EIP-712 digest of `Registrations(Registration[] registrations)`, for governance.
    function registrationsDigest(Registration[] calldata registrations) external view returns (bytes32);

    /// @notice EIP-712 digest that the key of a grant signs.
    function keyGrantDigest(KeyGrant calldata keyGrant) external view returns (bytes32);

    /// @notice EIP-712 digest of `KeyGrants(KeyGrant[] grants)`, which the granter signs.
    function keyGrantsDigest(KeyGrant[] calldata keyGrants) external view returns (bytes32);

    /// @notice EIP-712 digest that the revoker of a key signs.
    function keyRevocationDigest(address key) external view returns (bytes32);
}
