// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Watch, WatchFacts} from "interfaces/IShipmentSource.sol";
import {Extreme} from "interfaces/ISensorLog.sol";

/// @notice What a watch saw, one word: breachedAt 40, exposure 32, longest 32, longestAt 40, run 32, runEnd 40, extreme 32;
/// the first lowest. `run` is the run that ended at `runEnd`.
type Exposure is uint256;

using Exposures for Exposure global;

/// @title How readings outside a band add up
/// @dev `core/exposures.py` gives the same integers.
library Exposures {
    uint256 private constant EXPOSURE = 40;
    uint256 private constant LONGEST = 72;
    uint256 private constant LONGEST_AT = 104;
    uint256 private constant RUN = 144;
    uint256 private constant RUN_END = 176;
    uint256 private constant EXTREME = 216;

    /// @notice The exposure after readings from `start` to `end`. Durations are bounds from below: only readings that are
    /// all outside on one side add to them.
    /// @param isLate the readings came after later ones: they are a run of their own
    function after_(
        Exposure exposure,
        Watch calldata watch,
        Extreme calldata extreme,
        uint40 start,
        uint40 end,
        bool isLate
    ) internal pure returns (Exposure) {
        (int256 below, int256 above) = (int256(watch.low) - extreme.minimum, int256(extreme.maximum) - watch.high);
        if (below <= 0 && above <= 0) return exposure;
        WatchFacts memory facts = factsOf(exposure);
        uint256 word = Exposure.unwrap(exposure);
        (uint256 run, uint256 runEnd) = (uint32(word >> RUN), uint40(word >> RUN_END));

        int32 farthest = below > above ? extreme.minimum : extreme.maximum;
        if (facts.breachedAt == 0 || _beyond(watch, facts.extreme) < _beyond(watch, farthest)) {
            facts.extreme = farthest;
        }
        if (facts.breachedAt == 0 || start < facts.breachedAt) facts.breachedAt = start;
        if (extreme.maximum < watch.low || extreme.minimum > watch.high) {
            uint256 length = end - start;
            facts.exposure = _capped(facts.exposure + length);
            uint256 candidate = length;
            if (!isLate) {
                run = _capped(runEnd == start ? run + length : length);
                runEnd = end;
                candidate = run;
            }
            if (candidate > facts.longest) {
                facts.longest = _capped(candidate);
                facts.longestAt = uint40(end - candidate);
            }
        }
        return Exposure.wrap(
            uint256(facts.breachedAt) | uint256(facts.exposure) << EXPOSURE | uint256(facts.longest) << LONGEST
                | uint256(facts.longestAt) << LONGEST_AT | run << RUN | runEnd << RUN_END
                | uint256(uint32(facts.extreme)) << EXTREME
        );
    }

    /// @notice The facts of an exposure; `asOf` is 0.
    function factsOf(Exposure exposure) internal pure returns (WatchFacts memory facts) {
        uint256 word = Exposure.unwrap(exposure);
        facts.breachedAt = uint40(word);
        facts.exposure = uint32(word >> EXPOSURE);
        facts.longest = uint32(word >> LONGEST);
        facts.longestAt = uint40(word >> LONGEST_AT);
        facts.extreme = int32(uint32(word >> EXTREME));
    }

    /// @dev How far a value lies outside the band; 0 or less if it does not.
    function _beyond(Watch calldata watch, int32 value) private pure returns (uint256) {
        int256 below = int256(watch.low) - value;
        int256 above = int256(value) - watch.high;
        int256 most = below > above ? below : above;
        return most > 0 ? uint256(most) : 0;
    }

    function _capped(uint256 value) private pure returns (uint32) {
        return uint32(Math.min(value, type(uint32).max));
    }
}
