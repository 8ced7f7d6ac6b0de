// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {Batch, BatchState, ILabelRegistry, Item, Line, Suspicion} from "interfaces/ILabelRegistry.sol";
import {Function, IParticipantRegistry} from "interfaces/IParticipantRegistry.sol";
import {GS1} from "contracts/libraries/GS1.sol";
import {Signatures} from "contracts/libraries/Signatures.sol";

/// @title LabelRegistry
/// @dev A batch is one word: the upper 191 bits of the hash of what was committed, the producer's id 64, whether it is
/// recalled 1. So a recall reads no line. Whoever could find two batches with one such hash is the producer alone, who
/// chooses what is hashed, and it would take 2^95 tries. The batch's place is the number that GTIN and lot make; an item's
/// index fills the rest of that word, so 256 items share a word of one bitmap.
contract LabelRegistry is ILabelRegistry {
    using BitMaps for BitMaps.BitMap;

    uint256 private constant RECALLED = 1;
    uint256 private constant PRODUCER_AT = 1;
    uint256 private constant COMMITMENT_AT = 65;

    int32 private constant POLE = 9_000_000;
    int32 private constant DATE_LINE = 18_000_000;
    bytes32 private constant ACTIVATION_TYPEHASH =
        keccak256("Activation(uint64 gtin,bytes20 lot,bytes20 serial,address activator)");

    IParticipantRegistry public immutable REGISTRY;

    /// @inheritdoc ILabelRegistry
    bytes32 public immutable domainSeparator;

    mapping(uint64 gtin => Line) private _lines;
    mapping(uint256 batchId => uint256) private _batches;
    BitMaps.BitMap private _activated;

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
        uint64 producerId = REGISTRY.authorize(msg.sender, Function.Label);
        uint64 owner = _lines[gtin].producerId;
        if (owner == 0) revert LabelRegistry_LineUnknown(gtin);
        if (producerId != owner) revert LabelRegistry_NotProducer(gtin, producerId, owner);
        if (!GS1.isCode(lot)) revert LabelRegistry_InvalidLot(lot);
        if (batch.size == 0) revert LabelRegistry_EmptyBatch();
        uint256 batchId = _batchIdOf(gtin, lot);
        if (_batches[batchId] != 0) revert LabelRegistry_BatchTaken(gtin, lot);
        _batches[batchId] = _commitmentOf(batch) << COMMITMENT_AT | uint256(producerId) << PRODUCER_AT;
        emit BatchCommitted(gtin, lot, producerId, batch);
    }

    /// @inheritdoc ILabelRegistry
    function recallBatch(uint64 gtin, bytes20 lot, bytes32 reason) external {
        uint64 producerId = REGISTRY.authorize(msg.sender, Function.Label);
        uint256 batchId = _batchIdOf(gtin, lot);
        uint256 word = _batches[batchId];
        if (word == 0) revert LabelRegistry_BatchUnknown(gtin, lot);
        uint64 owner = uint64(word >> PRODUCER_AT);
        if (producerId != owner) revert LabelRegistry_NotProducer(gtin, producerId, owner);
        if (word & RECALLED != 0) revert LabelRegistry_AlreadyRecalled(gtin, lot);
        _batches[batchId] = word | RECALLED;
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
        (bytes20 serial, address key, uint32 index) = (item.serial, item.key, item.index);
        if (!_isIn(gtin, lot, batch, item, proof)) revert LabelRegistry_NotInBatch(gtin, lot, serial);
        if (!_isSignedBy(key, activationDigest(gtin, lot, serial, msg.sender), signature)) {
            revert LabelRegistry_InvalidSignature(key);
        }
        uint256 itemId = _batchIdOf(gtin, lot) | index;
        if (word & RECALLED != 0) {
            emit CloneSuspected(gtin, lot, serial, msg.sender, index, Suspicion.BatchRecalled);
        } else if (_activated.get(itemId)) {
            emit CloneSuspected(gtin, lot, serial, msg.sender, index, Suspicion.ActivatedBefore);
        } else {
            _activated.set(itemId);
            emit ItemActivated(gtin, lot, serial, msg.sender, index);
        }
    }

    /// @inheritdoc ILabelRegistry
    function reportScan(uint64 gtin, bytes20 lot, bytes20 serial, int32 latitude, int32 longitude) external {
        if (_batches[_batchIdOf(gtin, lot)] == 0) revert LabelRegistry_BatchUnknown(gtin, lot);
        if (!GS1.isCode(serial)) revert LabelRegistry_InvalidSerial(serial);
        if (latitude > POLE || latitude < -POLE || longitude > DATE_LINE || longitude < -DATE_LINE) {
            revert LabelRegistry_InvalidPlace(latitude, longitude);
        }
        emit ItemScanned(gtin, lot, serial, msg.sender, latitude, longitude);
    }

    /// @inheritdoc ILabelRegistry
    function isActivated(uint64 gtin, bytes20 lot, uint32 index) external view returns (bool) {
        return _activated.get(_batchIdOf(gtin, lot) | index);
    }

    /// @inheritdoc ILabelRegistry
    function activatedIn(uint64 gtin, bytes20 lot, uint24 word) external view returns (uint256) {
        return _activated._data[_batchIdOf(gtin, lot) >> 8 | word];
    }

    /// @inheritdoc ILabelRegistry
    function contains(uint64 gtin, bytes20 lot, Batch calldata batch, Item calldata item, bytes32[] calldata proof)
        external
        view
        returns (bool)
    {
        _requireBatch(gtin, lot, batch);
        return _isIn(gtin, lot, batch, item, proof);
    }

    /// @inheritdoc ILabelRegistry
    function lineOf(uint64 gtin) external view returns (Line memory) {
        return _lines[gtin];
    }

    /// @inheritdoc ILabelRegistry
    function stateOf(uint64 gtin, bytes20 lot) external view returns (BatchState) {
        uint256 word = _batches[_batchIdOf(gtin, lot)];
        if (word == 0) return BatchState.None;
        return word & RECALLED == 0 ? BatchState.Committed : BatchState.Recalled;
    }

    /// @inheritdoc ILabelRegistry
    function producerOf(uint64 gtin, bytes20 lot) external view returns (uint64) {
        return uint64(_batches[_batchIdOf(gtin, lot)] >> PRODUCER_AT);
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
        word = _batches[_batchIdOf(gtin, lot)];
        if (word == 0) revert LabelRegistry_BatchUnknown(gtin, lot);
        if (word >> COMMITMENT_AT != _commitmentOf(batch)) revert LabelRegistry_BatchMismatch(gtin, lot);
    }

    function _isIn(uint64 gtin, bytes20 lot, Batch calldata batch, Item calldata item, bytes32[] calldata proof)
        private
        pure
        returns (bool)
    {
        return item.index < batch.size && MerkleProof.verifyCalldata(proof, batch.root, leafOf(gtin, lot, item));
    }

    /// @dev A contract at the key's address is not asked.
    function _isSignedBy(address key, bytes32 digest, bytes calldata signature) private pure returns (bool) {
        (address signer, ECDSA.RecoverError failure,) = ECDSA.tryRecoverCalldata(digest, signature);
        return failure == ECDSA.RecoverError.NoError && signer == key;
    }

    /// @dev GTIN 64, lot 160, an item's index 32.
    function _batchIdOf(uint64 gtin, bytes20 lot) private pure returns (uint256) {
        return uint256(gtin) << 192 | uint256(uint160(lot)) << 32;
    }

    function _commitmentOf(Batch calldata batch) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(batch))) >> COMMITMENT_AT;
    }
}
