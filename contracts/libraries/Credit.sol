// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Grade, Rating} from "interfaces/ICreditRegistry.sol";

/// @title The arithmetic of ratings
/// @dev Beta reputation (Jøsang and Ismail, 2002) with forgetting by half-life. `docs/credit-model.md` explains it; the
/// package's `core/credit.py` gives the same integers.
library Credit {
    /// @notice One weight point.
    uint256 internal constant POINT = 1 << 20;
    /// @notice Evidence that a newcomer is assumed to have on either side.
    uint256 internal constant PRIOR = 16 * POINT;
    uint256 internal constant HALF_LIFE = 365 days;

    /// @notice Weight of an amount in points: 1 + log2(1 + whole currency units), rounded down.
    /// @param amount in the token's smallest unit
    function weightOf(uint256 amount, uint8 decimals) internal pure returns (uint16) {
        return uint16(1 + Math.log2(1 + amount / 10 ** decimals));
    }

    /// @notice Evidence after `elapsed` seconds: halves every `HALF_LIFE`, linear in between.
    /// @param evidence below 2^64, so that no product overflows
    function decay(uint256 evidence, uint256 elapsed) internal pure returns (uint256) {
        unchecked {
            uint256 halvings = elapsed / HALF_LIFE;
            if (halvings > 63) return 0;
            evidence >>= halvings;
            return evidence - (evidence * (elapsed % HALF_LIFE)) / (2 * HALF_LIFE);
        }
    }

    /// @notice Rating that evidence gives.
    function rate(uint256 good, uint256 bad) internal pure returns (Rating memory rating) {
        uint256 evidence = good + bad;
        rating.score = uint16(10_000 * (good + PRIOR) / (evidence + 2 * PRIOR));
        rating.confidence = uint16(10_000 * evidence / (evidence + 2 * PRIOR));
        rating.grade = evidence == 0 ? Grade.NR : gradeOf(rating.score);
    }

    /// @notice Grade of a score in basis points.
    function gradeOf(uint256 score) internal pure returns (Grade) {
        if (score >= 9500) return Grade.AAA;
        if (score >= 9000) return Grade.AA;
        if (score >= 2000) return Grade(score / 1000);
        return Grade.D;
    }
}
