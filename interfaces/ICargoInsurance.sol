// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Order} from "interfaces/ITradeEscrow.sol";

/// @notice What a policy covers beside delay.
enum PerilKind {
    None,
    /// a reading outside the watch's band
    Level,
    /// a run outside of more than `threshold` seconds
    Run,
    /// more than `threshold` seconds outside, all together
    Exposure,
    /// at least `threshold` basis points of the goods lost; goods that are not delivered by refund-after are lost
    Loss,
    /// at least `threshold` basis points of the goods damaged
    Damage,
    /// customs refused the goods, and it stands
    Refusal
}

/// @notice A peril, 64 bits of `Quote.perils`: kind 8, watch 8, bps 16, threshold 32, the kind lowest.
/// @param watch of the plan, counted from 0, for the first three kinds; otherwise 0
/// @param bps share of the order's amount that it pays, in basis points, once
/// @param threshold what it takes, see `PerilKind`; otherwise 0
struct Peril {
    PerilKind kind;
    uint8 watch;
    uint16 bps;
    uint32 threshold;
}

/// @notice A quote for cover, signed by the insurer and by the holder (EIP-712). Its digest is the policy's id.
/// @param orderId order whose goods are insured
/// @param holder buyer, seller or note's holder; pays the premium and gets it back where cover does not attach
/// @param beneficiary who is paid claims: zero for the holder; the note contract for whoever holds the order's note
/// when a claim is paid, and the holder where there is none
/// @param pool pool of the insurer that stands for the maximum
/// @param insurerId participant for whom the signer underwrites
/// @param premium in the pool's asset, smallest unit
/// @param maximum most that the policy pays, locked in the pool
/// @param graceDays days late that pay nothing
/// @param bpsPerDay share of the order's amount paid per further day, in basis points; 0 for no delay cover
/// @param capBps most of the order's amount paid for everything together, in basis points
/// @param deductibleBps share of the order's amount that is never paid, of everything together
/// @param perils up to four (`Peril`), the first lowest; nothing follows after none
/// @param plan hash of the watches over the shipment; 0 where no peril needs any
/// @param reportingPeriod seconds after the delivery in which perils still count
/// @param validUntil last second, UTC, at which cover can be bought
/// @param salt makes alike quotes different
/// @dev People sign it in this order, and it is never stored.
// solhint-disable-next-line gas-struct-packing
struct Quote {
    bytes32 orderId;
    address holder;
    address beneficiary;
    address pool;
    uint64 insurerId;
    uint128 premium;
    uint128 maximum;
    uint16 graceDays;
    uint16 bpsPerDay;
    uint16 capBps;
    uint16 deductibleBps;
    uint256 perils;
    bytes32 plan;
    uint32 reportingPeriod;
    uint40 validUntil;
    bytes32 salt;
}

/// @notice Where a policy stands; it leaves `Active` exactly once.
enum PolicyState {
    None,
    Active,
    Paid,
    Expired,
    Void
}

/// @notice A policy as it is kept: one word. The quote is resent and checked against the id.
/// @param fired what has been decided, a mask: bits 0 to 3 for the perils, bit 4 for the delay
/// @param grossBps sum of what that is worth before deductible and cap, in basis points of the order's amount
/// @param reservedBps what the pool expects to have paid in the end, after deductible and cap; 0 if nothing is reserved
struct PolicyRecord {
    PolicyState state;
    uint40 inceptedAt;
    uint40 endedAt;
    uint16 weight;
    uint8 fired;
    uint24 grossBps;
    uint16 reservedBps;
}

/// @title Parametric cargo insurance: delay, excursions, loss, damage, refusal
/// @notice Cover is bought with an insurer's signed quote and fully locked in the insurer's pool. A claim decides from
/// the shipment's facts alone and may be made by anyone; nobody files anything. Cover attaches when the carrier takes
/// custody by ship-by, after inception and under the plan that the quote names; otherwise the premium goes back. Each peril
/// pays once, as soon as its fact is known; delay pays when the goods are delivered or overdue for good. All together pay the
/// maximum at most. Governance lists pools and pauses new cover; it touches neither capital nor claims.
interface ICargoInsurance {
    event PolicyIncepted(
        bytes32 indexed policyId, bytes32 indexed orderId, address indexed holder, uint16 weight, Quote quote
    );
    /// @notice Facts were decided, and `amount`, which may be 0, was paid for them.
    /// @param fired mask of all that has been decided of the policy
    /// @param grossBps what that is worth before deductible and cap
    event ClaimPaid(
        bytes32 indexed policyId,
        address indexed payee,
        uint256 amount,
        uint8 fired,
        uint24 grossBps,
        uint32 daysLate,
        bool isFinal
    );
    /// @notice The policy ended and this claim paid nothing.
    event PolicyExpired(bytes32 indexed policyId, uint8 fired, uint24 grossBps);
    /// @notice The pool expects to have paid this share of the order's amount in the end.
    event PolicyReserved(bytes32 indexed policyId, uint16 reservedBps, uint32 daysLate);
    event PolicyVoided(bytes32 indexed policyId, address indexed holder, uint256 premium);
    event PoolListed(address indexed pool);
    event PoolUnlisted(address indexed pool);
    event UnderwritingPaused(bool isPaused);

