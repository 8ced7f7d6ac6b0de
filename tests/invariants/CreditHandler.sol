// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";
import {CreditModel, Passage} from "./CreditModel.sol";
import {CreditRegistry} from "contracts/credit/CreditRegistry.sol";
import {ShipmentSourceMock} from "contracts/testing/ShipmentSourceMock.sol";
import {TradeOutcome} from "interfaces/ICreditRegistry.sol";
import {Role} from "interfaces/IParticipantRegistry.sol";
import {
    CargoFacts,
    CustomsFacts,
    CustomsState,
    IShipmentSource,
    Leg,
    ShipmentFacts,
    ShipmentState,
    WatchFacts
} from "interfaces/IShipmentSource.sol";
import {ITradeEscrow, Order, OrderRecord, OrderState} from "interfaces/ITradeEscrow.sol";

/// @notice Plays the escrow, the insurance and the ledger, and tells the registry of endings at random: several a second, or one
/// after years of silence, of everybody in every role, up to the largest weights.
contract CreditHandler is Test {
    address private constant INSURANCE = address(0x1a5);
    uint256 public clock = 1_700_000_000;
    CreditRegistry public credit;
    /// @notice What the facts say, and what the registry's events say.
    CreditModel public rated;
    CreditModel public heard;
    ShipmentSourceMock private _source = new ShipmentSourceMock();
    /// @notice The third and the fourth are one in the sketches of counterparties, and nobody is the first.
    uint64[8] public ids = [0, 1, 2, 2 + 2047, 2046, 5, type(uint64).max, 7];
    mapping(string thing => uint256) public count;
    OrderRecord private _record;
    mapping(bytes32 orderId => bool) private _isRated;
    Role[5] private _roles = [Role.Seller, Role.Buyer, Role.Carrier, Role.CustomsBroker, Role.Insurer];
    /// @dev The last score, in each role and over all of them.
    mapping(uint64 id => mapping(uint256 role => uint256)) private _scores;

    constructor() {
        vm.warp(clock);
        credit = new CreditRegistry(ITradeEscrow(address(this)), INSURANCE, IShipmentSource(address(_source)));
        (rated, heard) = (new CreditModel(credit), new CreditModel(credit));
        _noteScores();
    }

    modifier step(uint256 seed) {
        uint256 kind = _hash(seed, "time") % 32;
        uint256 random = _hash(seed, "how long");
        if (kind > 12) clock += kind < 18 ? random % 1 hours : kind < 24 ? random % 3 days : random % 90 days;
        if (kind > 29) clock += random % (kind == 30 ? 3 * 365 days : 80 * 365 days);
        vm.warp(clock);
        _assertDrift();
        vm.recordLogs();
        _;
        heard.listen(vm.getRecordedLogs());
        for (uint256 i = 0; i < ids.length; ++i) {
            rated.look(ids[i]);
        }
        _noteScores();
    }

    /// @dev As the escrow.
    function recordOf(bytes32) external view returns (OrderRecord memory) {
        return _record;
    }

    function trade(uint256 seed) public step(seed) {
        (uint64 sellerId, uint64 buyerId) = (_anyone(seed, "seller"), _anyone(seed, "buyer"));
        uint16 weight = _weight(seed);
        TradeOutcome outcome = TradeOutcome(_hash(seed, "outcome") % 5);
        credit.rateTrade(bytes32(seed), sellerId, buyerId, weight, outcome);
        rated.rateTrade(sellerId, buyerId, weight, outcome);
        string[5] memory outcomes = ["kept", "late", "lost", "broken", "upheld"];
        ++count[outcomes[uint8(outcome)]];
        if (weight == 0) return;
        bool isKept = outcome == TradeOutcome.Kept || outcome == TradeOutcome.Upheld;
        if (outcome != TradeOutcome.Late) _assertDirection(sellerId, Role.Seller, isKept);
        _assertDirection(buyerId, Role.Buyer, outcome != TradeOutcome.Upheld);
    }

    function cover(uint256 seed) public step(seed) {
        (uint64 insurerId, uint64 holderId) = (_anyone(seed, "insurer"), _anyone(seed, "holder"));
        uint16 weight = _weight(seed);
        vm.prank(INSURANCE);
        credit.rateCover(bytes32(seed), insurerId, holderId, weight);
        rated.rateCover(insurerId, holderId, weight);
        if (weight != 0) _assertDirection(insurerId, Role.Insurer, true);
        ++count["cover"];
    }

    /// @dev Whoever likes asks, at times too early, again, or with other legs than the true ones.
    function journey(uint256 seed) public step(seed) {
        Passage memory passage = _draftPassage(seed);
        ShipmentState state = ShipmentState(_hash(seed, "state") % 8 == 0 ? 3 + _hash(seed, "tender") % 2 : 2);
        if (passage.deliveredAt != 0) state = ShipmentState.Delivered;
        if (_hash(seed, "shipped") % 16 == 0) {
            (state, passage.legs, passage.excursions) = (ShipmentState.None, new Leg[](0), new uint256[](0));
        }
        _tell(seed, passage, state);
        bool isTampered = passage.legs.length != 0 && _hash(seed, "tamper") % 8 == 0;
        Leg[] memory legs = isTampered ? _tampered(passage.legs, seed) : passage.legs;
        bytes32 orderId = keccak256(abi.encode(passage.order));
        bool isDue = !_isRated[orderId] && _record.endedAt != 0 && _record.state != OrderState.Agreed
            && clock >= _record.endedAt + 30 days && state != ShipmentState.None && state != ShipmentState.Tendered
            && state != ShipmentState.Disputed && !isTampered && clock >= _journeyEnd(passage) + 30 days;
        for (uint256 i = 0; i < 2; ++i) {
            vm.prank(address(uint160(_hash(seed ^ i, "caller"))));
            (bool isDone,) = address(credit).call(abi.encodeCall(credit.rateJourney, (passage.order, legs)));
            assertEq(isDone, isDue && i == 0, "rated out of turn, or not in turn");
        }
        ++count[isDue ? "journey" : "refused"];
        if (!isDue) return;
        _isRated[orderId] = true;
        rated.rateJourney(passage);
        if (rated.isCalledOff(passage)) ++count["calledOff"];
        bool isLost = passage.deliveredAt == 0 && passage.lostBps == 0 && legs.length == 1 && passage.weight != 0;
        if (isLost && !rated.isCalledOff(passage)) _assertDirection(legs[0].custodianId, Role.Carrier, false);
    }

    /// @dev Nobody else changes anything.
    function intrude(uint256 seed) public step(seed) {
        address caller = address(uint160(_hash(seed, "caller")));
        vm.startPrank(seed % 4 == 0 ? INSURANCE : caller);
        (bool isDone,) = address(credit).call(abi.encodeCall(credit.rateTrade, (0, ids[1], ids[2], 9, TradeOutcome(3))));
        assertFalse(isDone, "another than the escrow rated a trade");
        vm.stopPrank();
        vm.prank(seed % 4 == 0 ? address(this) : caller);
        (isDone,) = address(credit).call(abi.encodeCall(credit.rateCover, (0, ids[1], ids[2], 9)));
        assertFalse(isDone, "another than the insurance rated cover");
    }

    function _journeyEnd(Passage memory passage) private pure returns (uint256) {
        return passage.deliveredAt == 0 ? passage.order.refundAfter : passage.deliveredAt;
    }

    function _draftPassage(uint256 seed) private returns (Passage memory passage) {
        uint256 begin = clock - 20 days - _hash(seed, "begin") % 80 days;
        passage.order.source = address(_source);
        (passage.order.sellerId, passage.order.salt) = (_anyone(seed, "seller"), bytes32(seed % 64));
        passage.order.shipBy = uint40(begin + _hash(seed, "shipBy") % 4 days - 2 days);
        passage.order.deliverBy = uint40(begin + _hash(seed, "deliverBy") % 20 days);
        passage.order.refundAfter = uint40(passage.order.deliverBy + _hash(seed, "refundAfter") % 10 days);
        (passage.weight, passage.asOf) = (_weight(seed), clock);
        passage.legs = new Leg[](1 + _hash(seed, "legs") % 4);
        uint256 since = begin;
        for (uint256 i = 0; i < passage.legs.length; ++i) {
            uint256 random = _hash(seed ^ i, "leg");
            uint40 dueBy = random % 2 == 0 ? 0 : uint40(since + random / 2 % 6 days);
            passage.legs[i] = Leg(_anyone(random, "carrier"), uint40(since), dueBy, uint128(random % 3));
            since += random / 8 % 6 days;
        }
        passage.order.carrierId = passage.legs[0].custodianId;
        if (_hash(seed, "delivered") % 2 == 0) passage.deliveredAt = since;
        _record.state = OrderState(1 + _hash(seed, "end") % 5);
        uint256 ago = [uint256(30 days - 1), 30 days, 60 days, 90 days][_hash(seed, "ago") % 4];
        _record.endedAt = _record.state == OrderState.Open ? 0 : uint40(clock - ago);
        _record.weight = uint16(passage.weight);
        (passage.state, passage.endedAt) = (_record.state, _record.endedAt);
        _draftHarm(passage, seed, begin, since);
    }

    function _draftHarm(Passage memory passage, uint256 seed, uint256 begin, uint256 since) private pure {
        if (_hash(seed, "lost") % 3 == 0) {
            passage.lostBps = 1 + _hash(seed, "lost bps") % 10_000;
            passage.lostAt = begin - 1 + _hash(seed, "lost at") % (since - begin + 3);
        }
        if (_hash(seed, "damaged") % 3 == 0 && passage.lostBps != 10_000) {
            passage.damagedBps = 1 + _hash(seed, "damaged bps") % (10_000 - passage.lostBps);
            passage.damagedAt = begin - 1 + _hash(seed, "damaged at") % (since - begin + 3);
        }
        if (_hash(seed, "watched") % 2 == 0) passage.excursions = new uint256[](_hash(seed, "excursions") % 4);
        for (uint256 i = 0; i < passage.excursions.length; ++i) {
            passage.excursions[i] = begin + _hash(seed ^ i, "excursion") % (since - begin + 2);
        }
    }

    function _tell(uint256 seed, Passage memory passage, ShipmentState state) private {
        ShipmentFacts memory facts;
        (facts.state, facts.deliveredAt, facts.asOf) = (state, uint40(passage.deliveredAt), uint40(clock));
        bytes32 custody = 0;
        if (state != ShipmentState.None) facts.shippedAt = passage.legs[0].since;
        for (uint256 i = 0; i < passage.legs.length; ++i) {
            if (i != 0 || passage.legs[i].dueBy != 0 || passage.legs[i].liability != 0) {
                custody = keccak256(abi.encode(custody, passage.legs[i]));
            }
        }
        _source.tell(facts);
        (uint16 lost, uint16 damaged) = (uint16(passage.lostBps), uint16(passage.damagedBps));
        _source.tellCargo(
            CargoFacts(custody, lost, damaged, uint40(passage.lostAt), uint40(passage.damagedAt), uint40(clock))
        );
        _tellWatches(seed, passage);
        _tellCustoms(seed, passage);
    }

    /// @dev Watch 3 saw nothing; the last may be the eighth. Without a plan there is no watch, whatever was seen.
    function _tellWatches(uint256 seed, Passage memory passage) private {
        WatchFacts memory none;
        for (uint8 i = 0; i < 8; ++i) {
            _source.tellWatch("plan", i, none);
        }
        for (uint8 i = 0; i < passage.excursions.length; ++i) {
            uint40 at = uint40(passage.excursions[i]);
            bool isRun = _hash(seed ^ i, "run") % 2 == 0;
            // What was seen first is most often on another leg than what was seen longest.
            uint40 first = isRun ? passage.legs[0].since : at;
            WatchFacts memory watch = WatchFacts(first, 9, isRun ? 5 : 0, isRun ? at : 0, 0, at);
            _source.tellWatch("plan", i == 2 ? 7 : i, watch);
        }
        if (passage.excursions.length != 0) return;
        uint40 noise = uint40(clock - 1 days);
        _source.tellWatch(0, 0, WatchFacts(noise, 9, 5, noise, 0, noise));
    }

    function _tellCustoms(uint256 seed, Passage memory passage) private {
        CustomsFacts memory customs;
        (customs.state, customs.asOf) = (CustomsState(_hash(seed, "customs") % 6), uint40(clock));
        customs.finalAt = uint40(clock - 1 + _hash(seed, "final") % 3);
        uint64 declarantId = _anyone(seed, "declarant");
        if (customs.state == CustomsState.None) declarantId = 0;
        _source.tellCustoms(customs);
        _source.tellDeclarant(declarantId);
        bool isRefused = customs.state >= CustomsState.Refused && clock > customs.finalAt;
        if (customs.state != CustomsState.Released && !isRefused) return;
        (passage.brokerId, passage.isRefused) = (declarantId, isRefused);
        // The model takes 0 for nobody, whom no desk lets declare.
        if (declarantId == 0) _source.tellDeclarant(passage.brokerId = ids[1]);
    }

    /// @dev Left out, put in another order, or another in the place of one.
    function _tampered(Leg[] memory legs, uint256 seed) private pure returns (Leg[] memory others) {
        uint256 kind = _hash(seed, "kind") % 3;
        others = new Leg[](kind == 0 ? legs.length - 1 : legs.length);
        for (uint256 i = 0; i < others.length; ++i) {
            Leg memory leg = legs[kind == 1 ? legs.length - 1 - i : i];
            others[i] = Leg(leg.custodianId, leg.since, leg.dueBy, leg.liability);
        }
        if (kind == 2 || kind == 1 && legs.length == 1) others[others.length - 1].custodianId ^= 1 << 32;
    }

    function _assertDirection(uint64 id, Role role, bool isUp) private view {
        uint256 score = credit.scoreOf(id, role).score;
        uint256 before = 0;
        for (uint256 i = 0; i < _roles.length; ++i) {
            if (_roles[i] == role) before = _scores[id][i];
        }
        if (isUp) assertGe(score, before, "what went well lowered a score");
        else assertLe(score, before, "what went wrong raised a score");
    }

    function _assertDrift() private {
        for (uint256 i = 0; i < ids.length; ++i) {
            for (uint256 role = 0; role <= _roles.length; ++role) {
                (uint256 score, uint256 before) = (_scoreOf(ids[i], role), _scores[ids[i]][role]);
                if (before >= 5000) assertTrue(score <= before && score >= 5000, "drifted up");
                else assertTrue(score >= before && score <= 5000, "drifted down");
                _scores[ids[i]][role] = score;
            }
        }
    }

    function _noteScores() private {
        for (uint256 i = 0; i < ids.length; ++i) {
            for (uint256 role = 0; role <= _roles.length; ++role) {
                _scores[ids[i]][role] = _scoreOf(ids[i], role);
            }
        }
    }

    function _scoreOf(uint64 id, uint256 role) private view returns (uint256) {
        return role == _roles.length ? credit.ratingOf(id).score : credit.scoreOf(id, _roles[role]).score;
    }

    /// @dev Mostly as an amount has it, at times all that fits, or nothing.
    function _weight(uint256 seed) private pure returns (uint16) {
        uint256 kind = _hash(seed, "size") % 8;
        if (kind == 0) return type(uint16).max;
        return uint16(_hash(seed, "weight") % (kind == 1 ? 2 : 40));
    }

    function _anyone(uint256 seed, string memory role) private view returns (uint64) {
        return ids[_hash(seed, role) % ids.length];
    }

    function _hash(uint256 seed, string memory name) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, name)));
    }
}
