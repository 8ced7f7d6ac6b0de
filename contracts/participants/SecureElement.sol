// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";

/// @title The account of a device whose key is on the curve P-256, as secure elements have them
/// @notice One for each device. It signs as contracts do (ERC-1271), so the device is granted, revoked and heard like any
/// other key. It holds nothing and does nothing else.
contract SecureElement is IERC1271 {
    bytes4 private constant VALID = IERC1271.isValidSignature.selector;

    bytes32 public immutable X;
    bytes32 public immutable Y;

    error SecureElement_InvalidKey(bytes32 x, bytes32 y);

    constructor(bytes32 x, bytes32 y) {
        if (!P256.isValidPublicKey(x, y)) revert SecureElement_InvalidKey(x, y);
        X = x;
        Y = y;
    }

    /// @inheritdoc IERC1271
    /// @param signature r and s, 32 bytes each, s in the lower half of the order
    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        if (signature.length != 64) return 0;
        (bytes32 r, bytes32 s) = (bytes32(signature[:32]), bytes32(signature[32:]));
        return P256.verify(hash, r, s, X, Y) ? VALID : bytes4(0);
    }
}
