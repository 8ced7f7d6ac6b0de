// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {MultiSignerERC7913} from "@openzeppelin/contracts/utils/cryptography/signers/MultiSignerERC7913.sol";
import {ICouncil} from "interfaces/ICouncil.sol";
import {Signatures} from "contracts/libraries/Signatures.sol";

/// @title Council
contract Council is ICouncil, IERC1271, MultiSignerERC7913 {
    bytes32 private constant CALL_TYPEHASH = keccak256("Call(address target,bytes data,uint256 nonce)");
    bytes4 private constant NO = 0xffffffff;

    bytes32 private immutable DOMAIN = Signatures.domainOf("Entrepot Council", block.chainid, address(this));

    /// @inheritdoc ICouncil
    uint256 public nonce;

    /// @param members as `ICouncil` describes them
    /// @param threshold how many of them decide
    constructor(bytes[] memory members, uint64 threshold) MultiSignerERC7913(members, threshold) {}

    /// @inheritdoc ICouncil
    function execute(address target, bytes calldata data, uint256 callNonce, bytes calldata signature)
        external
        returns (bytes memory)
    {
        if (callNonce != nonce) revert Council_WrongNonce(callNonce, nonce);
        if (!_rawSignatureValidation(callDigest(target, data, callNonce), signature)) {
            revert Council_InvalidSignature();
        }
        ++nonce;
        emit CouncilCalled(callNonce, target, data);
        return Address.functionCall(target, data);
    }

    /// @inheritdoc ICouncil
    function changeMembers(bytes[] calldata added, bytes[] calldata removed, uint64 newThreshold) external {
        if (msg.sender != address(this)) revert Council_NotItself(msg.sender);
        _addSigners(added);
        _setThreshold(newThreshold);
        _removeSigners(removed);
    }

    /// @notice Whether a signature is the council's over a hash (ERC-1271).
    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        return _rawSignatureValidation(hash, signature) ? IERC1271.isValidSignature.selector : NO;
    }

    /// @inheritdoc ICouncil
    function callDigest(address target, bytes calldata data, uint256 callNonce) public view returns (bytes32) {
        return Signatures.digestOf(DOMAIN, keccak256(abi.encode(CALL_TYPEHASH, target, keccak256(data), callNonce)));
    }
}
