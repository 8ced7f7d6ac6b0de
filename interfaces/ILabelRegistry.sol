// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What a producer commits of a batch.
/// @param root Merkle root over the leaves of all items, see `leafOf`
/// @param size number of items, at least 1
/// @param expiresAt last second, UTC, at which the goods are good; 0 where they do not expire
struct Batch {
    bytes32 root;
    uint32 size;
    uint40 expiresAt;
}

/// @notice An item of a batch.
/// @param serial GS1 serial (21), 1 to 20 URI-unreserved characters, left-aligned, zero-padded
/// @param key address of the item's one-time key, under the scratch layer of its label
/// @param index its number in the batch, counted from 0, below the batch's size
struct Item {
    bytes20 serial;
    address key;
    uint32 index;
}

/// @notice Why an activation raises an alert.
enum Suspicion {
    ActivatedBefore,
    BatchRecalled
}

/// @notice A product line as it is kept.
struct Line {
    uint64 producerId;
    uint40 registeredAt;
}

/// @notice Where a batch stands.
enum BatchState {
    None,
    Committed,
    Recalled
}

/// @title Product lines, batches and their labels
/// @notice A line is a GTIN-14 of one producer. A batch is a lot of a line and commits to any number of items by one root,
/// so its cost does not depend on their number; nor does a recall's. The batch is kept as a commitment to root, size and
/// expiry, which are resent; the event carries them.
interface ILabelRegistry {
    event LineRegistered(uint64 indexed gtin, uint64 indexed producerId, bytes32 product);
    event BatchCommitted(uint64 indexed gtin, bytes20 indexed lot, uint64 indexed producerId, Batch batch);
    event ItemActivated(
        uint64 indexed gtin, bytes20 indexed lot, bytes20 indexed serial, address activator, uint32 index
    );
    event CloneSuspected(
        uint64 indexed gtin,
        bytes20 indexed lot,
        bytes20 indexed serial,
        address activator,
        uint32 index,
        Suspicion suspicion
    );
    event ItemScanned(
        uint64 indexed gtin, bytes20 indexed lot, bytes20 indexed serial, address reporter, int32 latitude, int32 longitude
    );
    event BatchRecalled(uint64 indexed gtin, bytes20 indexed lot, uint64 indexed producerId, bytes32 reason);

    error LabelRegistry_InvalidGtin(uint64 gtin);
    error LabelRegistry_LineTaken(uint64 gtin, uint64 producerId);
    error LabelRegistry_LineUnknown(uint64 gtin);
    error LabelRegistry_NotProducer(uint64 gtin, uint64 actual, uint64 expected);
    error LabelRegistry_InvalidLot(bytes20 lot);
    error LabelRegistry_EmptyBatch();
    error LabelRegistry_BatchTaken(uint64 gtin, bytes20 lot);
    error LabelRegistry_BatchUnknown(uint64 gtin, bytes20 lot);
    error LabelRegistry_BatchMismatch(uint64 gtin, bytes20 lot);
    error LabelRegistry_AlreadyRecalled(uint64 gtin, bytes20 lot);
    error LabelRegistry_NotInBatch(uint64 gtin, bytes20 lot, bytes20 serial);
    error LabelRegistry_InvalidSignature(address key);
    error LabelRegistry_InvalidSerial(bytes20 serial);
    error LabelRegistry_InvalidPlace(int32 latitude, int32 longitude);

    /// @notice Registers a line for the caller's participant.
    /// @param gtin GTIN-14 with a valid check digit
    /// @param product commitment to the product's description
    function registerLine(uint64 gtin, bytes32 product) external;

    /// @notice Commits a batch of a line of the caller's participant.
    /// @param lot GS1 lot (10), 1 to 20 URI-unreserved characters, left-aligned, zero-padded
    function commitBatch(uint64 gtin, bytes20 lot, Batch calldata batch) external;

    /// @notice Recalls a batch for ever; by its producer.
    /// @param reason commitment to the reason
    function recallBatch(uint64 gtin, bytes20 lot, bytes32 reason) external;

    /// @notice Activates an item for the caller, who holds the key under its scratch layer.
    /// @dev The first activation counts. Another one, or one of an item whose batch is recalled, changes nothing and is
    /// recorded as a suspected clone. The signature names the caller, so nobody else can use it; by a contract at the key's
    /// address (ERC-1271) it is not accepted, as that could agree to everything.
    /// @param signature of `item.key` over `Activation(uint64 gtin,bytes20 lot,bytes20 serial,address activator)`
    function activate(
        uint64 gtin,
        bytes20 lot,
        Batch calldata batch,
        Item calldata item,
        bytes32[] calldata proof,
        bytes calldata signature
    ) external;

    /// @notice Records that a label was scanned somewhere. By anyone; it proves nothing and changes nothing.
    /// @param latitude in units of 10^-5 degrees, positive north
    /// @param longitude in units of 10^-5 degrees, positive east
    function reportScan(uint64 gtin, bytes20 lot, bytes20 serial, int32 latitude, int32 longitude) external;

    /// @notice Whether the item with this number in the batch was activated.
    function isActivated(uint64 gtin, bytes20 lot, uint32 index) external view returns (bool);

    /// @notice Which of 256 items were activated: bit i tells it of the item with the number 256 × `word` + i.
    function activatedIn(uint64 gtin, bytes20 lot, uint24 word) external view returns (uint256);

    /// @notice Whether the item belongs to the batch. Reverts unless the batch is the one that was committed.
    function contains(uint64 gtin, bytes20 lot, Batch calldata batch, Item calldata item, bytes32[] calldata proof)
        external
        view
        returns (bool);

    /// @notice The line of a GTIN; all zero where there is none.
    function lineOf(uint64 gtin) external view returns (Line memory);

    /// @notice Where a batch stands.
    function stateOf(uint64 gtin, bytes20 lot) external view returns (BatchState);

    /// @notice The participant that committed a batch and may recall it; 0 where there is none.
    function producerOf(uint64 gtin, bytes20 lot) external view returns (uint64);

    /// @notice Leaf of an item: keccak256 of keccak256 of (gtin, lot, serial, key, index), each ABI-encoded.
    function leafOf(uint64 gtin, bytes20 lot, Item calldata item) external pure returns (bytes32);

    /// @notice EIP-712 digest that the key of an item signs to activate it.
    function activationDigest(uint64 gtin, bytes20 lot, bytes20 serial, address activator)
        external
        view
        returns (bytes32);

    /// @notice EIP-712 domain: name "Entrepot LabelRegistry", version "1", chain and contract of the deployment.
    function domainSeparator() external view returns (bytes32);
}
