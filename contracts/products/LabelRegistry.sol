// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {Batch, BatchState, ILabelRegistry, Item, Line, Suspicion} from "interfaces/ILabelRegistry.sol";
import {Function, IParticipantRegistry} from "interfaces/IParticipantRegistry.sol";
import {GS1} from "contracts/libraries/GS1.sol";
import {Signatures} from "contracts/libraries/Signatures.sol";

/// @title LabelRegistry
/// @dev A batch is one word: its commitment with the lowest bit cleared, set again by the recall.
contract LabelRegistry is ILabelRegistry {
    using BitMaps for BitMaps.BitMap;

    uint256 private constant RECALLED = 1;

    int32 private constant POLE = 9_000_000;
    int32 private constant DATE_LINE = 18_000_000;
    bytes32 private constant ACTIVATION_TYPEHASH =
        keccak256("Activation(uint64 gtin,bytes20 lot,bytes20 serial,address activator)");

    IParticipantRegistry public immutable REGISTRY;

    /// @inheritdoc ILabelRegistry
    bytes32 public immutable domainSeparator;

    mapping(uint64 gtin => Line) private _lines;
    mapping(uint64 gtin => mapping(bytes20 lot => uint256)) private _batches;
    mapping(uint64 gtin => mapping(bytes20 lot => BitMaps.BitMap)) private _activated;

    constructor(IParticipantRegistry registry) {
        REGISTRY = registry;
        domainSeparator = Signatures.domainOf("Entrepot LabelRegistry", block.chainid, address(this));
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
    function activate(
        uint64 gtin,
        bytes20 lot,
        Batch calldata batch,
        Item calldata item,
        bytes32[] calldata proof,
        bytes calldata signature
    ) external {
        uint256 word = _requireBatch(gtin, lot, batch);
        (bytes20 serial, address key) = (item.serial, item.key);
        if (!MerkleProof.verifyCalldata(proof, batch.root, leafOf(gtin, lot, item))) {
            revert LabelRegistry_NotInBatch(gtin, lot, serial);
        }
        if (!Signatures.isValid(key, activationDigest(gtin, lot, serial, msg.sender), signature)) {
            revert LabelRegistry_InvalidSignature(key);
        }
        if (word & RECALLED != 0) {
            emit CloneSuspected(gtin, lot, serial, msg.sender, Suspicion.BatchRecalled);
        } else if (_activated[gtin][lot].get(item.index)) {
            emit CloneSuspected(gtin, lot, serial, msg.sender, Suspicion.ActivatedBefore);
        } else {
            _activated[gtin][lot].set(item.index);
            emit ItemActivated(gtin, lot, serial, msg.sender);
        }
    }

    /// @inheritdoc ILabelRegistry
    function reportScan(uint64 gtin, bytes20 lot, bytes20 serial, int32 latitude, int32 longitude) external {
        if (_batches[gtin][lot] == 0) revert LabelRegistry_BatchUnknown(gtin, lot);
        if (!GS1.isCode(serial)) revert LabelRegistry_InvalidSerial(serial);
        if (latitude > POLE || latitude < -POLE || longitude > DATE_LINE || longitude < -DATE_LINE) {
            revert LabelRegistry_InvalidPlace(latitude, longitude);
        }
        emit ItemScanned(gtin, lot, serial, msg.sender, latitude, longitude);
    }

    /// @inheritdoc ILabelRegistry
    function isActivated(uint64 gtin, bytes20 lot, uint32 index) external view returns (bool) {
        return _activated[gtin][lot].get(index);
    }

    /// @inheritdoc ILabelRegistry
    function contains(uint64 gtin, bytes20 lot, Batch calldata batch, Item calldata item, bytes32[] calldata proof)
        external
        view
        returns (bool)
    {
        _requireBatch(gtin, lot, batch);
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
        return keccak256(bytes.concat(keccak256(abi.encode(gtin, lot, item))));
    }

    /// @inheritdoc ILabelRegistry
    function activationDigest(uint64 gtin, bytes20 lot, bytes20 serial, address activator)
        public
        view
        returns (bytes32)
    {
        return Signatures.digestOf(
            domainSeparator, keccak256(abi.encode(ACTIVATION_TYPEHASH, gtin, lot, serial, activator))
        );
    }

    /// @dev The batch's word, if the batch is the one that was committed.
    function _requireBatch(uint64 gtin, bytes20 lot, Batch calldata batch) private view returns (uint256 word) {
        word = _batches[gtin][lot];
        if (word == 0) revert LabelRegistry_BatchUnknown(gtin, lot);
        if (word & ~RECALLED != _commitmentOf(batch)) revert LabelRegistry_BatchMismatch(gtin, lot);
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
