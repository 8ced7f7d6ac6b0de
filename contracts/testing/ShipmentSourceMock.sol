// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CustomsFacts, IShipmentSource, ShipmentFacts} from "interfaces/IShipmentSource.sol";

/// @title A source of facts that says of every shipment what it was told to
contract ShipmentSourceMock is IShipmentSource {
    ShipmentFacts private _facts;
    CustomsFacts private _customs;

    /// @notice Sets the facts of all shipments.
    function tell(ShipmentFacts calldata facts) external {
        _facts = facts;
    }

    /// @notice Sets what customs decided of all shipments.
    function tellCustoms(CustomsFacts calldata customs) external {
        _customs = customs;
    }

    /// @inheritdoc IShipmentSource
    function factsOf(bytes32) external view returns (ShipmentFacts memory) {
        return _facts;
    }

    /// @inheritdoc IShipmentSource
    function customsOf(bytes32) external view returns (CustomsFacts memory) {
        return _customs;
    }
}
