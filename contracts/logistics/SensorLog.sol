// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ICargoInsurance, Quote} from "interfaces/ICargoInsurance.sol";
import {Function, IParticipantRegistry} from "interfaces/IParticipantRegistry.sol";
import {Arrival, DeviceRecord, Extreme, ISensorLog, Readings} from "interfaces/ISensorLog.sol";
import {IShipmentSource, Metric, ShipmentFacts, Watch, WatchFacts} from "interfaces/IShipmentSource.sol";
import {Order} from "interfaces/ITradeEscrow.sol";
import {Exposure} from "contracts/libraries/Exposures.sol";
import {Shortcuts} from "contracts/libraries/Shortcuts.sol";
import {Signatures} from "contracts/libraries/Signatures.sol";

/// @title SensorLog
/// @dev A device on a shipment is one word, and so is a watch that saw something. The watches are resent with every call and
/// checked against the plan that the ledger keeps.
contract SensorLog is ISensorLog {
    /// @dev The time that readings cover, and the part of it, from `from` to `until`, in which the goods were on the way.
    struct Span {
        uint40 start;
        uint40 end;
        uint40 from;
        uint40 until;
        uint40 shippedAt;
    }

    uint256 private constant WINDOW = 128;
    bytes32 private constant EXTREME_TYPEHASH = keccak256("Extreme(uint8 metric,int32 minimum,int32 maximum)");
    bytes32 private constant READINGS_TYPEHASH = keccak256(
        "Readings(bytes32 shipmentId,address device,uint32 number,uint40 startedAt,uint32 interval,uint32 count,"
        "bytes32 root,Extreme[] extremes)Extreme(uint8 metric,int32 minimum,int32 maximum)"
    );

    IParticipantRegistry public immutable REGISTRY;
    /// @notice The source of the shipments on which devices are.
    IShipmentSource public immutable LEDGER;
    /// @notice Told when readings come with policies.
    ICargoInsurance public immutable INSURANCE;

    /// @inheritdoc ISensorLog
    bytes32 public immutable domainSeparator;

    mapping(bytes32 shipmentId => mapping(address device => DeviceRecord)) private _devices;
    mapping(bytes32 shipmentId => mapping(uint256 watch => Exposure)) private _exposures;

    constructor(IParticipantRegistry registry, IShipmentSource ledger, ICargoInsurance insurance) {
        REGISTRY = registry;
        LEDGER = ledger;
        INSURANCE = insurance;
        domainSeparator = Signatures.domainOf("Entrepot SensorLog", block.chainid, address(this));
    }

    /// @inheritdoc ISensorLog
    function record(Readings calldata readings, Watch[] calldata watches, bytes calldata signature)
        external
        returns (Arrival)
    {
        return _record(readings, watches, signature);
    }

    /// @inheritdoc ISensorLog
    function recordAndClaim(
        Readings calldata readings,
        Watch[] calldata watches,
        bytes calldata signature,
        Order calldata order,
        Quote[] calldata policies
    ) external returns (Arrival arrival) {
        arrival = _record(readings, watches, signature);
        for (uint256 i = 0; i < policies.length; ++i) {
            if (!Shortcuts.claim(address(INSURANCE), order, policies[i])) {
                emit ShortcutFailed(readings.shipmentId, address(INSURANCE));
            }
        }
    }

    /// @inheritdoc ISensorLog
    function reemit(bytes32 shipmentId, uint8 watch) external {
        emit WatchSnapshot(shipmentId, watch, watchOf(shipmentId, watch));
    }

    /// @inheritdoc ISensorLog
    function watchOf(bytes32 shipmentId, uint8 watch) public view returns (WatchFacts memory facts) {
        facts = _exposures[shipmentId][watch].factsOf();
        facts.asOf = uint40(block.timestamp);
    }

    /// @inheritdoc ISensorLog
    function deviceOf(bytes32 shipmentId, address device) external view returns (DeviceRecord memory) {
        return _devices[shipmentId][device];
    }

    /// @inheritdoc ISensorLog
    function readingsDigest(Readings calldata readings) public view returns (bytes32) {
        bytes32[] memory extremes = new bytes32[](readings.extremes.length);
        for (uint256 i = 0; i < extremes.length; ++i) {
            extremes[i] = keccak256(abi.encode(EXTREME_TYPEHASH, readings.extremes[i]));
        }
        return Signatures.digestOf(
            domainSeparator,
            keccak256(
                abi.encode(
                    READINGS_TYPEHASH,
                    readings.shipmentId,
                    readings.device,
                    readings.number,
                    readings.startedAt,
                    readings.interval,
                    readings.count,
                    readings.root,
                    keccak256(abi.encodePacked(extremes))
                )
            )
        );
    }

    function _record(Readings calldata readings, Watch[] calldata watches, bytes calldata signature)
        private
        returns (Arrival arrival)
    {
        bytes32 shipmentId = readings.shipmentId;
        address device = readings.device;
        _requirePlan(shipmentId, watches);
        _requireWatching(device, watches);
        Span memory span = _requireJourney(readings);
        REGISTRY.authorize(device, Function.Measure);
        if (!Signatures.isValid(device, readingsDigest(readings), signature)) {
            revert SensorLog_InvalidSignature(device);
        }

        arrival = _arrive(readings, span);
        _report(readings, arrival);
        if (arrival < Arrival.Repeated) _expose(readings, watches, span, arrival == Arrival.Late);
    }

    function _report(Readings calldata readings, Arrival arrival) private {
        emit ReadingsRecorded(
            readings.shipmentId,
            readings.device,
            arrival,
            readings.number,
            readings.startedAt,
            readings.interval,
            readings.count,
            readings.root,
            readings.extremes
        );
    }

    /// @dev Updates the device's record and says how the readings arrived.
    function _arrive(Readings calldata readings, Span memory span) private returns (Arrival) {
        DeviceRecord memory device = _devices[readings.shipmentId][readings.device];
        uint32 number = readings.number;
        if (number > device.number) {
            if (span.start < device.endedAt) return Arrival.Overlapping;
            uint40 known = device.number == 0 ? span.shippedAt : device.endedAt;
            uint32 ahead = number - device.number;
            if (ahead != 1 || span.start > known + readings.interval) {
                emit GapFound(readings.shipmentId, readings.device, ahead - 1, known, span.start);
            }
            uint128 seen = ahead < WINDOW ? device.seen << ahead : 0;
            _devices[readings.shipmentId][readings.device] = DeviceRecord(number, span.end, seen | 1);
            return Arrival.InOrder;
        }
        uint256 behind = device.number - number;
        if (behind >= WINDOW || device.seen >> behind & 1 == 1) return Arrival.Repeated;
        if (span.end > device.endedAt) return Arrival.Overlapping;
        _devices[readings.shipmentId][readings.device].seen = device.seen | uint128(1 << behind);
        return Arrival.Late;
    }

    /// @dev Of readings that reach beyond the journey it is not known when the extremes were, so that they count only where
    /// all of them are outside, and only for the journey.
    function _expose(Readings calldata readings, Watch[] calldata watches, Span memory span, bool isLate) private {
        bytes32 shipmentId = readings.shipmentId;
        bool isWhole = span.from == span.start && span.until == span.end;
        for (uint256 i = 0; i < watches.length; ++i) {
            Watch calldata watch = watches[i];
            if (watch.device != readings.device) continue;
            Extreme calldata extreme = _extremeOf(readings, watch.metric);
            if (extreme.minimum >= watch.low && extreme.maximum <= watch.high) continue;
            if (!isWhole && extreme.maximum >= watch.low && extreme.minimum <= watch.high) continue;
            _exposures[shipmentId][i] = _exposures[shipmentId][i].after_(watch, extreme, span.from, span.until, isLate);
            // The plan has at most eight watches.
            emit WatchSnapshot(shipmentId, uint8(i), watchOf(shipmentId, uint8(i)));
        }
    }

    function _requirePlan(bytes32 shipmentId, Watch[] calldata watches) private view {
        bytes32 actual = keccak256(abi.encode(watches));
        bytes32 expected = LEDGER.planOf(shipmentId);
        if (actual != expected) revert SensorLog_PlanMismatch(actual, expected);
    }

    /// @dev Readings are of a time that has passed, some of it between shipping and delivery or a tender.
    function _requireJourney(Readings calldata readings) private view returns (Span memory) {
        if (readings.number == 0 || readings.interval == 0 || readings.count == 0) {
            revert SensorLog_InvalidReadings(readings.number, readings.interval, readings.count);
        }
        ShipmentFacts memory facts = LEDGER.factsOf(readings.shipmentId);
        uint256 arrivedAt = facts.deliveredAt != 0 ? facts.deliveredAt : facts.tenderedAt;
        uint256 end = uint256(readings.startedAt) + uint256(readings.interval) * readings.count;
        uint256 from = Math.max(readings.startedAt, facts.shippedAt);
        uint256 until = arrivedAt != 0 ? Math.min(end, arrivedAt) : end;
        if (facts.shippedAt == 0 || end > block.timestamp || from >= until) {
            revert SensorLog_OutsideJourney(readings.startedAt, end, facts.shippedAt, arrivedAt);
        }
        return Span(readings.startedAt, uint40(end), uint40(from), uint40(until), facts.shippedAt);
    }

    function _requireWatching(address device, Watch[] calldata watches) private pure {
        for (uint256 i = 0; i < watches.length; ++i) {
            if (watches[i].device == device) return;
        }
        revert SensorLog_NotWatching(device);
    }

    function _extremeOf(Readings calldata readings, Metric metric) private pure returns (Extreme calldata extreme) {
        for (uint256 i = 0; i < readings.extremes.length; ++i) {
            extreme = readings.extremes[i];
            if (extreme.metric != metric) continue;
            if (extreme.minimum > extreme.maximum) {
                revert SensorLog_InvalidExtreme(metric, extreme.minimum, extreme.maximum);
            }
            return extreme;
        }
        revert SensorLog_MetricMissing(metric);
    }
}
