// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The members of a consortium, who decide as M of N
/// @notice A signature of the council (ERC-1271, and here) is `abi.encode(bytes[] members, bytes[] signatures)` of at
/// least the threshold, members in ascending order of their hashes. Members are accounts, EOA or ERC-1271, as 20 bytes,
/// or keys of another kind with their verifier (ERC-7913).
interface ICouncil {
    event CouncilCalled(uint256 indexed nonce, address indexed target, bytes data);

    error Council_WrongNonce(uint256 nonce, uint256 next);
    error Council_InvalidSignature();
    error Council_NotItself(address caller);

    /// @notice Calls a contract as the council. By anyone with the council's signature.
    /// @param callNonce number of the call, counted from 0
    /// @param signature over `Call(address target,bytes data,uint256 nonce)`, for this contract on this chain
    function execute(address target, bytes calldata data, uint256 callNonce, bytes calldata signature)
        external
        returns (bytes memory);

    /// @notice Replaces members and threshold. Only the council itself.
    function changeMembers(bytes[] calldata added, bytes[] calldata removed, uint64 newThreshold) external;

    /// @notice Number of the next call.
    function nonce() external view returns (uint256);

    /// @notice EIP-712 digest that members sign for a call.
    function callDigest(address target, bytes calldata data, uint256 callNonce) external view returns (bytes32);
}
