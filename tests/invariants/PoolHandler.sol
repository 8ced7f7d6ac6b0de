// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {World} from "./World.sol";
import {InsurancePool} from "contracts/insurance/InsurancePool.sol";
import {ExitRequest, IInsurancePool, PoolBooks} from "interfaces/IInsurancePool.sol";
import {Role} from "interfaces/IParticipantRegistry.sol";

/// @notice A policy as its insurance knows it.
struct Risk {
    uint256 maximum;
    uint256 premium;
    uint256 paid;
    uint256 expected;
}

/// @notice What a pool should hold and owe.
struct Purse {
    uint256 balance;
    uint256 firstLoss;
    uint256 lastIncomeAt;
}

/// @notice Insures at random with a pool that cedes what is above a retention to another, and asserts of every call that it
/// passes exactly when the rules say so, and that prices move only as they may. Index 0 is the pool, 1 its reinsurer.
contract PoolHandler is World {
    uint256 public constant RETENTION = 4e8;
    uint256 private constant OFFSET = 1e6;
    uint256 private constant WHOLE = 10_000;
    uint256 private constant MOST_RISKS = 12;

    uint256 public clock = START;
    InsurancePool[2] public pools;
    uint256[2] public commissions = [1500, 300];
    address[] public parties;
    Risk[] private _risks;
    Purse[2] private _purses;
    /// @notice What an account holds or may withdraw, by the rules.
    mapping(address account => uint256) public fortune;
    /// @notice How often each thing has happened.
    mapping(string thing => uint256) public count;
    /// @dev Whether the call of this step may raise or lower the price of a share.
    bool private _mayRise;
    bool private _mayFall;

    modifier step(uint256 seed) {
        _passTime(seed % 3 hours);
        (_mayRise, _mayFall) = (false, false);
        (uint256[2] memory assets, uint256[2] memory shares) = _prices();
        _;
        (uint256[2] memory assetsNow, uint256[2] memory sharesNow) = _prices();
        for (uint256 i = 0; i < 2; ++i) {
            // A unit of the asset is lost to rounding, in favour of those who stay.
            if (!_mayRise) assertLe(assetsNow[i] * shares[i], (assets[i] + 2) * sharesNow[i], "a price rose");
            if (!_mayFall) assertGe((assetsNow[i] + 1) * shares[i], assets[i] * sharesNow[i], "a price fell");
        }
    }

    constructor() {
        _deploy();
        address front = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        IInsurancePool none = IInsurancePool(address(0));
        pools[1] = new InsurancePool(dollar, registry, front, INSURER, uint16(commissions[1]), none, 0, "Back", "BACK");
        pools[0] = new InsurancePool(
            dollar, registry, address(this), INSURER, uint16(commissions[0]), pools[1], RETENTION, "Front", "FRONT"
        );
        for (uint32 i = 1; i <= 6; ++i) {
            address account = _account(i);
            parties.push(account);
            dollar.mint(account, 1e15);
            fortune[account] = 1e15;
            vm.startPrank(account);
            dollar.approve(address(pools[0]), type(uint256).max);
            dollar.approve(address(pools[1]), type(uint256).max);
            vm.stopPrank();
        }
        _register(INSURER, _bit(Role.Insurer), parties[0]);
    }

    // What the insurance does

    function lock(uint256 seed, uint256 maximum, uint256 premium) public step(seed) {
        if (_risks.length == MOST_RISKS) return;
        maximum = _bound(maximum, 0, seed % 2 == 0 ? RETENTION : 4 * RETENTION);
        premium = _bound(premium, 0, 1e8);
        address holder = _anyone(seed / 2);
        // A reserve that is more than what is locked counts for more when more is locked.
        _mayFall = true;
        uint256 ceded = maximum > RETENTION ? premium * (maximum - RETENTION) / maximum : 0;
        bool isDue = lockedOf(0) + _part(0, maximum) <= capitalOf(0) && lockedOf(1) + _part(1, maximum) <= capitalOf(1);
        try this.lockPaid(holder, maximum, premium) {
            assertTrue(isDue, "locked beyond the capital");
            _risks.push(Risk(maximum, premium, 0, 0));
            fortune[holder] -= premium;
            _purses[0].balance += premium - ceded;
            _purses[1].balance += ceded;
            ++count[maximum > RETENTION ? "cede" : "lock"];
        } catch {
            assertFalse(isDue, "capital that is free was not locked");
            ++count["refuse"];
        }
    }

    /// @dev As the insurance does: the premium arrives and the maximum is locked, or neither.
    function lockPaid(address holder, uint256 maximum, uint256 premium) external {
        vm.prank(holder);
        assertTrue(dollar.transfer(address(pools[0]), premium));
        pools[0].lock(maximum, premium);
    }

    function reserve(uint256 seed, uint256 expected) public step(seed) {
        (bool isFound, uint256 index) = _active(seed);
        if (!isFound) return;
        Risk storage risk = _risks[index];
        expected = _bound(expected, 0, risk.maximum - risk.paid);
        _mayRise = expected < risk.expected;
        _mayFall = expected > risk.expected;
        _reserve(risk, 0, expected);
        risk.expected = expected;
        ++count["reserve"];
    }

    /// @dev A part, or the last one, of what is left; what was expected of it no longer is.
    function pay(uint256 seed, uint256 amount) public step(seed) {
        (bool isFound, uint256 index) = _active(seed);
        if (!isFound) return;
        Risk memory risk = _risks[index];
        amount = seed / 8 % 4 == 0 ? 0 : _bound(amount, 0, risk.maximum - risk.paid);
        bool isLast = seed / 32 % 2 == 0;
        uint256 rest = isLast || amount > risk.expected ? 0 : risk.expected - amount;
        bool isPrecise = risk.maximum <= RETENTION && _isReserveLocked() && rest + amount == risk.expected;
        // Where the payment is what was expected, the price does not move, but for a commission that covers a reserve.
        _mayFall = !isPrecise;
        _mayRise = !isPrecise || isLast && expectedOf(0) > 0;
        if (isPrecise && amount != 0) ++count["pay what was expected"];
        _payOut(risk, seed, amount, rest, isLast);
        (_risks[index].paid, _risks[index].expected) = (risk.paid + amount, rest);
        if (isLast) _drop(index);
    }

    function unlock(uint256 seed) public step(seed) {
        (bool isFound, uint256 index) = _active(seed);
        if (!isFound || seed / 8 % 4 != 0 || _risks[index].paid != 0) return;
        Risk memory risk = _risks[index];
        _mayRise = true;
        _reserve(risk, 0, 0);
        address payee = _anyone(seed / 32);
        pools[0].unlock(risk.maximum, risk.premium, payee);
        fortune[payee] += risk.premium;
        for (uint256 i = 0; i < 2; ++i) {
            if (!dollar.isRefused(payee)) _purses[i].balance -= _premiumOf(risk, i);
        }
        _drop(index);
        ++count["unlock"];
    }

    function recover(uint256 seed, uint256 amount) public step(seed) {
        _mayRise = pools[seed % 2].totalSupply() == 0;
        _recover(seed % 2, _anyone(seed / 2), _bound(amount, 0, seed / 16 % 2 == 0 ? 10 : 1e8));
    }

    // What those do who bring capital

    function deposit(uint256 seed, uint256 assets) public step(seed) {
        (uint256 i, address owner) = (seed % 2, _shareholder(seed / 2));
        assets = _bound(assets, 0, 1e9);
        // Shares are not cheaper for a loss in sight, so that one more of them spreads it over more.
        _mayRise = true;
        vm.prank(owner);
        uint256 shares = pools[i].deposit(assets, owner);
        assertLe(pools[i].convertToAssets(shares), assets, "a deposit gave more than it took");
        fortune[owner] -= assets;
        _purses[i].balance += assets;
        ++count["deposit"];
    }

    function donate(uint256 seed, uint256 assets) public step(seed) {
        if (seed / 2 % 4 != 0) return;
        (uint256 i, address donor) = (seed % 2, _anyone(seed / 8));
        assets = _bound(assets, 0, 1e8);
        _mayRise = true;
        vm.prank(donor);
        assertTrue(dollar.transfer(address(pools[i]), assets));
        fortune[donor] -= assets;
        _purses[i].balance += assets;
    }

    function requestExit(uint256 seed, uint256 shares) public step(seed) {
        (uint256 i, address owner) = (seed % 2, _shareholder(seed / 2));
        if (pools[i].balanceOf(owner) == 0) return;
        shares = seed / 8 % 2 == 0 ? pools[i].balanceOf(owner) : _bound(shares, 1, pools[i].balanceOf(owner));
        vm.prank(owner);
        pools[i].requestExit(shares);
    }

    function redeem(uint256 seed, uint256 shares) public step(seed) {
        (uint256 i, address owner) = (seed % 2, _shareholder(seed / 2));
        InsurancePool pool_ = pools[i];
        ExitRequest memory request = pool_.exitOf(owner);
        if (request.shares == 0) return;
        // What waits to vest is first loss when nobody is left, which may cover what is reserved.
        _mayRise = true;
        if (seed / 8 % 4 != 0 && request.maturesAt > clock) _passTime(request.maturesAt - clock);
        shares = seed / 32 % 2 == 0 ? request.shares : _bound(shares, 1, request.shares);
        uint256 assets = pool_.previewRedeem(shares);
        uint256 free = _least(capitalOf(i) - lockedOf(i), pool_.totalAssets());
        bool isOpen = request.maturesAt <= clock && clock < request.maturesAt + pool_.EXIT_WINDOW();
        bool isFree = pool_.previewRedeem(request.shares) <= free || shares <= pool_.convertToShares(free);
        bool isDue = isOpen && isFree && !dollar.isRefused(owner);
        uint256 unvested = shares == pool_.totalSupply() ? unvestedOf(i) : 0;
        vm.prank(owner);
        try pool_.redeem(shares, owner, owner) {
            assertTrue(isDue, "left out of turn");
            _redeemInModel(i, owner, assets, unvested);
        } catch {
            assertFalse(isDue, "capital that is free could not leave");
            ++count["redeemRefused"];
        }
    }

    /// @dev Everybody asks to leave, and leaves just when money was recovered.
    function run(uint256 seed, uint256 amount) public step(seed) {
        if (seed / 2 % 4 != 0) return;
        (uint256 i, InsurancePool pool_) = (seed % 2, pools[seed % 2]);
        _mayRise = true;
        for (uint256 j = 0; j < 3; ++j) {
            uint256 shares = pool_.balanceOf(_shareholder(j));
            if (shares == 0) continue;
            vm.prank(_shareholder(j));
            pool_.requestExit(shares);
        }
        _passTime(2 * pool_.EPOCH() - clock % pool_.EPOCH());
        _recover(i, parties[1], _bound(amount, 0, 1e8));
        for (uint256 j = 0; j < 3; ++j) {
            address owner = _shareholder(j);
            uint256 shares = pool_.maxRedeem(owner);
            if (shares == 0 || dollar.isRefused(owner)) continue;
            uint256 unvested = shares == pool_.totalSupply() ? unvestedOf(i) : 0;
            if (unvested != 0) ++count["last shares leave"];
            vm.prank(owner);
            _redeemInModel(i, owner, pool_.redeem(shares, owner, owner), unvested);
        }
    }

    function depositFirstLoss(uint256 seed, uint256 amount) public step(seed) {
        (uint256 i, address who) = (seed % 2, _anyone(seed / 2));
        amount = _bound(amount, 0, 2e8);
        _mayRise = true;
        vm.prank(who);
        pools[i].depositFirstLoss(amount);
        fortune[who] -= amount;
        _purses[i].balance += amount;
        _purses[i].firstLoss += amount;
    }

    function withdrawFirstLoss(uint256 seed, uint256 amount) public step(seed) {
        uint256 i = seed % 2;
        address who = _anyone(seed / 2 % 2 == 0 ? 0 : seed / 4);
        amount = _bound(amount, 0, _purses[i].firstLoss + 1);
        bool isDue = lockedOf(i) == 0 && amount <= _purses[i].firstLoss && who == parties[0] && !dollar.isRefused(who);
        vm.prank(who);
        try pools[i].withdrawFirstLoss(amount, who) {
            assertTrue(isDue, "first-loss capital left against the rules");
            fortune[who] += amount;
            _purses[i].balance -= amount;
            _purses[i].firstLoss -= amount;
            ++count["withdrawFirstLoss"];
        } catch {
            assertFalse(isDue, "free first-loss capital could not leave");
        }
    }

    function withdrawDeferred(uint256 seed) public step(seed) {
        for (uint256 i = 0; i < 2; ++i) {
            address payee = _anyone(seed);
            address to = _anyone(seed / 8);
            uint256 amount = pools[i].deferredOf(payee);
            bool isDue = amount != 0 && !dollar.isRefused(to);
            vm.prank(payee);
            try pools[i].withdrawDeferred(to) {
                assertTrue(isDue, "withdrew what is not there");
                fortune[payee] -= amount;
                fortune[to] += amount;
                _purses[i].balance -= amount;
                ++count["withdrawDeferred"];
            } catch {
                assertFalse(isDue, "a withdrawal failed");
            }
        }
    }

    function refuse(uint256 seed) public step(seed) {
        dollar.refuse(_anyone(seed), seed / 8 % 3 == 0);
    }

    function passTime(uint256 seed) public step(seed) {
        _mayRise = true;
        _passTime(seed / 4 % (seed % 4 == 0 ? 40 days : 4 days));
    }

    /// @notice Ends every policy, lets all income vest and everybody leave with all shares and payments.
    function wind() external {
        for (uint256 i = 0; i < parties.length; ++i) {
            dollar.refuse(parties[i], false);
        }
        while (_risks.length != 0) {
            Risk memory risk = _risks[_risks.length - 1];
            _reserve(risk, 0, 0);
            pools[0].release(risk.maximum, risk.paid, risk.premium, parties[1], 0);
            _risks.pop();
        }
        _passTime(31 days);
        for (uint256 i = 0; i < 2; ++i) {
            for (uint256 j = 0; j < parties.length; ++j) {
                vm.startPrank(parties[j]);
                if (pools[i].deferredOf(parties[j]) != 0) pools[i].withdrawDeferred(parties[j]);
                if (pools[i].exitOf(parties[j]).shares != 0) pools[i].cancelExit();
                if (pools[i].balanceOf(parties[j]) != 0) pools[i].requestExit(pools[i].balanceOf(parties[j]));
                vm.stopPrank();
            }
        }
        uint256 epoch = pools[0].EPOCH();
        _passTime(2 * epoch - clock % epoch);
        for (uint256 i = 0; i < 2; ++i) {
            for (uint256 j = 0; j < parties.length; ++j) {
                uint256 shares = pools[i].exitOf(parties[j]).shares;
                vm.prank(parties[j]);
                pools[i].redeem(shares, parties[j], parties[j]);
            }
            uint256 firstLoss = pools[i].books().firstLoss;
            vm.prank(parties[0]);
            pools[i].withdrawFirstLoss(firstLoss, parties[0]);
        }
    }

    // The model, for invariants to read

    function purseOf(uint256 i) external view returns (Purse memory) {
        return _purses[i];
    }

    function partyCount() external view returns (uint256) {
        return parties.length;
    }

    /// @notice What a pool bears of the active policies' maxima, less what it paid of them.
    function lockedOf(uint256 i) public view returns (uint256 sum) {
        for (uint256 j = 0; j < _risks.length; ++j) {
            sum += _part(i, _risks[j].maximum) - _part(i, _risks[j].paid);
        }
    }

    /// @notice What a pool is told to expect.
    function expectedOf(uint256 i) public view returns (uint256 sum) {
        for (uint256 j = 0; j < _risks.length; ++j) {
            sum += _part(i, _risks[j].paid + _risks[j].expected) - _part(i, _risks[j].paid);
        }
    }

    /// @notice A pool's part of the active policies' premiums, and what waits in it for its payees.
    function liabilitiesOf(uint256 i) public view returns (uint256 sum) {
        for (uint256 j = 0; j < _risks.length; ++j) {
            sum += _premiumOf(_risks[j], i);
        }
        for (uint256 j = 0; j < parties.length; ++j) {
            sum += pools[i].deferredOf(parties[j]);
        }
    }

    /// @notice What can pay claims.
    function capitalOf(uint256 i) public view returns (uint256) {
        return dollar.balanceOf(address(pools[i])) - liabilitiesOf(i);
    }

    /// @notice What has not vested by now, by the pool's books.
    function unvestedOf(uint256 i) public view returns (uint256) {
        PoolBooks memory books = pools[i].books();
        uint256 end = uint256(books.vestedAt) + books.vestsIn;
        if (end <= clock) return 0;
        return (uint256(books.unvested) * (end - clock) + books.vestsIn - 1) / books.vestsIn;
    }

    /// @dev `rest` is expected of the risk once `amount` is paid.
    function _reserve(Risk memory risk, uint256 amount, uint256 rest) private {
        uint256 paid = risk.paid + amount;
        pools[0].reserve(risk.paid, risk.paid + risk.expected, paid, paid + rest);
    }

    function _payOut(Risk memory risk, uint256 seed, uint256 amount, uint256 rest, bool isLast) private {
        address payee = _anyone(seed / 128);
        bool isReservedFirst = seed / 64 % 2 == 0;
        if (isReservedFirst) _reserve(risk, amount, rest);
        if (isLast) pools[0].release(risk.maximum, risk.paid, risk.premium, payee, amount);
        else pools[0].pay(risk.maximum, risk.paid, payee, amount);
        if (!isReservedFirst) _reserve(risk, amount, rest);
        _payInModel(risk, payee, amount, isLast);
    }

    function _payInModel(Risk memory risk, address payee, uint256 amount, bool isLast) private {
        fortune[payee] += amount;
        for (uint256 i = 0; i < 2; ++i) {
            Purse storage purse = _purses[i];
            uint256 own = _part(i, risk.paid + amount) - _part(i, risk.paid);
            purse.firstLoss -= _least(own, purse.firstLoss);
            if (!dollar.isRefused(payee)) purse.balance -= own;
            if (isLast) _earnInModel(i, _premiumOf(risk, i), commissions[i]);
        }
        if (amount != 0 && dollar.isRefused(payee)) ++count["defer"];
        ++count[isLast ? amount == 0 ? "expire" : "release" : "pay"];
    }

    function _recover(uint256 i, address who, uint256 amount) private {
        vm.prank(who);
        pools[i].recover(amount);
        fortune[who] -= amount;
        _purses[i].balance += amount;
        _earnInModel(i, amount, 0);
        ++count["recover"];
    }

    function _redeemInModel(uint256 i, address owner, uint256 assets, uint256 unvested) private {
        fortune[owner] += assets;
        _purses[i].balance -= assets;
        _purses[i].firstLoss += unvested;
        ++count["redeem"];
    }

    function _earnInModel(uint256 i, uint256 amount, uint256 commission) private {
        if (amount == 0) return;
        if (pools[i].totalSupply() == 0) commission = WHOLE;
        _purses[i].firstLoss += amount * commission / WHOLE;
        _purses[i].lastIncomeAt = clock;
        if (commission == WHOLE) ++count["income without shares"];
    }

    /// @dev Time alone lowers no price, and raises it by no more than vests in that time.
    function _passTime(uint256 time) private {
        uint256[2] memory most;
        uint256[2] memory assets;
        for (uint256 i = 0; i < 2; ++i) {
            PoolBooks memory books = pools[i].books();
            if (books.vestsIn != 0) most[i] = uint256(books.unvested) * time / books.vestsIn;
            assets[i] = pools[i].totalAssets();
        }
        clock += time;
        vm.warp(clock);
        for (uint256 i = 0; i < 2; ++i) {
            assertGe(pools[i].totalAssets(), assets[i], "time lowered a price");
            assertLe(pools[i].totalAssets(), assets[i] + most[i] + 1, "time raised a price by more than vests");
        }
    }

    function _drop(uint256 index) private {
        _risks[index] = _risks[_risks.length - 1];
        _risks.pop();
    }

    function _prices() private view returns (uint256[2] memory assets, uint256[2] memory shares) {
        for (uint256 i = 0; i < 2; ++i) {
            (assets[i], shares[i]) = (pools[i].totalAssets() + 1, pools[i].totalSupply() + OFFSET);
        }
    }

    function _isReserveLocked() private view returns (bool) {
        return expectedOf(0) <= lockedOf(0) && expectedOf(1) <= lockedOf(1);
    }

    /// @dev Of a policy's money, in the order in which it is paid, what a pool bears.
    function _part(uint256 i, uint256 amount) private pure returns (uint256) {
        uint256 own = _least(amount, RETENTION);
        return i == 0 ? own : amount - own;
    }

    function _premiumOf(Risk memory risk, uint256 i) private pure returns (uint256) {
        uint256 ceded = risk.maximum == 0 ? 0 : risk.premium * _part(1, risk.maximum) / risk.maximum;
        return i == 0 ? risk.premium - ceded : ceded;
    }

    function _least(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }

    function _active(uint256 seed) private view returns (bool isFound, uint256 index) {
        if (_risks.length == 0) return (false, 0);
        return (true, uint256(keccak256(abi.encode(seed))) % _risks.length);
    }

    function _anyone(uint256 seed) private view returns (address) {
        return parties[seed % parties.length];
    }

    function _shareholder(uint256 seed) private view returns (address) {
        return parties[3 + seed % 3];
    }
}
