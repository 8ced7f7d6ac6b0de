// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IShipmentSource, ShipmentFacts} from "interfaces/IShipmentSource.sol";

/// @title A source of facts that says of every shipment what it was told to
contract ShipmentSourceMock is IShipmentSource {
    ShipmentFacts private _facts;

    /// @notice Sets the facts of all shipments.
    function tell(ShipmentFacts calldata facts) external {
        _facts = facts;
    }

    /// @inheritdoc IShipmentSource
    function factsOf(bytes32) external view returns (ShipmentFacts memory) {
        return _facts;
    }
}
