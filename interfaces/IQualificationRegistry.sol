// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A licence or certificate, as its issuer signs it. Its id is its EIP-712 digest, the same on every chain.
/// @param issuerId participant that vouches for it
/// @param holderId participant that holds it
/// @param validFrom first second, UTC, at which it is good
/// @param expiry last second, UTC, at which it is good
/// @param kind what it is, up to 32 bytes of ASCII, left-aligned, such as `customs-broker`
/// @param commitment hash of the document, or of what makes it up
/// @param salt makes it differ from others on the same terms
struct Qualification {
    uint64 issuerId;
    uint64 holderId;
    uint40 validFrom;
    uint40 expiry;
    bytes32 kind;
    bytes32 commitment;
    bytes32 salt;
}

/// @notice A qualification as it is kept; times 0 where it did not happen.
/// @param issuedAt when this chain heard of it
/// @param revokedAt when this chain heard of its revocation
struct QualificationRecord {
    uint40 issuedAt;
    uint40 revokedAt;
    uint40 validFrom;
    uint40 expiry;
}

/// @title Qualifications: who vouches for what about whom, until when
/// @notice Messages are signed for the deployment, as those of `IParticipantRegistry`, by a key that may Certify for the
/// issuer, and may be brought by anyone, the revocation also before the qualification.
interface IQualificationRegistry {
    event Qualified(
        bytes32 indexed qualificationId, uint64 indexed holderId, uint64 indexed issuerId, Qualification terms
    );
    event QualificationRevoked(bytes32 indexed qualificationId, uint64 indexed holderId, uint64 indexed issuerId);

    error QualificationRegistry_UnknownHolder(uint64 holderId);
    error QualificationRegistry_BadTimes(uint40 validFrom, uint40 expiry);
    error QualificationRegistry_IssuedBefore(bytes32 qualificationId);
    error QualificationRegistry_RevokedBefore(bytes32 qualificationId);
    error QualificationRegistry_NotIssuer(uint64 participantId, uint64 issuerId);
    error QualificationRegistry_InvalidSignature(address signer);

    /// @notice Records a qualification, once.
    /// @param signer key that may Certify for the issuer
    /// @param signature the signer's over the qualification; empty where it is the caller
    function qualify(Qualification calldata qualification, address signer, bytes calldata signature) external;

    /// @notice Revokes a qualification for ever.
    /// @param signer key that may Certify for the issuer
    /// @param signature the signer's over `QualificationRevocation(bytes32 qualificationId)`; empty where it is the caller
    function revokeQualification(Qualification calldata qualification, address signer, bytes calldata signature) external;

    /// @notice Whether a qualification is recorded, not revoked, and good at this time.
    function isQualified(bytes32 qualificationId) external view returns (bool);

    /// @notice The record; all zero where there is none.
    function qualificationOf(bytes32 qualificationId) external view returns (QualificationRecord memory);

    /// @notice Id of a qualification: the EIP-712 digest that its issuer signs.
    function qualificationIdOf(Qualification calldata qualification) external view returns (bytes32);

    /// @notice EIP-712 digest that the issuer signs to revoke.
    function qualificationRevocationDigest(bytes32 qualificationId) external view returns (bytes32);
}
