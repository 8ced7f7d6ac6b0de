// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ExitRequest, IInsurancePool, PoolBooks} from "interfaces/IInsurancePool.sol";
import {Function, IParticipantRegistry} from "interfaces/IParticipantRegistry.sol";

/// @title InsurancePool
contract InsurancePool is IInsurancePool, ERC4626, ReentrancyGuardTransient {
    using Math for uint256;
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    /// @dev What every purchase and every end of a policy changes, one word.
    struct Promises {
        uint128 locked;
        uint128 liabilities;
    }

    /// @dev What of the capital is not the shareholders', or not yet, one word.
    struct Layers {
        uint96 firstLoss;
        uint96 unvested;
        uint40 vestedAt;
        uint24 vestsIn;
    }

    /// @notice Length of an epoch of exits.
    uint40 public constant EPOCH = 30 days;
    /// @notice How long a matured request is good.
    uint40 public constant EXIT_WINDOW = 3 days;
    /// @notice How long income takes to reach the price of a share.
    uint24 public constant VESTING = 30 days;
    uint256 private constant WHOLE = 10_000;

    IParticipantRegistry public immutable REGISTRY;
    /// @inheritdoc IInsurancePool
    uint64 public immutable INSURER_ID;
    /// @inheritdoc IInsurancePool
    address public immutable UNDERWRITER;
    /// @inheritdoc IInsurancePool
    uint16 public immutable COMMISSION_BPS;
    /// @inheritdoc IInsurancePool
    IInsurancePool public immutable REINSURER;
    /// @inheritdoc IInsurancePool
    uint256 public immutable RETENTION;

    /// @inheritdoc IInsurancePool
    mapping(address payee => uint256) public deferredOf;

    Promises private _promises;
    Layers private _layers;
    uint128 private _reserved;
    mapping(address owner => ExitRequest) private _exits;

    modifier onlyUnderwriter() {
        if (msg.sender != UNDERWRITER) revert InsurancePool_NotUnderwriter(msg.sender);
        _;
    }

    constructor(
        IERC20 asset_,
        IParticipantRegistry registry,
        address underwriter,
        uint64 insurerId,
        uint16 commissionBps,
        IInsurancePool reinsurer,
        uint256 retention,
        string memory name_,
        string memory symbol_
    ) ERC20(name_, symbol_) ERC4626(asset_) {
        if (commissionBps > WHOLE) revert InsurancePool_CommissionAboveWhole(commissionBps);
        bool isReinsured = address(reinsurer) != address(0);
        if (isReinsured && (reinsurer.UNDERWRITER() != address(this) || reinsurer.asset() != address(asset_))) {
            revert InsurancePool_NotReinsurer(address(reinsurer));
        }
        REGISTRY = registry;
        UNDERWRITER = underwriter;
        INSURER_ID = insurerId;
        COMMISSION_BPS = commissionBps;
        REINSURER = reinsurer;
        RETENTION = isReinsured ? retention : type(uint256).max;
    }

    /// @inheritdoc IInsurancePool
    /// @dev Guarded, so that no policy is written against capital that a redemption is just taking out.
    function lock(uint256 maximum, uint256 premium) external onlyUnderwriter nonReentrant {
        uint256 own = _retained(maximum);
        uint256 ceded = _cededPremium(maximum, premium);
        Promises memory kept = _promises;
        kept.locked = (kept.locked + own).toUint128();
        kept.liabilities = (kept.liabilities + premium - ceded).toUint128();
        _promises = kept;
        emit CollateralLocked(own, premium - ceded);
        if (own != maximum) {
            _send(address(REINSURER), ceded);
            REINSURER.lock(maximum - own, ceded);
        }
        uint256 held = _capital(kept.liabilities);
        if (kept.locked > held) revert InsurancePool_CapitalShort(kept.locked, held);
    }

    /// @inheritdoc IInsurancePool
    /// @dev Here and in `release` the reinsurer comes before this pool's own transfer, so that no token that calls its payee
    /// back finds a shareholder's way out of the reinsurer at the old price.
    function pay(uint256 maximum, uint256 paid, address payee, uint256 amount) external onlyUnderwriter nonReentrant {
        uint256 own = _ownOf(maximum, paid, amount);
        if (own != 0) {
            Promises memory kept = _promises;
            Layers memory layers = _layers;
            _bear(layers, kept.liabilities, payee, own);
            _layers = layers;
            _promises.locked = (kept.locked - own).toUint128();
        }
        if (amount != own) REINSURER.pay(maximum - RETENTION, paid - _retained(paid), payee, amount - own);
        _push(payee, own);
    }

    /// @inheritdoc IInsurancePool
    function release(uint256 maximum, uint256 paid, uint256 premium, address payee, uint256 amount)
        external
        onlyUnderwriter
        nonReentrant
    {
        uint256 own = _ownOf(maximum, paid, amount);
        uint256 freed = _retained(maximum) - _retained(paid) - own;
        uint256 ceded = _cededPremium(maximum, premium);
        Promises memory kept = _promises;
        Layers memory layers = _layers;
        if (own != 0) _bear(layers, kept.liabilities, payee, own);
        emit CollateralReleased(freed, premium - ceded);
        _earn(layers, premium - ceded, COMMISSION_BPS);
        _layers = layers;
        kept.locked = (kept.locked - own - freed).toUint128();
        kept.liabilities = (kept.liabilities + ceded - premium).toUint128();
        _promises = kept;
        if (maximum > RETENTION) {
            REINSURER.release(maximum - RETENTION, paid - _retained(paid), ceded, payee, amount - own);
        }
        _push(payee, own);
    }

    /// @inheritdoc IInsurancePool
    function unlock(uint256 maximum, uint256 premium, address payee) external onlyUnderwriter nonReentrant {
        uint256 own = _retained(maximum);
        uint256 ceded = _cededPremium(maximum, premium);
        Promises memory kept = _promises;
        kept.locked = (kept.locked - own).toUint128();
        kept.liabilities = (kept.liabilities + ceded - premium).toUint128();
        _promises = kept;
        emit CollateralReleased(own, premium - ceded);
        emit PremiumReturned(payee, premium - ceded);
        if (own != maximum) REINSURER.unlock(maximum - own, ceded, payee);
        _push(payee, premium - ceded);
    }

    /// @inheritdoc IInsurancePool
    function reserve(uint256 paidBefore, uint256 previous, uint256 paid, uint256 current)
        external
        onlyUnderwriter
        nonReentrant
    {
        (uint256 ownBefore, uint256 ownPaid) = (_retained(paidBefore), _retained(paid));
        (uint256 ownPrevious, uint256 ownCurrent) = (_retained(previous), _retained(current));
        _reserved = (_reserved + (ownCurrent - ownPaid) - (ownPrevious - ownBefore)).toUint128();
        emit ReserveMoved(ownPrevious - ownBefore, ownCurrent - ownPaid);
        if (previous > RETENTION || current > RETENTION) {
            REINSURER.reserve(paidBefore - ownBefore, previous - ownPrevious, paid - ownPaid, current - ownCurrent);
        }
    }

    /// @inheritdoc IInsurancePool
    function recover(uint256 amount) external nonReentrant {
        uint256 received = _collect(amount);
        if (received != amount) revert InsurancePool_AmountNotExact(amount, received);
        Layers memory layers = _layers;
        emit MoneyRecovered(msg.sender, amount);
        _earn(layers, amount, 0);
        _layers = layers;
    }

    /// @inheritdoc IInsurancePool
    function depositFirstLoss(uint256 amount) external nonReentrant {
        uint256 received = _collect(amount);
        _layers.firstLoss = (_layers.firstLoss + received).toUint96();
        emit FirstLossDeposited(msg.sender, received);
    }

    /// @inheritdoc IInsurancePool
    function withdrawFirstLoss(uint256 amount, address to) external nonReentrant {
        uint64 id = REGISTRY.authorize(msg.sender, Function.Underwrite);
        if (id != INSURER_ID) revert InsurancePool_NotInsurer(id, INSURER_ID);
        (uint256 locked, uint256 held) = (_promises.locked, _layers.firstLoss);
        if (locked != 0) revert InsurancePool_CapitalLocked(locked);
        if (amount > held) revert InsurancePool_FirstLossShort(amount, held);
        _layers.firstLoss = uint96(held - amount);
        emit FirstLossWithdrawn(to, amount);
        IERC20(asset()).safeTransfer(to, amount);
    }

    /// @inheritdoc IInsurancePool
    function requestExit(uint256 shares) external returns (uint40 maturesAt) {
        if (shares == 0) revert InsurancePool_NoShares(msg.sender);
        _transfer(msg.sender, address(this), shares);
        maturesAt = (uint40(block.timestamp) / EPOCH + 2) * EPOCH;
        _exits[msg.sender] = ExitRequest((_exits[msg.sender].shares + shares).toUint216(), maturesAt);
        emit ExitRequested(msg.sender, shares, maturesAt);
    }

    /// @inheritdoc IInsurancePool
    function cancelExit() external returns (uint256 shares) {
        shares = _exits[msg.sender].shares;
        if (shares == 0) revert InsurancePool_NoShares(msg.sender);
        delete _exits[msg.sender];
        emit ExitCancelled(msg.sender, shares);
        _transfer(address(this), msg.sender, shares);
    }

    /// @inheritdoc IInsurancePool
    function withdrawDeferred(address to) external nonReentrant returns (uint256 amount) {
        amount = deferredOf[msg.sender];
        if (amount == 0) revert InsurancePool_NothingToWithdraw(msg.sender);
        deferredOf[msg.sender] = 0;
        _promises.liabilities = (_promises.liabilities - amount).toUint128();
        emit PaymentWithdrawn(msg.sender, to, amount);
        IERC20(asset()).safeTransfer(to, amount);
    }

    /// @inheritdoc IInsurancePool
    function books() external view returns (PoolBooks memory) {
        (Promises memory kept, Layers memory layers) = (_promises, _layers);
        return PoolBooks({
            locked: kept.locked,
            liabilities: kept.liabilities,
            firstLoss: layers.firstLoss,
            unvested: layers.unvested,
            vestedAt: layers.vestedAt,
            vestsIn: layers.vestsIn,
            reserved: _reserved
        });
    }

    /// @inheritdoc IInsurancePool
    function exitOf(address owner) external view returns (ExitRequest memory) {
        return _exits[owner];
    }

    /// @notice Shareholders' assets: capital less income that has not vested, less first loss or, where those are more, the
    /// reserves.
    function totalAssets() public view override(ERC4626, IERC4626) returns (uint256) {
        return _assets(Math.min(_reserved, _promises.locked));
    }

    /// @notice Shares for a deposit, at a price that leaves the reserves out.
    /// @dev Else whoever can lift a reserve could buy cheap before, at the expense of those who hold shares.
    function previewDeposit(uint256 assets) public view override(ERC4626, IERC4626) returns (uint256) {
        return assets.mulDiv(totalSupply() + 10 ** _decimalsOffset(), _assets(0) + 1);
    }

    /// @notice Assets for an exact number of new shares, at a price that leaves the reserves out.
    function previewMint(uint256 shares) public view override(ERC4626, IERC4626) returns (uint256) {
        return shares.mulDiv(_assets(0) + 1, totalSupply() + 10 ** _decimalsOffset(), Math.Rounding.Ceil);
    }

    /// @notice Assets of matured shares of `owner`, as far as they are not locked.
    function maxWithdraw(address owner) public view override(ERC4626, IERC4626) returns (uint256) {
        return Math.min(_convertToAssets(_matured(owner), Math.Rounding.Floor), _free());
    }

    /// @notice Matured shares of `owner`, as far as their assets are not locked.
    function maxRedeem(address owner) public view override(ERC4626, IERC4626) returns (uint256) {
        (uint256 shares, uint256 free) = (_matured(owner), _free());
        return previewRedeem(shares) <= free ? shares : _convertToShares(free, Math.Rounding.Floor);
    }

    /// @dev Redeemed shares come from those on their way out, which this contract holds for their owner.
    function _withdraw(address caller, address receiver, address owner, uint256 assets, uint256 shares)
        internal
        override
        nonReentrant
    {
        uint216 left = _exits[owner].shares - uint216(shares);
        if (left == 0) delete _exits[owner];
        else _exits[owner].shares = left;
        if (shares == totalSupply()) _leaveToFirstLoss();
        _transfer(address(this), owner, shares);
        super._withdraw(caller, receiver, owner, assets, shares);
    }

    function _deposit(address caller, address receiver, uint256 assets, uint256 shares) internal override nonReentrant {
        uint256 before = IERC20(asset()).balanceOf(address(this));
        super._deposit(caller, receiver, assets, shares);
        uint256 received = IERC20(asset()).balanceOf(address(this)) - before;
        if (received != assets) revert InsurancePool_AmountNotExact(assets, received);
    }

    /// @dev Virtual shares make an inflation attack cost the attacker a million times what it takes.
    function _decimalsOffset() internal pure override returns (uint8) {
        return 6;
    }

    /// @dev Nobody is left to whom income could vest.
    function _leaveToFirstLoss() private {
        Layers memory layers = _layers;
        (uint256 rest,) = _vesting(layers);
        if (rest == 0) return;
        _vest(layers, 0, 0);
        _addFirstLoss(layers, rest);
        _layers = layers;
    }

    /// @dev A payment falls on first loss, then on what the shares are worth, then on income that has not vested.
    function _bear(Layers memory layers, uint256 liabilities, address payee, uint256 amount) private {
        uint256 fromFirstLoss = Math.min(amount, layers.firstLoss);
        layers.firstLoss = uint96(layers.firstLoss - fromFirstLoss);
        emit PayoutMade(payee, amount, fromFirstLoss);
        if (fromFirstLoss == amount) return;
        uint256 left = _capital(liabilities) - amount;
        (uint256 rest, uint256 time) = _vesting(layers);
        if (left < rest) _vest(layers, left, time);
    }

    /// @dev Income is the shareholders' but for the commission; where there are none, it is first loss.
    function _earn(Layers memory layers, uint256 amount, uint256 commissionBps) private {
        if (amount == 0) return;
        uint256 commission = totalSupply() == 0 ? amount : amount * commissionBps / WHOLE;
        if (commission != 0) _addFirstLoss(layers, commission);
        uint256 added = amount - commission;
        if (added == 0) return;
        (uint256 rest, uint256 time) = _vesting(layers);
        _vest(layers, rest + added, (rest * time + added * VESTING) / (rest + added));
    }

    function _addFirstLoss(Layers memory layers, uint256 amount) private {
        layers.firstLoss = (layers.firstLoss + amount).toUint96();
        emit FirstLossDeposited(address(this), amount);
    }

    function _vest(Layers memory layers, uint256 unvested, uint256 time) private {
        (layers.unvested, layers.vestedAt, layers.vestsIn) =
        (unvested.toUint96(), uint40(block.timestamp), uint24(time));
        emit VestingChanged(unvested, time);
    }

    /// @dev Tokens that arrive when `amount` is pulled from the caller.
    function _collect(uint256 amount) private returns (uint256 received) {
        IERC20 token = IERC20(asset());
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amount);
        return token.balanceOf(address(this)) - before;
    }

    /// @dev Sends exactly `amount` or reverts.
    function _send(address to, uint256 amount) private {
        IERC20 token = IERC20(asset());
        uint256 before = token.balanceOf(to);
        token.safeTransfer(to, amount);
        uint256 received = token.balanceOf(to) - before;
        if (received != amount) revert InsurancePool_AmountNotExact(amount, received);
    }

    function _push(address payee, uint256 amount) private {
        if (amount == 0 || IERC20(asset()).trySafeTransfer(payee, amount)) return;
        deferredOf[payee] += amount;
        _promises.liabilities = (_promises.liabilities + amount).toUint128();
        emit PaymentDeferred(payee, amount);
    }

    /// @dev Of a policy's money, in the order in which it is paid, what this pool bears.
    function _retained(uint256 amount) private view returns (uint256) {
        return Math.min(amount, RETENTION);
    }

    /// @dev What this pool bears of a payment.
    function _ownOf(uint256 maximum, uint256 paid, uint256 amount) private view returns (uint256) {
        if (paid + amount > maximum) revert InsurancePool_OverMaximum(maximum, paid + amount);
        return _retained(paid + amount) - _retained(paid);
    }

    function _cededPremium(uint256 maximum, uint256 premium) private view returns (uint256) {
        return maximum > RETENTION ? premium * (maximum - RETENTION) / maximum : 0;
    }

    /// @dev What can pay claims: all that is held for nobody else.
    function _capital(uint256 liabilities) private view returns (uint256) {
        return Math.saturatingSub(IERC20(asset()).balanceOf(address(this)), liabilities);
    }

    /// @dev The capital that is the shareholders', given losses that are to be expected.
    function _assets(uint256 reserved) private view returns (uint256) {
        Layers memory layers = _layers;
        (uint256 unvested,) = _vesting(layers);
        return Math.saturatingSub(_capital(_promises.liabilities), Math.max(layers.firstLoss, reserved) + unvested);
    }

    /// @dev What has not vested by now, rounded up, and the seconds until it has.
    function _vesting(Layers memory layers) private view returns (uint256 rest, uint256 time) {
        time = Math.saturatingSub(uint256(layers.vestedAt) + layers.vestsIn, block.timestamp);
        if (time != 0) rest = Math.mulDiv(layers.unvested, time, layers.vestsIn, Math.Rounding.Ceil);
    }

    function _free() private view returns (uint256) {
        Promises memory kept = _promises;
        return Math.min(Math.saturatingSub(_capital(kept.liabilities), kept.locked), totalAssets());
    }

    /// @dev A request that stayed good would be a standing option to leave ahead of a loss.
    function _matured(address owner) private view returns (uint256) {
        ExitRequest memory request = _exits[owner];
        bool isMatured = request.maturesAt <= block.timestamp && block.timestamp - request.maturesAt < EXIT_WINDOW;
        return isMatured ? request.shares : 0;
    }
}
