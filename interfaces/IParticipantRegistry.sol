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
    Arbitrate
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
    FunctionNotGranted,
    RoleMissing
}

/// @notice A participant as governance registers it and its root accepts it (EIP-712, see `domainSeparator`).
/// @param id chosen by governance, the same on every chain of a deployment, never 0
/// @param roles bit mask over `Role`
/// @param root account that answers for the participant: an EOA or an ERC-1271 contract
struct Registration {
    uint64 id;
    uint32 roles;
    address root;
}

/// @notice A function key as its granter offers it and the key itself accepts it; both sign this one message.
/// @param granter the root, or a key that holds at least these functions, a smaller level and a later expiry
/// @param key address of the new key; an address is granted at most once, ever
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
struct KeyRecord {
    uint64 participantId;
    address parent;
    uint32 functions;
    uint8 level;
    uint40 expiry;
    bool isRoot;
    bool isRevoked;
}

/// @notice A participant as it is kept.
struct Participant {
    address root;
    uint32 roles;
}

/// @title Participants, their roles, and the keys that act for them
/// @notice Contracts ask `authorize` and nothing else. Signatures are made for the deployment, not for a chain: the
/// EIP-712 domain holds the deployment's salt and neither chain id nor contract, so one signed message gives the same
/// participants and keys on every chain. It is never good twice on one chain, because an id and an address are taken once.
interface IParticipantRegistry {
    event ParticipantRegistered(uint64 indexed id, address indexed root, uint32 roles);
    event RolesChanged(uint64 indexed id, uint32 roles);
    event KeyGranted(
        address indexed key, address indexed granter, uint64 indexed participantId, uint32 functions, uint8 level, uint40 expiry
    );
    event KeyRevoked(address indexed key, address indexed revoker);

    error ParticipantRegistry_LengthMismatch(uint256 registrations, uint256 acceptances);
    error ParticipantRegistry_ZeroId();
    error ParticipantRegistry_ZeroRoot(uint64 id);
    error ParticipantRegistry_IdTaken(uint64 id);
    error ParticipantRegistry_UnknownParticipant(uint64 id);
    error ParticipantRegistry_UnknownRoles(uint32 roles);
    error ParticipantRegistry_AddressTaken(address account);
    error ParticipantRegistry_InvalidSignature(address signer);
    error ParticipantRegistry_NotGranter(address caller, address granter);
    error ParticipantRegistry_GranterNotValid(address granter, Refusal refusal);
    error ParticipantRegistry_NoFunctions(address key);
    error ParticipantRegistry_FunctionsExceedGranter(uint32 functions, uint32 granterFunctions);
    error ParticipantRegistry_LevelNotBelowGranter(uint8 level, uint8 granterLevel);
    error ParticipantRegistry_ExpiryExceedsGranter(uint40 expiry, uint40 granterExpiry);
    error ParticipantRegistry_ExpiryPassed(uint40 expiry, uint256 timestamp);
    error ParticipantRegistry_UnknownKey(address key);
    error ParticipantRegistry_RootNotRevocable(address root);
    error ParticipantRegistry_AlreadyRevoked(address key);
    error ParticipantRegistry_NotAncestor(address key, address revoker);
    error ParticipantRegistry_NotAuthorized(address caller, Function fn, Refusal refusal);

    /// @notice Registers a participant. Only governance.
    /// @param acceptance signature of `registration.root` over the registration
    function register(Registration calldata registration, bytes calldata acceptance) external;

    /// @notice Registers several participants. Only governance; all or none.
    function multiRegister(Registration[] calldata registrations, bytes[] calldata acceptances) external;

    /// @notice Replaces the roles of a participant. Only governance.
    function setRoles(uint64 id, uint32 roles) external;

    /// @notice Grants a function key; the caller is the granter.
    /// @param acceptance signature of `keyGrant.key` over the grant, so that nobody claims a stranger's address
    function grantKey(KeyGrant calldata keyGrant, bytes calldata acceptance) external;

    /// @notice The same, submitted by anyone with the granter's signature over the grant.
    function grantKeyBySig(KeyGrant calldata keyGrant, bytes calldata acceptance, bytes calldata signature) external;

    /// @notice Revokes a key for ever and with it, at once, every key under it. By the key itself or any key above it.
    function revokeKey(address key) external;

    /// @notice The same, submitted by anyone with the revoker's signature over `KeyRevocation(address key)`.
    function revokeKeyBySig(address key, address revoker, bytes calldata signature) external;

    /// @notice Participant for whom `caller` may use `fn` now. Reads one slot per level and one for the participant.
    /// @dev Reverts with `ParticipantRegistry_NotAuthorized` and the reason.
    function authorize(address caller, Function fn) external view returns (uint64 participantId);

    /// @notice The participant; root zero where there is none.
    function participantOf(uint64 id) external view returns (Participant memory);

    /// @notice The key's record; all zero where there is none.
    function keyOf(address key) external view returns (KeyRecord memory);

    /// @notice EIP-712 domain of this deployment: name "Entrepot", version "1" and the salt.
    function domainSeparator() external view returns (bytes32);

    /// @notice EIP-712 digest that the root of a registration signs.
    function registrationDigest(Registration calldata registration) external view returns (bytes32);

    /// @notice EIP-712 digest that granter and key of a grant sign.
    function keyGrantDigest(KeyGrant calldata keyGrant) external view returns (bytes32);

    /// @notice EIP-712 digest that the revoker of a key signs.
    function keyRevocationDigest(address key) external view returns (bytes32);
}
