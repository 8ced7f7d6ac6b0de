// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BlockingTokenMock} from "contracts/testing/BlockingTokenMock.sol";
import {CargoFacts, CustomsFacts, IShipmentSource, ShipmentFacts, WatchFacts} from "interfaces/IShipmentSource.sol";
import {Clauses, Order, Outcome} from "interfaces/ITradeEscrow.sol";

/// @notice How an order came to its end.
enum Way {
    None,
    Facts,
    Default,
    Concession,
    Acceptance,
    Agreement,
    Arbitration
}

/// @notice What an order with clauses should be.
/// @param said what the facts said at the end
/// @param out what it has paid so far
/// @param share of the seller's side at the end
struct Deal {
    Order order;
    Clauses clauses;
    bytes32 id;
    bytes32 shipmentId;
    Way way;
    Outcome said;
    uint256 out;
    uint16 share;
    uint8 paid;
    uint40 contestedAt;
    uint256 sales;
    bool isLying;
}

/// @notice What the compiler cannot copy at once.
library Copies {
    function copy(Clauses storage to, Clauses memory from) internal {
        (to.conditions, to.inspectionWindow) = (from.conditions, from.inspectionWindow);
        (to.onShipped, to.onCleared, to.onDelivered) = (from.onShipped, from.onCleared, from.onDelivered);
        (to.customsId, to.brokerId, to.inspectorId) = (from.customsId, from.brokerId, from.inspectorId);
        (to.treasury, to.dutyCap, to.appealPeriod) = (from.treasury, from.dutyCap, from.appealPeriod);
        (to.priceToken, to.price, to.rate, to.rateUntil) = (from.priceToken, from.price, from.rate, from.rateUntil);
        for (uint256 i = 0; i < from.payees.length; ++i) {
            to.payees.push(from.payees[i]);
        }
    }
}

/// @notice A source that is live, has fallen silent, or is broken.
contract WaywardSource is IShipmentSource {
    enum Mood {
        Live,
        Silent,
        Broken
    }

    Mood public mood;
    uint40 private _heardAt;
    mapping(bytes32 shipmentId => ShipmentFacts) private _facts;
    mapping(bytes32 shipmentId => CustomsFacts) private _customs;

    error Lost();

    constructor(Mood mood_) {
        mood = mood_;
    }

    /// @dev What was said while it was live is known for ever.
    function turn(Mood mood_) external {
        if (mood == Mood.Live) _heardAt = uint40(block.timestamp);
        mood = mood_;
    }

    function tell(bytes32 shipmentId, ShipmentFacts calldata facts, CustomsFacts calldata customs) external {
        (_facts[shipmentId], _customs[shipmentId]) = (facts, customs);
        (_facts[shipmentId].asOf, _customs[shipmentId].asOf) = (uint40(block.timestamp), uint40(block.timestamp));
    }

    function factsOf(bytes32 shipmentId) external view returns (ShipmentFacts memory facts) {
        if (mood == Mood.Broken) revert Lost();
        facts = _facts[shipmentId];
        facts.asOf = _asOf(facts.asOf);
    }

    function customsOf(bytes32 shipmentId) external view returns (CustomsFacts memory customs) {
        if (mood == Mood.Broken) revert Lost();
        customs = _customs[shipmentId];
        customs.asOf = _asOf(customs.asOf);
    }

    function declarantOf(bytes32) external pure returns (uint64) {}

    /// @dev Orders do not depend on the cargo; cover has walks of its own.
    function cargoOf(bytes32) external pure returns (CargoFacts memory) {}

    function planOf(bytes32) external pure returns (bytes32) {}

    function watchOf(bytes32, uint8) external pure returns (WatchFacts memory) {}

    function _asOf(uint40 told) private view returns (uint40) {
        if (mood == Mood.Live) return uint40(block.timestamp);
        return told > _heardAt ? told : _heardAt;
    }
}

/// @notice A token that may refuse payees, and makes calls in the midst of its transfers while it is armed.
contract HookToken is BlockingTokenMock {
    address private _target;
    bytes[] private _calls;
    /// @notice How many of its calls were made, and how many got through.
    uint256 public tried;
    uint256 public done;

    function arm(address target, bytes[] calldata calls) external {
        _target = target;
        for (uint256 i = 0; i < calls.length; ++i) {
            _calls.push(calls[i]);
        }
    }

    function disarm() external {
        delete _calls;
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        for (uint256 i = 0; i < _calls.length; ++i) {
            (bool isDone,) = _target.call(_calls[i]);
            ++tried;
            if (isDone) ++done;
        }
    }
}

/// @notice A payee that takes coin or does not.
contract MoodyPayee {
    bool public isOpen;

    function turn() external {
        isOpen = !isOpen;
    }

    receive() external payable {
        require(isOpen);
    }
}
