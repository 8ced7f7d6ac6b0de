// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Peril, PerilKind, Quote} from "interfaces/ICargoInsurance.sol";
import {CargoFacts, CustomsFacts, IShipmentSource, MAXIMUM_WATCHES, WatchFacts} from "interfaces/IShipmentSource.sol";
import {Order} from "interfaces/ITradeEscrow.sol";
import {Facts} from "contracts/libraries/Facts.sol";

/// @title What a policy's facts are worth
/// @dev `core/cover.py` gives the same integers.
library Cover {
    /// @notice Number of the delay among the causes of a policy, after its perils.
    uint256 internal constant DELAY = 4;

    uint256 private constant PERIL_BITS = 64;
    uint256 private constant WHOLE = 10_000;

    /// @notice A peril of a quote.
    /// @param index 0 to 3
    function perilOf(uint256 perils, uint256 index) internal pure returns (Peril memory peril) {
        uint256 word = perils >> (index * PERIL_BITS);
        peril.kind = PerilKind(uint8(word));
        peril.watch = uint8(word >> 8);
        peril.bps = uint16(word >> 16);
        peril.threshold = uint32(word >> 32);
    }

    /// @notice Mask of the perils that a quote has.
    function maskOf(uint256 perils) internal pure returns (uint256 mask) {
        for (uint256 i = 0; perils >> (i * PERIL_BITS) != 0 && i < DELAY; ++i) {
            mask |= 1 << i;
        }
    }

    /// @notice Whether perils are spelt as they should be, and whether any of them needs a watch.
    function checked(uint256 perils) internal pure returns (bool isValid, bool isWatching) {
        for (uint256 i = 0; i < DELAY && perils >> (i * PERIL_BITS) != 0; ++i) {
            uint256 word = uint64(perils >> (i * PERIL_BITS));
            if (uint8(word) == 0 || uint8(word) > uint8(type(PerilKind).max)) return (false, false);
            Peril memory peril = perilOf(perils, i);
            bool isWatched = peril.kind <= PerilKind.Exposure;
            bool hasThreshold = peril.kind != PerilKind.Level && peril.kind != PerilKind.Refusal;
            bool isShare = peril.kind == PerilKind.Loss || peril.kind == PerilKind.Damage;
            if (peril.watch >= (isWatched ? MAXIMUM_WATCHES : 1) || peril.bps > WHOLE) return (false, false);
            if (!hasThreshold && peril.threshold != 0) return (false, false);
            if (isShare && (peril.threshold == 0 || peril.threshold > WHOLE)) return (false, false);
            isWatching = isWatching || isWatched;
        }
        return (true, isWatching);
    }

    /// @notice Whether the facts fire a peril.
    /// @param isUndelivered the goods are known not to be delivered by refund-after
    function isFired(Peril memory peril, IShipmentSource source, bytes32 shipmentId, bool isUndelivered)
        internal
        view
        returns (bool)
    {
        if (peril.kind <= PerilKind.Exposure) {
            WatchFacts memory watch = source.watchOf(shipmentId, peril.watch);
            if (peril.kind == PerilKind.Level) return watch.breachedAt != 0;
            return (peril.kind == PerilKind.Run ? watch.longest : watch.exposure) > peril.threshold;
        }
        if (peril.kind == PerilKind.Refusal) {
            CustomsFacts memory customs = source.customsOf(shipmentId);
            return Facts.isRefused(customs.state, customs.finalAt, customs.asOf);
        }
        if (peril.kind == PerilKind.Loss && isUndelivered) return true;
        CargoFacts memory cargo = source.cargoOf(shipmentId);
        return (peril.kind == PerilKind.Loss ? cargo.lostBps : cargo.damagedBps) >= peril.threshold;
    }

    /// @notice Share of the order's amount that a delay is worth before deductible and cap, in basis points, and the days late.
    /// @dev Lateness is counted in begun days after deliver-by, and not beyond refund-after, so that it does not matter
    /// who claims when. The grace days are free.
    /// @param time of the delivery, or up to which it is known that there was none
    function delayOf(Order calldata order, Quote calldata quote, uint256 time)
        internal
        pure
        returns (uint256 bps, uint256 daysLate)
    {
        daysLate = Math.ceilDiv(Math.saturatingSub(Math.min(time, order.refundAfter), order.deliverBy), 1 days);
        bps = Math.min(Math.saturatingSub(daysLate, quote.graceDays) * quote.bpsPerDay, type(uint16).max);
    }

    /// @notice Share of the order's amount that is paid of a gross sum, in basis points.
    function netOf(Quote calldata quote, uint256 grossBps) internal pure returns (uint256) {
        return Math.min(Math.saturatingSub(grossBps, quote.deductibleBps), quote.capBps);
    }

    /// @notice An amount's share, rounded down.
    function unitsOf(uint256 amount, uint256 bps) internal pure returns (uint256) {
        return amount * bps / WHOLE;
    }
}
