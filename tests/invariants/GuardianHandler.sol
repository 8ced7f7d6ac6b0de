// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {World} from "./World.sol";
import {GuardianSet, Guarding, RootMove} from "interfaces/IGuardianRegistry.sol";

/// @notice What happened, in the order in which it did; what is due follows from it.
struct Named {
    GuardianSet set;
    uint256 at;
    uint256 from;
    bool isDropped;
    bool isForgotten;
}

struct Announced {
    RootMove move;
    bytes32 set;
    uint256 at;
    uint256 readyAt;
    bool isOverride;
}

struct Cancelled {
    uint32 epoch;
    bytes32 set;
    uint256 at;
}

/// @notice Names guardians, announces, cancels and executes at random for one participant, well and badly, and asserts
/// of every message that it is taken exactly when it is due by the record of what happened before.
contract GuardianHandler is World {
    uint64 public constant ID = 1;
    uint32 private constant GUARDIANS = 6;
    uint32 private constant SPARE_ROOTS = 40;

    uint256 public clock = START;
    mapping(string thing => uint256) public count;
    address[] private _roots;
    address[] private _candidates;
    address[] private _spare;
    Named[] private _named;
    Announced[] private _announced;
    Cancelled[] private _cancelled;
    bytes32 private _setBefore;
    uint256 private _since;
    bool private _wasOnItsWay;

    modifier step(uint256 seed) {
        _watch();
        clock += _pick(seed, 50, 3) == 0 ? _pick(seed, 51, 2 days) : _pick(seed, 52, 3 hours);
        vm.warp(clock);
        _;
        _watch();
    }

    constructor() {
        _deploy();
        for (uint32 i = 0; i < 1 + SPARE_ROOTS; ++i) {
            _spare.push(_account(i));
        }
        _roots.push(_spare[0]);
        _register(ID, 1, _roots[0]);
        for (uint32 i = 0; i < GUARDIANS; ++i) {
            address candidate = _account(100 + i);
            uint256 place = _candidates.length;
            _candidates.push(candidate);
            for (; place > 0 && _candidates[place - 1] > candidate; --place) {
                _candidates[place] = _candidates[place - 1];
            }
            _candidates[place] = candidate;
        }
    }

    function nameGuardians(uint256 seed) public step(seed) {
        if (_named.length != 0 && _pick(seed, 0, 2) != 0) return;
        GuardianSet memory set = _drawSet(seed);
        bytes32 digest = guardians.guardianSetDigest(set);
        address signer = _signer(seed);
        bool isDue = signer == _root() && _isSound(set) && !_isOnItsWay() && set.nonce > _lastNonce();
        bytes memory message = abi.encodeCall(guardians.setGuardians, (set, _sign(signer, digest)));
        _assertTaken(isDue, message, "name");
        if (!isDue) return;
        (bool isNamed, Named memory inForce) = _inForce();
        for (uint256 i = 0; i < _named.length; ++i) {
            if (_named[i].from > clock) _named[i].isDropped = true;
        }
        _named.push(Named(set, clock, clock + (isNamed ? inForce.set.delay : 0), false, false));
    }

    function announce(uint256 seed) public step(seed) {
        if (_named.length == 0 || _pick(seed, 9, 3) != 0) return;
        (, Named memory inForce) = _inForce();
        GuardianSet memory set = inForce.set;
        if (_pick(seed, 0, 8) == 0) set = _named[_pick(seed, 1, _named.length)].set;
        RootMove memory move;
        (move.id, move.epoch) = (ID, uint32(_roots.length - 1));
        if (_pick(seed, 2, 16) == 0) ++move.epoch;
        move.nonce = uint32(_pick(seed, 3, 4));
        move.newRoot = _spare[_pick(seed, 4, 8) == 0 ? 0 : _roots.length];
        bytes32 setDigest = guardians.guardianSetDigest(set);
        move.set = _pick(seed, 5, 16) == 0 ? _setBefore : setDigest;
        bytes32 digest = guardians.rootMoveDigest(move);
        (bytes[] memory signatures, uint256 signed) = _signatures(seed, set, digest);
        bool isOverride = signed >= set.overrideThreshold;
        bool isDue = setDigest == guardians.guardianSetDigest(inForce.set) && move.set == setDigest
            && move.epoch == _roots.length - 1 && signed >= set.threshold
            && (isOverride || !_hasCancelled(move.epoch, setDigest)) && _outranks(move.nonce, isOverride);
        bytes memory acceptance = _sign(move.newRoot, digest);
        bytes memory message = abi.encodeCall(guardians.announce, (move, set, acceptance, signatures));
        _assertTaken(isDue, message, "announce");
        if (!isDue) return;
        if (isOverride) ++count["override"];
        uint256 readyAt = clock + set.delay;
        if (isOverride && _announced.length != 0) {
            Announced memory last = _announced[_announced.length - 1];
            if (last.move.epoch == move.epoch && last.set == setDigest) {
                readyAt = last.readyAt;
                ++count["resume"];
            }
        }
        _announced.push(Announced(move, setDigest, clock, readyAt, isOverride));
        for (uint256 i = 0; i < _named.length; ++i) {
            if (_named[i].set.nonce <= set.nonce) continue;
            _named[i].isForgotten = true;
            if (_named[i].isDropped) continue;
            _named[i].isDropped = true;
            ++count["drop"];
        }
    }

    function cancel(uint256 seed) public step(seed) {
        if (_pick(seed, 0, 3) != 0) return;
        (bool isNamed, Named memory inForce) = _inForce();
        uint32 epoch = uint32(_roots.length - 1);
        bytes32 set = isNamed ? guardians.guardianSetDigest(inForce.set) : bytes32(0);
        address signer = _signer(seed);
        bool isDue = isNamed && signer == _root() && !_hasCancelled(epoch, set);
        bytes memory signature = _sign(signer, guardians.moveCancellationDigest(ID, epoch, set));
        _assertTaken(isDue, abi.encodeCall(guardians.cancel, (ID, signature)), "cancel");
        if (isDue) _cancelled.push(Cancelled(epoch, set, clock));
    }

    function execute(uint256 seed) public step(seed) {
        if (_announced.length == 0) return;
        uint256 place = _announced.length - 1;
        if (_pick(seed, 0, 4) == 0) place = _pick(seed, 1, _announced.length);
        Announced memory announced = _announced[place];
        bytes32 digest = guardians.rootMoveDigest(announced.move);
        bytes32 last = guardians.rootMoveDigest(_announced[_announced.length - 1].move);
        bool isDue = _isOnItsWay() && digest == last && clock >= _announced[_announced.length - 1].readyAt
            && announced.move.newRoot != _spare[0];
        _assertTaken(isDue, abi.encodeCall(guardians.execute, (announced.move)), "execute");
        if (!isDue) return;
        _assertAnnouncedInTime();
        _roots.push(announced.move.newRoot);
    }

    function rootInForce() external view returns (address) {
        return _root();
    }

    function setInForce() external view returns (bytes32) {
        (bool isNamed, Named memory inForce) = _inForce();
        return isNamed ? guardians.guardianSetDigest(inForce.set) : bytes32(0);
    }

    function isOnItsWay() external view returns (bool) {
        return _isOnItsWay();
    }

    /// @dev A move that happens was announced by the guardians in force, or one that it overrides was, at least their
    /// delay ago; one that does not override was not cancelled.
    function _assertAnnouncedInTime() private view {
        (, Named memory inForce) = _inForce();
        bytes32 set = guardians.guardianSetDigest(inForce.set);
        Announced memory last = _announced[_announced.length - 1];
        uint256 earliest = last.at;
        for (uint256 i = 0; i < _announced.length && last.isOverride; ++i) {
            bool isAlike = _announced[i].set == set && _announced[i].move.epoch == last.move.epoch;
            if (isAlike && _announced[i].at < earliest) earliest = _announced[i].at;
        }
        assertEq(last.set, set, "moved by guardians that are not in force");
        assertGe(clock, earliest + inForce.set.delay, "moved without notice");
        assertTrue(last.isOverride || !_hasCancelled(last.move.epoch, set), "moved though cancelled");
    }

    /// @dev Told from the contract alone: guardians never change while a move is on its way, nor sooner after those
    /// before them than the delay of these.
    function _watch() private {
        Guarding memory guarding = guardians.guardingOf(ID);
        if (guarding.set != _setBefore) {
            assertFalse(_wasOnItsWay, "guardians changed while a move was on its way");
            if (_setBefore != 0) assertGe(block.timestamp, _since + 1 days, "guardians changed without notice");
            (_setBefore, _since) = (guarding.set, block.timestamp);
            ++count["change"];
        }
        _wasOnItsWay = guardians.recallOf(ID).move != 0;
    }

    function _root() private view returns (address) {
        return _roots[_roots.length - 1];
    }

    function _inForce() private view returns (bool isNamed, Named memory inForce) {
        for (uint256 i = 0; i < _named.length; ++i) {
            if (_named[i].from <= clock && !_named[i].isDropped) (isNamed, inForce) = (true, _named[i]);
        }
    }

    /// @dev The largest since guardians last spoke: what they dropped leaves no trace.
    function _lastNonce() private view returns (uint32 nonce) {
        for (uint256 i = 0; i < _named.length; ++i) {
            if (!_named[i].isForgotten) nonce = _named[i].set.nonce;
        }
    }

    /// @dev The last announcement that was not executed, unless the root of its time has cancelled it.
    function _isOnItsWay() private view returns (bool) {
        if (_announced.length == 0) return false;
        Announced memory last = _announced[_announced.length - 1];
        if (last.move.epoch != _roots.length - 1) return false;
        return last.isOverride || !_hasCancelled(last.move.epoch, last.set);
    }

    function _hasCancelled(uint32 epoch, bytes32 set) private view returns (bool) {
        for (uint256 i = 0; i < _cancelled.length; ++i) {
            if (_cancelled[i].epoch == epoch && _cancelled[i].set == set) return true;
        }
        return false;
    }

    function _outranks(uint32 nonce, bool isOverride) private view returns (bool) {
        if (!_isOnItsWay()) return true;
        Announced memory last = _announced[_announced.length - 1];
        return last.isOverride == isOverride ? nonce > last.move.nonce : isOverride;
    }

    function _isSound(GuardianSet memory set) private pure returns (bool) {
        return set.threshold > 0 && set.overrideThreshold > set.threshold
            && set.overrideThreshold <= set.guardians.length && set.delay >= 1 days && set.delay <= 30 days;
    }

    function _drawSet(uint256 seed) private view returns (GuardianSet memory set) {
        set.id = ID;
        set.nonce = uint32(_lastNonce() + _pick(seed, 10, 3));
        set.threshold = uint8(1 + _pick(seed, 11, 2));
        set.overrideThreshold = uint8(set.threshold + _pick(seed, 12, 3));
        set.delay = uint32(1 days + _pick(seed, 13, 3 days)) - (_pick(seed, 14, 8) == 0 ? 1 hours : 0);
        uint256 skipped = _pick(seed, 15, GUARDIANS);
        set.guardians = new address[](GUARDIANS - 1);
        for (uint256 i = 0; i < GUARDIANS - 1; ++i) {
            set.guardians[i] = _candidates[i < skipped ? i : i + 1];
        }
    }

    function _signatures(uint256 seed, GuardianSet memory set, bytes32 digest)
        private
        view
        returns (bytes[] memory signatures, uint256 signed)
    {
        signatures = new bytes[](set.guardians.length);
        for (uint256 i = 0; i < signatures.length; ++i) {
            if (_pick(seed, 20 + i, 8) < _pick(seed, 19, 8)) continue;
            signatures[i] = _sign(set.guardians[i], digest);
            ++signed;
        }
    }

    function _signer(uint256 seed) private view returns (address) {
        return _pick(seed, 30, 8) == 0 ? _roots[_pick(seed, 31, _roots.length)] : _root();
    }

    function _assertTaken(bool isDue, bytes memory message, string memory thing) private {
        (bool isTaken,) = address(guardians).call(message);
        assertEq(isTaken, isDue, thing);
        ++count[isDue ? thing : string.concat(thing, "Refused")];
    }

    function _pick(uint256 seed, uint256 salt, uint256 choices) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, salt))) % choices;
    }
}
