// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IAuthority} from "@openzeppelin/contracts/access/manager/IAuthority.sol";
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
/// narrower, or is dead with its granter; revocation, expiry and the epoch are seen by walking up. Whether a granter is
/// good is not asked at the grant: the walk asks it at every use, and chains that hear of a revocation sooner or later
/// agree.
contract ParticipantRegistry is IParticipantRegistry, AccessManaged {
    bytes32 private constant REGISTRATION_TYPEHASH = keccak256("Registration(uint64 id,uint32 roles,address root)");
    bytes32 private constant REGISTRATIONS_TYPEHASH =
        keccak256("Registrations(Registration[] registrations)Registration(uint64 id,uint32 roles,address root)");
    bytes32 private constant KEY_GRANT_TYPEHASH =
        keccak256("KeyGrant(address granter,address key,uint32 functions,uint8 level,uint40 expiry)");
    bytes32 private constant KEY_GRANTS_TYPEHASH = keccak256(
        "KeyGrants(KeyGrant[] grants)KeyGrant(address granter,address key,uint32 functions,uint8 level,uint40 expiry)"
    );
    bytes32 private constant KEY_REVOCATION_TYPEHASH = keccak256("KeyRevocation(address key)");

    /// @notice Contract of the guardians, which alone moves roots.
    address public immutable GUARDIANS;

    /// @dev An immutable because the optimizer does not fold the constant.
    uint256 private immutable ROLES_BY_FUNCTION = Authority.rolesByFunction();

    /// @inheritdoc IParticipantRegistry
    bytes32 public immutable domainSeparator;

    mapping(uint64 id => Participant) private _participants;
    mapping(address account => Key) private _keys;
    mapping(uint64 id => mapping(uint32 epoch => address)) private _formerRoots;

    /// @inheritdoc IParticipantRegistry
    mapping(address key => mapping(address revoker => bool)) public isWithdrawn;

    /// @param manager AccessManager of the consortium
    /// @param salt the deployment's salt, the same on each of its chains
    /// @param guardians contract of the guardians
    constructor(address manager, bytes32 salt, address guardians) AccessManaged(manager) {
        GUARDIANS = guardians;
        domainSeparator = Signatures.deploymentDomain(salt);
    }

    /// @inheritdoc IParticipantRegistry
    function register(
        Registration[] calldata registrations,
        bytes[] calldata acceptances,
        address governor,
        bytes calldata signature
    ) external {
        _requireSameLength(registrations.length, acceptances.length);
        if (!IAuthority(authority()).canCall(governor, address(this), msg.sig)) {
            revert ParticipantRegistry_NotGovernance(governor);
        }
        if (governor != msg.sender) _requireSignature(governor, registrationsDigest(registrations), signature);
        for (uint256 i = 0; i < registrations.length; ++i) {
            _register(registrations[i], acceptances[i]);
        }
    }

    /// @inheritdoc IParticipantRegistry
    function setRoles(uint64 id, uint32 roles, uint32 nonce) external restricted {
        Participant storage participant = _participants[id];
        if (participant.root == address(0)) revert ParticipantRegistry_UnknownParticipant(id);
        if (roles & ~Authority.ALL_ROLES != 0) revert ParticipantRegistry_UnknownRoles(roles);
        uint32 last = participant.rolesNonce;
        if (nonce <= last) revert ParticipantRegistry_OldNonce(id, nonce, last);
        (participant.roles, participant.rolesNonce) = (roles, nonce);
        emit RolesChanged(id, roles, nonce);
    }

    /// @inheritdoc IParticipantRegistry
    function grantKey(KeyGrant calldata keyGrant, bytes calldata acceptance) external {
        _grantKey(keyGrant, acceptance, msg.sender);
    }

    /// @inheritdoc IParticipantRegistry
    function grantKeys(
        KeyGrant[] calldata keyGrants,
        bytes[] calldata acceptances,
        address granter,
        bytes calldata signature
    ) external {
        _requireSameLength(keyGrants.length, acceptances.length);
        _requireSignature(granter, keyGrantsDigest(keyGrants), signature);
        for (uint256 i = 0; i < keyGrants.length; ++i) {
            _grantKey(keyGrants[i], acceptances[i], granter);
        }
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
    function moveRoot(uint64 id, address newRoot, address[] calldata kept) external {
        if (msg.sender != GUARDIANS) revert ParticipantRegistry_NotGuardians(msg.sender);
        Participant storage participant = _participants[id];
        (address oldRoot, uint32 epoch) = (participant.root, participant.epoch + 1);
        if (newRoot == address(0)) revert ParticipantRegistry_ZeroRoot(id);

        _setRoot(id, newRoot, epoch);
        (participant.root, participant.epoch) = (newRoot, epoch);
        _formerRoots[id][epoch - 1] = oldRoot;
        for (uint256 i = 0; i < kept.length; ++i) {
            Key key = _keys[kept[i]];
            if (key.isUnknown()) revert ParticipantRegistry_NotKept(kept[i], id);
            bool isGood = key.has(Keys.DIRECT) && key.participantId() == id && key.epoch() == epoch - 1;
            if (isGood && !key.has(Keys.ROOT)) _keys[kept[i]] = key.keptIn(epoch);
        }
        emit RootMoved(id, newRoot, oldRoot, epoch, kept);
    }

    /// @inheritdoc IParticipantRegistry
    function authorize(address caller, Function fn) external view returns (uint64 participantId) {
        Key key = _keys[caller];
        uint32 functions = key.functions();
        while (true) {
            if (key.has(Keys.REVOKED)) _refuse(caller, fn, Refusal.RevokedKey);
            if (key.expiry() < block.timestamp) {
                // An address that is unknown has no expiry.
                _refuse(caller, fn, key.isUnknown() ? Refusal.UnknownKey : Refusal.ExpiredKey);
            }
            if (key.has(Keys.DIRECT)) break;
            key = _keys[key.holder()];
        }
        participantId = key.participantId();
        Participant storage participant = _participants[participantId];
        (uint32 epoch, uint32 roles) = (participant.epoch, participant.roles);
        if (key.epoch() != epoch) _refuse(caller, fn, Refusal.RecalledKey);
        if (functions & (uint32(1) << uint8(fn)) == 0) _refuse(caller, fn, Refusal.FunctionNotGranted);
        if (ROLES_BY_FUNCTION >> (uint256(fn) << Authority.LANE) & roles == 0) {
            _refuse(caller, fn, Refusal.RoleMissing);
        }
    }

    /// @inheritdoc IParticipantRegistry
    function participantOf(uint64 id) external view returns (Participant memory) {
        return _participants[id];
    }

    /// @inheritdoc IParticipantRegistry
    function keyOf(address key) external view returns (KeyRecord memory record) {
        Key kept = _keys[key];
        if (kept.has(Keys.DIRECT)) {
            (record.participantId, record.born, record.epoch) = (kept.participantId(), kept.born(), kept.epoch());
        } else {
            record.parent = kept.holder();
        }
        record.functions = kept.functions();
        record.level = kept.level();
        record.expiry = kept.expiry();
        record.isRoot = kept.has(Keys.ROOT);
        record.isRevoked = kept.has(Keys.REVOKED);
    }

    /// @inheritdoc IParticipantRegistry
    function registrationDigest(Registration calldata registration) public view returns (bytes32) {
        return Signatures.digestOf(domainSeparator, _hash(registration));
    }

    /// @inheritdoc IParticipantRegistry
    function registrationsDigest(Registration[] calldata registrations) public view returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](registrations.length);
        for (uint256 i = 0; i < hashes.length; ++i) {
            hashes[i] = _hash(registrations[i]);
        }
        return _listDigest(REGISTRATIONS_TYPEHASH, hashes);
    }

    /// @inheritdoc IParticipantRegistry
    function keyGrantDigest(KeyGrant calldata keyGrant) public view returns (bytes32) {
        return Signatures.digestOf(domainSeparator, _hash(keyGrant));
    }

    /// @inheritdoc IParticipantRegistry
    function keyGrantsDigest(KeyGrant[] calldata keyGrants) public view returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](keyGrants.length);
        for (uint256 i = 0; i < hashes.length; ++i) {
            hashes[i] = _hash(keyGrants[i]);
        }
        return _listDigest(KEY_GRANTS_TYPEHASH, hashes);
    }

    /// @inheritdoc IParticipantRegistry
    function keyRevocationDigest(address key) public view returns (bytes32) {
        return Signatures.digestOf(domainSeparator, keccak256(abi.encode(KEY_REVOCATION_TYPEHASH, key)));
    }

    function _register(Registration calldata registration, bytes calldata acceptance) private {
        (uint64 id, uint32 roles, address root) = (registration.id, registration.roles, registration.root);
        if (id == 0) revert ParticipantRegistry_ZeroId();
        if (root == address(0)) revert ParticipantRegistry_ZeroRoot(id);
        if (_participants[id].root != address(0)) {
            Key known = _keys[root];
            if (known.has(Keys.ROOT) && known.participantId() == id && known.born() == 0) return;
            revert ParticipantRegistry_IdTaken(id);
        }
        if (roles & ~Authority.ALL_ROLES != 0) revert ParticipantRegistry_UnknownRoles(roles);
        _requireSignature(root, registrationDigest(registration), acceptance);

        _setRoot(id, root, 0);
        _participants[id] = Participant(root, roles, 0, 0);
        emit ParticipantRegistered(id, root, roles);
    }

    function _setRoot(uint64 id, address root, uint32 epoch) private {
        if (!_keys[root].isUnknown()) revert ParticipantRegistry_AddressTaken(root);
        _keys[root] =
            Keys.pack(Keys.direct(id, epoch), Authority.ALL_FUNCTIONS, type(uint40).max, 0, Keys.ROOT | Keys.DIRECT);
    }

    function _grantKey(KeyGrant calldata keyGrant, bytes calldata acceptance, address account) private {
        (address granter, address key) = (keyGrant.granter, keyGrant.key);
        if (account != granter) revert ParticipantRegistry_NotGranter(account, granter);
        Key above = _keys[granter];
        if (above.isUnknown()) revert ParticipantRegistry_UnknownKey(granter);
        if (keyGrant.functions == 0) revert ParticipantRegistry_NoFunctions(key);
        if (!_isRevoked(above)) _requireNarrower(keyGrant, above);

        Key kept = _keys[key];
        if (kept.has(Keys.ROOT)) revert ParticipantRegistry_AddressTaken(key);
        (uint32 functions, uint8 level, uint40 expiry) = (keyGrant.functions, keyGrant.level, keyGrant.expiry);
        Key granted = above.has(Keys.ROOT)
            ? Keys.pack(Keys.direct(above.participantId(), above.born()), functions, expiry, level, Keys.DIRECT)
            : Keys.pack(uint160(granter), functions, expiry, level, 0);
        if (granted.isLike(kept)) return;
        _requireSignature(key, keyGrantDigest(keyGrant), acceptance);
        if (!kept.isUnknown()) {
            if (!kept.has(Keys.REVOKED)) _setRevoked(key, kept, key);
            return;
        }

        _keys[key] = granted;
        emit KeyGranted(key, granter, _topOf(granted).participantId(), functions, level, expiry);
        if (kept.has(Keys.WITHDRAWN)) {
            address revoker = _withdrawerOf(key, granter);
            if (revoker != address(0)) _setRevoked(key, granted, revoker);
        }
    }

    function _requireNarrower(KeyGrant calldata keyGrant, Key granter) private pure {
        (uint32 functions, uint8 level, uint40 expiry) = (keyGrant.functions, keyGrant.level, keyGrant.expiry);
        if (functions & ~granter.functions() != 0) {
            revert ParticipantRegistry_FunctionsExceedGranter(functions, granter.functions());
        }
        if (level <= granter.level()) revert ParticipantRegistry_LevelNotBelowGranter(level, granter.level());
        if (expiry > granter.expiry()) revert ParticipantRegistry_ExpiryExceedsGranter(expiry, granter.expiry());
    }

    function _revokeKey(address key, address revoker) private {
        Key kept = _keys[key];
        if (kept.isUnknown()) {
            _withdraw(key, revoker);
            return;
        }
        if (kept.has(Keys.ROOT)) revert ParticipantRegistry_RootNotRevocable(key);
        if (kept.has(Keys.REVOKED)) revert ParticipantRegistry_AlreadyRevoked(key);
        if (key != revoker && !_isAncestor(kept, revoker)) revert ParticipantRegistry_NotAncestor(key, revoker);
        _setRevoked(key, kept, revoker);
    }

    function _setRevoked(address key, Key kept, address revoker) private {
        _keys[key] = kept.revoked();
        emit KeyRevoked(key, revoker);
    }

    /// @dev A stranger's would lie there for nothing: nobody becomes an ancestor of a key after its grant but by a move
    /// of the root, to an address that was not known before.
    function _withdraw(address key, address revoker) private {
        if (key != revoker && _keys[revoker].isUnknown()) revert ParticipantRegistry_UnknownKey(revoker);
        if (isWithdrawn[key][revoker]) revert ParticipantRegistry_AlreadyRevoked(key);
        isWithdrawn[key][revoker] = true;
        _keys[key] = Keys.withdrawn();
        emit GrantWithdrawn(key, revoker);
    }

    /// @dev Who, of those that may revoke the key once its granter has granted it, withdrew the grant before.
    function _withdrawerOf(address key, address granter) private view returns (address) {
        if (isWithdrawn[key][key]) return key;
        address account = granter;
        Key above = _keys[account];
        while (true) {
            if (isWithdrawn[key][account]) return account;
            if (above.has(Keys.DIRECT)) break;
            account = above.holder();
            above = _keys[account];
        }
        uint64 id = above.participantId();
        for (uint32 epoch = above.born(); epoch < _participants[id].epoch; ++epoch) {
            account = _formerRoots[id][epoch];
            if (isWithdrawn[key][account]) return account;
        }
        account = _participants[id].root;
        return isWithdrawn[key][account] ? account : address(0);
    }

    function _isAncestor(Key key, address account) private view returns (bool) {
        while (!key.has(Keys.DIRECT)) {
            address parent = key.holder();
            if (parent == account) return true;
            key = _keys[parent];
        }
        Key root = _keys[account];
        return root.has(Keys.ROOT) && root.participantId() == key.participantId() && root.born() >= key.born();
    }

    /// @dev Whether a key or one above it is revoked.
    function _isRevoked(Key key) private view returns (bool) {
        while (!key.has(Keys.REVOKED)) {
            if (key.has(Keys.DIRECT)) return false;
            key = _keys[key.holder()];
        }
        return true;
    }

    /// @dev The direct key at the top of a key's line.
    function _topOf(Key key) private view returns (Key) {
        while (!key.has(Keys.DIRECT)) {
            key = _keys[key.holder()];
        }
        return key;
    }

    function _hash(Registration calldata registration) private pure returns (bytes32) {
        return keccak256(abi.encode(REGISTRATION_TYPEHASH, registration));
    }

    function _hash(KeyGrant calldata keyGrant) private pure returns (bytes32) {
        return keccak256(abi.encode(KEY_GRANT_TYPEHASH, keyGrant));
    }

    function _listDigest(bytes32 typehash, bytes32[] memory hashes) private view returns (bytes32) {
        bytes32 list = keccak256(abi.encodePacked(hashes));
        return Signatures.digestOf(domainSeparator, keccak256(abi.encode(typehash, list)));
    }

    function _requireSignature(address signer, bytes32 digest, bytes calldata signature) private view {
        if (!Signatures.isValid(signer, digest, signature)) revert ParticipantRegistry_InvalidSignature(signer);
    }

    function _requireSameLength(uint256 messages, uint256 acceptances) private pure {
        if (messages != acceptances) revert ParticipantRegistry_LengthMismatch(messages, acceptances);
    }

    function _refuse(address caller, Function fn, Refusal refusal) private pure {
        revert ParticipantRegistry_NotAuthorized(caller, fn, refusal);
    }
}
