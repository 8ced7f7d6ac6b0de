// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CreditModel, Passage} from "./CreditModel.sol";
import {Cover, Trade, Verdict} from "./Model.sol";
import {World} from "./World.sol";
import {PolicyState, Quote} from "interfaces/ICargoInsurance.sol";
import {TradeOutcome} from "interfaces/ICreditRegistry.sol";
import {ExitRequest, PoolBooks} from "interfaces/IInsurancePool.sol";
import {Role} from "interfaces/IParticipantRegistry.sol";
import {Delivery, Handover, Signature, Terms} from "interfaces/IShipmentLedger.sol";
import {WHOLE} from "interfaces/ISettlement.sol";
import {Leg, ShipmentState} from "interfaces/IShipmentSource.sol";
import {Order, OrderState} from "interfaces/ITradeEscrow.sol";

/// @notice Trades at random, keeps a model of its own, and asserts of every call that it passes exactly when the rules
/// say so. Time only moves here.
contract Handler is World {
    uint64 private constant WAREHOUSE = 8;
    uint64 private constant ARBITER = 10;
    uint256 private constant MOST_TRADES = 24;
    uint256 private constant OFFSET = 1e6;

    uint256 public clock = START;
    Trade[] private _trades;
    Cover[] private _covers;

    address[] public parties;
    /// @notice Token units that an account holds or may withdraw, by the rules.
    mapping(address account => uint256) public fortune;
    mapping(address owner => ExitRequest) private _exits;
    uint256 public firstLoss;
    CreditModel public rated;
    mapping(bytes32 orderId => Leg[]) private _legs;
    /// @notice How often each thing has happened.
    mapping(string thing => uint256) public count;
    /// @notice Whether the share price ever fell but by a payout beyond first loss.
    bool public hasPriceFallen;
    uint256 private _lossInStep;

    modifier step(uint256 seed) {
        clock += seed % 2 hours;
        vm.warp(clock);
        _lossInStep = 0;
        (uint256 assets, uint256 shares) = (pool.totalAssets() + 1, pool.totalSupply() + OFFSET);
        _;
        (uint256 assetsNow, uint256 sharesNow) = (pool.totalAssets() + 1, pool.totalSupply() + OFFSET);
        if (_lossInStep == 0) hasPriceFallen = hasPriceFallen || assetsNow * shares < assets * sharesNow;
        else hasPriceFallen = hasPriceFallen || assetsNow + _lossInStep < assets;
        for (uint64 id = 0; id <= ARBITER; ++id) {
            rated.look(id);
        }
    }

    constructor() {
        _deploy();
        rated = new CreditModel(credit);
        for (uint32 i = 1; i <= 13; ++i) {
            address account = _account(i);
            parties.push(account);
            dollar.mint(account, 1e15);
            fortune[account] = 1e15;
            vm.startPrank(account);
            dollar.approve(address(escrow), type(uint256).max);
            dollar.approve(address(insurance), type(uint256).max);
            dollar.approve(address(pool), type(uint256).max);
            vm.stopPrank();
        }
        _register(1, _bit(Role.Buyer), _party(1));
        _register(2, _bit(Role.Buyer) | _bit(Role.Seller), _party(2));
        _register(4, _bit(Role.Seller), _party(4));
        _register(5, _bit(Role.Seller) | _bit(Role.Producer), _party(5));
        _register(6, _bit(Role.Carrier), _party(6));
        _register(7, _bit(Role.Carrier), _party(7));
        _register(WAREHOUSE, _bit(Role.Warehouse), _party(8));
        _register(INSURER, _bit(Role.Insurer), _party(9));
        _register(ARBITER, _bit(Role.Arbiter), _party(10));
    }

    // What buyers and sellers do

    function open(uint256 seed, uint256 amount) public step(seed) {
        if (_trades.length == MOST_TRADES) return;
        Order memory order = _draftOrder(seed, amount);
        bytes32 id = escrow.orderIdOf(order);
        uint256 weight = 1;
        for (uint256 dollars = 1 + order.amount / 1e6; dollars > 1; dollars /= 2) {
            ++weight;
        }
        escrow.open(order, _sign(order.buyer, id), _sign(order.seller, id));
        fortune[order.buyer] -= order.amount;

        Trade storage trade = _trades.push();
        trade.order = order;
        trade.id = id;
        trade.state = OrderState.Open;
        trade.weight = uint16(weight);
        ++count["open"];
    }

    function settle(uint256 seed) public step(seed) {
        (bool isFound, uint256 index) = _pick(seed, _isDeliveredAndOpen);
        if (!isFound) return;
        Trade storage trade = _trades[index];
        bool isDue =
            trade.state == OrderState.Open && trade.deliveredAt != 0 && trade.deliveredAt <= trade.order.refundAfter;
        try escrow.settle(trade.order) {
            assertTrue(isDue, "settled an order that is not due");
            _end(trade, OrderState.Released, WHOLE);
        } catch {
            assertFalse(isDue, "an order that is due did not settle");
        }
    }

    function refund(uint256 seed) public step(seed) {
        if (seed % 4 != 0) return;
        (bool isFound, uint256 index) = _pick(seed / 4, _isOpen);
        if (!isFound) return;
        Trade storage trade = _trades[index];
        bool isDue = trade.state == OrderState.Open && (_isUnshipped(trade) || _isUndelivered(trade));
        try escrow.refund(trade.order) {
            assertTrue(isDue, "refunded an order that is not due");
            _end(trade, OrderState.Refunded, 0);
        } catch {
            assertFalse(isDue, "an order that is due was not refunded");
        }
    }

    /// @dev By both, or by one side alone: the seller's gives everything up, the buyer pays everything.
    function agree(uint256 seed, uint256 share) public step(seed) {
        if (seed % 4 != 0) return;
        (bool isFound, uint256 index) = _pick(seed / 4, _isOpen);
        if (!isFound) return;
        _endByConsent(_trades[index], seed, uint16(share % (WHOLE + 1)));
    }

    function withdraw(uint256 seed, uint256 toSeed) public step(seed) {
        (address payee, address to) = (_anyone(seed), _anyone(toSeed));
        for (uint256 i = 0; i < parties.length && escrow.withdrawable(address(dollar), payee) == 0; ++i) {
            payee = parties[i];
        }
        uint256 amount = escrow.withdrawable(address(dollar), payee);
        bool isDue = amount != 0 && !dollar.isRefused(to);
        vm.prank(payee);
        try escrow.withdraw(address(dollar), to) {
            assertTrue(isDue, "withdrew what is not there");
            fortune[payee] -= amount;
            fortune[to] += amount;
            ++count["withdraw"];
        } catch {
            assertFalse(isDue, "a withdrawal failed");
        }
    }

    // What happens to the goods

    function create(uint256 seed) public step(seed) {
        (bool isFound, uint256 index) = _pick(seed, _isUncreated);
        if (!isFound) return;
        Trade storage trade = _trades[index];
        bool isDue = trade.state == OrderState.Open && trade.shipment == ShipmentState.None;
        try ledger.create(trade.order) {
            assertTrue(isDue, "created the shipment of no open order");
            trade.custodianId = trade.order.sellerId;
            _change(trade, ShipmentState.Created);
        } catch {
            assertFalse(isDue, "an open order's shipment was not created");
        }
        if (seed % 8 != 0 && _coin(seed, "ship")) _passCustody(trade, 1);
    }

    function handOver(uint256 seed, uint256 toSeed) public step(seed) {
        (bool isFound, uint256 index) = _pick(seed, _isMoving);
        if (isFound) _passCustody(_trades[index], toSeed);
    }

    function tender(uint256 seed) public step(seed) {
        (bool isFound, uint256 index) = _pick(seed, _isInTransit);
        if (!isFound) return;
        Trade storage trade = _trades[index];
        bool isDue = trade.shipment == ShipmentState.InTransit;
        vm.prank(_party(trade.custodianId));
        try ledger.tender(trade.order, keccak256("photo")) {
            assertTrue(isDue, "tendered what is not in transit");
            trade.tenderedAt = uint40(clock);
            _change(trade, ShipmentState.Tendered);
            ++count["tender"];
        } catch {
            assertFalse(isDue, "a tender failed");
        }
    }

    function dispute(uint256 seed) public step(seed) {
        (bool isFound, uint256 index) = _pick(seed, _isTendered);
        if (!isFound) return;
        Trade storage trade = _trades[index];
        bool isDue = trade.shipment == ShipmentState.Tendered
            && clock <= uint256(trade.tenderedAt) + trade.order.acceptanceWindow;
        vm.prank(_consignee(trade.order));
        try ledger.dispute(trade.order, keccak256("damage")) {
            assertTrue(isDue, "disputed too late or no tender");
            trade.disputedAt = uint40(clock);
            _change(trade, ShipmentState.Disputed);
            ++count["dispute"];
        } catch {
            assertFalse(isDue, "a dispute in time failed");
        }
    }

    function rule(uint256 seed) public step(seed) {
        (bool isUpheld, bool isClaiming) = (_coin(seed, "upheld"), _coin(seed, "claiming"));
        (bool isFound, uint256 index) = _pick(seed, _isDisputed);
        if (!isFound) return;
        Trade storage trade = _trades[index];
        bool isDue = trade.shipment == ShipmentState.Disputed && trade.order.arbiterId == ARBITER
            && clock <= uint256(trade.disputedAt) + trade.order.arbitrationPeriod;
        vm.prank(_party(ARBITER));
        try ledger.rule(trade.order, isUpheld, _policiesOf(index, isClaiming)) {
            assertTrue(isDue, "ruled against the rules");
            _decide(index, isUpheld, isClaiming);
            ++count[isUpheld ? "uphold" : "reject"];
        } catch {
            assertFalse(isDue, "a ruling in time failed");
        }
    }

    function conclude(uint256 seed) public step(seed) {
        if (seed % 2 == 0) return;
        bool isClaiming = _coin(seed, "claiming");
        (bool isFound, uint256 index) = _pick(seed / 2, _isTenderedOrDisputed);
        if (!isFound) return;
        Trade storage trade = _trades[index];
        bool isSilent = trade.shipment == ShipmentState.Tendered;
        bool isDue = isSilent
            ? clock > uint256(trade.tenderedAt) + trade.order.acceptanceWindow
            : trade.shipment == ShipmentState.Disputed
                && clock > uint256(trade.disputedAt) + trade.order.arbitrationPeriod;
        try ledger.concludeTender(trade.order, _policiesOf(index, isClaiming)) {
            assertTrue(isDue, "concluded while somebody could still speak");
            _decide(index, isSilent || trade.order.upholdByDefault, isClaiming);
            ++count[isSilent ? "accept by silence" : "default"];
        } catch {
            assertFalse(isDue, "silence did not conclude");
        }
    }

    function deliver(uint256 seed) public step(seed) {
        if (seed % 2 == 0) return;
        bool isClaiming = _coin(seed, "claiming");
        (bool isFound, uint256 index) = _pick(seed / 2, _isUndeliveredYet);
        if (!isFound) return;
        Trade storage trade = _trades[index];
        bool isDue = trade.shipment != ShipmentState.None && trade.shipment != ShipmentState.Delivered;
        bytes32 digest = ledger.deliveryDigest(Delivery(_shipmentId(trade), trade.changes, 0, 0, keccak256("receipt")));
        address consignee = _consignee(trade.order);
        Signature memory signature = Signature(consignee, _sign(consignee, digest));
        try ledger.deliver(trade.order, keccak256("receipt"), signature, _policiesOf(index, isClaiming)) {
            assertTrue(isDue, "delivered twice or from nowhere");
            _deliverInModel(index, isClaiming);
            ++count["deliver"];
        } catch {
            assertFalse(isDue, "a signed delivery failed");
        }
    }

    /// @dev At times before it can be known what happened on the way, again, or without the last leg.
    function rateJourney(uint256 seed) public step(seed) {
        (bool isFound, uint256 index) = _pick(seed, _isToBeRated);
        if (!isFound) return;
        Trade storage trade = _trades[index];
        if (_coin(seed, "wait") && clock < uint256(trade.endedAt) + 30 days) vm.warp(clock = trade.endedAt + 30 days);
        Leg[] memory legs = _legs[trade.id];
        bool isShortened = legs.length != 0 && seed / 64 % 8 == 0;
        if (isShortened) {
            assembly ("memory-safe") { mstore(legs, sub(mload(legs), 1)) }
        }
        uint256 arrivedBy = trade.deliveredAt == 0 ? trade.order.refundAfter : trade.deliveredAt;
        bool isDue = _isToBeRated(trade) && clock >= uint256(trade.endedAt) + 30 days && clock >= arrivedBy + 30 days
            && !isShortened;
        vm.prank(_anyone(seed));
        try credit.rateJourney(trade.order, legs) {
            assertTrue(isDue, "a journey was rated out of turn");
            trade.isRated = true;
            Passage memory passage;
            (passage.order, passage.legs, passage.weight) = (trade.order, legs, trade.weight);
            (passage.state, passage.endedAt) = (trade.state, trade.endedAt);
            (passage.deliveredAt, passage.asOf) = (trade.deliveredAt, clock);
            rated.rateJourney(passage);
            ++count["rateJourney"];
        } catch {
            assertFalse(isDue, "a journey was not rated");
        }
    }

    // What insurer, holders and shareholders do

    function insure(uint256 seed, uint256 premium, uint256 maximum) public step(seed) {
        (bool isFound, uint256 index) = _pick(seed, _isInsurable);
        if (!isFound) return;
        Trade storage trade = _trades[index];
        Quote memory quote = _draftQuote(trade, seed, premium, maximum);
        uint256 most = uint256(trade.order.amount) * quote.capBps / 10_000;
        bool isDue = trade.state == OrderState.Open && trade.shippedAt == 0 && trade.deliveredAt == 0
            && quote.maximum >= most && trade.covered + quote.maximum <= trade.order.amount
            && locked() + quote.maximum <= capital();
        bytes32 id = insurance.policyIdOf(quote);
        address underwriter = _party(INSURER);
        try insurance.insure(trade.order, quote, _sign(quote.holder, id), underwriter, _sign(underwriter, id)) {
            assertTrue(isDue, "insured against the rules");
            fortune[quote.holder] -= quote.premium;
            trade.covered += quote.maximum;
            _covers.push(Cover(quote, id, index, PolicyState.Active, uint40(clock), 0));
            ++count["insure"];
        } catch {
            assertFalse(isDue, "cover within the rules was refused");
        }
    }

    function claim(uint256 seed) public step(seed) {
        if (_covers.length == 0) return;
        uint256 start = seed / 8 % _covers.length;
        uint256 index = start;
        for (uint256 i = 0; i < _covers.length; ++i) {
            index = (start + i) % _covers.length;
            if (seed % 8 == 0) break;
            if (_covers[index].state == PolicyState.Active && verdictOf(index).isDecided) break;
        }
        Cover storage cover = _covers[index];
        bool isDue = cover.state == PolicyState.Active && verdictOf(index).isDecided;
        try insurance.claim(_trades[cover.trade].order, cover.quote) {
            assertTrue(isDue, "claimed twice or before it was decided");
            _claimInModel(index);
        } catch {
            assertFalse(isDue, "a decided claim failed");
        }
    }

    function deposit(uint256 seed, uint256 assets) public step(seed) {
        address owner = _shareholder(seed);
        assets = _bound(assets, 0, 3e9);
        vm.prank(owner);
        uint256 shares = pool.deposit(assets, owner);
        assertLe(pool.convertToAssets(shares), assets, "a deposit gave more than it took");
        fortune[owner] -= assets;
        ++count["deposit"];
    }

    function donate(uint256 seed, uint256 assets) public step(seed) {
        if (seed % 4 != 0) return;
        address donor = _shareholder(seed / 4);
        assets = _bound(assets, 0, 1e9);
        vm.prank(donor);
        assertTrue(dollar.transfer(address(pool), assets));
        fortune[donor] -= assets;
        ++count["donate"];
    }

    function requestExit(uint256 seed, uint256 shares) public step(seed) {
        if (seed % 4 != 0) return;
        address owner = _shareholder(seed / 4);
        uint256 held = pool.balanceOf(owner);
        if (held == 0) return;
        shares = _bound(shares, 1, held);
        vm.prank(owner);
        pool.requestExit(shares);
        uint256 epoch = pool.EPOCH();
        _exits[owner].shares += uint216(shares);
        _exits[owner].maturesAt = uint40(clock - clock % epoch + 2 * epoch);
        ++count["requestExit"];
    }

    function cancelExit(uint256 seed) public step(seed) {
        address owner = _shareholder(seed);
        for (uint256 i = 0; i < 3 && !_isLapsed(owner); ++i) {
            owner = _shareholder(i);
        }
        if (seed % 16 != 0 && !_isLapsed(owner)) return;
        uint256 shares = _exits[owner].shares;
        uint256 held = pool.balanceOf(owner);
        if (_isLapsed(owner)) ++count["cancelLapsedExit"];
        vm.prank(owner);
        try pool.cancelExit() {
            assertEq(pool.balanceOf(owner), held + shares, "shares went astray");
            assertGt(shares, 0, "cancelled nothing");
            delete _exits[owner];
            ++count["cancelExit"];
        } catch {
            assertEq(shares, 0, "an exit could not be cancelled");
        }
    }

    function redeem(uint256 seed, uint256 shares) public step(seed) {
        address owner = _shareholder(seed);
        for (uint256 i = 0; i < 3 && !_isOpenDoor(owner); ++i) {
            owner = _shareholder(i);
        }
        ExitRequest memory request = _exits[owner];
        if (request.shares == 0) return;
        shares = _bound(shares, 1, request.shares);
        uint256 assets = pool.previewRedeem(shares);
        uint256 free = capital() - locked();
        bool isOpenNow = _isOpenDoor(owner);
        if (pool.totalAssets() < free) free = pool.totalAssets();
        bool isFree = pool.previewRedeem(request.shares) <= free || shares <= pool.convertToShares(free);
        bool isDue = isOpenNow && isFree && !dollar.isRefused(owner);
        uint256 unvested = shares == pool.totalSupply() ? _unvested() : 0;
        vm.prank(owner);
        try pool.redeem(shares, owner, owner) {
            assertTrue(isDue, "left out of turn");
            fortune[owner] += assets;
            firstLoss += unvested;
            if (shares == request.shares) delete _exits[owner];
            else _exits[owner].shares -= uint216(shares);
            ++count["redeem"];
        } catch {
            assertFalse(isDue, "a matured exit failed");
            ++count[isOpenNow ? "redeemLocked" : "redeemOutOfTurn"];
        }
    }

    function depositFirstLoss(uint256 seed, uint256 amount) public step(seed) {
        address insurer = _party(INSURER);
        amount = _bound(amount, 0, 1e8);
        vm.prank(insurer);
        pool.depositFirstLoss(amount);
        fortune[insurer] -= amount;
        firstLoss += amount;
        ++count["depositFirstLoss"];
    }

    function withdrawFirstLoss(uint256 seed, uint256 amount) public step(seed) {
        amount = _bound(amount, 0, firstLoss + 1);
        address insurer = seed % 8 == 0 ? _anyone(seed / 8) : _party(INSURER);
        bool isDue = locked() == 0 && amount <= firstLoss && insurer == _party(INSURER) && !dollar.isRefused(insurer);
        vm.prank(insurer);
        try pool.withdrawFirstLoss(amount, insurer) {
            assertTrue(isDue, "first-loss capital left against the rules");
            fortune[insurer] += amount;
            firstLoss -= amount;
            ++count["withdrawFirstLoss"];
        } catch {
            assertFalse(isDue, "free first-loss capital could not leave");
        }
    }

    function withdrawDeferred(uint256 seed, uint256 toSeed) public step(seed) {
        (address payee, address to) = (_anyone(seed), _anyone(toSeed));
        for (uint256 i = 0; i < parties.length && pool.deferredOf(payee) == 0; ++i) {
            payee = parties[i];
        }
        uint256 amount = pool.deferredOf(payee);
        bool isDue = amount != 0 && !dollar.isRefused(to);
        vm.prank(payee);
        try pool.withdrawDeferred(to) {
            assertTrue(isDue, "withdrew what is not there");
            fortune[payee] -= amount;
            fortune[to] += amount;
            ++count["withdrawDeferred"];
        } catch {
            assertFalse(isDue, "a withdrawal failed");
        }
    }

    // What the world does

    function refuse(uint256 seed) public step(seed) {
        address account = _anyone(seed);
        dollar.refuse(account, seed % 3 == 0);
    }

    function passTime(uint256 seed) public step(seed) {
        uint256 kind = seed % 8;
        uint40 maturesAt = _exits[_shareholder(seed / 8)].maturesAt;
        if (kind > 3 && maturesAt > clock) clock = maturesAt + seed % 4 days;
        else if (kind < 6) clock += seed % 2 days;
        else if (kind < 7) clock += seed % 6 days;
        else clock += 20 days + seed % 20 days;
    }

    // The model, for invariants to read

    function tradeCount() external view returns (uint256) {
        return _trades.length;
    }

    function tradeAt(uint256 index) external view returns (Trade memory) {
        return _trades[index];
    }

    function coverCount() external view returns (uint256) {
        return _covers.length;
    }

    function coverAt(uint256 index) external view returns (Cover memory) {
        return _covers[index];
    }

    function exitAt(address owner) external view returns (ExitRequest memory) {
        return _exits[owner];
    }

    function partyCount() external view returns (uint256) {
        return parties.length;
    }

    /// @notice Sum of the maxima of active policies.
    function locked() public view returns (uint256 sum) {
        for (uint256 i = 0; i < _covers.length; ++i) {
            if (_covers[i].state == PolicyState.Active) sum += _covers[i].quote.maximum;
        }
    }

    /// @notice Premiums of active policies and payments that wait in the pool.
    function liabilities() public view returns (uint256 sum) {
        for (uint256 i = 0; i < _covers.length; ++i) {
            if (_covers[i].state == PolicyState.Active) sum += _covers[i].quote.premium;
        }
        for (uint256 i = 0; i < parties.length; ++i) {
            sum += pool.deferredOf(parties[i]);
        }
    }

    /// @notice What can pay claims.
    function capital() public view returns (uint256) {
        return dollar.balanceOf(address(pool)) - liabilities();
    }

    /// @notice What a policy's claim comes to now, counted day by day.
    function verdictOf(uint256 index) public view returns (Verdict memory verdict) {
        Cover storage cover = _covers[index];
        Trade storage trade = _trades[cover.trade];
        if (trade.shippedAt == 0) {
            bool isAgreed = trade.state == OrderState.Agreed;
            bool isVoid = isAgreed || trade.deliveredAt != 0 || clock > trade.order.shipBy;
            return Verdict(isVoid, false, PolicyState.Void, 0);
        }
        bool isPosthumous = trade.endedAt != 0 && trade.shippedAt > trade.endedAt;
        if (isPosthumous || trade.shippedAt < cover.inceptedAt || trade.shippedAt > trade.order.shipBy) {
            return Verdict(true, false, PolicyState.Void, 0);
        }
        if (trade.state == OrderState.Agreed) return Verdict(true, false, PolicyState.Expired, 0);
        if (trade.deliveredAt == 0 && !_isUndelivered(trade)) return verdict;
        uint256 bps = 0;
        uint256 end = trade.deliveredAt == 0 || trade.deliveredAt > trade.order.refundAfter
            ? trade.order.refundAfter
            : trade.deliveredAt;
        uint256 day = 0;
        for (uint256 time = trade.order.deliverBy; time < end; time += 1 days) {
            if (++day > cover.quote.graceDays) bps += cover.quote.bpsPerDay;
        }
        if (bps > cover.quote.capBps) bps = cover.quote.capBps;
        uint256 payout = uint256(trade.order.amount) * bps / 10_000;
        return Verdict(true, bps != 0, payout == 0 ? PolicyState.Expired : PolicyState.Paid, payout);
    }

    /// @dev Income that no share is left to receive.
    function _unvested() private view returns (uint256) {
        PoolBooks memory books = pool.books();
        uint256 end = uint256(books.vestedAt) + books.vestsIn;
        return end <= clock ? 0 : (books.unvested * (end - clock) + books.vestsIn - 1) / books.vestsIn;
    }

    function _endByConsent(Trade storage trade, uint256 seed, uint16 share) private {
        share = uint16(_coin(seed, "whole") ? WHOLE : _coin(seed, "nothing") ? 0 : share);
        bytes32 digest = escrow.consentDigest(trade.id, share, uint40(clock));
        bytes memory byBuyer = _consent(seed, "buyer", trade.order.buyer, trade.order.seller, digest);
        bytes memory bySeller = _consent(seed, "seller", trade.order.seller, trade.order.buyer, digest);
        address sender = _coin(seed, "seller sends") ? trade.order.seller : address(this);
        bool isConceded = share == 0 && byBuyer.length == 0 && sender == trade.order.seller;
        bool isGenuine = !_coin(seed, "forged") || trade.order.buyer == trade.order.seller;
        bool isBuyers = isConceded || sender == trade.order.buyer || byBuyer.length != 0 && isGenuine;
        bool isSellers = share == WHOLE || sender == trade.order.seller || bySeller.length != 0 && isGenuine;
        bool isDue = trade.state == OrderState.Open && isBuyers && isSellers;
        bool isDone = _agree(trade, share, byBuyer, bySeller, sender);
        assertEq(isDone, isDue, "agreed without those who must, or not with them");
        if (!isDue) return;
        trade.isConceded = isConceded;
        bool isEarned = trade.deliveredAt != 0 && trade.deliveredAt <= trade.order.refundAfter;
        OrderState agreed = share == WHOLE && isEarned ? OrderState.Released : OrderState.Agreed;
        _end(trade, isConceded ? OrderState.Refunded : agreed, share);
    }

    function _agree(Trade storage trade, uint16 share, bytes memory byBuyer, bytes memory bySeller, address sender)
        private
        returns (bool isDone)
    {
        Order memory order = trade.order;
        vm.prank(sender);
        (isDone,) = address(escrow)
            .call(abi.encodeCall(escrow.agree, (order, _plain(), share, uint40(clock), byBuyer, bySeller)));
    }

    function _passCustody(Trade storage trade, uint256 toSeed) private {
        bool isFirst = trade.shipment == ShipmentState.Created;
        uint64 toId = isFirst && toSeed % 8 != 0 ? trade.order.carrierId : uint64(6 + toSeed % 3);
        bool isDue = isFirst
            ? toId == trade.order.carrierId
            : trade.shipment == ShipmentState.InTransit && toId != trade.custodianId;
        isDue = isDue && toId != (trade.order.consigneeId == 0 ? trade.order.buyerId : trade.order.consigneeId);
        Terms memory terms;
        (terms.toId, terms.seal) = (toId, "seal");
        bytes32 digest = ledger.handoverDigest(
            Handover(_shipmentId(trade), trade.changes, trade.custodianId, toId, 0, 0, 0, "seal", 0)
        );
        Signature memory giver = _signed(trade.custodianId, digest);
        try ledger.handOver(trade.order, terms, giver, _signed(toId, digest)) {
            assertTrue(isDue, "custody passed against the rules");
            if (isFirst) trade.shippedAt = uint40(clock);
            trade.custodianId = toId;
            _legs[trade.id].push(Leg(toId, uint40(clock), 0, 0));
            _change(trade, ShipmentState.InTransit);
            ++count[isFirst ? "ship" : "handOver"];
        } catch {
            assertFalse(isDue, "custody did not pass");
        }
    }

    function _endByFacts(Trade storage trade, bool isEarned) private {
        _end(trade, isEarned ? OrderState.Released : OrderState.Refunded, isEarned ? WHOLE : 0);
    }

    function _end(Trade storage trade, OrderState state, uint256 share) private {
        trade.state = state;
        trade.endedAt = uint40(clock);
        trade.paid += trade.order.amount;
        uint256 toSeller = trade.order.amount * share / WHOLE;
        fortune[trade.order.seller] += toSeller;
        fortune[trade.order.buyer] += trade.order.amount - toSeller;
        if (state != OrderState.Agreed) {
            (uint64 sellerId, uint64 buyerId) = (trade.order.sellerId, trade.order.buyerId);
            TradeOutcome outcome = _outcomeOf(trade);
            rated.rateTrade(sellerId, buyerId, trade.weight, outcome);
            string[5] memory outcomes = ["kept", "half kept", "failed", "broken", "upheld"];
            ++count[outcomes[uint8(outcome)]];
        }
        if (trade.isConceded) ++count["concede"];
        ++count[state == OrderState.Released ? "release" : state == OrderState.Refunded ? "refund" : "agree"];
    }

    function _outcomeOf(Trade storage trade) private view returns (TradeOutcome) {
        if (trade.state == OrderState.Refunded) {
            return trade.shippedAt == 0 ? TradeOutcome.Broken : TradeOutcome.Lost;
        }
        if (trade.disputedAt != 0) return TradeOutcome.Upheld;
        bool isShippedLate = trade.shippedAt == 0 || trade.shippedAt > trade.order.shipBy;
        return isShippedLate && trade.deliveredAt > trade.order.deliverBy ? TradeOutcome.Late : TradeOutcome.Kept;
    }

    function _change(Trade storage trade, ShipmentState state) private {
        trade.shipment = state;
        ++trade.changes;
    }

    function _decide(uint256 index, bool isUpheld, bool isClaiming) private {
        if (isUpheld) {
            _deliverInModel(index, isClaiming);
        } else {
            (_trades[index].tenderedAt, _trades[index].disputedAt) = (0, 0);
            _change(_trades[index], ShipmentState.InTransit);
        }
    }

    function _deliverInModel(uint256 index, bool isClaiming) private {
        Trade storage trade = _trades[index];
        trade.deliveredAt = trade.tenderedAt != 0 ? trade.tenderedAt : uint40(clock);
        _change(trade, ShipmentState.Delivered);
        if (trade.state == OrderState.Open) {
            _endByFacts(trade, trade.deliveredAt <= trade.order.refundAfter);
        }
        for (uint256 i = 0; isClaiming && i < _covers.length; ++i) {
            if (_covers[i].trade == index && _covers[i].state == PolicyState.Active) _claimInModel(i);
        }
    }

    function _claimInModel(uint256 index) private {
        Verdict memory verdict = verdictOf(index);
        Cover storage cover = _covers[index];
        cover.state = verdict.state;
        if (verdict.isWorth) {
            Trade storage trade = _trades[cover.trade];
            bool isEarned = trade.deliveredAt != 0 && trade.deliveredAt <= trade.order.refundAfter;
            if (trade.state == OrderState.Open) _endByFacts(trade, isEarned);
        }
        if (verdict.state == PolicyState.Void) {
            fortune[cover.quote.holder] += cover.quote.premium;
            ++count["void"];
        } else if (verdict.state == PolicyState.Expired) {
            ++count["expire"];
        } else {
            cover.paid += verdict.payout;
            fortune[cover.quote.holder] += verdict.payout;
            uint256 own = verdict.payout < firstLoss ? verdict.payout : firstLoss;
            firstLoss -= own;
            _lossInStep += verdict.payout - own;
            Order storage order = _trades[cover.trade].order;
            uint64 holderId = cover.quote.holder == order.buyer ? order.buyerId : order.sellerId;
            rated.rateCover(INSURER, holderId, _trades[cover.trade].weight);
            ++count["pay"];
        }
        if (verdict.state != PolicyState.Void && pool.totalSupply() == 0) firstLoss += cover.quote.premium;
    }

    function _draftOrder(uint256 seed, uint256 amount) private view returns (Order memory order) {
        seed = uint256(keccak256(abi.encode(seed)));
        order.token = address(dollar);
        order.amount = uint128(_bound(amount, 1, 4e9));
        order.buyerId = uint64(1 + seed % 3);
        order.buyer = _party(order.buyerId);
        if (order.buyerId == 3) order.buyerId = 0;
        order.sellerId = uint64(seed / 3 % 8 == 0 ? 2 : 4 + seed / 24 % 2);
        order.seller = _party(order.sellerId);
        order.carrierId = uint64(6 + seed / 48 % 2);
        order.consigneeId = seed / 96 % 3 == 0 ? WAREHOUSE : order.buyerId;
        order.arbiterId = seed / 288 % 8 == 0 ? 0 : ARBITER;
        order.source = address(ledger);
        order.openBy = uint40(clock + 1 days);
        order.shipBy = uint40(order.openBy + seed / 1152 % 6 days);
        order.deliverBy = uint40(order.shipBy + seed / 2304 % 3 days);
        order.refundAfter = uint40(order.deliverBy + seed / 4608 % 15 days);
        order.acceptanceWindow = uint32(seed / 9216 % 4 days);
        order.arbitrationPeriod = uint32(seed / 18_432 % 3 * 2 days);
        order.upholdByDefault = seed / 36_864 % 2 == 0;
        order.goods = keccak256("goods");
        order.salt = bytes32(_trades.length);
        order.clauses = escrow.clausesHashOf(_plain());
    }

    function _draftQuote(Trade storage trade, uint256 seed, uint256 premium, uint256 maximum)
        private
        view
        returns (Quote memory quote)
    {
        seed = uint256(keccak256(abi.encode(seed)));
        quote.orderId = trade.id;
        quote.holder = seed % 4 == 0 ? trade.order.seller : trade.order.buyer;
        quote.pool = address(pool);
        quote.insurerId = INSURER;
        quote.premium = uint128(_bound(premium, 0, 1e8));
        quote.graceDays = uint16(seed / 4 % 3);
        quote.bpsPerDay = uint16(seed / 20 % 1000);
        quote.capBps = uint16(seed / 20_000 % 10_001);
        uint256 most = uint256(trade.order.amount) * quote.capBps / 10_000;
        quote.maximum = seed / 3 % 4 == 0 ? uint128(_bound(maximum, 0, trade.order.amount)) : uint128(most);
        quote.validUntil = uint40(clock);
        quote.salt = bytes32(_covers.length);
    }

    function _policiesOf(uint256 index, bool isClaiming) private view returns (Quote[] memory quotes) {
        if (!isClaiming) return quotes;
        uint256 size = 0;
        for (uint256 i = 0; i < _covers.length; ++i) {
            if (_covers[i].trade == index) ++size;
        }
        quotes = new Quote[](size);
        for (uint256 i = _covers.length; i > 0; --i) {
            if (_covers[i - 1].trade == index) quotes[--size] = _covers[i - 1].quote;
        }
    }

    /// @dev The first trade from a random one on that fits; sometimes any, so that refusals are tried too.
    function _pick(uint256 seed, function(Trade storage) view returns (bool) fits)
        private
        view
        returns (bool isFound, uint256 index)
    {
        if (_trades.length == 0) return (false, 0);
        uint256 start = seed / 8 % _trades.length;
        if (seed % 8 == 0) return (true, start);
        for (uint256 i = 0; i < _trades.length; ++i) {
            index = (start + i) % _trades.length;
            if (fits(_trades[index])) return (true, index);
        }
        return (false, 0);
    }

    /// @dev Of `side`, of the other one where it is forged, or none.
    function _consent(uint256 seed, string memory name, address side, address other, bytes32 digest)
        private
        view
        returns (bytes memory)
    {
        if (!_coin(seed, name)) return "";
        return _sign(_coin(seed, "forged") ? other : side, digest);
    }

    function _coin(uint256 seed, string memory side) private pure returns (bool) {
        return uint256(keccak256(abi.encode(seed, side))) % 2 == 0;
    }

    function _isToBeRated(Trade storage trade) private view returns (bool) {
        bool isPending = trade.shipment == ShipmentState.Tendered || trade.shipment == ShipmentState.Disputed;
        bool isByFacts = trade.state == OrderState.Released || trade.state == OrderState.Refunded;
        return isByFacts && trade.shippedAt != 0 && !isPending && !trade.isRated;
    }

    function _isOpen(Trade storage trade) private view returns (bool) {
        return trade.state == OrderState.Open;
    }

    function _isDeliveredAndOpen(Trade storage trade) private view returns (bool) {
        return _isOpen(trade) && trade.shipment == ShipmentState.Delivered;
    }

    function _isUncreated(Trade storage trade) private view returns (bool) {
        return _isOpen(trade) && trade.shipment == ShipmentState.None;
    }

    function _isInsurable(Trade storage trade) private view returns (bool) {
        return _isOpen(trade) && trade.shippedAt == 0 && clock <= trade.order.shipBy;
    }

    function _isMoving(Trade storage trade) private view returns (bool) {
        return trade.shipment == ShipmentState.Created || trade.shipment == ShipmentState.InTransit;
    }

    function _isInTransit(Trade storage trade) private view returns (bool) {
        return trade.shipment == ShipmentState.InTransit;
    }

    function _isTendered(Trade storage trade) private view returns (bool) {
        return trade.shipment == ShipmentState.Tendered;
    }

    function _isDisputed(Trade storage trade) private view returns (bool) {
        return trade.shipment == ShipmentState.Disputed;
    }

    function _isTenderedOrDisputed(Trade storage trade) private view returns (bool) {
        return _isTendered(trade) || _isDisputed(trade);
    }

    function _isUndeliveredYet(Trade storage trade) private view returns (bool) {
        return trade.shippedAt != 0 && trade.shipment != ShipmentState.Delivered;
    }

    function _isUnshipped(Trade storage trade) private view returns (bool) {
        return trade.shippedAt == 0 && trade.deliveredAt == 0 && clock > trade.order.shipBy;
    }

    function _isUndelivered(Trade storage trade) private view returns (bool) {
        if (trade.deliveredAt != 0) return trade.deliveredAt > trade.order.refundAfter;
        bool isOffered = trade.tenderedAt != 0 && trade.tenderedAt <= trade.order.refundAfter;
        return clock > trade.order.refundAfter && !isOffered;
    }

    function _isOpenDoor(address owner) private view returns (bool) {
        ExitRequest memory request = _exits[owner];
        return request.shares != 0 && request.maturesAt <= clock && clock < request.maturesAt + pool.EXIT_WINDOW();
    }

    function _isLapsed(address owner) private view returns (bool) {
        ExitRequest memory request = _exits[owner];
        return request.shares != 0 && clock >= request.maturesAt + pool.EXIT_WINDOW();
    }

    function _shipmentId(Trade storage trade) private view returns (bytes32) {
        return keccak256(abi.encode(trade.id, address(ledger)));
    }

    function _consignee(Order memory order) private view returns (address) {
        return order.consigneeId == 0 ? order.buyer : _party(order.consigneeId);
    }

    function _signed(uint64 id, bytes32 digest) private view returns (Signature memory) {
        address signer = _party(id);
        return Signature(signer, _sign(signer, digest));
    }

    /// @dev Parties are numbered from 1, as participants are; for custodian 0, of no shipment, anyone may sign.
    function _party(uint64 number) private view returns (address) {
        return parties[number == 0 ? 0 : number - 1];
    }

    function _anyone(uint256 seed) private view returns (address) {
        return parties[seed % parties.length];
    }

    function _shareholder(uint256 seed) private view returns (address) {
        return parties[10 + seed % 3];
    }
}
