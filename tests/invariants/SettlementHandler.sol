// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Copies, Deal, HookToken, MoodyPayee, WaywardSource, Way} from "./Deals.sol";
import {World} from "./World.sol";
import {Role} from "interfaces/IParticipantRegistry.sol";
import {WHOLE} from "interfaces/ISettlement.sol";
import {
    CustomsFacts,
    CustomsState,
    IShipmentSource,
    ShipmentFacts,
    ShipmentState
} from "interfaces/IShipmentSource.sol";
import {Clauses, Order, OrderState, Outcome, Payee, Payment} from "interfaces/ITradeEscrow.sol";

/// @notice Opens orders with clauses at random and brings them to every end, by the right and by the wrong ones. It works
/// out from the facts alone what every call should come to, and to whom the money should go. Time only moves here.
contract SettlementHandler is World {
    uint64 public constant SELLER = 1;
    uint64 public constant CARRIER = 2;
    uint64 public constant AUTHORITY = 3;
    uint64 public constant BROKER = 4;
    uint64 public constant INSPECTOR = 5;
    uint64 public constant ARBITER = 6;
    uint64 public constant BANK = 7;
    uint256 private constant MOST_DEALS = 16;
    uint256 private constant DUTY = 3;

    uint256 public clock = START;
    HookToken public hooks = new HookToken();
    WaywardSource[2] private _wayward =
        [new WaywardSource(WaywardSource.Mood.Live), new WaywardSource(WaywardSource.Mood.Silent)];
    MoodyPayee private _moody = new MoodyPayee();
    address[3] public tokens;
    /// @notice Everyone who may be paid: participants by number, then buyers, payees and the treasury.
    address[] public accounts;
    mapping(string thing => uint256) public count;
    /// @notice What an account received from an order.
    mapping(uint256 deal => mapping(address account => uint256)) public received;
    mapping(address account => uint256) private _indexOf;
    Deal[] private _deals;

    modifier step(uint256 seed) {
        clock += seed % 1 hours;
        vm.warp(clock);
        _;
    }

    constructor() {
        _deploy();
        tokens = [address(dollar), address(0), address(hooks)];
        escrow.listToken(address(0));
        escrow.listToken(address(hooks));
        for (uint32 i = 0; i < 14; ++i) {
            address account = i == 13 ? address(_moody) : _account(i);
            _indexOf[account] = i;
            accounts.push(account);
            dollar.mint(account, 1e15);
            hooks.mint(account, 1e15);
            vm.startPrank(account);
            for (uint256 j = 0; j < 3; j += 2) {
                IERC20(tokens[j]).approve(address(escrow), type(uint256).max);
                IERC20(tokens[j]).approve(address(notes), type(uint256).max);
            }
            vm.stopPrank();
        }
        Role[7] memory roles = [
            Role.Seller,
            Role.Carrier,
            Role.CustomsAuthority,
            Role.CustomsBroker,
            Role.Inspector,
            Role.Arbiter,
            Role.Bank
        ];
        for (uint64 id = 1; id <= 7; ++id) {
            _register(id, _bit(roles[id - 1]), accounts[id]);
        }
        vm.deal(address(this), type(uint128).max);
    }

    // What buyers and sellers do

    function open(uint256 seed, uint256 amount) public step(seed) {
        if (_deals.length == MOST_DEALS) return;
        Clauses memory clauses = _draftClauses(seed, amount = _bound(amount, 1, 1e12));
        Order memory order = _draftOrder(seed, uint128(amount), clauses.customsId != 0);
        order.clauses = escrow.clausesHashOf(clauses);
        bytes32 id = escrow.orderIdOf(order);
        bool isDue = !escrow.isOpeningPaused() && !_isRefused(order.token, address(escrow));
        uint256 value = order.token == address(0) ? amount : 0;
        bytes memory call =
            abi.encodeCall(escrow.openWithClauses, (order, clauses, _sign(order.buyer, id), _sign(order.seller, id)));
        (bool isDone,) = address(escrow).call{value: value}(call);
        assertEq(isDone, isDue, "opened while paused, or not");
        if (!isDone) return;
        Deal storage deal = _deals.push();
        (deal.order, deal.id) = (order, id);
        Copies.copy(deal.clauses, clauses);
        deal.shipmentId = keccak256(abi.encode(id, order.source));
        deal.isLying = seed / 7 % 8 == 0 && order.source != address(ledger);
        ++count["open"];
    }

    function conclude(uint256 seed) public step(seed) {
        (bool isFound, uint256 index) = _pick(seed);
        if (!isFound) return;
        Deal storage deal = _deals[index];
        (Outcome outcome, Way way) = verdictOf(index);
        bool isDue = deal.way == Way.None && outcome != Outcome.Pending;
        uint256[] memory plan;
        if (isDue) {
            deal.share = outcome == Outcome.Earned ? WHOLE : 0;
            plan = _planEnd(index, deal.share, true);
            _assertQuoted(deal, outcome, plan);
        }
        uint256[] memory before = _worths(deal.order.token);
        _armHook(index);
        assertEq(
            _try(abi.encodeCall(escrow.conclude, (deal.order, deal.clauses))), isDue, "concluded against the facts"
        );
        if (isDue) _end(index, way, outcome == Outcome.Earned ? OrderState.Released : OrderState.Refunded);
        _assertPaid(index, before, plan);
    }

    function concludeMany(uint256 seed) public step(seed) {
        uint256 size = _deals.length < 3 ? _deals.length : 3;
        if (size == 0) return;
        Order[] memory orders = new Order[](size + 1);
        Clauses[] memory clauses = new Clauses[](size + 1);
        for (uint256 i = 0; i <= size; ++i) {
            // The last is the first once more.
            uint256 index = (seed / 8 + (i == size ? 0 : i)) % _deals.length;
            (orders[i], clauses[i]) = (_deals[index].order, _deals[index].clauses);
        }
        uint256[][3] memory before = [_worths(tokens[0]), _worths(tokens[1]), _worths(tokens[2])];
        uint256[][3] memory plans;
        uint256 expected = 0;
        for (uint256 i = 0; i < 3; ++i) {
            plans[i] = new uint256[](accounts.length);
        }
        for (uint256 i = 0; i < size; ++i) {
            if (_planToConclude((seed / 8 + i) % _deals.length, plans)) ++expected;
        }
        assertEq(escrow.concludeMany(orders, clauses), expected, "concluded another number");
        for (uint256 i = 0; i < 3; ++i) {
            _assertGrown(tokens[i], before[i], plans[i]);
        }
        if (expected > 1) ++count["concludeMany"];
    }

    function advance(uint256 seed) public step(seed) {
        (bool isFound, uint256 index) = _pick(seed);
        if (!isFound) return;
        Deal storage deal = _deals[index];
        uint256[] memory plan = new uint256[](accounts.length);
        uint8 mask = deal.way == Way.None ? _planDues(index, plan, true) : 0;
        (Outcome outcome,) = verdictOf(index);
        if (mask != 0 && outcome == Outcome.Pending) _assertQuoted(deal, outcome, plan);
        uint256[] memory before = _worths(deal.order.token);
        _armHook(index);
        assertEq(
            _try(abi.encodeCall(escrow.advance, (deal.order, deal.clauses))), mask != 0, "advanced what is not due"
        );
        deal.paid |= mask;
        if (mask & 7 != 0) ++count["milestone"];
        if (mask & 8 != 0) ++count["duty"];
        _assertPaid(index, before, plan);
    }

    /// @dev Within the inspection window the buyer mostly accepts.
    function agree(uint256 seed, uint256 share) public step(seed) {
        if (_hash(seed, "rarely") % 3 != 0) return;
        bool isEarly = _coin(seed, "early");
        (bool isFound, uint256 index) = isEarly ? _pickWhere(seed, _isContestable) : _pick(seed);
        if (!isFound) return;
        share = isEarly || _coin(seed, "whole") ? WHOLE : _coin(seed, "nothing") ? 0 : _bound(share, 0, WHOLE);
        address[4] memory signers = [address(0), sideOf(index), accounts[SELLER], accounts[BROKER]];
        _agreeOn(index, uint16(share), isEarly || _coin(seed, "buyer"), signers[_hash(seed, "seller") % 4]);
    }

    function contest(uint256 seed) public step(seed) {
        (bool isFound, uint256 index) = _pickWhere(seed, _isContestable);
        if (!isFound) return;
        Deal storage deal = _deals[index];
        bool isDue = _isContestable(index) && _hash(seed, "stranger") % 8 != 0;
        vm.prank(isDue ? deal.order.buyer : deal.order.seller);
        assertEq(
            _try(abi.encodeCall(escrow.contest, (deal.order, deal.clauses, "mouldy"))), isDue, "contested out of turn"
        );
        if (!isDue) return;
        deal.contestedAt = uint40(clock);
        ++count["contest"];
    }

    function arbitrate(uint256 seed, uint256 share) public step(seed) {
        (bool isFound, uint256 index) = _pickWhere(seed, _isArbitrable);
        if (!isFound) return;
        share = _bound(share, 0, WHOLE);
        Deal storage deal = _deals[index];
        bool isStranger = _hash(seed, "stranger") % 8 == 0;
        bool isDue = !isStranger && deal.order.arbiterId != 0 && _isArbitrable(index);
        uint256[] memory plan;
        if (isDue) {
            deal.share = uint16(share);
            plan = _planEnd(index, share, false);
        }
        uint256[] memory before = _worths(deal.order.token);
        vm.prank(accounts[isStranger ? SELLER : ARBITER]);
        bool isDone = _try(abi.encodeCall(escrow.arbitrate, (deal.order, deal.clauses, uint16(share))));
        assertEq(isDone, isDue, "arbitrated out of turn");
        if (isDone) _end(index, Way.Arbitration, OrderState.Arbitrated);
        _assertPaid(index, before, plan);
    }

    function withdraw(uint256 seed) public step(seed) {
        address token = tokens[seed % 3];
        for (uint256 i = 0; i < accounts.length; ++i) {
            address account = accounts[(seed / 3 + i) % accounts.length];
            uint256 amount = escrow.withdrawable(token, account);
            if (amount == 0) continue;
            address to = accounts[seed / 64 % 13];
            bool isDue = !_isRefused(token, to);
            vm.prank(account);
            assertEq(_try(abi.encodeCall(escrow.withdraw, (token, to))), isDue, "a withdrawal failed, or did not");
            if (isDue) ++count["withdraw"];
            return;
        }
    }

    // What happens beside

    /// @dev Facts come in their order, be it now or never; those of a liar are as they please.
    function tell(uint256 seed) public step(seed) {
        for (uint256 i = 0; i < _deals.length; ++i) {
            if (_hash(seed / 2 + i, "news") % 2 == 0 && _isWayward(i)) _tell(i, _hash(seed, "tell"));
        }
    }

    function turnSource(uint256 seed) public step(seed) {
        if (seed % 4 != 0) return;
        _wayward[seed / 4 % 2].turn(WaywardSource.Mood(seed / 8 % 5 == 0 ? 2 : seed / 8 % 2));
    }

    function refuse(uint256 seed) public step(seed) {
        address account = accounts[seed / 64 % 2 == 0 ? seed / 128 % 13 : seed / 128 % 2 == 0 ? SELLER : BANK];
        if (seed % 4 == 0) dollar.refuse(account, !dollar.isRefused(account));
        if (seed % 4 == 1) hooks.setBlocked(account, !hooks.isBlocked(account));
        if (seed % 4 == 2) _moody.turn();
    }

    function pause(uint256 seed) public step(seed) {
        escrow.pauseOpening(seed % 4 == 0);
    }

    function passTime(uint256 seed) public step(seed) {
        uint256 kind = seed / 64 % 40;
        clock += kind < 30 ? seed % 1 days : kind < 39 ? seed % 4 days : 40 days;
    }

    // For the other handlers and the invariants

    /// @dev Keys sign for whoever plays them.
    function sign(address signer, bytes32 digest) external view returns (bytes memory) {
        return _sign(signer, digest);
    }

    function noteSold(uint256 index) external {
        ++_deals[index].sales;
    }

    function dealCount() external view returns (uint256) {
        return _deals.length;
    }

    function accountCount() external view returns (uint256) {
        return accounts.length;
    }

    function dealAt(uint256 index) external view returns (Deal memory) {
        return _deals[index];
    }

    function wait(uint256 time) external step(0) {
        clock += time;
    }

    function turnAll(WaywardSource.Mood mood, uint256 time) external {
        vm.warp(time);
        _wayward[0].turn(mood);
        _wayward[1].turn(mood);
    }

    function acceptAll() external {
        for (uint256 i = 0; i < accounts.length; ++i) {
            dollar.refuse(accounts[i], false);
            hooks.setBlocked(accounts[i], false);
        }
        if (!_moody.isOpen()) _moody.turn();
        escrow.pauseOpening(true);
    }

    function isRefused(address token, address account) external view returns (bool) {
        return _isRefused(token, account);
    }

    /// @notice Who is the seller's side.
    function sideOf(uint256 index) public view returns (address) {
        Deal storage deal = _deals[index];
        return deal.sales == 0 ? deal.order.seller : notes.ownerOf(uint256(deal.id));
    }

    /// @notice What is to become of an order now, and by what, told from the facts a second time.
    function verdictOf(uint256 index) public view returns (Outcome, Way) {
        Deal storage deal = _deals[index];
        Outcome silence = deal.order.upholdByDefault ? Outcome.Earned : Outcome.Failed;
        if (deal.contestedAt != 0) {
            bool isOver = clock > uint256(deal.contestedAt) + deal.order.arbitrationPeriod;
            return (isOver ? silence : Outcome.Pending, Way.Default);
        }
        (Outcome outcome, uint256 at) = factsSay(index);
        if (outcome == Outcome.Earned && _asks(deal, 3) && clock <= at + deal.clauses.inspectionWindow) {
            return (Outcome.Pending, Way.Facts);
        }
        if (outcome != Outcome.Pending || clock <= lastOf(index) + 30 days) return (outcome, Way.Facts);
        (ShipmentFacts memory facts, CustomsFacts memory customs) = _read(deal);
        bool isKnown = facts.asOf > lastOf(index) && (deal.clauses.customsId == 0 || customs.asOf > lastOf(index));
        if (isKnown && facts.state == ShipmentState.Tendered) return (Outcome.Earned, Way.Facts);
        return (silence, Way.Default);
    }

    /// @notice What the facts alone say, and since when.
    function factsSay(uint256 index) public view returns (Outcome, uint256 at) {
        Deal storage deal = _deals[index];
        (ShipmentFacts memory facts,) = _read(deal);
        if (facts.shippedAt == 0 && facts.deliveredAt == 0 && facts.asOf > deal.order.shipBy) {
            return (Outcome.Failed, 0);
        }
        bool isPending = false;
        for (uint256 i = 0; i < 3; ++i) {
            if (!_asks(deal, i)) continue;
            (uint256 happened, bool isNever) = _happened(deal, i);
            if (isNever || happened > deal.order.refundAfter) return (Outcome.Failed, 0);
            if (happened == 0) isPending = true;
            if (happened > at) at = happened;
        }
        return (isPending ? Outcome.Pending : Outcome.Earned, at);
    }

    /// @notice By then every period that the parties agreed on is over.
    function lastOf(uint256 index) public view returns (uint256) {
        Order storage order = _deals[index].order;
        uint256 last = order.shipBy > order.refundAfter ? order.shipBy : order.refundAfter;
        return last + order.acceptanceWindow + order.arbitrationPeriod + _deals[index].clauses.inspectionWindow;
    }

    /// @dev When a condition was met; whether it is known that it will not be by refund-after.
    function _happened(Deal storage deal, uint256 condition) private view returns (uint256 at, bool isNever) {
        (ShipmentFacts memory facts, CustomsFacts memory customs) = _read(deal);
        uint256 end = deal.order.refundAfter;
        if (condition == 0) return _when(facts.shippedAt == 0 ? facts.deliveredAt : facts.shippedAt, facts.asOf > end);
        if (condition == 1) return _when(customs.releasedAt, customs.asOf > end || _isFinal(customs));
        bool isOffered = facts.tenderedAt != 0 && facts.tenderedAt <= end;
        return _when(facts.deliveredAt, facts.asOf > end && !isOffered);
    }

    function _when(uint256 at, bool isTooLate) private pure returns (uint256, bool) {
        return (at, at == 0 && isTooLate);
    }

    function _isFinal(CustomsFacts memory customs) private pure returns (bool) {
        return customs.state >= CustomsState.Refused && customs.asOf > customs.finalAt;
    }

    function _isPendingAtCustoms(Deal storage deal) private view returns (bool) {
        (, CustomsFacts memory customs) = _read(deal);
        return customs.state != CustomsState.None && customs.state != CustomsState.Released && !_isFinal(customs);
    }

    function _isContestable(uint256 index) private view returns (bool) {
        Deal storage deal = _deals[index];
        if (deal.way != Way.None || deal.contestedAt != 0 || !_asks(deal, 3)) return false;
        (Outcome outcome, uint256 at) = factsSay(index);
        return outcome == Outcome.Earned && clock <= at + deal.clauses.inspectionWindow;
    }

    function _isArbitrable(uint256 index) private view returns (bool) {
        Deal storage deal = _deals[index];
        if (deal.way != Way.None) return false;
        if (deal.contestedAt != 0) return clock <= uint256(deal.contestedAt) + deal.order.arbitrationPeriod;
        (Outcome outcome,) = factsSay(index);
        (ShipmentFacts memory facts, CustomsFacts memory customs) = _read(deal);
        bool isSilent = facts.asOf <= lastOf(index) || deal.clauses.customsId != 0 && customs.asOf <= lastOf(index);
        return outcome == Outcome.Pending && clock > lastOf(index) && isSilent;
    }

    function _tell(uint256 index, uint256 seed) private {
        Deal storage deal = _deals[index];
        WaywardSource source = WaywardSource(deal.order.source);
        if (source.mood() == WaywardSource.Mood.Broken) return;
        (ShipmentFacts memory facts, CustomsFacts memory customs) =
            (source.factsOf(deal.shipmentId), source.customsOf(deal.shipmentId));
        for (uint256 i = 0; i <= seed / 8 % 2; ++i) {
            _moveGoods(facts, _hash(seed + i, "goods"));
            if (deal.clauses.customsId != 0) _moveCustoms(deal, customs, _hash(seed + i, "customs"));
        }
        if (deal.isLying) customs.duty = uint128(_hash(seed, "lie") % 2 * deal.clauses.dutyCap);
        source.tell(deal.shipmentId, facts, customs);
        ++count["tell"];
    }

    /// @dev `signer` signs for the seller's side, be it that side or not; who concedes also sends.
    function _agreeOn(uint256 index, uint16 share, bool isByBuyer, address signer) private {
        Deal storage deal = _deals[index];
        bool isDue = deal.way == Way.None && (share == 0 || isByBuyer) && (share == WHOLE || signer == sideOf(index))
            && !_isPendingAtCustoms(deal);
        Way way = _wayOf(index, share, isByBuyer);
        uint256[] memory plan;
        if (isDue) {
            deal.share = share;
            plan = _planEnd(index, share, false);
        }
        uint256[] memory before = _worths(deal.order.token);
        bytes memory call = _agreement(deal, share, isByBuyer, signer);
        if (share == 0 && !isByBuyer) vm.prank(signer);
        assertEq(_try(call), isDue, "agreed without those who must, or not with them");
        if (isDue) _end(index, way, _stateOf(way));
        _assertPaid(index, before, plan);
    }

    function _planToConclude(uint256 index, uint256[][3] memory plans) private returns (bool) {
        Deal storage deal = _deals[index];
        (Outcome outcome, Way way) = verdictOf(index);
        if (deal.way != Way.None || outcome == Outcome.Pending) return false;
        deal.share = outcome == Outcome.Earned ? WHOLE : 0;
        uint256[] memory plan = _planEnd(index, deal.share, true);
        _book(index, plan);
        uint256[] memory sums = plans[_tokenOf(index)];
        for (uint256 i = 0; i < plan.length; ++i) {
            sums[i] += plan[i];
        }
        deal.way = way;
        (deal.said,) = factsSay(index);
        ++count[outcome == Outcome.Earned ? "release" : "refund"];
        return true;
    }

    function _wayOf(uint256 index, uint16 share, bool isByBuyer) private view returns (Way) {
        (Outcome outcome,) = factsSay(index);
        if (share == WHOLE && outcome == Outcome.Earned) return Way.Acceptance;
        return share == 0 && !isByBuyer && _deals[index].sales == 0 ? Way.Concession : Way.Agreement;
    }

    function _stateOf(Way way) private pure returns (OrderState) {
        if (way == Way.Acceptance) return OrderState.Released;
        return way == Way.Concession ? OrderState.Refunded : OrderState.Agreed;
    }

    function _agreement(Deal storage deal, uint16 share, bool isByBuyer, address side)
        private
        view
        returns (bytes memory)
    {
        bytes32 digest = escrow.consentDigest(deal.id, share, uint40(clock));
        bytes memory byBuyer = isByBuyer ? _sign(deal.order.buyer, digest) : bytes("");
        bytes memory bySide = side != address(0) ? _sign(side, digest) : bytes("");
        return abi.encodeCall(escrow.agree, (deal.order, deal.clauses, share, uint40(clock), byBuyer, bySide));
    }

    function _end(uint256 index, Way way, OrderState state) private {
        Deal storage deal = _deals[index];
        deal.way = way;
        (deal.said,) = factsSay(index);
        assertEq(uint8(escrow.recordOf(deal.id).state), uint8(state), "ended otherwise");
        string[6] memory states = ["", "", "release", "refund", "agree", "arbitrate"];
        ++count[states[uint8(state)]];
        if (way == Way.Default) ++count["default"];
        if (way == Way.Concession) ++count["concede"];
        if (way == Way.Acceptance) ++count["accept"];
    }

    /// @dev Adds what is due to a plan and returns the mask of it.
    function _planDues(uint256 index, uint256[] memory plan, bool isAll) private view returns (uint8 mask) {
        Deal storage deal = _deals[index];
        (, CustomsFacts memory customs) = _read(deal);
        for (uint256 i = isAll ? 0 : DUTY; i <= DUTY; ++i) {
            if (deal.paid >> i & 1 == 1) continue;
            uint256 amount = 0;
            if (i == DUTY) {
                bool isOwed = customs.state == CustomsState.Released || _isFinal(customs);
                if (isOwed) amount = _least(customs.duty, deal.clauses.dutyCap);
            } else {
                (uint256 at,) = _happened(deal, i);
                if (i == 1 && _isFinal(customs)) at = 0;
                if (at != 0 && at <= deal.order.refundAfter) amount = _milestone(deal, i);
            }
            if (amount == 0) continue;
            plan[_indexOf[i == DUTY ? deal.clauses.treasury : sideOf(index)]] += amount;
            mask |= uint8(1 << i);
        }
    }

    /// @dev Everything that an end pays: what is due, then of what is left the payees and the two sides.
    function _planEnd(uint256 index, uint256 share, bool isAll) private view returns (uint256[] memory plan) {
        Deal storage deal = _deals[index];
        plan = new uint256[](accounts.length);
        _planDues(index, plan, isAll);
        uint256 left = deal.order.amount - deal.out;
        for (uint256 i = 0; i < plan.length; ++i) {
            left -= plan[i];
        }
        uint256 rest = left * share / WHOLE;
        plan[_indexOf[deal.order.buyer]] += left - rest;
        for (uint256 i = 0; i < deal.clauses.payees.length; ++i) {
            uint256 amount = _least(rest, deal.clauses.payees[i].cap);
            plan[_indexOf[deal.clauses.payees[i].account]] += amount;
            rest -= amount;
        }
        plan[_indexOf[sideOf(index)]] += rest;
    }

    function _milestone(Deal storage deal, uint256 which) private view returns (uint256) {
        uint256 kept = deal.clauses.dutyCap;
        for (uint256 i = 0; i < deal.clauses.payees.length; ++i) {
            kept += deal.clauses.payees[i].cap;
        }
        if (kept >= deal.order.amount) return 0;
        uint256[3] memory shares = [uint256(deal.clauses.onShipped), deal.clauses.onCleared, deal.clauses.onDelivered];
        return (deal.order.amount - kept) * shares[which] / WHOLE;
    }

    function _assertQuoted(Deal storage deal, Outcome outcome, uint256[] memory plan) private view {
        (Outcome quoted, Payment[] memory payments) = escrow.quoteOf(deal.order, deal.clauses);
        assertEq(uint8(quoted), uint8(outcome), "quoted otherwise");
        uint256[] memory sums = new uint256[](plan.length);
        for (uint256 i = 0; i < payments.length; ++i) {
            sums[_indexOf[payments[i].payee]] += payments[i].amount;
        }
        assertEq(sums, plan, "quoted other payments");
    }

    /// @dev Everyone has as much more, or may withdraw it, as was planned; an empty plan is nothing.
    function _assertPaid(uint256 index, uint256[] memory before, uint256[] memory plan) private {
        hooks.disarm();
        if (plan.length == 0) plan = new uint256[](accounts.length);
        _assertGrown(_deals[index].order.token, before, plan);
        _book(index, plan);
    }

    function _assertGrown(address token, uint256[] memory before, uint256[] memory plan) private view {
        uint256[] memory now_ = _worths(token);
        for (uint256 i = 0; i < plan.length; ++i) {
            now_[i] -= before[i];
        }
        assertEq(now_, plan, "paid otherwise");
    }

    function _book(uint256 index, uint256[] memory plan) private {
        for (uint256 i = 0; i < plan.length; ++i) {
            _deals[index].out += plan[i];
            received[index][accounts[i]] += plan[i];
        }
    }

    function _worths(address token) private view returns (uint256[] memory worths) {
        worths = new uint256[](accounts.length);
        for (uint256 i = 0; i < worths.length; ++i) {
            uint256 balance = token == address(0) ? accounts[i].balance : IERC20(token).balanceOf(accounts[i]);
            worths[i] = balance + escrow.withdrawable(token, accounts[i]);
        }
    }

    function _armHook(uint256 index) private {
        Deal storage deal = _deals[index];
        if (deal.order.token != address(hooks)) return;
        bytes[] memory calls = new bytes[](3);
        calls[0] = abi.encodeCall(escrow.conclude, (deal.order, deal.clauses));
        calls[1] = abi.encodeCall(escrow.advance, (deal.order, deal.clauses));
        calls[2] = _agreement(deal, 0, false, sideOf(index));
        hooks.arm(address(escrow), calls);
    }

    function _try(bytes memory call) private returns (bool isDone) {
        (isDone,) = address(escrow).call(call);
    }

    function _read(Deal storage deal) private view returns (ShipmentFacts memory facts, CustomsFacts memory customs) {
        try IShipmentSource(deal.order.source).factsOf(deal.shipmentId) returns (ShipmentFacts memory told) {
            facts = told;
        } catch {}
        if (deal.clauses.customsId == 0) return (facts, customs);
        try IShipmentSource(deal.order.source).customsOf(deal.shipmentId) returns (CustomsFacts memory told) {
            customs = told;
        } catch {}
    }

    function _moveGoods(ShipmentFacts memory facts, uint256 seed) private view {
        if (facts.state == ShipmentState.Delivered || seed % 4 == 0) return;
        ++facts.sequence;
        if (facts.state == ShipmentState.None) {
            (facts.state, facts.custodianId) = (ShipmentState.Created, SELLER);
        } else if (facts.state == ShipmentState.Created) {
            (facts.state, facts.shippedAt) = (ShipmentState.InTransit, uint40(clock));
        } else if (facts.state == ShipmentState.InTransit && seed / 4 % 2 == 0) {
            (facts.state, facts.tenderedAt) = (ShipmentState.Tendered, uint40(clock));
        } else if (facts.state == ShipmentState.Tendered && seed / 4 % 3 == 0) {
            (facts.state, facts.disputedAt) = (ShipmentState.Disputed, uint40(clock));
        } else if (facts.state == ShipmentState.Disputed && seed / 4 % 3 == 0) {
            (facts.state, facts.tenderedAt, facts.disputedAt) = (ShipmentState.InTransit, 0, 0);
        } else {
            (facts.state, facts.deliveredAt) =
            (ShipmentState.Delivered, facts.tenderedAt != 0 ? facts.tenderedAt : uint40(clock));
        }
    }

    function _moveCustoms(Deal storage deal, CustomsFacts memory customs, uint256 seed) private view {
        if (customs.state == CustomsState.Released || _isFinal(customs) || seed % 4 == 0) return;
        ++customs.sequence;
        customs.duty = uint128(_hash(seed, "duty") % (uint256(deal.clauses.dutyCap) + 2));
        seed /= 4;
        if (customs.state == CustomsState.None) {
            customs.state = CustomsState.Declared;
        } else if (customs.state == CustomsState.Refused) {
            (customs.state, customs.finalAt) = (CustomsState.Appealed, uint40(clock + deal.clauses.appealPeriod));
        } else if (customs.state == CustomsState.Appealed) {
            (customs.state, customs.finalAt) = (CustomsState.Declared, 0);
        } else if (seed % 4 == 0) {
            (customs.state, customs.finalAt) = (CustomsState.Refused, uint40(clock + deal.clauses.appealPeriod));
        } else if (seed % 4 == 1) {
            customs.state = CustomsState.Held;
        } else {
            (customs.state, customs.releasedAt) = (CustomsState.Released, uint40(clock));
        }
    }

    function _draftOrder(uint256 seed, uint128 amount, bool isCleared) private view returns (Order memory order) {
        seed = _hash(seed, "order");
        address seller = accounts[SELLER];
        order = _draft(tokens[seed % 3], amount, accounts[8 + seed / 3 % 2], seller, SELLER);
        order.carrierId = CARRIER;
        order.arbiterId = seed / 8 % 4 == 0 ? 0 : ARBITER;
        order.source = address(_wayward[seed / 32 % 4 == 0 ? 1 : 0]);
        if (isCleared && seed / 128 % 2 == 0) order.source = address(ledger);
        if (seed / 256 % 32 == 0) order.source = address(dollar);
        order.shipBy = uint40(order.openBy + seed / 512 % 8 days);
        order.deliverBy = uint40(clock + seed / 1024 % 10 days);
        order.refundAfter = uint40(order.deliverBy + seed / 2048 % 10 days);
        order.acceptanceWindow = uint32(seed / 4096 % 4 days);
        order.arbitrationPeriod = uint32(seed / 8192 % 3 * 3 days);
        order.upholdByDefault = seed / 16_384 % 2 == 0;
        order.salt = bytes32(_deals.length);
    }

    function _draftClauses(uint256 seed, uint256 amount) private view returns (Clauses memory clauses) {
        seed = _hash(seed, "clauses");
        bool isDelivered = seed % 8 != 0;
        bool isCleared = seed / 8 % 2 == 0;
        clauses.conditions = _conditions(
            seed / 16 % 2 == 0 || !isDelivered && !isCleared, isCleared, isDelivered, isDelivered && seed / 32 % 2 == 0
        );
        if (clauses.conditions >> 3 == 1) clauses.inspectionWindow = uint32(seed / 64 % 6 days);
        clauses.onShipped = uint16(seed / 128 % 4 * 1111);
        clauses.onCleared = uint16(seed / 512 % 4 * 1111);
        clauses.onDelivered = uint16(seed / 2048 % 4 * 1111);
        clauses.treasury = accounts[10];
        if (isCleared) {
            clauses.customsId = AUTHORITY;
            clauses.brokerId = seed / 8192 % 2 == 0 ? BROKER : 0;
            clauses.inspectorId = seed / 16_384 % 2 == 0 ? INSPECTOR : 0;
            clauses.dutyCap = uint128(_hash(seed, "cap") % (amount / (1 + seed / 32_768 % 4) + 1));
            clauses.appealPeriod = uint32(seed / 131_072 % 4 days);
        }
        clauses.payees = new Payee[](seed / 524_288 % 4);
        for (uint256 i = 0; i < clauses.payees.length; ++i) {
            clauses.payees[i] = Payee(accounts[11 + (seed + i) % 3], uint128(_hash(seed + i, "cap") % (amount + 2) / 3));
        }
    }

    /// @dev Mostly one that is open still.
    function _pick(uint256 seed) private view returns (bool isFound, uint256 index) {
        return _pickWhere(seed, _isOpen);
    }

    function _pickWhere(uint256 seed, function(uint256) view returns (bool) fits)
        private
        view
        returns (bool isFound, uint256 index)
    {
        if (_deals.length == 0) return (false, 0);
        for (uint256 i = 0; i < _deals.length; ++i) {
            index = (seed / 8 + i) % _deals.length;
            if (seed % 8 == 0 || fits(index)) return (true, index);
        }
        return (false, 0);
    }

    function _isOpen(uint256 index) private view returns (bool) {
        return _deals[index].way == Way.None;
    }

    function _isWayward(uint256 index) private view returns (bool) {
        address source = _deals[index].order.source;
        return source == address(_wayward[0]) || source == address(_wayward[1]);
    }

    function _isRefused(address token, address account) private view returns (bool) {
        if (token == address(dollar)) return dollar.isRefused(account);
        return token == address(0) ? account == address(_moody) && !_moody.isOpen() : hooks.isBlocked(account);
    }

    function _tokenOf(uint256 index) private view returns (uint256) {
        address token = _deals[index].order.token;
        return token == tokens[0] ? 0 : token == tokens[1] ? 1 : 2;
    }

    function _asks(Deal storage deal, uint256 condition) private view returns (bool) {
        return deal.clauses.conditions >> condition & 1 == 1;
    }

    function _least(uint256 one, uint256 other) private pure returns (uint256) {
        return one < other ? one : other;
    }

    function _coin(uint256 seed, string memory side) private pure returns (bool) {
        return _hash(seed, side) % 2 == 0;
    }

    function _hash(uint256 seed, string memory what) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, what)));
    }
}
