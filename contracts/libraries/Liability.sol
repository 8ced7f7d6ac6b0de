// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Leg, ShipmentFacts} from "interfaces/IShipmentSource.sol";
import {Order} from "interfaces/ITradeEscrow.sol";

/// @title Who answers for what happens on the way
/// @dev A source keeps the legs of a shipment as one hash, and who asks resends them. The first leg is known from order and
/// facts; it is in the hash only if it agreed something of its own, so that a trade with one carrier costs nothing.
/// `core/liability.py` gives the same answers.
library Liability {
    /// @notice The hash over legs with one more at the end.
    function extended(bytes32 chain, Leg memory leg) internal pure returns (bytes32) {
        return keccak256(abi.encode(chain, leg));
    }

    /// @notice Whether a leg agreed nothing of its own.
    function isPlain(Leg memory leg) internal pure returns (bool) {
        return leg.dueBy == 0 && leg.liability == 0;
    }

    /// @notice Whether these are all legs of the order's shipment, in order.
    /// @param chain the source's hash over them
    function isGenuine(Order calldata order, ShipmentFacts memory facts, bytes32 chain, Leg[] calldata legs)
        internal
        pure
        returns (bool)
    {
        if (facts.shippedAt == 0) return legs.length == 0;
        if (legs.length == 0 || legs[0].custodianId != order.carrierId || legs[0].since != facts.shippedAt) {
            return false;
        }
        bytes32 computed = 0;
        for (uint256 i = isPlain(legs[0]) ? 1 : 0; i < legs.length; ++i) {
            computed = extended(computed, legs[i]);
        }
        return computed == chain;
    }

    /// @notice Who held the goods at a time: 0 for the seller, a leg counted from 1, and one more than there are legs for the
    /// consignee, who answers from the second after the delivery on.
    function holderAt(ShipmentFacts memory facts, Leg[] calldata legs, uint256 time)
        internal
        pure
        returns (uint256 holder)
    {
        if (facts.deliveredAt != 0 && time > facts.deliveredAt) return legs.length + 1;
        while (holder < legs.length && legs[holder].since <= time) {
            ++holder;
        }
    }

    /// @notice Seconds of delay that each answers for: the seller at 0, then each leg.
    /// @dev A leg answers for the lateness that it adds: how late it passes the goods on by its own deadline, less how late
    /// it received them by the one before it. The seller's deadline is ship-by. Time ends with the delivery, or at refund-after
    /// or the present where there is none. Goods that are late although every leg kept its deadline are the first leg's,
    /// which is the order's carrier.
    function delays(Order calldata order, ShipmentFacts memory facts, Leg[] calldata legs)
        internal
        pure
        returns (uint256[] memory seconds_)
    {
        uint256 until = Math.min(facts.deliveredAt != 0 ? facts.deliveredAt : facts.asOf, order.refundAfter);
        seconds_ = new uint256[](legs.length + 1);
        uint256 late = Math.saturatingSub(legs.length == 0 ? until : legs[0].since, order.shipBy);
        seconds_[0] = late;
        uint256 sum = late;
        for (uint256 i = 0; i < legs.length; ++i) {
            uint256 endedAt = i + 1 < legs.length ? Math.min(legs[i + 1].since, until) : until;
            uint256 lateAfter = Math.saturatingSub(endedAt, legs[i].dueBy != 0 ? legs[i].dueBy : order.deliverBy);
            seconds_[i + 1] = Math.saturatingSub(lateAfter, late);
            sum += seconds_[i + 1];
            late = lateAfter;
        }
        if (sum == 0 && legs.length != 0) seconds_[1] = Math.saturatingSub(until, order.deliverBy);
    }
}
