// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Credit, Finding} from "contracts/libraries/Credit.sol";

/// @notice Evidence on a participant in a role, one word: good 46, bad 46, updatedAt 40, grade 4, count 16, roles 16,
/// counterparties 88; the first lowest. Only one without evidence is 0.
type Standing is uint256;

using Standings for Standing global;

/// @title Evidence in one word
/// @dev The counterparties are eight sketches of 11 bits, the newest lowest.
library Standings {
    uint256 private constant BAD = 46;
    uint256 private constant UPDATED_AT = 92;
    uint256 private constant GRADE = 132;
    uint256 private constant COUNT = 136;
    uint256 private constant MAXIMUM = (1 << 46) - 1;
    uint256 private constant ROLES = 152;
    uint256 private constant COUNTERPARTIES = 168;

    uint256 private constant SKETCHES = 8;
    uint256 private constant SKETCH_BITS = 11;
    uint256 private constant SKETCH_MASK = (1 << SKETCH_BITS) - 1;
    uint256 private constant SKETCHES_MASK = (1 << (SKETCHES * SKETCH_BITS)) - 1;
    /// @dev A one in each sketch, and from it the highest bit of each and all bits below.
    uint256 private constant ONES = SKETCHES_MASK / SKETCH_MASK;
    uint256 private constant HIGHS = ONES << (SKETCH_BITS - 1);
    uint256 private constant LOWS = HIGHS - ONES;

    function good(Standing standing) internal pure returns (uint256) {
        return Standing.unwrap(standing) & MAXIMUM;
    }

    function bad(Standing standing) internal pure returns (uint256) {
        return Standing.unwrap(standing) >> BAD & MAXIMUM;
    }

    function updatedAt(Standing standing) internal pure returns (uint256) {
        return uint40(Standing.unwrap(standing) >> UPDATED_AT);
    }

    /// @notice Number of the grade at the last change.
    function grade(Standing standing) internal pure returns (uint256) {
        return Standing.unwrap(standing) >> GRADE & 0x0f;
    }

    function count(Standing standing) internal pure returns (uint256) {
        return uint16(Standing.unwrap(standing) >> COUNT);
    }

    /// @notice Mask of all roles in which the participant is rated.
    function roles(Standing standing) internal pure returns (uint256) {
        return uint16(Standing.unwrap(standing) >> ROLES);
    }

    function counterparties(Standing standing) internal pure returns (uint256) {
        return Standing.unwrap(standing) >> COUNTERPARTIES;
    }

    function isNone(Standing standing) internal pure returns (bool) {
        return Standing.unwrap(standing) == 0;
    }

    /// @notice The standing with further roles.
    function withRoles(Standing standing, uint256 mask) internal pure returns (Standing) {
        return Standing.wrap(Standing.unwrap(standing) | mask << ROLES);
    }

    /// @notice The share of a standing's evidence that is left at a time, not before its last change, in 1/2^64.
    function leftAt(Standing standing, uint256 time) internal pure returns (uint256) {
        unchecked {
            return Credit.left(time - standing.updatedAt());
        }
    }

    /// @notice The standing with what happened now: good and bad evidence halves with each time that the counterparty
    /// stands among the last eight, that of a breach is divided by one more than these times.
    /// @param share what is left of the standing's evidence, in 1/2^64
    function withFinding(Standing standing, uint256 share, uint64 counterparty, Finding finding)
        internal
        view
        returns (Standing)
    {
        // A finding has less than 2^40, and there are eight sketches: nothing here can overflow.
        unchecked {
            uint256 found = Finding.unwrap(finding);
            uint256 sketches = standing.counterparties();
            uint256 sketch = counterparty % SKETCH_MASK + 1;
            uint256 repeats = _repeats(sketches, sketch);
            uint256 good_ = (standing.good() * share >> 64) + (uint64(found) >> repeats);
            uint256 bad_ =
                (standing.bad() * share >> 64) + (uint64(found >> 64) >> repeats) + (found >> 128) / (repeats + 1);
            if ((good_ | bad_) > MAXIMUM) (good_, bad_) = (Math.min(good_, MAXIMUM), Math.min(bad_, MAXIMUM));
            uint256 count_ = standing.count();
            if (count_ != type(uint16).max) ++count_;
            sketches = (sketches << SKETCH_BITS | sketch) & SKETCHES_MASK;
            return Standing.wrap(
                good_ | bad_ << BAD | uint256(uint40(block.timestamp)) << UPDATED_AT
                    | Credit.gradeOf(good_, bad_, Credit.ONE) << GRADE | count_ << COUNT | standing.roles() << ROLES
                    | sketches << COUNTERPARTIES
            );
        }
    }

    /// @dev How many of the sketches are this one. A sketch that differs leaves a bit in its place, which adding the lower bits
    /// carries into its highest; the product adds up the highest bits.
    function _repeats(uint256 sketches, uint256 sketch) private pure returns (uint256) {
        unchecked {
            uint256 differences = sketches ^ (sketch * ONES);
            uint256 others = ((differences & LOWS) + LOWS | differences) & HIGHS;
            return SKETCHES - ((others >> (SKETCH_BITS - 1)) * ONES >> ((SKETCHES - 1) * SKETCH_BITS) & SKETCH_MASK);
        }
    }
}
