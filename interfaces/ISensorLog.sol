// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Metric, Watch, WatchFacts} from "interfaces/IShipmentSource.sol";
import {Order} from "interfaces/ITradeEscrow.sol";
import {Quote} from "interfaces/ICargoInsurance.sol";

/// @notice The least and the largest reading of a metric in a batch.
struct Extreme {
    Metric metric;
    int32 minimum;
    int32 maximum;
}

/// @notice Readings that a device took one after another and signs itself (EIP-712).
/// @param number counts the device's batches of this shipment, from 1
/// @param startedAt time of the first reading, seconds UTC
/// @param interval seconds between readings
/// @param count how many readings; they cover `count` times `interval` seconds
/// @param root Merkle root over the readings, to prove any of them later
/// @param extremes one for each metric that it measures
struct Readings {
    bytes32 shipmentId;
    address device;
    uint32 number;
    uint40 startedAt;
    uint32 interval;
    uint32 count;
    bytes32 root;
    Extreme[] extremes;
}

/// @notice How readings arrived. `Late`: after readings with a larger number; they add to the exposure, not to a run.
/// `Repeated`: under a number that is taken, or more than 127 behind the last; `Overlapping`: of times that are counted
/// already. The last two change nothing.
enum Arrival {
    InOrder,
    Late,
    Repeated,
    Overlapping
}

/// @notice A device on a shipment.
/// @param number of its last readings
/// @param endedAt end of the time that they cover
/// @param seen which of the last 128 numbers arrived, the last one lowest
struct DeviceRecord {
    uint32 number;
    uint40 endedAt;
    uint128 seen;
}

/// @title Readings of devices on shipments
/// @notice Devices are function keys with `Measure`, so revoking one ends it in the same block; what arrived before stays.
/// Readings count from the block in
/// which they arrive, for the time between shipping and delivery, or a tender that is pending. Anyone brings them.
interface ISensorLog {
    event ReadingsRecorded(
        bytes32 indexed shipmentId,
        address indexed device,
        Arrival arrival,
        uint32 number,
        uint40 startedAt,
        uint32 interval,
        uint32 count,
        bytes32 root,
        Extreme[] extremes
    );
    /// @notice Nothing is known of a device between two times.
    /// @param missing numbers left out before the one that arrived; they may still come late
    event GapFound(bytes32 indexed shipmentId, address indexed device, uint32 missing, uint40 from, uint40 until);
    /// @notice Every change of what a watch saw, and `reemit`, emits all of it. `asOf` is the block's time.
    event WatchSnapshot(bytes32 indexed shipmentId, uint8 indexed watch, WatchFacts facts);
    /// @notice The claim of a policy failed; `claim` does the same when called.
    event ShortcutFailed(bytes32 indexed shipmentId, address indexed listener);

    error SensorLog_PlanMismatch(bytes32 actual, bytes32 expected);
    error SensorLog_NotWatching(address device);
    error SensorLog_MetricMissing(Metric metric);
    error SensorLog_InvalidReadings(uint32 number, uint32 interval, uint32 count);
    error SensorLog_InvalidExtreme(Metric metric, int32 minimum, int32 maximum);
    error SensorLog_OutsideJourney(uint256 startedAt, uint256 endedAt, uint40 shippedAt, uint256 arrivedAt);
    error SensorLog_InvalidSignature(address device);

    /// @notice Records readings that a device of the plan signed.
    /// @param watches all watches of the plan, as `load` was given them
    function record(Readings calldata readings, Watch[] calldata watches, bytes calldata signature)
        external
        returns (Arrival);

    /// @notice The same, and claims policies of the shipment's order at once.
    function recordAndClaim(
        Readings calldata readings,
        Watch[] calldata watches,
        bytes calldata signature,
        Order calldata order,
        Quote[] calldata policies
    ) external returns (Arrival);

    /// @notice Emits what a watch saw again with the present time. By anyone.
    function reemit(bytes32 shipmentId, uint8 watch) external;

    /// @notice What a watch saw.
    function watchOf(bytes32 shipmentId, uint8 watch) external view returns (WatchFacts memory);

    /// @notice The device's record on a shipment; all zero where it never sent anything.
    function deviceOf(bytes32 shipmentId, address device) external view returns (DeviceRecord memory);

    /// @notice EIP-712 digest that the device signs.
    function readingsDigest(Readings calldata readings) external view returns (bytes32);

    /// @notice EIP-712 domain: name "Entrepot SensorLog", version "1", chain and contract of the deployment.
    function domainSeparator() external view returns (bytes32);
}
