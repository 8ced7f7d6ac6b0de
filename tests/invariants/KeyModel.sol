// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Function, KeyGrant, Registration, Role} from "interfaces/IParticipantRegistry.sol";

/// @notice What the registry should say, told afresh each time from the messages that it took: no state but those.
/// @dev A `take…` reverts where the registry should refuse the message.
contract KeyModel {
    struct Revocation {
        address key;
        address revoker;
    }

    KeyGrant[] private _grants;
    Revocation[] private _revocations;
    mapping(uint64 id => address[]) private _roots;
    mapping(uint64 id => address[][]) private _kept;
    mapping(address root => uint64) public idOfRoot;
    mapping(uint64 id => uint32) private _roles;
    mapping(uint64 id => uint32) public nonceOf;

    error NotDue();

    function takeRegistration(Registration calldata terms) external {
        uint64 id = terms.id;
        if (_roots[id].length != 0) {
            _require(_roots[id][0] == terms.root);
            return;
        }
        _require(id != 0 && terms.roles < 2 ** 15 && !isKnown(terms.root));
        _roots[id].push(terms.root);
        _kept[id].push();
        (idOfRoot[terms.root], _roles[id]) = (id, terms.roles);
    }

    function takeRoles(uint64 id, uint32 roles, uint32 nonce) external {
        _require(_roots[id].length != 0 && roles < 2 ** 15 && nonce > nonceOf[id]);
        (_roles[id], nonceOf[id]) = (roles, nonce);
    }

    function takeGrants(KeyGrant[] calldata grants, address granter) external {
        for (uint256 i = 0; i < grants.length; ++i) {
            KeyGrant calldata offer = grants[i];
            _require(offer.granter == granter && isKnown(granter));
            _require(idOfRoot[offer.key] == 0 && offer.functions != 0);
            _require(isDead(granter) || _isWithin(offer, granter));
            _grants.push(offer);
        }
    }

    function takeRevocation(address key, address revoker) external {
        _require(idOfRoot[key] == 0);
        if (isKnown(key)) {
            _require(!isRevoked(key) && (key == revoker || _isIn(revoker, above(key))));
        } else {
            _require(key == revoker || isKnown(revoker));
            for (uint256 i = 0; i < _revocations.length; ++i) {
                _require(_revocations[i].key != key || _revocations[i].revoker != revoker);
            }
        }
        _revocations.push(Revocation(key, revoker));
    }

    function takeMove(uint64 id, address newRoot, address[] calldata kept) external {
        _require(_roots[id].length != 0 && !isKnown(newRoot));
        for (uint256 i = 0; i < kept.length; ++i) {
            _require(isKnown(kept[i]) || kept[i] == newRoot);
        }
        _roots[id].push(newRoot);
        _kept[id].push(kept);
        idOfRoot[newRoot] = id;
    }

    /// @notice Functions that the account may use now, as a mask, and for whom.
    function powersOf(address account) external view returns (uint32 functions, uint64 id) {
        if (!isKnown(account) || isDead(account) || isCut(account)) return (0, 0);
        id = participantOf(account);
        functions = 2 ** 13 - 1;
        while (idOfRoot[account] == 0) {
            KeyGrant memory terms = grantOf(account);
            if (terms.expiry < block.timestamp) return (0, 0);
            functions &= terms.functions;
            account = terms.granter;
        }
        functions &= _carriedBy(_roles[id]);
    }

    function isKnown(address account) public view returns (bool) {
        if (idOfRoot[account] != 0) return true;
        for (uint256 i = 0; i < _grants.length; ++i) {
            if (_grants[i].key == account) return true;
        }
        return false;
    }

    /// @notice The first grant of a key, whose terms count.
    function grantOf(address key) public view returns (KeyGrant memory) {
        for (uint256 i = 0; i < _grants.length; ++i) {
            if (_grants[i].key == key) return _grants[i];
        }
        revert NotDue();
    }

    /// @notice All that may revoke a key: those it was granted by, up to a root, and later roots.
    function above(address key) public view returns (address[] memory line) {
        if (idOfRoot[key] != 0) return line;
        address granter = grantOf(key).granter;
        uint64 id = idOfRoot[granter];
        if (id == 0) return _append(above(granter), granter);
        for (uint256 i = _numberOf(granter); i < _roots[id].length; ++i) {
            line = _append(line, _roots[id][i]);
        }
    }

    /// @notice Whether the key accepted two grants, or somebody who may revoke it did.
    function isRevoked(address key) public view returns (bool) {
        bytes32 terms = keccak256(abi.encode(grantOf(key)));
        for (uint256 i = 0; i < _grants.length; ++i) {
            if (_grants[i].key == key && keccak256(abi.encode(_grants[i])) != terms) return true;
        }
        address[] memory line = _append(above(key), key);
        for (uint256 i = 0; i < _revocations.length; ++i) {
            if (_revocations[i].key == key && _isIn(_revocations[i].revoker, line)) return true;
        }
        return false;
    }

    /// @notice Whether the key or one above it is revoked.
    function isDead(address account) public view returns (bool) {
        return idOfRoot[account] == 0 && (isRevoked(account) || isDead(grantOf(account).granter));
    }

    /// @notice Whether a root was moved without keeping the key at the top of the account's line.
    function isCut(address account) public view returns (bool) {
        uint64 id = participantOf(account);
        if (idOfRoot[account] != 0) return _numberOf(account) + 1 != _roots[id].length;
        address granter = grantOf(account).granter;
        if (idOfRoot[granter] == 0) return isCut(granter);
        for (uint256 i = _numberOf(granter) + 1; i < _roots[id].length; ++i) {
            if (!_isIn(account, _kept[id][i])) return true;
        }
        return false;
    }

    function participantOf(address account) public view returns (uint64) {
        uint64 id = idOfRoot[account];
        return id == 0 ? participantOf(grantOf(account).granter) : id;
    }

    /// @notice All roots that the participant has had, the one in force last.
    function rootsOf(uint64 id) external view returns (address[] memory) {
        return _roots[id];
    }

    function _isWithin(KeyGrant calldata offer, address granter) private view returns (bool) {
        if (idOfRoot[granter] != 0) return offer.functions < 2 ** 13 && offer.level > 0;
        KeyGrant memory terms = grantOf(granter);
        return offer.functions | terms.functions == terms.functions && offer.level > terms.level
            && offer.expiry <= terms.expiry;
    }

    function _numberOf(address root) private view returns (uint256 number) {
        address[] storage roots = _roots[idOfRoot[root]];
        while (roots[number] != root) ++number;
    }

    function _isIn(address account, address[] memory list) private pure returns (bool) {
        for (uint256 i = 0; i < list.length; ++i) {
            if (list[i] == account) return true;
        }
        return false;
    }

    function _append(address[] memory list, address account) private pure returns (address[] memory longer) {
        longer = new address[](list.length + 1);
        for (uint256 i = 0; i < list.length; ++i) {
            longer[i] = list[i];
        }
        longer[list.length] = account;
    }

    function _carriedBy(uint32 roles) private pure returns (uint32 functions) {
        if (_hasAny(roles, [Role.Buyer, Role.Platform, Role.Buyer, Role.Buyer])) functions |= _bit(Function.Buy);
        if (_hasAny(roles, [Role.Producer, Role.Seller, Role.Platform, Role.Seller])) {
            functions |= _bit(Function.Sell);
        }
        if (_hasAny(roles, [Role.Producer, Role.Producer, Role.Producer, Role.Producer])) {
            functions |= _bit(Function.Label);
        }
        if (_hasAny(roles, [Role.Producer, Role.Seller, Role.Carrier, Role.Warehouse])) {
            functions |= _bit(Function.Handover);
        }
        if (_hasAny(roles, [Role.Buyer, Role.Warehouse, Role.Platform, Role.Buyer])) {
            functions |= _bit(Function.Receive);
        }
        if (_hasAny(roles, [Role.Insurer, Role.Insurer, Role.Insurer, Role.Insurer])) {
            functions |= _bit(Function.Underwrite);
        }
        if (_hasAny(roles, [Role.Arbiter, Role.Arbiter, Role.Arbiter, Role.Arbiter])) {
            functions |= _bit(Function.Arbitrate);
        }
        if (_hasAny(roles, [Role.Regulator, Role.CustomsAuthority, Role.Inspector, Role.RatingAgency])) {
            functions |= _bit(Function.Certify);
        }
        if (_hasAny(roles, [Role.Producer, Role.Seller, Role.CustomsBroker, Role.Seller])) {
            functions |= _bit(Function.Declare);
        }
        if (_hasAny(roles, [Role.Inspector, Role.CustomsAuthority, Role.Inspector, Role.Inspector])) {
            functions |= _bit(Function.Inspect);
        }
        if (_hasAny(
                roles, [Role.CustomsAuthority, Role.CustomsAuthority, Role.CustomsAuthority, Role.CustomsAuthority]
            )) {
            functions |= _bit(Function.Clear);
        }
        if (_hasAny(roles, [Role.Bank, Role.Bank, Role.Bank, Role.Bank])) functions |= _bit(Function.Finance);
        if (_hasAny(roles, [Role.Producer, Role.Seller, Role.Carrier, Role.Warehouse])) {
            functions |= _bit(Function.Measure);
        }
        if (_hasAny(roles, [Role.Inspector, Role.Inspector, Role.Inspector, Role.Inspector])) {
            functions |= _bit(Function.Measure);
        }
    }

    function _hasAny(uint32 roles, Role[4] memory wanted) private pure returns (bool) {
        for (uint256 i = 0; i < 4; ++i) {
            if (roles >> uint8(wanted[i]) & 1 == 1) return true;
        }
        return false;
    }

    function _bit(Function fn) private pure returns (uint32) {
        return uint32(1) << uint8(fn);
    }

    function _require(bool condition) private pure {
        if (!condition) revert NotDue();
    }
}
