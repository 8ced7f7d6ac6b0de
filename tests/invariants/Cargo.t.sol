// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {CargoHandler, Journey, Pledge, Policy, Seen, Track} from "./CargoHandler.sol";
import {RefusingDollar} from "./World.sol";
import {CargoInsurance} from "contracts/insurance/CargoInsurance.sol";
import {CarrierBond} from "contracts/insurance/CarrierBond.sol";
import {InsurancePool} from "contracts/insurance/InsurancePool.sol";
import {SensorLog} from "contracts/logistics/SensorLog.sol";
import {ShipmentLedger} from "contracts/logistics/ShipmentLedger.sol";
import {PolicyRecord, PolicyState} from "interfaces/ICargoInsurance.sol";
import {Bond} from "interfaces/ICarrierBond.sol";
import {PoolBooks} from "interfaces/IInsurancePool.sol";
import {DeviceRecord} from "interfaces/ISensorLog.sol";
import {CargoFacts, Leg, ShipmentFacts, Watch, WatchFacts} from "interfaces/IShipmentSource.sol";
import {Order} from "interfaces/ITradeEscrow.sol";

/// @notice Numbers in the comments are those of `README.md`. The handler asserts most, so that few walks for each will do.
/// forge-config: default.invariant.runs = 6
contract CargoTest is Test {
    CargoHandler private _handler;
    RefusingDollar private _dollar;
    ShipmentLedger private _ledger;
    SensorLog private _sensors;
    CargoInsurance private _insurance;
    CarrierBond private _bonds;
    InsurancePool private _pool;

    function setUp() public {
        _handler = new CargoHandler();
        _dollar = _handler.dollar();
        _ledger = _handler.ledger();
        _sensors = _handler.sensors();
        _insurance = _handler.insurance();
        _bonds = _handler.bonds();
        _pool = _handler.pool();
        for (uint256 i = 1; i < 4; ++i) {
            _handler.open(i);
            _handler.insure(8 * i + 1);
            _handler.insure(8 * i + 2);
            _handler.pledge(4 * i);
            _handler.pledge(4 * i + 16);
        }
        targetContract(address(_handler));
        targetSelector(FuzzSelector(address(_handler), _selectors()));
    }

    /// @dev The handler asserts much, but only of the states that it reaches: here is shown that it reaches them all.
    function test_handlerReachesEveryState() public {
        string[57] memory things = [
            "open",
            "agree",
            "refund",
            "ship",
            "handOver",
            "tender",
            "dispute",
            "rule",
            "conclude",
            "deliver",
            "deliverWithReserve",
            "reserveClaimed",
            "admit",
            "determine",
            "refuse",
            "measure",
            "bring",
            "late",
            "repeated",
            "overlapping",
            "gap",
            "clipped",
            "forge",
            "revoke",
            "fromRevoked",
            "insure",
            "claim",
            "void",
            "voidByPlan",
            "partial",
            "partialThenEnd",
            "paid",
            "expired",
            "level",
            "run",
            "exposure",
            "loss",
            "damage",
            "refusal",
            "reserve",
            "reservedThenEnd",
            "subrogate",
            "delaySplit",
            "bondShort",
            "liabilityReached",
            "kept",
            "failed",
            "broken",
            "rateJourney",
            "ratedSpoilt",
            "ratedLegs",
            "ratedHarmed",
            "ratedLost",
            "ratedReleased",
            "ratedRefused",
            "releaseGoods",
            "takeBack"
        ];
        uint256[57] memory counts;
        bytes4[] memory selectors = _selectors();
        uint256 random = 1;
        for (uint256 walk = 0; walk < 40; ++walk) {
            if (walk != 0) setUp();
            for (uint256 i = 0; i < 400; ++i) {
                random = uint256(keccak256(abi.encode(random)));
                bytes4 selector = selectors[random % selectors.length];
                Address.functionCall(
                    address(_handler), abi.encodeWithSelector(selector, uint256(keccak256(abi.encode(random, 1))))
                );
            }
            _checkAll();
            for (uint256 i = 0; i < things.length; ++i) {
                counts[i] += _handler.count(things[i]);
            }
            afterInvariant();
        }
        for (uint256 i = 0; i < things.length; ++i) {
            emit log_named_uint(things[i], counts[i]);
        }
        for (uint256 i = 0; i < things.length; ++i) {
            assertGt(counts[i], 2, things[i]);
        }
    }

    // 60
    function invariant_poolLocksWhatPoliciesMayStillPay() public view {
        PoolBooks memory books = _pool.books();
        assertEq(books.locked, _handler.locked());
        assertLe(uint256(books.locked) + books.liabilities, _dollar.balanceOf(address(_pool)));
        assertLe(books.locked, _handler.capital());
    }

    // 61, 62
    function invariant_policyPaysEachCauseOnceWhatItIsWorth() public view {
        uint256 toPayee = 0;
        for (uint256 i = 0; i < _handler.policyCount(); ++i) {
            Policy memory policy = _handler.policyAt(i);
            PolicyRecord memory record = _insurance.recordOf(policy.id);
            assertEq(uint8(record.state), uint8(policy.state));
            assertEq(record.fired, policy.fired);
            assertEq(record.grossBps, policy.gross);
            assertEq(_handler.told(policy.id), policy.paid);
            assertLe(policy.paid, policy.quote.maximum);
            if (policy.quote.beneficiary == _handler.PAYEE()) toPayee += policy.paid;
        }
        assertEq(_dollar.balanceOf(_handler.PAYEE()), toPayee);
    }

    // 63
    function invariant_reservesAreWhatIsExpectedAndWithinWhatIsLocked() public view {
        PoolBooks memory books = _pool.books();
        assertEq(books.reserved, _handler.reserves());
        assertLe(books.reserved, books.locked);
        for (uint256 i = 0; i < _handler.policyCount(); ++i) {
            Policy memory policy = _handler.policyAt(i);
            uint256 reserved = _insurance.recordOf(policy.id).reservedBps;
            assertEq(reserved, policy.reserved);
            if (policy.state != PolicyState.Active) assertEq(reserved, 0);
        }
    }

    // 64, 65
    function invariant_watchesSawWhatTheReadingsSaySecondBySecond() public view {
        for (uint256 i = 0; i < _handler.journeyCount(); ++i) {
            Journey memory journey = _handler.journeyAt(i);
            Watch[] memory watches = _handler.watchesOf(i);
            for (uint8 j = 0; j < watches.length; ++j) {
                Seen memory seen = _handler.seenOf(i, j);
                WatchFacts memory facts = _sensors.watchOf(journey.id, j);
                assertEq(facts.breachedAt, seen.breachedAt);
                assertEq(facts.exposure, seen.exposure);
                assertEq(facts.longest, seen.longest);
                assertEq(facts.longestAt, seen.longestAt);
                assertEq(_distance(watches[j], facts), seen.distance);
                Track memory track = _handler.trackOf(i, watches[j].device);
                DeviceRecord memory device = _sensors.deviceOf(journey.id, watches[j].device);
                assertEq(device.number, track.last);
                assertEq(device.endedAt, track.lastEnd);
            }
        }
    }

    // 66
    function invariant_trueLegsAndNoOthersSayWhoHeldTheGoods() public {
        vm.warp(_handler.clock());
        for (uint256 i = 0; i < _handler.journeyCount(); ++i) {
            Journey memory journey = _handler.journeyAt(i);
            ShipmentFacts memory facts = _ledger.factsOf(journey.id);
            assertEq(facts.sequence, journey.changes);
            assertEq(uint8(facts.state), uint8(journey.state));
            assertEq(facts.custodianId, journey.custodianId);
            CargoFacts memory cargo = _ledger.cargoOf(journey.id);
            assertEq(cargo.lostBps, journey.shares.lostBps);
            assertEq(cargo.damagedBps, journey.shares.damagedBps);
            assertEq(cargo.lostAt, journey.lostAt);
            assertEq(cargo.damagedAt, journey.damagedAt);
            Leg[] memory legs = _handler.legsOf(i);
            for (uint256 j = 0; j < 2; ++j) {
                Leg[] memory tampered = _handler.tampered(i, _handler.clock() + j);
                (bool isTaken,) =
                    address(_ledger).staticcall(abi.encodeCall(_ledger.delaysOf, (journey.order, tampered)));
                assertFalse(isTaken, "other legs than the true ones");
            }
            for (uint256 j = 0; j < legs.length; ++j) {
                _checkHolder(i, journey.order, legs, legs[j].since - 1);
                _checkHolder(i, journey.order, legs, legs[j].since);
            }
            _checkHolder(i, journey.order, legs, journey.deliveredAt);
            _checkHolder(i, journey.order, legs, journey.deliveredAt + 1);
            _checkHolder(i, journey.order, legs, uint40(_handler.clock()));
        }
    }

    // 67
    function invariant_delayIsSplitByWhatEachLegAdded() public {
        vm.warp(_handler.clock());
        for (uint256 i = 0; i < _handler.journeyCount(); ++i) {
            Journey memory journey = _handler.journeyAt(i);
            Order memory order = journey.order;
            Leg[] memory legs = _handler.legsOf(i);
            uint256[] memory delays = _ledger.delaysOf(order, legs);
            (uint256[] memory expected,) = _handler.delaysOf(i);
            assertEq(delays, expected);
            if (legs.length == 0 || journey.shippedAt > order.shipBy) continue;
            uint256 until = journey.deliveredAt != 0 ? journey.deliveredAt : _handler.clock();
            if (until > order.refundAfter) until = order.refundAfter;
            uint256 late = until > order.deliverBy ? until - order.deliverBy : 0;
            if (legs.length == 1 && legs[0].dueBy == 0) assertEq(delays[1], late);
            _checkAdditions(order, legs, delays, until);
        }
    }

    // 68, 69
    function invariant_bondsAnswerForNoMoreThanWasSigned() public view {
        uint256 sum = 0;
        for (uint64 id = _handler.CARRIER(); id < _handler.CARRIER() + 3; ++id) {
            Bond memory bond = _bonds.bondOf(id, address(_dollar));
            Pledge memory pledge = _handler.pledgeOf(id);
            assertEq(bond.held, pledge.held);
            assertEq(bond.leaving, pledge.leaving);
            assertEq(bond.leavesAt, pledge.leavesAt);
            sum += bond.held;
        }
        assertEq(_dollar.balanceOf(address(_bonds)), sum);
        for (uint256 i = 0; i < _handler.policyCount(); ++i) {
            Policy memory policy = _handler.policyAt(i);
            assertEq(_bonds.recoveredOf(policy.id), policy.recovered);
            assertLe(policy.recovered, policy.paid);
        }
        for (uint256 i = 0; i < _handler.journeyCount(); ++i) {
            Leg[] memory legs = _handler.legsOf(i);
            bytes32 id = _handler.journeyAt(i).id;
            for (uint256 j = 0; j < legs.length; ++j) {
                assertEq(_bonds.answeredOf(id, j), _handler.answered(i, j));
                assertLe(_bonds.answeredOf(id, j), legs[j].liability);
            }
        }
    }

    // 71, 72
    function invariant_evidenceIsWhatTheFactsMakeOfIt() public view {
        for (uint64 id = 0; id <= 9; ++id) {
            _handler.rated().assertEvidence(id);
            _handler.heard().assertEvidence(id);
        }
    }

    // 70
    function afterInvariant() public {
        _handler.endEverything();
        for (uint256 i = 0; i < _handler.policyCount(); ++i) {
            assertGt(uint8(_insurance.recordOf(_handler.policyAt(i).id).state), uint8(PolicyState.Active));
        }
        PoolBooks memory books = _pool.books();
        assertEq(books.locked, 0);
        assertEq(books.reserved, 0);
        assertEq(books.liabilities, 0);
        _checkAll();
        // 73
        for (uint64 id = 0; id <= 9; ++id) {
            _handler.rated().assertHistory(id);
        }
    }

    function _checkAll() private {
        invariant_poolLocksWhatPoliciesMayStillPay();
        invariant_policyPaysEachCauseOnceWhatItIsWorth();
        invariant_reservesAreWhatIsExpectedAndWithinWhatIsLocked();
        invariant_watchesSawWhatTheReadingsSaySecondBySecond();
        invariant_trueLegsAndNoOthersSayWhoHeldTheGoods();
        invariant_delayIsSplitByWhatEachLegAdded();
        invariant_bondsAnswerForNoMoreThanWasSigned();
        invariant_evidenceIsWhatTheFactsMakeOfIt();
    }

    function _checkHolder(uint256 index, Order memory order, Leg[] memory legs, uint40 time) private view {
        uint256 holder = _handler.holderAt(index, time);
        uint64 expected = holder == 0 ? order.sellerId : order.buyerId;
        if (holder != 0 && holder <= legs.length) expected = legs[holder - 1].custodianId;
        assertEq(_ledger.custodianAt(order, legs, time), expected);
    }

    /// @dev Between deadlines that follow one another, nobody adds more than the time for which it held the goods; all together
    /// add at least what is late by the last deadline.
    function _checkAdditions(Order memory order, Leg[] memory legs, uint256[] memory delays, uint256 until)
        private
        pure
    {
        uint256 before = order.shipBy;
        uint256 sum = delays[0];
        bool isEven = true;
        for (uint256 i = 0; i < legs.length; ++i) {
            uint256 due = legs[i].dueBy != 0 ? legs[i].dueBy : order.deliverBy;
            uint256 passedOn = i + 1 < legs.length && legs[i + 1].since < until ? legs[i + 1].since : until;
            isEven = isEven && due >= before && legs[i].since <= until;
            sum += delays[i + 1];
            if (i != 0 && isEven) assertLe(delays[i + 1], passedOn - legs[i].since);
            before = due;
        }
        assertGe(sum, until > before ? until - before : 0);
    }

    function _distance(Watch memory watch, WatchFacts memory facts) private pure returns (uint256) {
        if (facts.breachedAt == 0) return 0;
        return uint32(facts.extreme > watch.high ? facts.extreme - watch.high : watch.low - facts.extreme);
    }

    function _selectors() private pure returns (bytes4[] memory selectors) {
        selectors = new bytes4[](25);
        selectors[0] = CargoHandler.open.selector;
        selectors[1] = CargoHandler.watch.selector;
        selectors[2] = CargoHandler.end.selector;
        selectors[3] = CargoHandler.handOver.selector;
        selectors[4] = CargoHandler.arrive.selector;
        selectors[5] = CargoHandler.deliver.selector;
        selectors[6] = CargoHandler.harm.selector;
        selectors[7] = CargoHandler.refuseGoods.selector;
        selectors[8] = CargoHandler.measure.selector;
        selectors[9] = CargoHandler.bring.selector;
        selectors[10] = CargoHandler.forge.selector;
        selectors[11] = CargoHandler.revoke.selector;
        selectors[12] = CargoHandler.insure.selector;
        selectors[13] = CargoHandler.claim.selector;
        selectors[14] = CargoHandler.reserve.selector;
        selectors[15] = CargoHandler.pledge.selector;
        selectors[16] = CargoHandler.subrogate.selector;
        selectors[17] = CargoHandler.passTime.selector;
        // Goods move, and devices speak, more often than all else happens.
        selectors[18] = CargoHandler.handOver.selector;
        selectors[19] = CargoHandler.measure.selector;
        selectors[20] = CargoHandler.bring.selector;
        selectors[21] = CargoHandler.subrogate.selector;
        selectors[22] = CargoHandler.insure.selector;
        selectors[23] = CargoHandler.arrive.selector;
        selectors[24] = CargoHandler.rateJourney.selector;
    }
}
