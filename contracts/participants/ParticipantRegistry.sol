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
import {Signatures} from "contracts/libraries/Signatures.sol";

/// @title ParticipantRegistry
/// @dev A key is one word: holder 160 (participant id if direct, else the granting key), functions 32, expiry 40,
/// level 8, flags 16. A key's functions, level and expiry never change, so what was narrower than its granter at the
/// grant stays narrower; revocation and expiry of any ancestor are seen by walking up.
contract ParticipantRegistry is IParticipantRegistry, AccessManaged {
    struct Key {
        address holder;
        uint32 functions;
        uint40 expiry;
        uint8 level;
        uint16 flags;
    }

    uint16 private constant ROOT = 1;
    uint16 private constant DIRECT = 2;
    uint16 private constant REVOKED = 4;

    bytes32 private constant REGISTRATION_TYPEHASH = keccak256("Registration(uint64 id,uint32 roles,address root)");
    bytes32 private constant KEY_GRANT_TYPEHASH =
        keccak256("KeyGrant(address granter,address key,uint32 functions,uint8 level,uint40 expiry)");
    bytes32 private constant KEY_REVOCATION_TYPEHASH = keccak256("KeyRevocation(address key)");

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
        Key memory key = _keys[caller];
        bool isValid;
        Refusal refusal;
        (isValid, refusal, participantId) = _resolve(key);
        if (!isValid) revert ParticipantRegistry_NotAuthorized(caller, fn, refusal);
        if (key.functions & (uint32(1) << uint8(fn)) == 0) {
            revert ParticipantRegistry_NotAuthorized(caller, fn, Refusal.FunctionNotGranted);
        }
        if (!Authority.carries(_participants[participantId].roles, fn)) {
            revert ParticipantRegistry_NotAuthorized(caller, fn, Refusal.RoleMissing);
        }
    }

    /// @inheritdoc IParticipantRegistry
    function participantOf(uint64 id) external view returns (Participant memory) {
        return _participants[id];
    }

    /// @inheritdoc IParticipantRegistry
    function keyOf(address key) external view returns (KeyRecord memory record) {
        Key memory kept = _keys[key];
        if (kept.flags & DIRECT != 0) record.participantId = _idOf(kept);
        else record.parent = kept.holder;
        record.functions = kept.functions;
        record.level = kept.level;
        record.expiry = kept.expiry;
        record.isRoot = kept.flags & ROOT != 0;
        record.isRevoked = kept.flags & REVOKED != 0;
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
        if (_keys[root].holder != address(0)) revert ParticipantRegistry_AddressTaken(root);
        _requireSignature(root, registrationDigest(registration), acceptance);

        _participants[id] = Participant(root, roles);
        _keys[root] = Key(address(uint160(id)), Authority.ALL_FUNCTIONS, type(uint40).max, 0, ROOT | DIRECT);
        emit ParticipantRegistered(id, root, roles);
    }

    function _grantKey(KeyGrant calldata keyGrant, bytes32 digest, bytes calldata acceptance) private {
        Key memory granter = _keys[keyGrant.granter];
        (bool isValid, Refusal refusal, uint64 participantId) = _resolve(granter);
        if (!isValid) revert ParticipantRegistry_GranterNotValid(keyGrant.granter, refusal);
        _requireNarrower(keyGrant, granter);
        address key = keyGrant.key;
        if (_keys[key].holder != address(0)) revert ParticipantRegistry_AddressTaken(key);
        _requireSignature(key, digest, acceptance);

        if (granter.flags & ROOT != 0) _store(keyGrant, granter.holder, DIRECT, participantId);
        else _store(keyGrant, keyGrant.granter, 0, participantId);
    }

    function _store(KeyGrant calldata keyGrant, address holder, uint16 flags, uint64 participantId) private {
        Key memory key = Key(holder, keyGrant.functions, keyGrant.expiry, keyGrant.level, flags);
        _keys[keyGrant.key] = key;
        emit KeyGranted(keyGrant.key, keyGrant.granter, participantId, key.functions, key.level, key.expiry);
    }

    function _requireNarrower(KeyGrant calldata keyGrant, Key memory granter) private view {
        (uint32 functions, uint8 level, uint40 expiry) = (keyGrant.functions, keyGrant.level, keyGrant.expiry);
        if (functions == 0) revert ParticipantRegistry_NoFunctions(keyGrant.key);
        if (functions & ~granter.functions != 0) {
            revert ParticipantRegistry_FunctionsExceedGranter(functions, granter.functions);
        }
        if (level <= granter.level) revert ParticipantRegistry_LevelNotBelowGranter(level, granter.level);
        if (expiry > granter.expiry) revert ParticipantRegistry_ExpiryExceedsGranter(expiry, granter.expiry);
        if (expiry < block.timestamp) revert ParticipantRegistry_ExpiryPassed(expiry, block.timestamp);
    }

    function _revokeKey(address key, address revoker) private {
        Key memory kept = _keys[key];
        if (kept.holder == address(0)) revert ParticipantRegistry_UnknownKey(key);
        if (kept.flags & ROOT != 0) revert ParticipantRegistry_RootNotRevocable(key);
        if (kept.flags & REVOKED != 0) revert ParticipantRegistry_AlreadyRevoked(key);
        if (key != revoker && !_isAncestor(kept, revoker)) revert ParticipantRegistry_NotAncestor(key, revoker);
        _keys[key].flags = kept.flags | REVOKED;
        emit KeyRevoked(key, revoker);
    }

    function _isAncestor(Key memory key, address account) private view returns (bool) {
        while (key.flags & DIRECT == 0) {
            if (key.holder == account) return true;
            key = _keys[key.holder];
        }
        return _participants[_idOf(key)].root == account;
    }

    /// @dev Whether the key and all above it are good now, and whom they act for.
    function _resolve(Key memory key) private view returns (bool isValid, Refusal refusal, uint64 participantId) {
        while (true) {
            if (key.holder == address(0)) return (false, Refusal.UnknownKey, 0);
            if (key.flags & REVOKED != 0) return (false, Refusal.RevokedKey, 0);
            if (key.expiry < block.timestamp) return (false, Refusal.ExpiredKey, 0);
            if (key.flags & DIRECT != 0) return (true, refusal, _idOf(key));
            key = _keys[key.holder];
        }
    }

    function _requireSignature(address signer, bytes32 digest, bytes calldata signature) private view {
        if (!Signatures.isValid(signer, digest, signature)) revert ParticipantRegistry_InvalidSignature(signer);
    }

    function _idOf(Key memory key) private pure returns (uint64) {
        return uint64(uint160(key.holder));
    }
}
