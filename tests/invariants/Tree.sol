// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Merkle trees as OpenZeppelin verifies them, grown the slow way
library Tree {
    /// @notice Root over leaves, and the proof of one of them. Pairs are hashed in order of size and an odd one out goes up as it is.
    function prove(bytes32[] memory level, uint256 index) internal pure returns (bytes32 root, bytes32[] memory proof) {
        proof = new bytes32[](8);
        uint256 height = 0;
        while (level.length > 1) {
            uint256 sibling = index % 2 == 0 ? index + 1 : index - 1;
            if (sibling < level.length) proof[height++] = level[sibling];
            bytes32[] memory above = new bytes32[]((level.length + 1) / 2);
            for (uint256 i = 0; i < above.length; ++i) {
                if (2 * i + 1 == level.length) {
                    above[i] = level[2 * i];
                    continue;
                }
                (bytes32 a, bytes32 b) = (level[2 * i], level[2 * i + 1]);
                above[i] = a < b ? keccak256(bytes.concat(a, b)) : keccak256(bytes.concat(b, a));
            }
            (level, index) = (above, index / 2);
        }
        root = level[0];
        assembly ("memory-safe") {
            mstore(proof, height)
        }
    }
}
