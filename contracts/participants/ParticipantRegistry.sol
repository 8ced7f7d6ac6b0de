// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {
    Function,
    IParticipantRegistry,
    KeyGrant,
    KeyRecord,
    Participant,
    Refusal,
    Registration
} from "interfaces/IParticipantRegistry.sol";
import {Authority} from "contracts/libraries/Authority.sol";
import {Key, Keys} from "contracts/libraries/Keys.sol";
import {Signatures} from "contracts/libraries/Signatures.sol";

/// @title ParticipantRegistry
/// @dev A key's functions, level and expiry never change, so what was narrower than its granter at the grant stays
/// narrower; revocation and expiry of any ancestor are seen by walking up.
contract ParticipantRegistry is IParticipantRegistry, AccessManaged {
    bytes32 private constant REGISTRATION_TYPEHASH = keccak256("Registration(uint64 id,uint32 roles,address root)");
    bytes32 private constant KEY_GRANT_TYPEHASH =
        keccak256("KeyGrant(address granter,address key,uint32 functions,uint8 level,uint40 expiry)");
    bytes32 private constant KEY_REVOCATION_TYPEHASH = keccak256("KeyRevocation(address key)");

    /// @dev An immutable because the optimizer does not fold the constant.
    uint256 private immutable ROLES_BY_FUNCTION = Authority.rolesByFunction();

    /// @inheritdoc IParticipantRegistry
    bytes32 public immutable domainSeparator;

    mapping(uint64 id => Participant) private _participants;
    mapping(address account => Key) private _keys;

    /// @param manager AccessManager of the consortium
    /// @param salt the deployment's salt, the same on each of its chains
    constructor(address manager, bytes32 salt) AccessManaged(manager) {
        domainSeparator = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,bytes32 salt)"),
                keccak256("Entrepot"),
                keccak256("1"),
                salt
            )
        );
    }

    /// @inheritdoc IParticipantRegistry
    function register(Registration calldata registration, bytes calldata acceptance) external restricted {
        _register(registration, acceptance);
    }

    /// @inheritdoc IParticipantRegistry
    function multiRegister(Registration[] calldata registrations, bytes[] calldata acceptances) external restricted {
        if (registrations.length != acceptances.length) {
            revert ParticipantRegistry_LengthMismatch(registrations.length, acceptances.length);
        }
        for (uint256 i = 0; i < registrations.length; ++i) {
            _register(registrations[i], acceptances[i]);
        }
    }

    /// @inheritdoc IParticipantRegistry
    function setRoles(uint64 id, uint32 roles) external restricted {
        if (_participants[id].root == address(0)) revert ParticipantRegistry_UnknownParticipant(id);
        if (roles & ~Authority.ALL_ROLES != 0) revert ParticipantRegistry_UnknownRoles(roles);
        _participants[id].roles = roles;
        emit RolesChanged(id, roles);
    }

    /// @inheritdoc IParticipantRegistry
    function grantKey(KeyGrant calldata keyGrant, bytes calldata acceptance) external {
        if (msg.sender != keyGrant.granter) revert ParticipantRegistry_NotGranter(msg.sender, keyGrant.granter);
        _grantKey(keyGrant, keyGrantDigest(keyGrant), acceptance);
    }

    /// @inheritdoc IParticipantRegistry
    function grantKeyBySig(KeyGrant calldata keyGrant, bytes calldata acceptance, bytes calldata signature) external {
        bytes32 digest = keyGrantDigest(keyGrant);
        _requireSignature(keyGrant.granter, digest, signature);
        _grantKey(keyGrant, digest, acceptance);
    }

    /// @inheritdoc IParticipantRegistry
    function revokeKey(address key) external {
        _revokeKey(key, msg.sender);
    }

    /// @inheritdoc IParticipantRegistry
    function revokeKeyBySig(address key, address revoker, bytes calldata signature) external {
        _requireSignature(revoker, keyRevocationDigest(key), signature);
        _revokeKey(key, revoker);
    }

    /// @inheritdoc IParticipantRegistry
    function authorize(address caller, Function fn) external view returns (uint64 participantId) {
        Key key = _keys[caller];
        bool isValid;
        Refusal refusal;
        (isValid, refusal, participantId) = _resolve(key);
        if (!isValid) revert ParticipantRegistry_NotAuthorized(caller, fn, refusal);
        if (key.functions() & (uint32(1) << uint8(fn)) == 0) {
            revert ParticipantRegistry_NotAuthorized(caller, fn, Refusal.FunctionNotGranted);
        }
        if (ROLES_BY_FUNCTION >> (uint256(fn) << 5) & _participants[participantId].roles == 0) {
            revert ParticipantRegistry_NotAuthorized(caller, fn, Refusal.RoleMissing);
        }
    }

    /// @inheritdoc IParticipantRegistry
    function participantOf(uint64 id) external view returns (Participant memory) {
        return _participants[id];
    }

    /// @inheritdoc IParticipantRegistry
    function keyOf(address key) external view returns (KeyRecord memory record) {
        Key kept = _keys[key];
        if (kept.has(Keys.DIRECT)) record.participantId = kept.participantId();
        else record.parent = kept.holder();
        record.functions = kept.functions();
        record.level = kept.level();
        record.expiry = kept.expiry();
        record.isRoot = kept.has(Keys.ROOT);
        record.isRevoked = kept.has(Keys.REVOKED);
    }

    /// @inheritdoc IParticipantRegistry
    function registrationDigest(Registration calldata registration) public view returns (bytes32) {
        return Signatures.digestOf(domainSeparator, keccak256(abi.encode(REGISTRATION_TYPEHASH, registration)));
    }

    /// @inheritdoc IParticipantRegistry
    function keyGrantDigest(KeyGrant calldata keyGrant) public view returns (bytes32) {
        return Signatures.digestOf(domainSeparator, keccak256(abi.encode(KEY_GRANT_TYPEHASH, keyGrant)));
    }

    /// @inheritdoc IParticipantRegistry
    function keyRevocationDigest(address key) public view returns (bytes32) {
        return Signatures.digestOf(domainSeparator, keccak256(abi.encode(KEY_REVOCATION_TYPEHASH, key)));
    }

    function _register(Registration calldata registration, bytes calldata acceptance) private {
        (uint64 id, uint32 roles, address root) = (registration.id, registration.roles, registration.root);
        if (id == 0) revert ParticipantRegistry_ZeroId();
        if (root == address(0)) revert ParticipantRegistry_ZeroRoot(id);
        if (_participants[id].root != address(0)) revert ParticipantRegistry_IdTaken(id);
        if (roles & ~Authority.ALL_ROLES != 0) revert ParticipantRegistry_UnknownRoles(roles);
        if (!_keys[root].isUnknown()) revert ParticipantRegistry_AddressTaken(root);
        _requireSignature(root, registrationDigest(registration), acceptance);

        _participants[id] = Participant(root, roles);
        _keys[root] =
            Keys.pack(address(uint160(id)), Authority.ALL_FUNCTIONS, type(uint40).max, 0, Keys.ROOT | Keys.DIRECT);
        emit ParticipantRegistered(id, root, roles);
    }

    function _grantKey(KeyGrant calldata keyGrant, bytes32 digest, bytes calldata acceptance) private {
        Key granter = _keys[keyGrant.granter];
        (bool isValid, Refusal refusal, uint64 participantId) = _resolve(granter);
        if (!isValid) revert ParticipantRegistry_GranterNotValid(keyGrant.granter, refusal);
        _requireNarrower(keyGrant, granter);
        address key = keyGrant.key;
        if (!_keys[key].isUnknown()) revert ParticipantRegistry_AddressTaken(key);
        _requireSignature(key, digest, acceptance);

        (uint32 functions, uint8 level, uint40 expiry) = (keyGrant.functions, keyGrant.level, keyGrant.expiry);
        _keys[key] = granter.has(Keys.ROOT)
            ? Keys.pack(granter.holder(), functions, expiry, level, Keys.DIRECT)
            : Keys.pack(keyGrant.granter, functions, expiry, level, 0);
        emit KeyGranted(key, keyGrant.granter, participantId, functions, level, expiry);
    }

    function _requireNarrower(KeyGrant calldata keyGrant, Key granter) private view {
        (uint32 functions, uint8 level, uint40 expiry) = (keyGrant.functions, keyGrant.level, keyGrant.expiry);
        if (functions == 0) revert ParticipantRegistry_NoFunctions(keyGrant.key);
        if (functions & ~granter.functions() != 0) {
            revert ParticipantRegistry_FunctionsExceedGranter(functions, granter.functions());
        }
        if (level <= granter.level()) revert ParticipantRegistry_LevelNotBelowGranter(level, granter.level());
        if (expiry > granter.expiry()) revert ParticipantRegistry_ExpiryExceedsGranter(expiry, granter.expiry());
        if (expiry < block.timestamp) revert ParticipantRegistry_ExpiryPassed(expiry, block.timestamp);
    }

    function _revokeKey(address key, address revoker) private {
        Key kept = _keys[key];
        if (kept.isUnknown()) revert ParticipantRegistry_UnknownKey(key);
        if (kept.has(Keys.ROOT)) revert ParticipantRegistry_RootNotRevocable(key);
        if (kept.has(Keys.REVOKED)) revert ParticipantRegistry_AlreadyRevoked(key);
        if (key != revoker && !_isAncestor(kept, revoker)) revert ParticipantRegistry_NotAncestor(key, revoker);
        _keys[key] = kept.revoked();
        emit KeyRevoked(key, revoker);
    }

    function _isAncestor(Key key, address account) private view returns (bool) {
        while (!key.has(Keys.DIRECT)) {
            address parent = key.holder();
            if (parent == account) return true;
            key = _keys[parent];
        }
        return _participants[key.participantId()].root == account;
    }

    /// @dev Whether the key and all above it are good now, and whom they act for.
    function _resolve(Key key) private view returns (bool isValid, Refusal refusal, uint64 participantId) {
        if (key.isUnknown()) return (false, Refusal.UnknownKey, 0);
        while (true) {
            if (key.has(Keys.REVOKED)) return (false, Refusal.RevokedKey, 0);
            if (key.expiry() < block.timestamp) return (false, Refusal.ExpiredKey, 0);
            if (key.has(Keys.DIRECT)) return (true, refusal, key.participantId());
            key = _keys[key.holder()];
        }
    }

    function _requireSignature(address signer, bytes32 digest, bytes calldata signature) private view {
        if (!Signatures.isValid(signer, digest, signature)) revert ParticipantRegistry_InvalidSignature(signer);
    }
}
