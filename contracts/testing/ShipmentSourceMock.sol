// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CargoFacts, CustomsFacts, IShipmentSource, ShipmentFacts, WatchFacts} from "interfaces/IShipmentSource.sol";

/// @title A source of facts that says of every shipment what it was told to
contract ShipmentSourceMock is IShipmentSource {
    ShipmentFacts private _facts;
    CustomsFacts private _customs;
    uint64 private _declarantId;
    CargoFacts private _cargo;
    bytes32 private _plan;
    mapping(uint256 watch => WatchFacts) private _watches;

    /// @notice Sets the facts of all shipments.
    function tell(ShipmentFacts calldata facts) external {
        _facts = facts;
    }

    /// @notice Sets what customs decided of all shipments.
    function tellCustoms(CustomsFacts calldata customs) external {
        _customs = customs;
    }

    /// @notice Sets who declared all shipments.
    function tellDeclarant(uint64 declarantId) external {
        _declarantId = declarantId;
    }

    /// @notice Sets what became of the goods of all shipments.
    function tellCargo(CargoFacts calldata cargo) external {
        _cargo = cargo;
    }

    /// @notice Sets the plan of all shipments and what one of its watches saw.
    function tellWatch(bytes32 plan, uint8 watch, WatchFacts calldata facts) external {
        _plan = plan;
        _watches[watch] = facts;
    }

    /// @inheritdoc IShipmentSource
    function factsOf(bytes32) external view returns (ShipmentFacts memory) {
        return _facts;
    }

    /// @inheritdoc IShipmentSource
    function customsOf(bytes32) external view returns (CustomsFacts memory) {
        return _customs;
    }

    /// @inheritdoc IShipmentSource
    function declarantOf(bytes32) external view returns (uint64) {
        return _declarantId;
    }

    /// @inheritdoc IShipmentSource
    function cargoOf(bytes32) external view returns (CargoFacts memory) {
        return _cargo;
    }

    /// @inheritdoc IShipmentSource
    function planOf(bytes32) external view returns (bytes32) {
        return _plan;
    }

    /// @inheritdoc IShipmentSource
    function watchOf(bytes32, uint8 watch) external view returns (WatchFacts memory) {
        return _watches[watch];
    }
}
