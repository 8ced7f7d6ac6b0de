// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

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
        (uint40 end, uint40 shippedAt) = _requireJourney(readings);
        REGISTRY.authorize(device, Function.Measure);
        if (!Signatures.isValid(device, readingsDigest(readings), signature)) {
            revert SensorLog_InvalidSignature(device);
        }

        arrival = _arrive(readings, end, shippedAt);
        _report(readings, arrival);
        if (arrival < Arrival.Repeated) _expose(readings, watches, end, arrival == Arrival.Late);
        else _requireWatching(device, watches);
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
    function _arrive(Readings calldata readings, uint40 end, uint40 shippedAt) private returns (Arrival) {
        DeviceRecord memory device = _devices[readings.shipmentId][readings.device];
        uint32 number = readings.number;
        if (number > device.number) {
            uint40 known = device.number == 0 ? shippedAt : device.endedAt;
            if (readings.startedAt < known) return Arrival.Overlapping;
            uint32 ahead = number - device.number;
            if (ahead != 1 || readings.startedAt > known + readings.interval) {
                emit GapFound(readings.shipmentId, readings.device, ahead - 1, known, readings.startedAt);
            }
            uint128 seen = ahead < WINDOW ? device.seen << ahead : 0;
            _devices[readings.shipmentId][readings.device] = DeviceRecord(number, end, seen | 1);
            return Arrival.InOrder;
        }
        uint256 behind = device.number - number;
        if (behind >= WINDOW || device.seen >> behind & 1 == 1) return Arrival.Repeated;
        if (end > device.endedAt) return Arrival.Overlapping;
        _devices[readings.shipmentId][readings.device].seen = device.seen | uint128(1 << behind);
        return Arrival.Late;
    }

    function _expose(Readings calldata readings, Watch[] calldata watches, uint40 end, bool isLate) private {
        bool isWatching = false;
        for (uint256 i = 0; i < watches.length; ++i) {
            if (watches[i].device != readings.device) continue;
            isWatching = true;
            Extreme calldata extreme = _extremeOf(readings, watches[i].metric);
            if (extreme.minimum >= watches[i].low && extreme.maximum <= watches[i].high) continue;
            _exposures[readings.shipmentId][i] =
                _exposures[readings.shipmentId][i].after_(watches[i], extreme, readings.startedAt, end, isLate);
            // The plan has at most eight watches.
            emit WatchSnapshot(readings.shipmentId, uint8(i), watchOf(readings.shipmentId, uint8(i)));
        }
        if (!isWatching) revert SensorLog_NotWatching(readings.device);
    }

    function _requirePlan(bytes32 shipmentId, Watch[] calldata watches) private view {
        bytes32 actual = keccak256(abi.encode(watches));
        bytes32 expected = LEDGER.planOf(shipmentId);
        if (actual != expected) revert SensorLog_PlanMismatch(actual, expected);
    }

    /// @dev Readings are of a time that has passed, between shipping and delivery.
    function _requireJourney(Readings calldata readings) private view returns (uint40 end, uint40 shippedAt) {
        if (readings.number == 0 || readings.interval == 0 || readings.count == 0) {
            revert SensorLog_InvalidReadings(readings.number, readings.interval, readings.count);
        }
        uint256 endedAt = uint256(readings.startedAt) + uint256(readings.interval) * readings.count;
        ShipmentFacts memory facts = LEDGER.factsOf(readings.shipmentId);
        uint256 until = facts.deliveredAt != 0 ? facts.deliveredAt : block.timestamp;
        if (facts.shippedAt == 0 || readings.startedAt < facts.shippedAt || endedAt > until) {
            revert SensorLog_OutsideJourney(readings.startedAt, endedAt, facts.shippedAt, until);
        }
        return (uint40(endedAt), facts.shippedAt);
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
