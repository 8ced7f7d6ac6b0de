// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CustomsFacts, CustomsState} from "interfaces/IShipmentSource.sol";
import {Clauses, Order} from "interfaces/ITradeEscrow.sol";

/// @notice What is declared of a shipment's goods.
/// @param hsCode digits of the Harmonized System code in ASCII: 6, 8 or 10, left-aligned, zero-padded
/// @param origin country of origin, ISO 3166-1 alpha-2 in ASCII
/// @param destination country of destination, likewise
/// @param value declared value in the order's token, smallest unit
/// @param document commitment to the declaration
struct Declaration {
    bytes10 hsCode;
    bytes2 origin;
    bytes2 destination;
    uint128 value;
    bytes32 document;
}

/// @notice What is inspected.
enum Inspection {
    Goods,
    Quarantine
}

/// @notice What an inspection found.
enum Finding {
    None,
    Passed,
    Failed
}

/// @notice A case as it is kept, beside its facts.
/// @param isAssessed the authority assessed the duty
/// @param goods finding of the last inspection of the goods
/// @param quarantine finding of the last quarantine inspection
struct CustomsCase {
    uint64 customsId;
    uint64 inspectorId;
    uint64 declarantId;
    uint32 appealPeriod;
    uint128 dutyCap;
    bool isAssessed;
    Finding goods;
    Finding quarantine;
}

/// @title Customs: declarations, inspections, duty, release or refusal
/// @notice One case per shipment. The order, signed by buyer and seller, names the authority, the broker, the inspector, and
/// the most that duty may be; nobody else acts here, and the desk holds no money: the escrow pays the duty when the goods are
/// released or their refusal stands.
interface ICustomsDesk {
    /// @notice A declaration, or one that takes the place of an earlier one; findings and duty are open again.
    event GoodsDeclared(
        bytes32 indexed shipmentId,
        uint64 indexed declarantId,
        uint64 indexed customsId,
        uint64 inspectorId,
        uint32 appealPeriod,
        uint128 dutyCap,
        Declaration declaration
    );
    /// @notice Every change of a case, and `reemit`, emits all its facts. `asOf` is the block's time.
    event CustomsSnapshot(bytes32 indexed shipmentId, CustomsFacts facts);
    event GoodsInspected(
        bytes32 indexed shipmentId, uint64 indexed inspectorId, Inspection inspection, Finding finding, bytes32 evidence
    );
    event DutyAssessed(bytes32 indexed shipmentId, uint128 duty);
    event GoodsReleased(bytes32 indexed shipmentId, uint128 duty);
    event GoodsHeld(bytes32 indexed shipmentId, bytes32 reason);
    event GoodsRefused(bytes32 indexed shipmentId, bytes32 reason, uint128 duty, uint40 finalAt);
    event RefusalAppealed(bytes32 indexed shipmentId, uint64 indexed declarantId, bytes32 grounds, uint40 finalAt);
    event AppealDecided(bytes32 indexed shipmentId, bool isUpheld);

    error CustomsDesk_WrongSource(address source, address expected);
    error CustomsDesk_ClausesMismatch(bytes32 actual, bytes32 expected);
    error CustomsDesk_NoCustoms(bytes32 shipmentId);
    error CustomsDesk_ShipmentUnknown(bytes32 shipmentId);
    error CustomsDesk_NotDeclarant(uint64 actual, uint64 sellerId, uint64 brokerId);
    error CustomsDesk_InvalidHsCode(bytes10 hsCode);
    error CustomsDesk_InvalidCountry(bytes2 country);
    error CustomsDesk_ZeroValue();
    error CustomsDesk_WrongState(bytes32 shipmentId, CustomsState state);
    error CustomsDesk_NotActingFor(address account, uint64 actual, uint64 expected);
    error CustomsDesk_NoFinding();
    error CustomsDesk_CaseChanged(bytes32 shipmentId, uint24 actual, uint24 expected);
    error CustomsDesk_NotAssessed(bytes32 shipmentId);
    error CustomsDesk_InspectionMissing(bytes32 shipmentId);
    error CustomsDesk_InspectionFailed(bytes32 shipmentId, Inspection inspection);
    error CustomsDesk_DutyAboveCap(uint128 duty, uint128 dutyCap);
    error CustomsDesk_RefusalFinal(bytes32 shipmentId, uint40 finalAt);

    /// @notice Declares the goods of a shipment, or declares them anew while they are not decided. By a key that may
    /// Declare for the seller or for the broker that the clauses name.
    function declare(Order calldata order, Clauses calldata clauses, Declaration calldata declaration) external;

    /// @notice Records what an inspection found. By a key that may Inspect for the inspector, or for the authority.
    function inspect(bytes32 shipmentId, Inspection inspection, Finding finding, bytes32 evidence) external;

    /// @notice Assesses the duty, at most the cap that the order signed; again where it was assessed already. By the
    /// authority.
    function assess(bytes32 shipmentId, uint128 duty) external;

    /// @notice Releases the goods: duty is assessed, the inspector passed them, and no finding is bad. By the authority.
    /// @param sequence that of the facts which the authority decides on; what was declared since then is not released
    function release(bytes32 shipmentId, uint24 sequence) external;

    /// @notice Holds the goods; declaring them anew or the authority's next decision ends that. By the authority.
    function hold(bytes32 shipmentId, bytes32 reason) external;

    /// @notice Refuses the goods, with the duty that is due all the same. The refusal stands once the appeal period is over.
    /// By the authority.
    function refuse(bytes32 shipmentId, bytes32 reason, uint128 duty) external;

    /// @notice Appeals against a refusal within the appeal period, once. By a key that may Declare for the declarant.
    function appeal(bytes32 shipmentId, bytes32 grounds) external;

    /// @notice Decides an appeal within the appeal period: upheld, the goods are declared and inspected as before, and their
    /// duty is to be assessed; otherwise the refusal stands. Silence is refusal. By the authority.
    function decideAppeal(bytes32 shipmentId, bool isUpheld) external;

    /// @notice Emits the snapshot again with the present time, which proves what has not happened. By anyone.
    function reemit(bytes32 shipmentId) external;

    /// @notice The facts of a case; all zero but `asOf` where nothing is declared.
    function factsOf(bytes32 shipmentId) external view returns (CustomsFacts memory);

    /// @notice The case of a shipment; all zero where nothing is declared.
    function caseOf(bytes32 shipmentId) external view returns (CustomsCase memory);
}
