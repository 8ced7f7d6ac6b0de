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
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    /// @notice Length of an epoch of exits.
    uint40 public constant EPOCH = 30 days;
    /// @notice How long a matured request is good.
    uint40 public constant EXIT_WINDOW = 3 days;

    IParticipantRegistry public immutable REGISTRY;
    /// @inheritdoc IInsurancePool
    uint64 public immutable INSURER_ID;
    /// @inheritdoc IInsurancePool
    address public immutable UNDERWRITER;

    /// @inheritdoc IInsurancePool
    mapping(address payee => uint256) public deferredOf;

    PoolBooks private _books;
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
        string memory name_,
        string memory symbol_
    ) ERC20(name_, symbol_) ERC4626(asset_) {
        REGISTRY = registry;
        UNDERWRITER = underwriter;
        INSURER_ID = insurerId;
    }

    /// @inheritdoc IInsurancePool
    /// @dev Guarded, so that no policy is written against capital that a redemption is just taking out.
    function lock(uint256 maximum, uint256 premium) external onlyUnderwriter nonReentrant {
        PoolBooks memory kept = _books;
        kept.locked = (kept.locked + maximum).toUint88();
        kept.liabilities = (kept.liabilities + premium).toUint80();
        _books = kept;
        uint256 held = _capital(kept);
        if (kept.locked > held) revert InsurancePool_CapitalShort(kept.locked, held);
        emit CollateralLocked(maximum, premium);
    }

    /// @inheritdoc IInsurancePool
    function pay(uint256, uint256, address, uint256) external {}
    function reserve(uint256, uint256) external {}
    function recover(uint256) external {}

    function release(uint256 maximum, uint256, uint256 premium, address payee, uint256 payout)
        external
        onlyUnderwriter
        nonReentrant
    {
        PoolBooks memory kept = _books;
        uint256 fromFirstLoss = Math.min(payout, kept.firstLoss);
        kept.locked -= uint88(maximum);
        kept.liabilities -= uint80(premium);
        kept.firstLoss -= uint88(fromFirstLoss);
        bool isUnshared = premium != 0 && totalSupply() == 0;
        if (isUnshared) kept.firstLoss = (kept.firstLoss + premium).toUint88();
        _books = kept;
        emit CollateralReleased(maximum, premium);
        if (isUnshared) emit FirstLossDeposited(address(this), premium);
        if (payout != 0) {
            emit PayoutMade(payee, payout, fromFirstLoss);
            _pay(payee, payout);
        }
    }

    /// @inheritdoc IInsurancePool
    function unlock(uint256 maximum, uint256 premium, address payee) external onlyUnderwriter nonReentrant {
        PoolBooks memory kept = _books;
        kept.locked -= uint88(maximum);
        kept.liabilities -= uint80(premium);
        _books = kept;
        emit CollateralReleased(maximum, premium);
        emit PremiumReturned(payee, premium);
        _pay(payee, premium);
    }

    /// @inheritdoc IInsurancePool
    function depositFirstLoss(uint256 amount) external nonReentrant {
        IERC20 token = IERC20(asset());
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = token.balanceOf(address(this)) - before;
        _books.firstLoss = (_books.firstLoss + received).toUint88();
        emit FirstLossDeposited(msg.sender, received);
    }

    /// @inheritdoc IInsurancePool
    function withdrawFirstLoss(uint256 amount, address to) external nonReentrant {
        uint64 id = REGISTRY.authorize(msg.sender, Function.Underwrite);
        if (id != INSURER_ID) revert InsurancePool_NotInsurer(id, INSURER_ID);
        PoolBooks memory kept = _books;
        if (kept.locked != 0) revert InsurancePool_CapitalLocked(kept.locked);
        if (amount > kept.firstLoss) revert InsurancePool_FirstLossShort(amount, kept.firstLoss);
        kept.firstLoss -= uint88(amount);
        _books = kept;
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
        _books.liabilities -= uint80(amount);
        emit PaymentWithdrawn(msg.sender, to, amount);
        IERC20(asset()).safeTransfer(to, amount);
    }

    /// @inheritdoc IInsurancePool
    function books() external view returns (PoolBooks memory) {
        return _books;
    }

    /// @inheritdoc IInsurancePool
    function exitOf(address owner) external view returns (ExitRequest memory) {
        return _exits[owner];
    }

    /// @notice Shareholders' assets: the balance less what is held for others and less first-loss capital.
    function totalAssets() public view override(ERC4626, IERC4626) returns (uint256) {
        PoolBooks memory kept = _books;
        return Math.saturatingSub(_capital(kept), kept.firstLoss);
    }

    /// @notice Assets of matured shares of `owner`, as far as they are not locked.
    function maxWithdraw(address owner) public view override(ERC4626, IERC4626) returns (uint256) {
        return Math.min(_convertToAssets(_matured(owner), Math.Rounding.Floor), _free());
    }

    /// @notice Matured shares of `owner`, as far as their assets are not locked.
    function maxRedeem(address owner) public view override(ERC4626, IERC4626) returns (uint256) {
        return Math.min(_matured(owner), _convertToShares(_free(), Math.Rounding.Floor));
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

    function _pay(address payee, uint256 amount) private {
        if (IERC20(asset()).trySafeTransfer(payee, amount)) return;
        deferredOf[payee] += amount;
        _books.liabilities = (_books.liabilities + amount).toUint80();
        emit PaymentDeferred(payee, amount);
    }

    /// @dev What can pay claims: all that is held for nobody else.
    function _capital(PoolBooks memory kept) private view returns (uint256) {
        return Math.saturatingSub(IERC20(asset()).balanceOf(address(this)), kept.liabilities);
    }

    function _free() private view returns (uint256) {
        PoolBooks memory kept = _books;
        return Math.min(Math.saturatingSub(_capital(kept), kept.locked), totalAssets());
    }

    /// @dev A request that stayed good would be a standing option to leave ahead of a loss.
    function _matured(address owner) private view returns (uint256) {
        ExitRequest memory request = _exits[owner];
        bool isMatured = request.maturesAt <= block.timestamp && block.timestamp - request.maturesAt < EXIT_WINDOW;
        return isMatured ? request.shares : 0;
    }
}