    error CargoInsurance_UnderwritingPaused();
    error CargoInsurance_WrongChain(uint256 expected, uint256 actual);
    error CargoInsurance_PoolNotListed(address pool);
    error CargoInsurance_PoolNotUnderwrittenHere(address pool, address underwriter);
    error CargoInsurance_PoolOfOther(address pool, uint64 actual, uint64 expected);
    error CargoInsurance_WrongAsset(address asset, address token);
    error CargoInsurance_WrongOrder(bytes32 actual, bytes32 expected);
    error CargoInsurance_OrderNotOpen(bytes32 orderId);
    error CargoInsurance_NotParty(address holder, bytes32 orderId);
    error CargoInsurance_QuoteExpired(uint40 validUntil, uint256 timestamp);
    error CargoInsurance_InvalidSignature(address signer);
    error CargoInsurance_NotActingFor(address account, uint64 actual, uint64 expected);
    error CargoInsurance_PolicyKnown(bytes32 policyId);
    error CargoInsurance_PolicyNotActive(bytes32 policyId, PolicyState state);
    error CargoInsurance_AlreadyShipped(bytes32 orderId);
    error CargoInsurance_InvalidPerils(uint256 perils);
    error CargoInsurance_PlanMissing(uint256 perils);
    error CargoInsurance_PeriodTooLong(uint32 period, uint32 maximum);
    error CargoInsurance_NothingToReserve(bytes32 policyId);
    error CargoInsurance_MaximumBelowSchedule(uint128 maximum, uint256 most);
    error CargoInsurance_OverInsured(bytes32 orderId, uint256 covered, uint256 amount);
    error CargoInsurance_AmountNotExact(uint256 expected, uint256 received);
    error CargoInsurance_NothingToDecide(bytes32 policyId);
    error CargoInsurance_OrderNotEnded(bytes32 orderId);

    /// @notice Buys cover. Submitted by anyone; holder and insurer have both signed the quote, and the holder has
    /// approved this contract for the premium.
    /// @param underwriter key that underwrites for the quote's insurer
    /// @return policyId EIP-712 digest of the quote
    function insure(
        Order calldata order,
        Quote calldata quote,
        bytes calldata holderSignature,
        address underwriter,
        bytes calldata underwriterSignature
    ) external returns (bytes32 policyId);

    /// @notice Pays what the facts say and ends the policy once nothing more can come. By anyone. A refund of the order
    /// changes nothing; an order that its parties ended pays no further claim. A delay that pays settles or refunds a plain
    /// order first, and asks that one with clauses has ended, or its parties could ship, collect and then end it.
    function claim(Order calldata order, Quote calldata quote) external;

    /// @notice Reserves in the pool what an overdue shipment costs by now, so that nobody leaves the pool ahead of a loss that
    /// all can see. By anyone.
    function reserve(Order calldata order, Quote calldata quote) external;

    /// @notice Lists a pool for new cover. Only governance.
    function listPool(address pool) external;

    /// @notice Unlists a pool for new cover. Only governance.
    function unlistPool(address pool) external;

    /// @notice Pauses or resumes new cover. Only governance.
    function pauseUnderwriting(bool isPaused) external;

    /// @notice Whether new cover is paused.
    function isUnderwritingPaused() external view returns (bool);

    /// @notice Whether new cover may use the pool.
    function isPoolListed(address pool) external view returns (bool);

    /// @notice The record of a policy; all zero where there is none.
    function recordOf(bytes32 policyId) external view returns (PolicyRecord memory);

    /// @notice Sum of the maxima of all policies ever taken out on an order; never more than its amount.
    function coveredOf(bytes32 orderId) external view returns (uint256);

    /// @notice Id of a policy: its quote's EIP-712 digest in this contract's domain.
    function policyIdOf(Quote calldata quote) external view returns (bytes32);

    /// @notice EIP-712 domain: name "Entrepot CargoInsurance", version "1", chain and contract of the deployment.
    function domainSeparator() external view returns (bytes32);
}
