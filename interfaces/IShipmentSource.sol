// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Where a shipment stands.
enum ShipmentState {
    None,
    Created,
    InTransit,
    Tendered,
    Disputed,
    Delivered
}

/// @notice All that money depends on, in one record. Times are seconds UTC, 0 where it has not happened.
/// @param state where the shipment stands
/// @param sequence counts every change of the record, from 1
/// @param custodianId participant that holds the goods
/// @param shippedAt the carrier took custody
/// @param tenderedAt the carrier offered delivery with evidence; 0 again once the arbiter rejects the tender
/// @param disputedAt the consignee disputed the tender
/// @param deliveredAt delivery counts from here: the tender or the consignee's signature, whichever is earlier
/// @param asOf the record is known to be complete up to here
struct ShipmentFacts {
    ShipmentState state;
    uint24 sequence;
    uint64 custodianId;
    uint40 shippedAt;
    uint40 tenderedAt;
    uint40 disputedAt;
    uint40 deliveredAt;
    uint40 asOf;
}

/// @notice Where the customs of a shipment stand.
enum CustomsState {
    None,
    Declared,
    Held,
    Released,
    Refused,
    Appealed
}

/// @notice What customs decided, in one record. Times are seconds UTC, 0 where it has not happened.
/// @param state where the case stands; `Released` is final
/// @param sequence counts every change of the record, from 1
/// @param releasedAt the goods were released
/// @param refusedAt they were refused, or a refusal was appealed against
/// @param finalAt after this second a refusal stands for ever, be it that nobody appealed or that nobody decided the appeal
/// @param duty owed to the authority once the goods are released or their refusal stands, in the order's token
/// @param asOf the record is known to be complete up to here
struct CustomsFacts {
    CustomsState state;
    uint24 sequence;
    uint40 releasedAt;
    uint40 refusedAt;
    uint40 finalAt;
    uint128 duty;
    uint40 asOf;
}

/// @notice What became of the goods beside where they are, in one record. Shares are of all goods of the order.
/// @param custody hash chain over the legs that agreed something of their own (`Liability`); 0 where none did
/// @param lostBps share that is lost, in basis points
/// @param damagedBps share that arrived or will arrive damaged, in basis points; both together are at most 10,000
/// @param lostAt when goods were lost, seconds UTC; the last time where it was more than once; 0 where none were
/// @param damagedAt the same of damage
/// @param asOf the record is known to be complete up to here
struct CargoFacts {
    bytes32 custody;
    uint16 lostBps;
    uint16 damagedBps;
    uint40 lostAt;
    uint40 damagedAt;
    uint40 asOf;
}

/// @notice What devices measure, and the unit of their readings.
enum Metric {
    /// 0.01 degrees Celsius
    Temperature,
    /// 0.01 % relative humidity
    Humidity,
    /// 0.001 g of acceleration
    Shock
}

/// @notice A device's metric and the band in which it should stay.
/// @param device key of the device
/// @param low least value that is allowed, in the metric's unit
/// @param high largest value that is allowed
// solhint-disable-next-line gas-struct-packing
struct Watch {
    address device;
    Metric metric;
    int32 low;
    int32 high;
}

/// @notice What a watch saw outside its band. Each reading stands for the interval that it begins. Only a batch whose
/// readings are all outside on the same side adds to the durations, so that extremes prove them.
/// @param breachedAt start of the first batch with a reading outside, seconds UTC; 0 if there is none
/// @param exposure seconds outside, all together
/// @param longest seconds of the longest run outside without a break
/// @param longestAt start of that run
/// @param extreme the reading farthest outside, in the metric's unit
/// @param asOf readings that arrived up to here are counted
struct WatchFacts {
    uint40 breachedAt;
    uint32 exposure;
    uint32 longest;
    uint40 longestAt;
    int32 extreme;
    uint40 asOf;
}

/// @dev Most watches over a shipment.
uint256 constant MAXIMUM_WATCHES = 8;

/// @notice A leg: who held the goods from when on, and what was agreed of it when custody passed.
/// @param dueBy last second by which custody is to pass on; 0 for the order's deliver-by
/// @param liability most that the custodian answers for on this leg, in the order's token; 0 for nothing
struct Leg {
    uint64 custodianId;
    uint40 since;
    uint40 dueBy;
    uint128 liability;
}

/// @title A place where the facts of shipments are read
/// @notice Escrow and insurance see shipments only through this, be it a ledger on their chain or a mirror of one.
interface IShipmentSource {
    /// @notice The facts of a shipment; all zero but `asOf` where it is unknown. Never reverts.
    function factsOf(bytes32 shipmentId) external view returns (ShipmentFacts memory);

    /// @notice What customs decided of a shipment; all zero but `asOf` where nothing is declared. Never reverts.
    function customsOf(bytes32 shipmentId) external view returns (CustomsFacts memory);

    /// @notice Participant that declared a shipment last; 0 where nothing is declared. Never reverts.
    function declarantOf(bytes32 shipmentId) external view returns (uint64);

    /// @notice What became of the goods; all zero but `asOf` where nothing is recorded. Never reverts.
    function cargoOf(bytes32 shipmentId) external view returns (CargoFacts memory);

    /// @notice Hash of the watches over a shipment (`keccak256(abi.encode(watches))`), fixed before it ships; 0 for none.
    function planOf(bytes32 shipmentId) external view returns (bytes32);

    /// @notice What a watch of the plan saw, counted from 0; all zero but `asOf` where nothing was outside. Never reverts.
    function watchOf(bytes32 shipmentId, uint8 watch) external view returns (WatchFacts memory);
}
