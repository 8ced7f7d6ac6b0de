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

/// @title A place where the facts of shipments are read
/// @notice Escrow and insurance see shipments only through this, be it a ledger on their chain or a mirror of one.
interface IShipmentSource {
    /// @notice The facts of a shipment; all zero but `asOf` where it is unknown. Never reverts.
    function factsOf(bytes32 shipmentId) external view returns (ShipmentFacts memory);

    /// @notice What customs decided of a shipment; all zero but `asOf` where nothing is declared. Never reverts.
    function customsOf(bytes32 shipmentId) external view returns (CustomsFacts memory);
}
