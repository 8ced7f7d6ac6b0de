// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Order} from "interfaces/ITradeEscrow.sol";

/// @notice A quote for delay cover, signed by the insurer and by the holder (EIP-712). Its digest is the policy's id.
/// @param orderId order whose delivery is insured
/// @param holder buyer or seller of the order; pays the premium and is paid the claim
/// @param pool pool of the insurer that stands for the maximum
/// @param insurerId participant for whom the signer underwrites
/// @param premium in the pool's asset, smallest unit
/// @param maximum most that the policy pays, locked in the pool
/// @param graceDays days late that pay nothing
/// @param bpsPerDay share of the order's amount paid per further day, in basis points
/// @param capBps most of the order's amount paid, in basis points
/// @param validUntil last second, UTC, at which cover can be bought
/// @param salt makes alike quotes different
struct Quote {
    bytes32 orderId;
    address holder;
    address pool;
    uint64 insurerId;
    uint128 premium;
    uint128 maximum;
    uint16 graceDays;
    uint16 bpsPerDay;
    uint16 capBps;
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
struct PolicyRecord {
    PolicyState state;
    uint40 inceptedAt;
    uint40 endedAt;
    uint16 weight;
}

/// @title Parametric cargo insurance: delay
/// @notice Cover is bought with an insurer's signed quote and fully locked in the insurer's pool. A claim decides from
/// the shipment's facts alone and may be made by anyone; nobody files anything. Cover attaches when the carrier takes
/// custody by ship-by, after inception; otherwise the premium goes back. Governance lists pools and pauses new cover; it
/// touches neither capital nor claims.
interface ICargoInsurance {
    event PolicyIncepted(
        bytes32 indexed policyId, bytes32 indexed orderId, address indexed holder, uint16 weight, Quote quote
    );
    event ClaimPaid(bytes32 indexed policyId, address indexed holder, uint256 amount, uint32 daysLate);
    event PolicyExpired(bytes32 indexed policyId);
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

    /// @notice Ends a policy as the facts say: pays the claim, lets it expire, or voids it. By anyone. A refund of the order
    /// changes nothing; an order that its parties ended pays no claim. A claim that pays settles or refunds a plain order
    /// first, and asks that one with clauses has ended, or its parties could ship, collect and then end it.
    function claim(Order calldata order, Quote calldata quote) external;

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
