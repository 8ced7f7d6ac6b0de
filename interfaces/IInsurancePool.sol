// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";

/// @notice What a pool keeps beside its shares, one word; in the asset's smallest unit.
/// @param locked sum of the maxima of all active policies
/// @param liabilities tokens held for others: premiums of active policies and payments that could not be pushed
/// @param firstLoss the insurer's own capital, which pays claims before the shareholders'
struct PoolBooks {
    uint88 locked;
    uint80 liabilities;
    uint88 firstLoss;
}

/// @notice Shares on their way out, all zero where there are none. They can be redeemed from `maturesAt` on for three days;
/// after that the request has lapsed.
struct ExitRequest {
    uint216 shares;
    uint40 maturesAt;
}

/// @title Capital of one insurer
/// @notice ERC-4626. Shareholders' assets are the balance less liabilities and first-loss capital. The maximum of every
/// active policy is locked, so the pool can never promise more than it holds. Shares leave in epochs: a request matures
/// when the epoch after the next begins and lapses three days later, and shares leave at the price of the day they are
/// redeemed: whoever wants to leave ahead of a loss must have asked before it was in sight, and hit those days. Premiums
/// earned belong to the shareholders; where there are none, they are first-loss capital. Anyone may deposit; only the
/// insurance locks and pays; nobody else moves capital.
/// @dev The books are what the events add up to, and the shares on their way out are `ExitRequested` less `ExitCancelled`
/// less the shares of `Withdraw`, which always come out of the owner's request.
interface IInsurancePool is IERC4626 {
    event CollateralLocked(uint256 maximum, uint256 premium);
    event CollateralReleased(uint256 maximum, uint256 premium);
    event PayoutMade(address indexed payee, uint256 amount, uint256 fromFirstLoss);
    event PremiumReturned(address indexed payee, uint256 amount);
    event PaymentDeferred(address indexed payee, uint256 amount);
    event PaymentWithdrawn(address indexed payee, address to, uint256 amount);
    event FirstLossDeposited(address indexed from, uint256 amount);
    event FirstLossWithdrawn(address indexed to, uint256 amount);
    event ExitRequested(address indexed owner, uint256 shares, uint40 maturesAt);
    event ExitCancelled(address indexed owner, uint256 shares);

    error InsurancePool_NotUnderwriter(address caller);
    error InsurancePool_NotInsurer(uint64 actual, uint64 expected);
    error InsurancePool_CapitalShort(uint256 needed, uint256 held);
    error InsurancePool_CapitalLocked(uint256 locked);
    error InsurancePool_FirstLossShort(uint256 asked, uint256 held);
    error InsurancePool_NothingToWithdraw(address payee);
    error InsurancePool_NoShares(address owner);
    error InsurancePool_AmountNotExact(uint256 expected, uint256 received);

    /// @notice Locks a policy's maximum and takes over its premium, which has arrived. Only the insurance.
    function lock(uint256 maximum, uint256 premium) external;

    /// @notice Pays `amount` of a policy that goes on. Only the insurance.
    /// @param paid what was paid of it before
    function pay(uint256 maximum, uint256 paid, address payee, uint256 amount) external;

    /// @notice Pays the last `amount` of a policy and ends its lock: its premium is earned. Only the insurance.
    function release(uint256 maximum, uint256 paid, uint256 premium, address payee, uint256 amount) external;

    /// @notice Changes what is expected to be paid of a policy beyond what was. Only the insurance.
    function reserve(uint256 previous, uint256 current) external;

    /// @notice Takes money in that was recovered from who was liable for a claim; by anyone.
    function recover(uint256 amount) external;

    /// @notice Ends a policy's lock as if it had never been: the premium goes back to `payee`. Only the insurance.
    function unlock(uint256 maximum, uint256 premium, address payee) external;

    /// @notice Adds first-loss capital; by anyone, for the insurer.
    function depositFirstLoss(uint256 amount) external;

    /// @notice Takes first-loss capital out while no policy is active; by a key of the insurer.
    function withdrawFirstLoss(uint256 amount, address to) external;

    /// @notice Puts the caller's shares on their way out. A further request adds to the first and starts its wait again.
    /// @return maturesAt start of the epoch, UTC seconds, within which the shares can be redeemed
    function requestExit(uint256 shares) external returns (uint40 maturesAt);

    /// @notice Gives the caller all shares back that are on their way out, be they waiting, matured or lapsed.
    function cancelExit() external returns (uint256 shares);

    /// @notice Sends what could not be pushed to the caller.
    function withdrawDeferred(address to) external returns (uint256 amount);

    /// @notice The pool's books.
    function books() external view returns (PoolBooks memory);

    /// @notice Shares of `owner` on their way out.
    function exitOf(address owner) external view returns (ExitRequest memory);

    /// @notice What waits for `payee` to withdraw.
    function deferredOf(address payee) external view returns (uint256);

    /// @notice Participant whose pool this is.
    function INSURER_ID() external view returns (uint64);

    /// @notice The insurance that may lock and pay.
    function UNDERWRITER() external view returns (address);
}
