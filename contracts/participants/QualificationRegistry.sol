// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Function, IParticipantRegistry} from "interfaces/IParticipantRegistry.sol";
import {IQualificationRegistry, Qualification, QualificationRecord} from "interfaces/IQualificationRegistry.sol";
import {Signatures} from "contracts/libraries/Signatures.sol";

/// @title QualificationRegistry
contract QualificationRegistry is IQualificationRegistry {
    bytes32 private constant QUALIFICATION_TYPEHASH = keccak256(
        "Qualification(uint64 issuerId,uint64 holderId,uint40 validFrom,uint40 expiry,bytes32 kind,bytes32 commitment,bytes32 salt)"
    );
    bytes32 private constant QUALIFICATION_REVOCATION_TYPEHASH =
        keccak256("QualificationRevocation(bytes32 qualificationId)");

    /// @notice Registry of issuers and holders.
    IParticipantRegistry public immutable REGISTRY;

    bytes32 private immutable DOMAIN;

    mapping(bytes32 qualificationId => QualificationRecord) private _records;

    /// @param registry ParticipantRegistry of the deployment
    /// @param salt the deployment's salt, the same on each of its chains
    constructor(address registry, bytes32 salt) {
        REGISTRY = IParticipantRegistry(registry);
        DOMAIN = Signatures.deploymentDomain(salt);
    }

    /// @inheritdoc IQualificationRegistry
    function qualify(Qualification calldata qualification, address signer, bytes calldata signature) external {
        bytes32 id = qualificationIdOf(qualification);
        _requireIssuer(qualification, signer, id, signature);
        (uint64 holderId, uint40 validFrom, uint40 expiry) =
            (qualification.holderId, qualification.validFrom, qualification.expiry);
        if (REGISTRY.participantOf(holderId).root == address(0)) revert QualificationRegistry_UnknownHolder(holderId);
        if (expiry < validFrom) revert QualificationRegistry_BadTimes(validFrom, expiry);
        QualificationRecord storage record = _records[id];
        if (record.issuedAt != 0) revert QualificationRegistry_IssuedBefore(id);

        (record.issuedAt, record.validFrom, record.expiry) = (uint40(block.timestamp), validFrom, expiry);
        emit Qualified(id, holderId, qualification.issuerId, qualification);
    }

    /// @inheritdoc IQualificationRegistry
    function revokeQualification(Qualification calldata qualification, address signer, bytes calldata signature)
        external
    {
        bytes32 id = qualificationIdOf(qualification);
        _requireIssuer(qualification, signer, qualificationRevocationDigest(id), signature);
        QualificationRecord storage record = _records[id];
        if (record.revokedAt != 0) revert QualificationRegistry_RevokedBefore(id);
        record.revokedAt = uint40(block.timestamp);
        emit QualificationRevoked(id, qualification.holderId, qualification.issuerId);
    }

    /// @inheritdoc IQualificationRegistry
    function isQualified(bytes32 qualificationId) external view returns (bool) {
        QualificationRecord memory record = _records[qualificationId];
        return record.issuedAt != 0 && record.revokedAt == 0 && record.validFrom <= block.timestamp
            && block.timestamp <= record.expiry;
    }

    /// @inheritdoc IQualificationRegistry
    function qualificationOf(bytes32 qualificationId) external view returns (QualificationRecord memory) {
        return _records[qualificationId];
    }

    /// @inheritdoc IQualificationRegistry
    function qualificationIdOf(Qualification calldata qualification) public view returns (bytes32) {
        return Signatures.digestOf(DOMAIN, keccak256(abi.encode(QUALIFICATION_TYPEHASH, qualification)));
    }

    /// @inheritdoc IQualificationRegistry
    function qualificationRevocationDigest(bytes32 qualificationId) public view returns (bytes32) {
        return Signatures.digestOf(DOMAIN, keccak256(abi.encode(QUALIFICATION_REVOCATION_TYPEHASH, qualificationId)));
    }

    function _requireIssuer(
        Qualification calldata qualification,
        address signer,
        bytes32 digest,
        bytes calldata signature
    ) private view {
        if (signer != msg.sender && !Signatures.isValid(signer, digest, signature)) {
            revert QualificationRegistry_InvalidSignature(signer);
        }
        (uint64 issuerId, uint64 participantId) = (qualification.issuerId, REGISTRY.authorize(signer, Function.Certify));
        if (participantId != issuerId) revert QualificationRegistry_NotIssuer(participantId, issuerId);
    }
}
