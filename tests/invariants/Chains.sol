// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {World} from "./World.sol";
import {Consortium} from "contracts/participants/Consortium.sol";
import {ParticipantRegistry} from "contracts/participants/ParticipantRegistry.sol";
import {
    Function,
    IParticipantRegistry,
    KeyGrant,
    KeyRecord,
    Participant,
    Registration
} from "interfaces/IParticipantRegistry.sol";

/// @notice A message for the registry of any chain; one that moves a root waits for the epoch before.
struct Message {
    bytes data;
    uint64 movedId;
    uint32 epoch;
}

/// @notice The registries of one deployment on several chains, with this contract as governance and guardians, and
/// signed messages that are brought to them.
abstract contract Chains is World {
    uint256 internal constant CHAINS = 3;

    ParticipantRegistry[] internal _chains;
    Message[] internal _messages;
    address[] internal _accounts;

    function _deployChains() internal {
        vm.warp(START);
        manager = new Consortium(address(this));
        for (uint256 i = 0; i < CHAINS; ++i) {
            _chains.push(new ParticipantRegistry(address(manager), keccak256("deployment"), address(this)));
        }
        registry = _chains[0];
    }

    function _named(uint32 index) internal returns (address account) {
        account = _account(index);
        _accounts.push(account);
    }

    function _bring(uint256 chain, uint256 message) internal returns (bool isTaken) {
        Message memory brought = _messages[message];
        if (brought.movedId != 0) {
            Participant memory participant = _chains[chain].participantOf(brought.movedId);
            if (participant.root == address(0) || participant.epoch != brought.epoch) return false;
        }
        (isTaken,) = address(_chains[chain]).call(brought.data);
    }

    /// @dev Brings all messages in an order of their own until no more is taken, and those that were taken now and then
    /// again. What is left stands at the end of the order.
    function _bringAll(uint256 chain, uint256 seed) internal returns (uint256 taken) {
        uint256 count = _messages.length;
        uint256[] memory order = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 place = _pick(seed, i, i + 1);
            order[i] = order[place];
            order[place] = i;
        }
        for (uint256 before = count; taken != before;) {
            before = taken;
            for (uint256 i = taken; i < count; ++i) {
                if (_pick(seed, 1000 + i, 2) == 0 && taken != 0) _bring(chain, order[_pick(seed, 2000 + i, taken)]);
                if (!_bring(chain, order[i])) continue;
                (order[i], order[taken]) = (order[taken], order[i]);
                ++taken;
            }
        }
    }

    function _registration(uint64 id, uint32 roles, address root) internal returns (uint256) {
        Registration[] memory registrations = new Registration[](1);
        registrations[0] = Registration(id, roles, root);
        return _registrations(registrations);
    }

    function _registrations(Registration[] memory registrations) internal returns (uint256) {
        bytes[] memory acceptances = new bytes[](registrations.length);
        for (uint256 i = 0; i < acceptances.length; ++i) {
            acceptances[i] = _sign(registrations[i].root, registry.registrationDigest(registrations[i]));
        }
        return _message(abi.encodeCall(registry.register, (registrations, acceptances, address(this), "")));
    }

    function _grant(address granter, address key, uint32 functions, uint8 level, uint40 expiry)
        internal
        returns (uint256)
    {
        KeyGrant[] memory grants = new KeyGrant[](1);
        grants[0] = KeyGrant(granter, key, functions, level, expiry);
        return _grants(grants);
    }

    function _grants(KeyGrant[] memory grants) internal returns (uint256) {
        address granter = grants[0].granter;
        bytes[] memory acceptances = new bytes[](grants.length);
        for (uint256 i = 0; i < grants.length; ++i) {
            acceptances[i] = _sign(grants[i].key, registry.keyGrantDigest(grants[i]));
        }
        bytes memory signature = _sign(granter, registry.keyGrantsDigest(grants));
        return _message(abi.encodeCall(registry.grantKeys, (grants, acceptances, granter, signature)));
    }

    function _revocation(address key, address revoker) internal returns (uint256) {
        bytes memory signature = _sign(revoker, registry.keyRevocationDigest(key));
        return _message(abi.encodeCall(registry.revokeKeyBySig, (key, revoker, signature)));
    }

    function _roles(uint64 id, uint32 roles, uint32 nonce) internal returns (uint256) {
        return _message(abi.encodeCall(registry.setRoles, (id, roles, nonce)));
    }

    function _move(uint64 id, uint32 epoch, address newRoot, address[] memory kept) internal returns (uint256 message) {
        message = _message(abi.encodeCall(registry.moveRoot, (id, newRoot, kept)));
        (_messages[message].movedId, _messages[message].epoch) = (id, epoch);
    }

    function _message(bytes memory data) internal returns (uint256) {
        _messages.push(Message(data, 0, 0));
        return _messages.length - 1;
    }

    /// @notice Functions that the account may use on a chain now, as a mask, and for whom.
    function _powersOf(uint256 chain, address account) internal view returns (uint32 functions, uint64 id) {
        for (uint8 fn = 0; fn <= uint8(type(Function).max); ++fn) {
            try _chains[chain].authorize(account, Function(fn)) returns (uint64 found) {
                functions |= uint32(1) << fn;
                id = found;
            } catch {}
        }
    }

    /// @notice Whether a chain knows the account, and whether it is cut off for ever: it or one above it revoked, or the
    /// root it depends on replaced.
    function _standingOf(uint256 chain, address account) internal view returns (bool isKnown, bool isCutOff) {
        KeyRecord memory key = _chains[chain].keyOf(account);
        isKnown = key.functions != 0;
        isCutOff = key.isRevoked;
        while (key.participantId == 0 && key.parent != address(0)) {
            key = _chains[chain].keyOf(key.parent);
            isCutOff = isCutOff || key.isRevoked;
        }
        isCutOff = isCutOff || key.epoch != _chains[chain].participantOf(key.participantId).epoch;
    }

    function _assertAgreement() internal view {
        for (uint256 chain = 1; chain < CHAINS; ++chain) {
            for (uint256 i = 0; i < _accounts.length; ++i) {
                address account = _accounts[i];
                (uint32 functions, uint64 id) = _powersOf(0, account);
                (uint32 functionsHere, uint64 idHere) = _powersOf(chain, account);
                assertEq(functions, functionsHere, "an account acts on one chain and not on the other");
                assertEq(id, idHere, "an account acts for two participants");
                (bool isKnown, bool isCutOff) = _standingOf(0, account);
                (bool isKnownHere, bool isCutOffHere) = _standingOf(chain, account);
                assertEq(isKnown, isKnownHere, "a key was granted on one chain and not on the other");
                assertEq(isCutOff, isCutOffHere, "an account is cut off on one chain and not on the other");
            }
            for (uint64 id = 1; id < 5; ++id) {
                assertEq(
                    abi.encode(_chains[0].participantOf(id)),
                    abi.encode(_chains[chain].participantOf(id)),
                    "participants differ"
                );
            }
        }
    }

    function _pick(uint256 seed, uint256 salt, uint256 choices) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, salt))) % choices;
    }
}
