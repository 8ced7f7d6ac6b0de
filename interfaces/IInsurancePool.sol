// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";

/// @notice What a pool keeps beside its shares; amounts in the asset's smallest unit.
/// @param locked sum over all active policies of what the pool bears of their maxima, less what it paid of them
/// @param liabilities tokens held for others: premiums of active policies and payments that could not be pushed
/// @param firstLoss the insurer's own capital, which pays claims before the shareholders'; at most 96 bits, 79 billion
/// tokens of an asset with 18 decimals
/// @param unvested income that was on its way to the shareholders at `vestedAt`; at most 96 bits
/// @param vestedAt when `unvested` last changed, UTC seconds
/// @param vestsIn seconds after `vestedAt` in which `unvested` reaches the shareholders, evenly
/// @param reserved what the insurance expects this pool to pay yet; it counts up to `locked`
struct PoolBooks {
    uint128 locked;
    uint128 liabilities;
    uint96 firstLoss;
    uint96 unvested;
    uint40 vestedAt;
    uint24 vestsIn;
    uint128 reserved;
}

/// @notice Shares on their way out, all zero where there are none. They can be redeemed from `maturesAt` on for three days;
/// after that the request has lapsed.
struct ExitRequest {
    uint216 shares;
    uint40 maturesAt;
}

/// @title Capital of one insurer
/// @notice ERC-4626. Capital is the balance less liabilities; the maximum of every active policy, less what was paid of it,
/// is locked in it, so the pool can never promise more than it holds. All capital stands for claims: first loss, then what
/// the shares are worth, then income that has not vested.
///
/// Income is what earned premiums leave after the insurer's commission, and what is recovered. It reaches the price of a
/// share evenly over `VESTING`, so that nobody gains by the day of its deposit or exit. Income that comes while other
/// income vests is added to it, and all of it vests in the mean of both times, weighted by amount: small sums cannot hold
/// up large ones, as they could if each began the time anew. Where nobody holds shares, income is first loss, and so is
/// what has not vested when the last shares leave.
///
/// Reserves are losses in sight. As far as first loss does not cover them, they lower the price at which shares leave, at
/// once, and not that at which they are bought: whoever leaves bears its share, and nobody can buy cheap a reserve that it
/// can lift.
///
/// Shares leave in epochs: a request matures when the epoch after the next begins and lapses three days later, and shares
/// leave at the price of the day they are redeemed. Anyone may deposit; only the insurance locks, reserves and pays; nobody
/// else moves capital. Tokens that are merely sent here are the shareholders' at once.
///
/// Of a policy with a maximum above `RETENTION` the rest is ceded to `REINSURER`, with its part of the premium; this pool
/// pays the first money of a policy, the reinsurer what goes beyond. The reinsurer pays the payee itself, and keeps what
/// the payee's token refuses.
/// @dev The books are what the events add up to, and the shares on their way out are `ExitRequested` less `ExitCancelled`
/// less the shares of `Withdraw`, which always come out of the owner's request. Every amount in an event is this pool's own
/// part; the reinsurer's is in its own events.
interface IInsurancePool is IERC4626 {
    event CollateralLocked(uint256 maximum, uint256 premium);
    /// @notice A policy ended: `freed` was still locked, and the premium is no longer a liability.
    event CollateralReleased(uint256 freed, uint256 premium);
    /// @notice As much less is locked.
    event PayoutMade(address indexed payee, uint256 amount, uint256 fromFirstLoss);
    event PremiumReturned(address indexed payee, uint256 amount);
    event PaymentDeferred(address indexed payee, uint256 amount);
    event PaymentWithdrawn(address indexed payee, address to, uint256 amount);
    event ReserveMoved(uint256 previous, uint256 current);
    event MoneyRecovered(address indexed from, uint256 amount);
    /// @notice From now on `unvested` vests evenly in `vestsIn` seconds.
    event VestingChanged(uint256 unvested, uint256 vestsIn);
    /// @notice Comes from the pool itself where it is commission or income that nobody holds shares for.
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
    error InsurancePool_OverMaximum(uint256 maximum, uint256 paid);
    error InsurancePool_CommissionAboveWhole(uint16 commissionBps);
    error InsurancePool_NotReinsurer(address pool);

    /// @notice Locks a policy's maximum and takes over its premium, which has arrived. Only the insurance. Reverts where this
    /// pool or its reinsurer is short of capital.
    function lock(uint256 maximum, uint256 premium) external;

    /// @notice Pays a part of a policy that goes on. Only the insurance.
    /// @param maximum of the policy, as it was locked
    /// @param paid what was paid of it before
    function pay(uint256 maximum, uint256 paid, address payee, uint256 amount) external;

    /// @notice Last payment, which may be 0, and end of a policy: what is left of its maximum is freed and its premium is
    /// earned. Only the insurance.
    /// @param maximum of the policy, as it was locked
    /// @param paid what was paid of it before
    /// @param premium of the policy, as it was locked
    function release(uint256 maximum, uint256 paid, uint256 premium, address payee, uint256 amount) external;

    /// @notice Ends a policy of which nothing was paid as if it had never been: the premium goes back to `payee`. Only the
    /// insurance.
    function unlock(uint256 maximum, uint256 premium, address payee) external;

    /// @notice Moves what the insurance expects to have paid of one policy in the end; the pool reserves what is above what
    /// it paid. Only the insurance, which moves it before it pays, in the same transaction, so that the price does not fall
    /// twice.
    /// @dev What is above the retention is passed to the reinsurer. All four are at most the policy's maximum.
    /// @param paidBefore what had been paid when `previous` was expected
    /// @param previous what was expected until now, at least `paidBefore`
    /// @param paid what has been paid, the payment that follows included
    /// @param current what is expected from now on, at least `paid`
    function reserve(uint256 paidBefore, uint256 previous, uint256 paid, uint256 current) external;

    /// @notice Brings money that was recovered from whoever was liable, as income without commission; by anyone, from the
    /// caller, and exactly `amount` must arrive. It is not shared with the reinsurer, to which the part that is due to it
    /// can be brought in the same way.
    function recover(uint256 amount) external;

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

    /// @notice The insurance that may lock and pay, or the pool that this one reinsures.
    function UNDERWRITER() external view returns (address);

    /// @notice The insurer's part of every earned premium, for first loss, in basis points.
    function COMMISSION_BPS() external view returns (uint16);

    /// @notice The pool that bears what is above the retention, 0 for none. Its underwriter is this pool.
    function REINSURER() external view returns (IInsurancePool);

    /// @notice The most that this pool bears of one policy; without a reinsurer, the largest number.
    function RETENTION() external view returns (uint256);
}
