// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {Batch, BatchState, ILabelRegistry, Item, Line} from "interfaces/ILabelRegistry.sol";
import {Function, IParticipantRegistry} from "interfaces/IParticipantRegistry.sol";
import {GS1} from "contracts/libraries/GS1.sol";

/// @title LabelRegistry
/// @dev A batch is one word: its commitment with the lowest bit cleared, set again by the recall.
contract LabelRegistry is ILabelRegistry {
    uint256 private constant RECALLED = 1;

    IParticipantRegistry public immutable REGISTRY;

    mapping(uint64 gtin => Line) private _lines;
    mapping(uint64 gtin => mapping(bytes20 lot => uint256)) private _batches;

    constructor(IParticipantRegistry registry) {
        REGISTRY = registry;
    }

    /// @inheritdoc ILabelRegistry
    function registerLine(uint64 gtin, bytes32 product) external {
        uint64 producerId = REGISTRY.authorize(msg.sender, Function.Label);
        if (!GS1.isGtin(gtin)) revert LabelRegistry_InvalidGtin(gtin);
        uint64 owner = _lines[gtin].producerId;
        if (owner != 0) revert LabelRegistry_LineTaken(gtin, owner);
        _lines[gtin] = Line(producerId, uint40(block.timestamp));
        emit LineRegistered(gtin, producerId, product);
    }

    /// @inheritdoc ILabelRegistry
    function commitBatch(uint64 gtin, bytes20 lot, Batch calldata batch) external {
        uint64 producerId = _requireProducer(gtin);
        if (!GS1.isCode(lot)) revert LabelRegistry_InvalidLot(lot);
        if (batch.size == 0) revert LabelRegistry_EmptyBatch();
        mapping(bytes20 => uint256) storage batches = _batches[gtin];
        if (batches[lot] != 0) revert LabelRegistry_BatchTaken(gtin, lot);
        batches[lot] = _commitmentOf(batch);
        emit BatchCommitted(gtin, lot, producerId, batch);
    }

    /// @inheritdoc ILabelRegistry
    function recallBatch(uint64 gtin, bytes20 lot, bytes32 reason) external {
        uint64 producerId = _requireProducer(gtin);
        mapping(bytes20 => uint256) storage batches = _batches[gtin];
        uint256 word = batches[lot];
        if (word == 0) revert LabelRegistry_BatchUnknown(gtin, lot);
        if (word & RECALLED != 0) revert LabelRegistry_AlreadyRecalled(gtin, lot);
        batches[lot] = word | RECALLED;
        emit BatchRecalled(gtin, lot, producerId, reason);
    }

    /// @inheritdoc ILabelRegistry
    function contains(uint64 gtin, bytes20 lot, Batch calldata batch, Item calldata item, bytes32[] calldata proof)
        external
        view
        returns (bool)
    {
        uint256 word = _batches[gtin][lot];
        if (word == 0) revert LabelRegistry_BatchUnknown(gtin, lot);
        if (word & ~RECALLED != _commitmentOf(batch)) revert LabelRegistry_BatchMismatch(gtin, lot);
        return MerkleProof.verifyCalldata(proof, batch.root, leafOf(gtin, lot, item));
    }

    /// @inheritdoc ILabelRegistry
    function lineOf(uint64 gtin) external view returns (Line memory) {
        return _lines[gtin];
    }

    /// @inheritdoc ILabelRegistry
    function stateOf(uint64 gtin, bytes20 lot) external view returns (BatchState) {
        uint256 word = _batches[gtin][lot];
        if (word == 0) return BatchState.None;
        return word & RECALLED == 0 ? BatchState.Committed : BatchState.Recalled;
    }

    /// @inheritdoc ILabelRegistry
    function leafOf(uint64 gtin, bytes20 lot, Item calldata item) public pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(gtin, lot, item.serial, item.key))));
    }

    function _requireProducer(uint64 gtin) private view returns (uint64 producerId) {
        uint64 owner = _lines[gtin].producerId;
        if (owner == 0) revert LabelRegistry_LineUnknown(gtin);
        producerId = REGISTRY.authorize(msg.sender, Function.Label);
        if (producerId != owner) revert LabelRegistry_NotProducer(gtin, producerId, owner);
    }

    function _commitmentOf(Batch calldata batch) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(batch))) & ~RECALLED;
    }
}
