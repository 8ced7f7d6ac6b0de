// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// @title Signatures of accounts, be they keys or contracts
library Signatures {
    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant DEPLOYMENT_TYPEHASH = keccak256("EIP712Domain(string name,string version,bytes32 salt)");

    /// @notice Whether `signature` is `signer`'s over `digest`: by key, or as the contract at `signer` says (ERC-1271).
    /// @dev Recovery comes first: it is right for nearly every caller and spares the account's cold code access.
    function isValid(address signer, bytes32 digest, bytes calldata signature) internal view returns (bool) {
        (address recovered, ECDSA.RecoverError failure,) = ECDSA.tryRecoverCalldata(digest, signature);
        if (failure == ECDSA.RecoverError.NoError && recovered == signer) return true;
        return signer.code.length != 0 && SignatureChecker.isValidERC1271SignatureNowCalldata(signer, digest, signature);
    }

    /// @notice EIP-712 domain of a contract, fixed when it is deployed.
    /// @dev Kept as an immutable and not rebuilt from `block.chainid`: ids are digests, and an id that moved with a
    /// fork of the chain would cut every open order off from its money.
    function domainOf(string memory name, uint256 chainId, address verifyingContract) internal pure returns (bytes32) {
        return
            keccak256(abi.encode(DOMAIN_TYPEHASH, keccak256(bytes(name)), keccak256("1"), chainId, verifyingContract));
    }

    /// @notice EIP-712 domain of a deployment: its salt, the same on each of its chains.
    function deploymentDomain(bytes32 salt) internal pure returns (bytes32) {
        return keccak256(abi.encode(DEPLOYMENT_TYPEHASH, keccak256("Entrepot"), keccak256("1"), salt));
    }

    /// @notice EIP-712 digest of a struct.
    function digestOf(bytes32 domainSeparator, bytes32 structHash) internal pure returns (bytes32) {
        return MessageHashUtils.toTypedDataHash(domainSeparator, structHash);
    }
}
