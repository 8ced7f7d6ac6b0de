// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {KeyModel} from "./KeyModel.sol";
import {World} from "./World.sol";
import {Function, IParticipantRegistry, KeyGrant, Refusal, Registration} from "interfaces/IParticipantRegistry.sol";

/// @notice Registers, grants, revokes and moves roots at random, well and badly, and asserts of every message that the
/// registry takes it exactly when the model does.
contract KeyHandler is World {
    uint64 private constant PARTICIPANTS = 3;
    uint32 private constant KEYS = 12;
    uint32 private constant SPARE_ROOTS = 8;

    KeyModel public model = new KeyModel();
    uint256 public clock = START;
    address[] private _accounts;
    mapping(string thing => uint256) public count;
    mapping(address account => bool) private _isEnded;

    modifier step(uint256 seed) {
        clock += seed % 6 hours;
        vm.warp(clock);
        _;
        _assertNobodyRises(Function(clock % 13));
    }

    constructor() {
        _deploy();
        for (uint32 i = 0; i < PARTICIPANTS + KEYS + SPARE_ROOTS; ++i) {
            _accounts.push(_account(i));
        }
        for (uint64 i = 0; i < PARTICIPANTS; ++i) {
            Registration memory terms = Registration(i + 1, type(uint16).max >> 1, _accounts[i]);
            _register(terms.id, terms.roles, terms.root);
            model.takeRegistration(terms);
        }
    }

    function grant(uint256 seed) public step(seed) {
        KeyGrant[] memory offers = new KeyGrant[](_pick(seed, 0, 5) == 0 ? 2 : 1);
        bytes[] memory acceptances = new bytes[](offers.length);
        address granter = _granter(seed);
        for (uint256 i = 0; i < offers.length; ++i) {
            offers[i] = _offer(uint256(keccak256(abi.encode(seed, i))), granter);
            acceptances[i] = _sign(offers[i].key, registry.keyGrantDigest(offers[i]));
        }
        bytes memory signature = _sign(granter, registry.keyGrantsDigest(offers));
        bool isDue = _isTaken(abi.encodeCall(model.takeGrants, (offers, granter)));
        bytes memory message = abi.encodeCall(registry.grantKeys, (offers, acceptances, granter, signature));
        _assertTaken(isDue, address(this), message, "grant");
        if (!isDue) return;
        if (model.idOfRoot(granter) == 0) ++count["grantByKey"];
        if (model.isDead(granter) || model.isCut(granter)) ++count["grantByCutOff"];
        if (model.isRevoked(offers[0].key)) ++count["grantOfRevoked"];
    }

    function revoke(uint256 seed) public step(seed) {
        if (_pick(seed, 0, 2) != 0) return;
        address key = _accounts[PARTICIPANTS + _pick(seed, 1, KEYS)];
        bool wasKnown = model.isKnown(key);
        address revoker = _any(_pick(seed, 2, 2 ** 32));
        if (wasKnown && _pick(seed, 3, 4) != 0 && model.idOfRoot(key) == 0) {
            address[] memory line = model.above(key);
            if (_pick(seed, 4, 3) == 0) line = model.rootsOf(model.participantOf(key));
            uint256 place = _pick(seed, 5, line.length + 1);
            revoker = place == line.length ? key : line[place];
        }
        bool isDue = _isTaken(abi.encodeCall(model.takeRevocation, (key, revoker)));
        bytes memory message;
        if (_pick(seed, 6, 2) == 0) {
            message = abi.encodeCall(registry.revokeKey, (key));
        } else {
            bytes memory signature = _sign(revoker, registry.keyRevocationDigest(key));
            message = abi.encodeCall(registry.revokeKeyBySig, (key, revoker, signature));
        }
        _assertTaken(isDue, revoker, message, wasKnown ? "revoke" : "withdraw");
    }

    function moveRoot(uint256 seed) public step(seed) {
        if (_pick(seed, 0, 4) != 0) return;
        uint64 id = uint64(1 + _pick(seed, 1, PARTICIPANTS));
        address newRoot = _any(_pick(seed, 2, 2 ** 32));
        if (_pick(seed, 3, 4) != 0) newRoot = _accounts[PARTICIPANTS + KEYS + _pick(seed, 2, SPARE_ROOTS)];
        address[] memory kept = new address[](_pick(seed, 4, 5));
        for (uint256 i = 0; i < kept.length; ++i) {
            kept[i] = _kept(id, _pick(seed, 5 + i, KEYS), _pick(seed, 10 + i, 8) == 0 ? 0 : KEYS);
        }
        bool isDue = _isTaken(abi.encodeCall(model.takeMove, (id, newRoot, kept)));
        bytes memory message = abi.encodeCall(registry.moveRoot, (id, newRoot, kept));
        _assertTaken(isDue, address(guardians), message, "move");
        for (uint256 i = 0; i < kept.length && isDue; ++i) {
            if (model.idOfRoot(kept[i]) == 0 && model.participantOf(kept[i]) == id && !model.isCut(kept[i])) {
                ++count["keep"];
            }
        }
    }

    function register(uint256 seed) public step(seed) {
        if (_pick(seed, 0, 4) != 0) return;
        Registration[] memory registrations = new Registration[](1);
        bytes[] memory acceptances = new bytes[](1);
        address root = _any(_pick(seed, 1, 2 ** 32));
        if (_pick(seed, 4, 2) == 0) root = _accounts[PARTICIPANTS + KEYS + _pick(seed, 5, SPARE_ROOTS)];
        uint64 id = uint64(_pick(seed, 2, 6));
        address[] memory roots = model.rootsOf(id);
        if (roots.length != 0 && _pick(seed, 6, 4) != 0) root = roots[_pick(seed, 7, roots.length)];
        registrations[0] = Registration(id, uint32(_pick(seed, 3, 2 ** 15 + 9)), root);
        acceptances[0] = _sign(root, registry.registrationDigest(registrations[0]));
        bool isDue = _isTaken(abi.encodeCall(model.takeRegistration, (registrations[0])));
        bytes memory message = abi.encodeCall(registry.register, (registrations, acceptances, address(this), ""));
        _assertTaken(isDue, address(this), message, "register");
    }

    function setRoles(uint256 seed) public step(seed) {
        if (_pick(seed, 0, 4) != 0) return;
        uint64 id = uint64(1 + _pick(seed, 1, PARTICIPANTS + 1));
        (uint32 roles, uint32 nonce) = (uint32(_pick(seed, 2, 2 ** 15 + 99)), model.nonceOf(id));
        nonce += uint32(_pick(seed, 3, 3));
        bool isDue = _isTaken(abi.encodeCall(model.takeRoles, (id, roles, nonce)));
        _assertTaken(isDue, address(this), abi.encodeCall(registry.setRoles, (id, roles, nonce)), "roles");
    }

    function accounts() external view returns (address[] memory) {
        return _accounts;
    }

    /// @dev From a place on, the first key that a root of the participant granted, for a number of tries.
    function _kept(uint64 id, uint256 place, uint256 tries) private view returns (address key) {
        key = _accounts[PARTICIPANTS + place];
        bool isDirect = model.isKnown(key) && model.idOfRoot(key) == 0;
        isDirect = isDirect && model.idOfRoot(model.grantOf(key).granter) == id;
        return isDirect || tries == 0 ? key : _kept(id, (place + 1) % KEYS, tries - 1);
    }

    function _granter(uint256 seed) private view returns (address granter) {
        if (_pick(seed, 0, 3) == 0) {
            address[] memory roots = model.rootsOf(uint64(1 + _pick(seed, 1, PARTICIPANTS)));
            return roots[roots.length - 1];
        }
        granter = _any(_pick(seed, 1, 2 ** 32));
        for (uint256 i = 0; i < 3 && !model.isKnown(granter); ++i) {
            granter = _any(_pick(seed, 2 + i, 2 ** 32));
        }
    }

    function _offer(uint256 seed, address granter) private view returns (KeyGrant memory offer) {
        offer.granter = _pick(seed, 0, 32) == 0 ? _any(_pick(seed, 1, 2 ** 32)) : granter;
        offer.key = _accounts[PARTICIPANTS + _pick(seed, 2, KEYS)];
        if (_pick(seed, 3, 16) == 0) offer.key = _any(_pick(seed, 1, 2 ** 32));
        if (model.isKnown(offer.key) && model.idOfRoot(offer.key) == 0 && _pick(seed, 4, 6) != 0) {
            return model.grantOf(offer.key);
        }
        KeyGrant memory most = KeyGrant(granter, granter, 2 ** 13 - 1, 0, type(uint40).max);
        if (model.isKnown(granter) && model.idOfRoot(granter) == 0) most = model.grantOf(granter);
        offer.functions = uint32(_pick(seed, 5, 9000));
        if (_pick(seed, 6, 8) != 0) offer.functions &= most.functions;
        offer.level = uint8(most.level + (_pick(seed, 7, 8) == 0 ? 0 : 1 + _pick(seed, 8, 3)));
        offer.expiry = uint40(clock + _pick(seed, 9, 12 days));
        if (_pick(seed, 10, 8) != 0 && offer.expiry > most.expiry) offer.expiry = most.expiry;
    }

    /// @dev The model reverts for what is not due.
    function _isTaken(bytes memory message) private returns (bool isTaken) {
        (isTaken,) = address(model).call(message);
    }

    function _assertTaken(bool isDue, address sender, bytes memory message, string memory thing) private {
        vm.prank(sender);
        (bool isTaken,) = address(registry).call(message);
        assertEq(isTaken, isDue, thing);
        ++count[isDue ? thing : string.concat(thing, "Refused")];
    }

    /// @dev Told without the model: whoever was refused once as revoked or recalled acts never again.
    function _assertNobodyRises(Function fn) private {
        for (uint256 i = 0; i < _accounts.length; ++i) {
            try registry.authorize(_accounts[i], fn) {
                assertFalse(_isEnded[_accounts[i]], "one that was cut off is back");
            } catch (bytes memory reason) {
                Refusal refusal = Refusal(uint8(reason[99]));
                if (refusal == Refusal.RevokedKey || refusal == Refusal.RecalledKey) _isEnded[_accounts[i]] = true;
            }
        }
    }

    function _any(uint256 seed) private view returns (address) {
        return _accounts[seed % _accounts.length];
    }

    function _pick(uint256 seed, uint256 salt, uint256 choices) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, salt))) % choices;
    }
}
