// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Vm} from "forge-std/Test.sol";
import {CreditModel, Passage} from "./CreditModel.sol";
import {World} from "./World.sol";
import {ICargoInsurance, PerilKind, PolicyState, Quote} from "interfaces/ICargoInsurance.sol";
import {TradeOutcome} from "interfaces/ICreditRegistry.sol";
import {Role} from "interfaces/IParticipantRegistry.sol";
import {Arrival, Extreme, Readings} from "interfaces/ISensorLog.sol";
import {CustomsCase} from "interfaces/ICustomsDesk.sol";
import {Cargo, Delivery, Handover, Shares, Signature, Terms} from "interfaces/IShipmentLedger.sol";
import {CustomsFacts, CustomsState, Leg, Metric, ShipmentState, Watch} from "interfaces/IShipmentSource.sol";
import {Order, OrderRecord, OrderState} from "interfaces/ITradeEscrow.sol";

/// @notice What a shipment should be.
struct Journey {
    Order order;
    bytes32 orderId;
    bytes32 id;
    OrderState end;
    uint40 endedAt;
    ShipmentState state;
    uint24 changes;
    uint64 custodianId;
    uint40 shippedAt;
    uint40 tenderedAt;
    uint40 disputedAt;
    uint40 deliveredAt;
    Shares shares;
    uint40 lostAt;
    uint40 damagedAt;
    uint40 refusedFrom;
    uint64 declarantId;
    bool isReleased;
    bool isRated;
    uint256 covered;
}

/// @notice What a watch should have seen, counted second by second.
struct Seen {
    uint40 breachedAt;
    uint256 exposure;
    uint256 longest;
    uint256 longestAt;
    uint256 run;
    uint256 last;
    uint256 distance;
}

/// @notice Readings that a device took, one by one.
struct Batch {
    uint256 journey;
    address device;
    uint32 number;
    uint40 startedAt;
    uint32 interval;
    int32[] temperatures;
    int32[] humidities;
    bool isTaken;
}

/// @notice What the log should know of a device on a shipment.
struct Track {
    uint32 taken;
    uint40 takenTo;
    uint32 last;
    uint40 lastEnd;
}

/// @notice What a policy should be.
struct Policy {
    Quote quote;
    bytes32 id;
    uint256 journey;
    PolicyState state;
    uint40 inceptedAt;
    uint256 fired;
    uint256 gross;
    uint256 reserved;
    uint256 paid;
    uint256 recovered;
}

/// @notice What a claim should come to.
struct Verdict {
    bool isDue;
    PolicyState state;
    uint256 fired;
    uint256 gross;
    uint256 paid;
}

/// @notice What a participant's bond should be.
struct Pledge {
    uint256 held;
    uint256 leaving;
    uint256 leavesAt;
}

/// @notice Says of a shipment's customs what it was told; the desk has walks of its own.
contract CustomsVoice {
    mapping(bytes32 shipmentId => CustomsFacts) private _facts;
    mapping(bytes32 shipmentId => uint64) private _declarants;

    function tell(bytes32 shipmentId, CustomsState state, uint40 finalAt, uint64 declarantId) external {
        (_facts[shipmentId].state, _facts[shipmentId].finalAt) = (state, finalAt);
        _declarants[shipmentId] = declarantId;
    }

    function caseOf(bytes32 shipmentId) external view returns (CustomsCase memory told) {
        told.declarantId = _declarants[shipmentId];
    }

    function factsOf(bytes32 shipmentId) external view returns (CustomsFacts memory facts) {
        facts = _facts[shipmentId];
        facts.asOf = uint40(block.timestamp);
    }
}

/// @notice Sends goods over several legs under watch and cover at random, by the right and by the wrong ones. It keeps a model
/// of its own and asserts of every call that it passes exactly when the rules say so. Time only moves here.
contract CargoHandler is World {
    uint64 public constant SELLER = 1;
    uint64 public constant BUYER = 2;
    uint64 public constant CARRIER = 3;
    uint64 private constant SECOND = 4;
    uint64 private constant WAREHOUSE = 5;
    uint64 private constant ARBITER = 6;
    uint64 private constant BROKER = 7;
    uint256 private constant MOST_JOURNEYS = 8;
    uint256 private constant DEVICES = 5;
    uint256 private constant DELAY = 4;
    int32 private constant LOW = 200;
    int32 private constant HIGH = 800;
    address public constant PAYEE = address(0xbee5);

    uint256 public clock = START;
    mapping(string thing => uint256) public count;
    /// @notice What `ClaimPaid` says was paid of a policy.
    mapping(bytes32 policyId => uint256) public told;
    /// @notice Ratings by the facts, and by the registry's events.
    CreditModel public rated;
    CreditModel public heard;

    Journey[] private _journeys;
    mapping(uint256 journey => Leg[]) private _legs;
    mapping(uint256 journey => Watch[]) private _watches;
    mapping(uint256 journey => mapping(uint256 watch => Seen)) private _seen;
    mapping(uint256 journey => mapping(address device => Track)) private _tracks;
    mapping(uint256 journey => mapping(address device => mapping(uint32 number => bool))) private _isCounted;
    mapping(uint256 journey => mapping(uint256 leg => uint256)) public answered;
    Batch[] private _batches;
    Policy[] private _policies;
    mapping(uint256 policy => mapping(uint256 cause => mapping(uint256 leg => uint256))) private _taken;
    mapping(uint64 participantId => Pledge) private _pledges;
    mapping(address device => bool) private _isRevoked;

    modifier step(uint256 seed) {
        clock += seed % 40;
        vm.warp(clock);
        vm.recordLogs();
        _;
        _listen();
    }

    constructor() {
        _deploy();
        (rated, heard) = (new CreditModel(credit), new CreditModel(credit));
        vm.etch(address(customs), type(CustomsVoice).runtimeCode);
        _register(SELLER, _bit(Role.Seller), _account(1));
        _register(BUYER, _bit(Role.Buyer), _account(2));
        _register(CARRIER, _bit(Role.Carrier), _account(3));
        _register(SECOND, _bit(Role.Carrier), _account(4));
        _register(WAREHOUSE, _bit(Role.Warehouse), _account(5));
        _register(ARBITER, _bit(Role.Arbiter), _account(6));
        _register(INSURER, _bit(Role.Insurer), _account(9));
        for (uint32 i = 1; i <= 9; ++i) {
            address account = _account(i);
            dollar.mint(account, 1e15);
            vm.startPrank(account);
            dollar.approve(address(escrow), type(uint256).max);
            dollar.approve(address(insurance), type(uint256).max);
            dollar.approve(address(bonds), type(uint256).max);
            dollar.approve(address(pool), type(uint256).max);
            vm.stopPrank();
        }
        vm.startPrank(_account(9));
        pool.deposit(3e9, _account(9));
        pool.depositFirstLoss(1e8);
        vm.stopPrank();
        for (uint32 i = 0; i < DEVICES; ++i) {
            _grantMeasure(_account(20 + i), i % 2 == 0 ? _account(3) : _account(5));
        }
    }

    // What buyer and seller do

    /// @dev The goods wait for the carrier, most under watch.
    function open(uint256 seed) public step(seed) {
        if (_journeys.length == MOST_JOURNEYS) return;
        Order memory order = _draftOrder(_hash(seed, "order"));
        uint256 index = _journeys.length;
        Journey storage journey = _journeys.push();
        journey.orderId = _open(order, _plain());
        journey.order = order;
        (journey.id, journey.end) = (ledger.create(order), OrderState.Open);
        (journey.state, journey.custodianId, journey.changes) = (ShipmentState.Created, SELLER, 1);
        if (seed % 8 != 0) _watch(index, seed);
        ++count["open"];
    }

    /// @dev Other watches in the place of those that somebody may have relied on.
    function watch(uint256 seed) public step(seed) {
        (bool isFound, uint256 index) = _pick(seed, _isWaiting);
        if (isFound && seed / 8 % 4 == 0) _watch(index, seed);
    }

    function end(uint256 seed) public step(seed) {
        (bool isFound, uint256 index) = _pick(seed, _isOpen);
        if (!isFound) return;
        Journey storage journey = _journeys[index];
        Order memory order = journey.order;
        if (seed / 8 % 8 == 0) {
            bool isDue = journey.end == OrderState.Open;
            bytes32 digest = escrow.consentDigest(journey.orderId, 5000, uint40(clock));
            (bytes memory byBuyer, bytes memory bySeller) = (_sign(order.buyer, digest), _sign(order.seller, digest));
            bytes memory call = abi.encodeCall(escrow.agree, (order, _plain(), 5000, uint40(clock), byBuyer, bySeller));
            _do(address(escrow), address(this), call, isDue, "agree");
            if (isDue) (journey.end, journey.endedAt) = (OrderState.Agreed, uint40(clock));
        } else {
            bool isUnshipped = journey.shippedAt == 0 && journey.deliveredAt == 0 && clock > order.shipBy;
            bool isDue = journey.end == OrderState.Open && (isUnshipped || _isUndelivered(journey));
            _do(address(escrow), address(this), abi.encodeCall(escrow.refund, (order)), isDue, "refund");
            if (isDue) _endAs(journey, OrderState.Refunded);
        }
    }

    /// @dev Anyone asks, too early or late, again, or with other legs than the true ones.
    function rateJourney(uint256 seed) public step(seed) {
        (bool isFound, uint256 index) = _pick(seed, _isToBeRated);
        if (!isFound) return;
        Journey storage journey = _journeys[index];
        // At times just when the time comes, or the second before.
        if (seed / 8 % 4 == 0 && clock < journey.endedAt + 30 days) {
            vm.warp(clock = journey.endedAt + 30 days - (_hash(seed, "early") % 4 == 0 ? 1 : 0));
        }
        bool isTampered = _hash(seed, "tampered") % 8 == 0;
        Leg[] memory legs = isTampered ? _tampered(_legs[index], seed) : _legs[index];
        bool isOpen = journey.state == ShipmentState.Tendered || journey.state == ShipmentState.Disputed;
        bool isDue = journey.endedAt != 0 && journey.end != OrderState.Agreed && clock >= journey.endedAt + 30 days
            && clock >= 30 days + (journey.deliveredAt == 0 ? journey.order.refundAfter : journey.deliveredAt)
            && journey.shippedAt != 0 && !isOpen && !journey.isRated && !isTampered;
        bytes memory call = abi.encodeCall(credit.rateJourney, (journey.order, legs));
        _do(address(credit), address(uint160(_hash(seed, "anyone"))), call, isDue, "rateJourney");
        if (!isDue) return;
        journey.isRated = true;
        _rateJourney(index);
    }

    // What happens to the goods

    function handOver(uint256 seed) public step(seed) {
        (bool isFound, uint256 index) = _pick(seed, _isMoving);
        if (!isFound) return;
        Journey storage journey = _journeys[index];
        bool isFirst = journey.state == ShipmentState.Created;
        Terms memory terms = _draftTerms(journey, _hash(seed, "terms"), isFirst);
        bytes32 digest = ledger.handoverDigest(
            Handover(
                journey.id,
                journey.changes,
                journey.custodianId,
                terms.toId,
                terms.dueBy,
                terms.liability,
                terms.location,
                terms.seal,
                terms.condition
            )
        );
        bool isForged = _hash(seed, "forged") % 16 == 0;
        bool isDue = !isForged
            && (isFirst
                    ? terms.toId == CARRIER
                    : journey.state == ShipmentState.InTransit && terms.toId != journey.custodianId);
        // Whoever receives would rather have signed for less.
        if (isForged) ++terms.liability;
        Signature memory giver = _signed(journey.custodianId, digest);
        _do(
            address(ledger),
            address(this),
            abi.encodeCall(ledger.handOver, (journey.order, terms, giver, _signed(terms.toId, digest))),
            isDue,
            isFirst ? "ship" : "handOver"
        );
        if (!isDue) return;
        if (isFirst) journey.shippedAt = uint40(clock);
        _legs[index].push(Leg(terms.toId, uint40(clock), terms.dueBy, terms.liability));
        journey.custodianId = terms.toId;
        _change(journey, ShipmentState.InTransit);
    }

    /// @dev Tenders, disputes, rules and concludes, whichever is next.
    function arrive(uint256 seed) public step(seed) {
        (bool isFound, uint256 index) = _pick(seed, _isOnTheWay);
        if (!isFound || seed / 8 % 2 == 0) return;
        Journey storage journey = _journeys[index];
        Order memory order = journey.order;
        bool isClaiming = _hash(seed, "claim") % 2 == 0;
        Quote[] memory quotes = _quotesOf(index, isClaiming);
        if (journey.state == ShipmentState.Tendered && _hash(seed, "dispute") % 2 == 0) {
            bool isDue = clock <= journey.tenderedAt + order.acceptanceWindow;
            _do(address(ledger), order.buyer, abi.encodeCall(ledger.dispute, (order, "wet")), isDue, "dispute");
            if (!isDue) return;
            journey.disputedAt = uint40(clock);
            _change(journey, ShipmentState.Disputed);
        } else if (journey.state == ShipmentState.Disputed && _hash(seed, "rule") % 2 == 0) {
            bool isUpheld = _hash(seed, "upheld") % 2 == 0;
            bool isDue = clock <= journey.disputedAt + order.arbitrationPeriod;
            _do(address(ledger), _of(ARBITER), abi.encodeCall(ledger.rule, (order, isUpheld, quotes)), isDue, "rule");
            if (isDue) _decideTender(index, isUpheld, isClaiming);
        } else if (journey.state == ShipmentState.Tendered || journey.state == ShipmentState.Disputed) {
            bool isSilent = journey.state == ShipmentState.Tendered;
            bool isDue = isSilent
                ? clock > journey.tenderedAt + order.acceptanceWindow
                : clock > journey.disputedAt + order.arbitrationPeriod;
            bytes memory call = abi.encodeCall(ledger.concludeTender, (order, quotes));
            _do(address(ledger), address(this), call, isDue, "conclude");
            if (isDue) _decideTender(index, isSilent || order.upholdByDefault, isClaiming);
        } else {
            if (_hash(seed, "tender") % 3 != 0) return;
            bool isDue = journey.state == ShipmentState.InTransit;
            _do(address(ledger), _of(journey.custodianId), abi.encodeCall(ledger.tender, (order, "")), isDue, "tender");
            if (!isDue) return;
            journey.tenderedAt = uint40(clock);
            _change(journey, ShipmentState.Tendered);
        }
    }

    /// @dev With a reserve of the consignee's, that the custodian accepts or does not, or without.
    function deliver(uint256 seed) public step(seed) {
        (bool isFound, uint256 index) = _pick(seed, _isOnTheWay);
        if (!isFound || seed / 8 % 4 != 0) return;
        Journey storage journey = _journeys[index];
        bool isAccepted = _hash(seed, "accepted") % 2 == 0;
        bool isClaiming = _hash(seed, "claim") % 2 == 0;
        bool isDue = journey.shippedAt != 0 && journey.state != ShipmentState.Delivered;
        Shares memory shares = _draftShares(journey, seed);
        if (_hash(seed, "reserve") % 3 == 0) {
            bytes32 digest = ledger.deliveryDigest(Delivery(journey.id, journey.changes, 0, 0, "receipt"));
            bytes memory call = abi.encodeCall(
                ledger.deliver, (journey.order, "receipt", _signed(BUYER, digest), _quotesOf(index, isClaiming))
            );
            // A shipment that no carrier took may be received all the same.
            isDue = journey.state != ShipmentState.Delivered;
            _do(address(ledger), address(this), call, isDue, "deliver");
            if (isDue) _deliver(index, isClaiming);
            return;
        }
        uint256 sum = uint256(shares.lostBps) + shares.damagedBps;
        isDue = journey.state != ShipmentState.Delivered && sum != 0 && sum <= 10_000
            && (!isAccepted || _isGrown(journey, shares));
        _do(
            address(ledger),
            address(this),
            _reserved(journey, shares, isAccepted, _quotesOf(index, isClaiming)),
            isDue,
            isAccepted ? "deliverWithReserve" : "reserveClaimed"
        );
        if (!isDue) return;
        if (isAccepted) _harm(journey, shares, uint40(_lastMoment(journey)));
        _deliver(index, isClaiming);
    }

    /// @dev The custodian admits, or the arbiter determines.
    function harm(uint256 seed) public step(seed) {
        (bool isFound, uint256 index) = _pick(seed, _isShipped);
        if (!isFound || seed / 8 % 2 == 0) return;
        Journey storage journey = _journeys[index];
        Shares memory shares = _draftShares(journey, seed);
        bool isClaiming = _hash(seed, "claim") % 2 == 0;
        bool isDue = journey.shippedAt != 0 && _isGrown(journey, shares);
        Quote[] memory quotes = _quotesOf(index, isClaiming);
        uint256 until = _lastMoment(journey);
        uint40 at = uint40(until);
        if (seed / 16 % 2 == 0) {
            bytes memory call = abi.encodeCall(ledger.admit, (journey.order, shares, "torn", quotes));
            _do(address(ledger), _of(journey.custodianId), call, isDue, "admit");
        } else {
            // At times before the goods were shipped, or after the end.
            uint256 from = journey.shippedAt - (journey.shippedAt == 0 ? 0 : 2);
            at = uint40(from + _hash(seed, "at") % (until + 3 - from));
            isDue = isDue && at >= journey.shippedAt && at <= until;
            bytes memory call = abi.encodeCall(ledger.determine, (journey.order, shares, at, "survey", quotes));
            _do(address(ledger), _of(ARBITER), call, isDue, "determine");
        }
        if (!isDue) return;
        _harm(journey, shares, at);
        // An admission takes the place of handovers that were signed before.
        if (seed / 16 % 2 == 0) _change(journey, journey.state);
        if (isClaiming) _claimAll(index);
    }

    function refuseGoods(uint256 seed) public step(seed) {
        (bool isFound, uint256 index) = _pick(seed, _isShipped);
        if (!isFound || seed / 8 % 2 == 0 || _journeys[index].declarantId != 0) return;
        Journey storage journey = _journeys[index];
        uint40 finalAt = uint40(clock + _hash(seed, "final") % 1 days);
        uint64 declarantId = [SELLER, BROKER, SECOND][_hash(seed, "declarant") % 3];
        journey.declarantId = declarantId;
        journey.isReleased = seed / 16 % 4 == 0;
        if (!journey.isReleased) journey.refusedFrom = finalAt + 1;
        CustomsState state = journey.isReleased ? CustomsState.Released : CustomsState.Refused;
        CustomsVoice(address(customs)).tell(journey.id, state, finalAt, declarantId);
        ++count[journey.isReleased ? "releaseGoods" : "refuse"];
    }

    // What devices and gateways do

    /// @dev A device takes readings, now and then under a clock that went wrong.
    function measure(uint256 seed) public step(seed) {
        (bool isFound, uint256 index) = _pick(seed, _isShipped);
        if (!isFound || _watches[index].length == 0) return;
        address device = _watches[index][_hash(seed, "device") % _watches[index].length].device;
        Track storage track = _tracks[index][device];
        Batch storage batch = _batches.push();
        (batch.journey, batch.device, batch.number) = (index, device, ++track.taken);
        batch.interval = uint32(1 + _hash(seed, "interval") % 6);
        _read(batch, seed);
        uint256 length = uint256(batch.interval) * batch.temperatures.length;
        uint256 from = track.takenTo == 0 ? _journeys[index].shippedAt : track.takenTo;
        uint256 kind = _hash(seed, "clock") % 16;
        if (kind < 3) from += 1 + _hash(seed, "gap") % 50;
        else if (kind < 5 && from != 0) from -= 3;
        else if (kind < 9 && from + length < clock) from = clock - length;
        batch.startedAt = uint40(from);
        track.takenTo = uint40(from + length);
        ++count["measure"];
    }

    function bring(uint256 seed) public step(seed) {
        if (_batches.length == 0) return;
        uint256 kind = _hash(seed, "kind") % 8;
        uint256 index = kind < 5 ? _batches.length - 1 : _hash(seed, "batch") % _batches.length;
        for (uint256 i = 0; kind != 7 && i < _batches.length && _batches[index].isTaken; ++i) {
            index = (index + _batches.length - 1) % _batches.length;
        }
        _bring(index, _hash(seed, "claim") % 2 == 0);
    }

    /// @dev A gateway that makes something else of what a device signed.
    function forge(uint256 seed) public step(seed) {
        if (_batches.length == 0) return;
        Batch memory batch = _batches[_hash(seed, "batch") % _batches.length];
        uint256 index = batch.journey;
        Readings memory readings = _readingsOf(batch);
        bytes memory signature = _sign(batch.device, sensors.readingsDigest(readings));
        Watch[] memory watches = _watches[index];
        uint256 kind = _hash(seed, "kind") % 8;
        if (kind == 0) signature = _sign(_of(SELLER), sensors.readingsDigest(readings));
        else if (kind == 1) readings.extremes[0].maximum += 1;
        else if (kind == 2) watches[0].high -= 1;
        else if (kind == 3) readings.number += uint32(1 + _hash(seed, "number") % 3);
        else if (kind == 4) readings.startedAt += 1;
        else if (kind == 5) readings.interval += 1;
        else if (kind == 6) readings.device = _account(20 + (_indexOf(batch.device) + 1) % uint32(DEVICES));
        else if (_journeys.length == 1) return;
        else readings.shipmentId = _journeys[index = (index + 1) % _journeys.length].id;
        if (kind == 7) watches = _watches[index];
        bytes memory call = abi.encodeCall(sensors.record, (readings, watches, signature));
        _do(address(sensors), address(this), call, false, "forge");
        ++count["forge"];
    }

    function revoke(uint256 seed) public step(seed) {
        if (seed % 32 != 0) return;
        address device = _account(20 + uint32(_hash(seed, "device") % DEVICES));
        if (_isRevoked[device]) return;
        vm.prank(device);
        registry.revokeKey(device);
        _isRevoked[device] = true;
        ++count["revoke"];
    }

    // What insurers and holders do

    function insure(uint256 seed) public step(seed) {
        (bool isFound, uint256 index) = _pick(seed, _isWaiting);
        if (!isFound) return;
        Journey storage journey = _journeys[index];
        Quote memory quote = _draftQuote(index, _hash(seed, "quote"));
        bool isDue = journey.end == OrderState.Open && journey.shippedAt == 0 && journey.deliveredAt == 0
            && journey.covered + quote.maximum <= journey.order.amount && locked() + quote.maximum <= capital();
        bytes32 id = insurance.policyIdOf(quote);
        address underwriter = _of(INSURER);
        bytes memory call = abi.encodeCall(
            insurance.insure, (journey.order, quote, _sign(quote.holder, id), underwriter, _sign(underwriter, id))
        );
        _do(address(insurance), address(this), call, isDue, "insure");
        if (!isDue) return;
        journey.covered += quote.maximum;
        Policy storage policy = _policies.push();
        (policy.quote, policy.id, policy.journey) = (quote, id, index);
        (policy.state, policy.inceptedAt) = (PolicyState.Active, uint40(clock));
    }

    function claim(uint256 seed) public step(seed) {
        if (_policies.length == 0) return;
        uint256 index = _hash(seed, "policy") % _policies.length;
        for (uint256 i = 0; seed % 8 != 0 && i < _policies.length && !verdictOf(index).isDue; ++i) {
            index = (index + 1) % _policies.length;
        }
        Policy storage policy = _policies[index];
        bool isDue = verdictOf(index).isDue;
        bytes memory call = abi.encodeCall(insurance.claim, (_journeys[policy.journey].order, policy.quote));
        _do(address(insurance), address(uint160(seed)), call, isDue, "claim");
        if (isDue) _claim(index);
    }

    function reserve(uint256 seed) public step(seed) {
        if (_policies.length == 0) return;
        uint256 index = _hash(seed, "policy") % _policies.length;
        for (uint256 i = 0; seed % 8 != 0 && i < _policies.length && _expected(index) == 0; ++i) {
            index = (index + 1) % _policies.length;
        }
        Policy storage policy = _policies[index];
        uint256 expected = _expected(index);
        bytes memory call = abi.encodeCall(insurance.reserve, (_journeys[policy.journey].order, policy.quote));
        _do(address(insurance), address(this), call, expected != 0, "reserve");
        if (expected != 0) policy.reserved = expected;
    }

    // What those who are liable do, and who recovers from them

    function pledge(uint256 seed) public step(seed) {
        uint64 id = CARRIER + uint64(_hash(seed, "id") % 3);
        uint128 amount = uint128(_hash(seed, "amount") % (seed / 4 % 2 == 0 ? 3e7 : 1e6));
        Pledge storage pledged = _pledges[id];
        uint256 kind = seed % 4;
        if (kind == 0) {
            bytes memory call = abi.encodeCall(bonds.deposit, (id, address(dollar), amount));
            _do(address(bonds), _of(INSURER), call, true, "deposit");
            pledged.held += amount;
        } else if (kind == 1) {
            bool isDue = amount <= pledged.held && _hash(seed, "thief") % 4 != 0;
            bytes memory call = abi.encodeCall(bonds.requestWithdrawal, (id, address(dollar), uint88(amount)));
            _do(address(bonds), _of(isDue || amount > pledged.held ? id : SELLER), call, isDue, "askBack");
            if (isDue) (pledged.leaving, pledged.leavesAt) = (amount, clock + 60 days);
        } else {
            for (uint64 i = 0; i < 3 && !_isLeaving(id); ++i) {
                id = id == WAREHOUSE ? CARRIER : id + 1;
            }
            pledged = _pledges[id];
            uint256 leaving = pledged.leaving < pledged.held ? pledged.leaving : pledged.held;
            bool isThief = _hash(seed, "thief") % 4 == 0;
            bool isDue = leaving != 0 && clock >= pledged.leavesAt && !isThief;
            bytes memory call = abi.encodeCall(bonds.withdraw, (id, address(dollar), _of(id)));
            _do(address(bonds), _of(isThief ? SELLER : id), call, isDue, "takeBack");
            if (!isDue) return;
            (pledged.leaving, pledged.leavesAt) = (0, 0);
            pledged.held -= leaving;
        }
    }

    function subrogate(uint256 seed) public step(seed) {
        if (_policies.length == 0) return;
        uint256 index = _hash(seed, "policy") % _policies.length;
        uint256 cause = _hash(seed, "cause") % 6;
        for (uint256 i = 0; seed % 8 != 0 && i < 5 * _policies.length && _dueOf(index, cause) == 0; ++i) {
            cause = (cause + 1) % 5;
            if (cause == 0) index = (index + 1) % _policies.length;
        }
        Policy storage policy = _policies[index];
        bool isForged = _hash(seed, "forged") % 8 == 0;
        Leg[] memory legs = _legs[policy.journey];
        if (isForged) legs = _tampered(legs, seed);
        uint256 due = isForged ? 0 : _dueOf(index, cause);
        bytes memory call =
            abi.encodeCall(bonds.subrogate, (_journeys[policy.journey].order, policy.quote, uint8(cause), legs));
        _do(address(bonds), address(this), call, due != 0, "subrogate");
        if (due != 0) _recover(index, cause);
    }

    function passTime(uint256 seed) public step(seed) {
        uint256 kind = seed % 16;
        if (kind < 9) clock += seed / 16 % 8 hours;
        else if (kind < 13) clock += seed / 16 % 2 days;
        else if (kind < 15) clock += seed / 16 % 10 days;
        else clock += 40 days + seed / 16 % 30 days;
    }

    /// @notice Long after everything, anyone ends every policy.
    function endEverything() external step(0) {
        clock += 400 days;
        vm.warp(clock);
        for (uint256 i = 0; i < _journeys.length; ++i) {
            Journey storage journey = _journeys[i];
            if (journey.state != ShipmentState.Tendered && journey.state != ShipmentState.Disputed) continue;
            bool isUpheld = journey.state == ShipmentState.Tendered || journey.order.upholdByDefault;
            ledger.concludeTender(journey.order, new Quote[](0));
            _decideTender(i, isUpheld, false);
        }
        for (uint256 i = 0; i < _policies.length; ++i) {
            if (_policies[i].state != PolicyState.Active) continue;
            insurance.claim(_journeys[_policies[i].journey].order, _policies[i].quote);
            _claim(i);
        }
    }

    // The model, for invariants to read

    function journeyCount() external view returns (uint256) {
        return _journeys.length;
    }

    function journeyAt(uint256 index) external view returns (Journey memory) {
        return _journeys[index];
    }

    function legsOf(uint256 journey) external view returns (Leg[] memory) {
        return _legs[journey];
    }

    function watchesOf(uint256 journey) external view returns (Watch[] memory) {
        return _watches[journey];
    }

    function seenOf(uint256 journey, uint256 index) external view returns (Seen memory) {
        return _seen[journey][index];
    }

    function trackOf(uint256 journey, address device) external view returns (Track memory) {
        return _tracks[journey][device];
    }

    function policyCount() external view returns (uint256) {
        return _policies.length;
    }

    function policyAt(uint256 index) external view returns (Policy memory) {
        return _policies[index];
    }

    function pledgeOf(uint64 id) external view returns (Pledge memory) {
        return _pledges[id];
    }

    /// @notice What the pool still owes of active policies at most.
    function locked() public view returns (uint256 sum) {
        for (uint256 i = 0; i < _policies.length; ++i) {
            if (_policies[i].state == PolicyState.Active) sum += _policies[i].quote.maximum - _policies[i].paid;
        }
    }

    /// @notice What is reserved of it.
    function reserves() external view returns (uint256 sum) {
        for (uint256 i = 0; i < _policies.length; ++i) {
            Policy storage policy = _policies[i];
            uint256 expected = uint256(_journeys[policy.journey].order.amount) * policy.reserved / 10_000;
            if (policy.state == PolicyState.Active && expected > policy.paid) sum += expected - policy.paid;
        }
    }

    /// @notice What can pay claims.
    function capital() public view returns (uint256 sum) {
        sum = dollar.balanceOf(address(pool));
        for (uint256 i = 0; i < _policies.length; ++i) {
            if (_policies[i].state == PolicyState.Active) sum -= _policies[i].quote.premium;
        }
    }

    /// @notice Who held the goods: 0 for the seller, a leg from 1 on, one more than there are for the consignee. Found from
    /// the last leg backwards.
    function holderAt(uint256 index, uint256 time) public view returns (uint256 holder) {
        uint256 deliveredAt = _journeys[index].deliveredAt;
        holder = _legs[index].length;
        if (deliveredAt != 0 && time > deliveredAt) return holder + 1;
        while (holder != 0 && _legs[index][holder - 1].since > time) {
            --holder;
        }
    }

    /// @notice What a claim of a policy would come to, cause by cause and day by day.
    function verdictOf(uint256 index) public view returns (Verdict memory verdict) {
        Policy storage policy = _policies[index];
        Journey storage journey = _journeys[policy.journey];
        if (policy.state != PolicyState.Active) return verdict;
        (verdict.fired, verdict.gross, verdict.paid) = (policy.fired, policy.gross, policy.paid);
        (bool isVoid, bool isAttached) = _attaches(policy, journey);
        if (!isAttached) {
            (verdict.isDue, verdict.state) = (isVoid, PolicyState.Void);
            return verdict;
        }
        bool isOver = journey.end == OrderState.Agreed;
        if (!isOver) isOver = _fire(policy, journey, verdict);
        verdict.isDue = isOver || verdict.fired != policy.fired;
        verdict.paid = _worthOf(policy, verdict.gross);
        if (!isOver) verdict.state = PolicyState.Active;
        else verdict.state = verdict.paid == 0 ? PolicyState.Expired : PolicyState.Paid;
    }

    /// @notice Seconds of delay of the seller and of each leg, and their sum.
    function delaysOf(uint256 index) public view returns (uint256[] memory delays, uint256 sum) {
        Order storage order = _journeys[index].order;
        Leg[] storage legs = _legs[index];
        uint256 until = _journeys[index].deliveredAt;
        if (until == 0) until = clock;
        if (until > order.refundAfter) until = order.refundAfter;
        delays = new uint256[](legs.length + 1);
        uint256 before = 0;
        for (uint256 i = 0; i <= legs.length; ++i) {
            uint256 due = i == 0 ? order.shipBy : legs[i - 1].dueBy;
            if (due == 0) due = order.deliverBy;
            uint256 passedOn = i == legs.length ? until : legs[i].since;
            // The first leg began when it began, be it after refund-after.
            if (i != 0 && passedOn > until) passedOn = until;
            uint256 late = passedOn > due ? passedOn - due : 0;
            if (late > before) delays[i] = late - before;
            (sum, before) = (sum + delays[i], late);
        }
        if (sum == 0 && legs.length != 0 && until > order.deliverBy) delays[1] = sum = until - order.deliverBy;
    }

    function _attaches(Policy storage policy, Journey storage journey)
        private
        view
        returns (bool isVoid, bool isAttached)
    {
        if (journey.shippedAt == 0) {
            bool isNever = journey.end == OrderState.Agreed || journey.deliveredAt != 0 || clock > journey.order.shipBy;
            return (isNever, false);
        }
        bool isPosthumous = journey.endedAt != 0 && journey.shippedAt > journey.endedAt;
        bool isInTime = journey.shippedAt >= policy.inceptedAt && journey.shippedAt <= journey.order.shipBy;
        bytes32 plan = policy.quote.plan;
        bool isAsPlanned = plan == 0 || plan == _planOf(policy.journey);
        isAttached = !isPosthumous && isInTime && isAsPlanned;
        isVoid = !isAttached;
    }

    /// @dev Adds what has come true; whether nothing more can.
    function _fire(Policy storage policy, Journey storage journey, Verdict memory verdict)
        private
        view
        returns (bool isOver)
    {
        bool isLost = _isUndelivered(journey);
        uint256 decidedAt = isLost ? journey.order.refundAfter : journey.deliveredAt;
        if (decidedAt != 0 && verdict.fired >> DELAY & 1 == 0) {
            verdict.fired |= 1 << DELAY;
            verdict.gross += _delayBps(policy, decidedAt);
        }
        bool isAll = true;
        for (uint256 i = 0; i < 4; ++i) {
            uint64 word = uint64(policy.quote.perils >> 64 * i);
            if (word == 0 || verdict.fired >> i & 1 == 1) continue;
            if (_isTrue(policy.journey, word, isLost)) {
                verdict.fired |= 1 << i;
                verdict.gross += uint16(word >> 16);
            } else {
                isAll = false;
            }
        }
        isOver = decidedAt != 0
            && (isAll
                || _netOf(policy.quote, verdict.gross) == policy.quote.capBps
                || clock > decidedAt + policy.quote.reportingPeriod);
    }

    function _isTrue(uint256 index, uint64 word, bool isLost) private view returns (bool) {
        Journey storage journey = _journeys[index];
        (PerilKind kind, uint256 threshold) = (PerilKind(uint8(word)), uint32(word >> 32));
        Seen storage seen = _seen[index][uint8(word >> 8)];
        if (kind == PerilKind.Level) return seen.breachedAt != 0;
        if (kind == PerilKind.Run) return seen.longest > threshold;
        if (kind == PerilKind.Exposure) return seen.exposure > threshold;
        if (kind == PerilKind.Loss) return isLost || journey.shares.lostBps >= threshold;
        if (kind == PerilKind.Damage) return journey.shares.damagedBps >= threshold;
        return journey.refusedFrom != 0 && clock >= journey.refusedFrom;
    }

    function _delayBps(Policy storage policy, uint256 until) private view returns (uint256 bps) {
        Order storage order = _journeys[policy.journey].order;
        if (until > order.refundAfter) until = order.refundAfter;
        uint256 day = 0;
        for (uint256 time = order.deliverBy; time < until; time += 1 days) {
            if (++day > policy.quote.graceDays) bps += policy.quote.bpsPerDay;
        }
    }

    function _netOf(Quote storage quote, uint256 gross) private view returns (uint256 net) {
        net = gross > quote.deductibleBps ? gross - quote.deductibleBps : 0;
        if (net > quote.capBps) net = quote.capBps;
    }

    function _worthOf(Policy storage policy, uint256 gross) private view returns (uint256) {
        return uint256(_journeys[policy.journey].order.amount) * _netOf(policy.quote, gross) / 10_000;
    }

    /// @dev What a policy will have paid if its goods came now, 0 where that is nothing new.
    function _expected(uint256 index) private view returns (uint256 net) {
        Policy storage policy = _policies[index];
        Journey storage journey = _journeys[policy.journey];
        (, bool isAttached) = _attaches(policy, journey);
        if (policy.state != PolicyState.Active || !isAttached || policy.fired >> DELAY == 1) return 0;
        if (journey.deliveredAt != 0 || journey.end == OrderState.Agreed) return 0;
        uint256 time = journey.tenderedAt != 0 ? journey.tenderedAt : clock;
        net = _netOf(policy.quote, policy.gross + _delayBps(policy, time));
        if (net <= policy.reserved || net <= _netOf(policy.quote, policy.gross)) net = 0;
    }

    function _claim(uint256 index) private {
        Verdict memory verdict = verdictOf(index);
        Policy storage policy = _policies[index];
        Journey storage journey = _journeys[policy.journey];
        _countClaim(policy, verdict);
        uint256 before = _netOf(policy.quote, policy.gross);
        bool isPaying = _netOf(policy.quote, verdict.gross) != before;
        bool isFirst = policy.paid == 0 && verdict.paid != 0;
        policy.state = verdict.state;
        (policy.fired, policy.gross, policy.paid) = (verdict.fired, verdict.gross, verdict.paid);
        bool isDecided = verdict.state != PolicyState.Active || verdict.fired >> DELAY == 1;
        if (isDecided || policy.reserved <= before) policy.reserved = 0;
        if (isPaying && verdict.fired >> DELAY == 1) _endOrder(journey);
        uint64 holderId = policy.quote.holder == journey.order.buyer ? BUYER : SELLER;
        if (isFirst) rated.rateCover(INSURER, holderId, _weightOf(journey));
    }

    function _claimAll(uint256 journey) private {
        for (uint256 i = 0; i < _policies.length; ++i) {
            if (_policies[i].journey == journey && verdictOf(i).isDue) _claim(i);
        }
    }

    function _countClaim(Policy storage policy, Verdict memory verdict) private {
        if (verdict.state == PolicyState.Void) {
            bytes32 plan = policy.quote.plan;
            bool isOther = _journeys[policy.journey].shippedAt != 0 && plan != 0 && plan != _planOf(policy.journey);
            ++count[isOther ? "voidByPlan" : "void"];
            return;
        }
        bool isFinal = verdict.state != PolicyState.Active;
        if (isFinal && policy.paid != 0) ++count["partialThenEnd"];
        if (!isFinal && verdict.paid != policy.paid) ++count["partial"];
        if (isFinal) ++count[verdict.state == PolicyState.Paid ? "paid" : "expired"];
        if (isFinal && policy.reserved != 0) ++count["reservedThenEnd"];
        string[6] memory kinds = ["level", "run", "exposure", "loss", "damage", "refusal"];
        for (uint256 i = 0; i < 4; ++i) {
            if ((verdict.fired & ~policy.fired) >> i & 1 == 1) {
                ++count[kinds[uint8(policy.quote.perils >> 64 * i) - 1]];
            }
        }
    }

    /// @dev What the legs of a shipment still owe for a cause.
    function _dueOf(uint256 index, uint256 cause) private view returns (uint256 sum) {
        uint256[] memory dues = _duesOf(index, cause);
        for (uint256 i = 0; i < dues.length; ++i) {
            sum += dues[i];
        }
    }

    function _duesOf(uint256 index, uint256 cause) private view returns (uint256[] memory dues) {
        Policy storage policy = _policies[index];
        dues = new uint256[](_legs[policy.journey].length);
        if (cause > DELAY || policy.fired >> cause & 1 == 0) return dues;
        (uint256[] memory parts, uint256 whole) = _partsOf(policy, cause);
        uint256 left = policy.paid - policy.recovered;
        for (uint256 i = 0; i < dues.length; ++i) {
            uint256 already = _taken[index][cause][i];
            whole = whole > already ? whole - already : 0;
        }
        if (whole < left) left = whole;
        uint256[6] memory held = [uint256(0), 0, 0, _pledges[3].held, _pledges[4].held, _pledges[5].held];
        for (uint256 i = 0; i < dues.length; ++i) {
            Leg memory leg = _legs[policy.journey][i];
            uint256 due = parts[i] > _taken[index][cause][i] ? parts[i] - _taken[index][cause][i] : 0;
            due = _least(_least(due, leg.liability - answered[policy.journey][i]), _least(held[leg.custodianId], left));
            (dues[i], left) = (due, left - due);
            held[leg.custodianId] -= due;
        }
    }

    /// @dev What a cause is worth, and which part of it each leg answers for.
    function _partsOf(Policy storage policy, uint256 cause)
        private
        view
        returns (uint256[] memory parts, uint256 whole)
    {
        uint256 journey = policy.journey;
        Order storage order = _journeys[journey].order;
        parts = new uint256[](_legs[journey].length);
        if (cause == DELAY) {
            uint256 until = _journeys[journey].deliveredAt;
            whole = uint256(order.amount) * _delayBps(policy, until == 0 ? order.refundAfter : until) / 10_000;
            (uint256[] memory delays, uint256 sum) = delaysOf(journey);
            for (uint256 i = 0; i < parts.length && sum != 0; ++i) {
                parts[i] = whole * delays[i + 1] / sum;
            }
            return (parts, whole);
        }
        uint64 word = uint64(policy.quote.perils >> 64 * cause);
        PerilKind kind = PerilKind(uint8(word));
        Seen storage seen = _seen[journey][uint8(word >> 8)];
        uint256 at = seen.longest != 0 ? seen.longestAt : seen.breachedAt;
        if (kind == PerilKind.Loss) at = _journeys[journey].lostAt;
        if (kind == PerilKind.Damage) at = _journeys[journey].damagedAt;
        if (at == 0) at = order.refundAfter;
        whole = uint256(order.amount) * uint16(word >> 16) / 10_000;
        uint256 holder = holderAt(journey, at);
        if (kind != PerilKind.Refusal && holder != 0 && holder <= parts.length) parts[holder - 1] = whole;
    }

    function _recover(uint256 index, uint256 cause) private {
        Policy storage policy = _policies[index];
        uint256[] memory dues = _duesOf(index, cause);
        (uint256[] memory parts,) = _partsOf(policy, cause);
        uint256 liable = 0;
        for (uint256 i = 0; i < dues.length; ++i) {
            Leg memory leg = _legs[policy.journey][i];
            if (dues[i] != 0) ++liable;
            bool isEmptied = dues[i] != 0 && _pledges[leg.custodianId].held == dues[i];
            if (isEmptied && dues[i] < parts[i] - _taken[index][cause][i]) ++count["bondShort"];
            _taken[index][cause][i] += dues[i];
            answered[policy.journey][i] += dues[i];
            if (dues[i] != 0 && answered[policy.journey][i] == leg.liability) ++count["liabilityReached"];
            _pledges[leg.custodianId].held -= dues[i];
            policy.recovered += dues[i];
        }
        if (cause == DELAY && liable > 1) ++count["delaySplit"];
    }

    function _bring(uint256 index, bool isClaiming) private {
        Batch storage batch = _batches[index];
        (uint256 from, uint256 until) = _onTheWay(batch);
        bool isDue = !_isRevoked[batch.device] && _isWatching(batch) && _endOf(batch) <= clock && from < until;
        if (_isRevoked[batch.device]) ++count["fromRevoked"];
        bytes memory answer = _do(address(sensors), address(this), _recording(batch, isClaiming), isDue, "bring");
        if (!isDue) return;
        batch.isTaken = true;
        Arrival arrival = _arrivalOf(batch);
        assertEq(uint8(abi.decode(answer, (Arrival))), uint8(arrival), "arrived otherwise");
        if (arrival < Arrival.Repeated) _count(batch, arrival == Arrival.Late);
        if (isClaiming) _claimAll(batch.journey);
    }

    function _recording(Batch storage batch, bool isClaiming) private view returns (bytes memory) {
        Readings memory readings = _readingsOf(batch);
        bytes memory signature = _sign(batch.device, sensors.readingsDigest(readings));
        Watch[] memory watches = _watches[batch.journey];
        if (!isClaiming) return abi.encodeCall(sensors.record, (readings, watches, signature));
        Quote[] memory quotes = _quotesOf(batch.journey, true);
        Order memory order = _journeys[batch.journey].order;
        return abi.encodeCall(sensors.recordAndClaim, (readings, watches, signature, order, quotes));
    }

    function _arrivalOf(Batch storage batch) private returns (Arrival) {
        Track storage track = _tracks[batch.journey][batch.device];
        bool isCounted = _isCounted[batch.journey][batch.device][batch.number];
        uint40 endedAt = uint40(_endOf(batch));
        if (batch.number > track.last) {
            if (batch.startedAt < track.lastEnd) {
                ++count["overlapping"];
                return Arrival.Overlapping;
            }
            uint40 known = track.last == 0 ? _journeys[batch.journey].shippedAt : track.lastEnd;
            if (batch.number != track.last + 1 || batch.startedAt > known + batch.interval) ++count["gap"];
            (track.last, track.lastEnd) = (batch.number, endedAt);
            _isCounted[batch.journey][batch.device][batch.number] = true;
            return Arrival.InOrder;
        }
        if (isCounted || track.last - batch.number >= 128) {
            ++count["repeated"];
            return Arrival.Repeated;
        }
        if (endedAt > track.lastEnd) {
            ++count["overlapping"];
            return Arrival.Overlapping;
        }
        _isCounted[batch.journey][batch.device][batch.number] = true;
        ++count["late"];
        return Arrival.Late;
    }

    /// @dev Looks at every reading, and then at every second. Readings that reach beyond the journey may all have been outside
    /// beyond it, unless they were outside throughout.
    function _count(Batch storage batch, bool isLate) private {
        Watch[] storage watches = _watches[batch.journey];
        (uint256 from, uint256 until) = _onTheWay(batch);
        bool isWhole = from == batch.startedAt && until == _endOf(batch);
        if (!isWhole) ++count["clipped"];
        for (uint256 i = 0; i < watches.length; ++i) {
            if (watches[i].device != batch.device) continue;
            Seen storage seen = _seen[batch.journey][i];
            int32[] storage values = watches[i].metric == Metric.Temperature ? batch.temperatures : batch.humidities;
            (uint256 above, uint256 below, uint256 most) = _lookAt(values, watches[i]);
            bool isThroughout = above == values.length || below == values.length;
            if (above + below == 0 || !isWhole && !isThroughout) continue;
            if (most > seen.distance) seen.distance = most;
            if (seen.breachedAt == 0 || from < seen.breachedAt) seen.breachedAt = uint40(from);
            if (isThroughout) _countSeconds(seen, from, until, isLate);
        }
    }

    function _lookAt(int32[] storage values, Watch storage watched)
        private
        view
        returns (uint256 above, uint256 below, uint256 most)
    {
        for (uint256 j = 0; j < values.length; ++j) {
            uint256 beyond = 0;
            if (values[j] > watched.high) {
                ++above;
                beyond = uint32(values[j] - watched.high);
            } else if (values[j] < watched.low) {
                ++below;
                beyond = uint32(watched.low - values[j]);
            }
            if (beyond > most) most = beyond;
        }
    }

    function _countSeconds(Seen storage seen, uint256 from, uint256 until, bool isLate) private {
        (uint256 run, uint256 last) = isLate ? (0, 0) : (seen.run, seen.last);
        for (uint256 second = from; second < until; ++second) {
            run = second == last + 1 ? run + 1 : 1;
            last = second;
            ++seen.exposure;
            if (run > seen.longest) (seen.longest, seen.longestAt) = (run, second + 1 - run);
        }
        if (!isLate) (seen.run, seen.last) = (run, last);
    }

    /// @dev It may have measured under a plan that another one took the place of before the goods shipped.
    function _isWatching(Batch storage batch) private view returns (bool isFound) {
        Watch[] storage watches = _watches[batch.journey];
        for (uint256 i = 0; i < watches.length; ++i) {
            isFound = isFound || watches[i].device == batch.device;
        }
        isFound = isFound && _journeys[batch.journey].shippedAt != 0;
    }

    function _endOf(Batch storage batch) private view returns (uint256) {
        return batch.startedAt + uint256(batch.interval) * batch.temperatures.length;
    }

    /// @dev The part of the readings' time in which the goods were on the way, as far as is known.
    function _onTheWay(Batch storage batch) private view returns (uint256 from, uint256 until) {
        Journey storage journey = _journeys[batch.journey];
        (from, until) = (batch.startedAt, _endOf(batch));
        if (from < journey.shippedAt) from = journey.shippedAt;
        uint256 arrivedAt = journey.deliveredAt != 0 ? journey.deliveredAt : journey.tenderedAt;
        if (arrivedAt != 0 && arrivedAt < until) until = arrivedAt;
    }

    function _read(Batch storage batch, uint256 seed) private {
        uint256 size = 1 + _hash(seed, "size") % 4;
        // What is too warm stays so for a while.
        uint256 last = batch.number;
        uint256 warm = last % 4 == 0 ? _hash(seed, "warm") : 2;
        uint256 damp = last % 3 == 0 ? _hash(seed, "damp") : 4;
        for (uint256 i = 0; i < size; ++i) {
            batch.temperatures.push(_value(warm, i));
            batch.humidities.push(_value(damp, i));
        }
    }

    /// @dev All within, all above, all below, or anything.
    function _value(uint256 mood, uint256 i) private pure returns (int32) {
        uint256 random = uint256(keccak256(abi.encode(mood, i)));
        if (mood % 8 < 2) return LOW + int32(uint32(random % 601));
        if (mood % 8 < 4) return HIGH + 1 + int32(uint32(random % 200));
        if (mood % 8 < 6) return LOW - 1 - int32(uint32(random % 200));
        return int32(uint32(random % 1000));
    }

    function _readingsOf(Batch memory batch) private view returns (Readings memory readings) {
        readings.shipmentId = _journeys[batch.journey].id;
        (readings.device, readings.number, readings.startedAt) = (batch.device, batch.number, batch.startedAt);
        (readings.interval, readings.count) = (batch.interval, uint32(batch.temperatures.length));
        readings.root = keccak256(abi.encode(batch.temperatures, batch.humidities));
        readings.extremes = new Extreme[](2);
        readings.extremes[0] = _extremeOf(Metric.Humidity, batch.humidities);
        readings.extremes[1] = _extremeOf(Metric.Temperature, batch.temperatures);
    }

    function _extremeOf(Metric metric, int32[] memory values) private pure returns (Extreme memory extreme) {
        extreme = Extreme(metric, values[0], values[0]);
        for (uint256 i = 1; i < values.length; ++i) {
            if (values[i] < extreme.minimum) extreme.minimum = values[i];
            if (values[i] > extreme.maximum) extreme.maximum = values[i];
        }
    }

    function _watch(uint256 index, uint256 seed) private {
        Journey storage journey = _journeys[index];
        Watch[] memory watches = new Watch[](1 + _hash(seed, "watches") % 3);
        for (uint256 i = 0; i < watches.length; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            address device = _account(20 + uint32(random % DEVICES));
            watches[i] = Watch(device, Metric(random / 8 % 2), LOW, HIGH - int32(uint32(random / 16 % 3)));
        }
        bool isDue = journey.state == ShipmentState.Created;
        bytes memory call = abi.encodeCall(ledger.load, (journey.order, new Cargo[](0), watches));
        _do(address(ledger), _of(SELLER), call, isDue, "load");
        if (!isDue) return;
        delete _watches[index];
        for (uint256 i = 0; i < watches.length; ++i) {
            _watches[index].push(watches[i]);
        }
        _change(journey, ShipmentState.Created);
    }

    function _decideTender(uint256 index, bool isUpheld, bool isClaiming) private {
        if (isUpheld) return _deliver(index, isClaiming);
        (_journeys[index].tenderedAt, _journeys[index].disputedAt) = (0, 0);
        _change(_journeys[index], ShipmentState.InTransit);
    }

    function _deliver(uint256 index, bool isClaiming) private {
        Journey storage journey = _journeys[index];
        journey.deliveredAt = journey.tenderedAt != 0 ? journey.tenderedAt : uint40(clock);
        _change(journey, ShipmentState.Delivered);
        _endOrder(journey);
        if (isClaiming) _claimAll(index);
    }

    function _endOrder(Journey storage journey) private {
        if (journey.end != OrderState.Open) return;
        bool isInTime = journey.deliveredAt != 0 && journey.deliveredAt <= journey.order.refundAfter;
        _endAs(journey, isInTime ? OrderState.Released : OrderState.Refunded);
    }

    /// @dev The order ends by the facts, and its parties are rated by them.
    function _endAs(Journey storage journey, OrderState state) private {
        (journey.end, journey.endedAt) = (state, uint40(clock));
        Order storage order = journey.order;
        TradeOutcome outcome = TradeOutcome.Kept;
        if (state == OrderState.Refunded) {
            outcome = journey.shippedAt == 0 ? TradeOutcome.Broken : TradeOutcome.Lost;
        } else if (journey.disputedAt != 0) {
            outcome = TradeOutcome.Upheld;
        } else if (journey.deliveredAt > order.deliverBy) {
            if (journey.shippedAt == 0 || journey.shippedAt > order.shipBy) outcome = TradeOutcome.Late;
        }
        string[5] memory outcomes = ["kept", "halfKept", "failed", "broken", "upheld"];
        ++count[outcomes[uint8(outcome)]];
        rated.rateTrade(SELLER, BUYER, _weightOf(journey), outcome);
    }

    function _rateJourney(uint256 index) private {
        Journey storage journey = _journeys[index];
        Passage memory passage;
        (passage.order, passage.legs, passage.weight) = (journey.order, _legs[index], _weightOf(journey));
        OrderRecord memory record = escrow.recordOf(escrow.orderIdOf(journey.order));
        (passage.state, passage.endedAt) = (record.state, record.endedAt);
        (passage.deliveredAt, passage.asOf) = (journey.deliveredAt, clock);
        (passage.lostBps, passage.lostAt) = (journey.shares.lostBps, journey.lostAt);
        (passage.damagedBps, passage.damagedAt) = (journey.shares.damagedBps, journey.damagedAt);
        uint256[] memory times = new uint256[](_watches[index].length);
        uint256 size = 0;
        for (uint256 i = 0; i < times.length; ++i) {
            Seen storage seen = _seen[index][i];
            if (seen.breachedAt != 0) times[size++] = seen.longest != 0 ? seen.longestAt : seen.breachedAt;
        }
        passage.excursions = new uint256[](size);
        for (uint256 i = 0; i < size; ++i) {
            passage.excursions[i] = times[i];
        }
        passage.isRefused = journey.refusedFrom != 0 && clock >= journey.refusedFrom;
        if (passage.isRefused || journey.isReleased) passage.brokerId = journey.declarantId;
        rated.rateJourney(passage);
        if (size != 0) ++count["ratedSpoilt"];
        if (passage.legs.length > 1) ++count["ratedLegs"];
        if (passage.lostBps + passage.damagedBps != 0) ++count["ratedHarmed"];
        if (passage.deliveredAt == 0) ++count["ratedLost"];
        if (passage.brokerId != 0) ++count[passage.isRefused ? "ratedRefused" : "ratedReleased"];
    }

    /// @dev 1 and how often an amount in dollars, and one more, can be halved.
    function _weightOf(Journey storage journey) private view returns (uint256 weight) {
        for (uint256 rest = 1 + journey.order.amount / 1e6; rest != 0; rest /= 2) {
            ++weight;
        }
    }

    function _harm(Journey storage journey, Shares memory shares, uint40 at) private {
        if (shares.lostBps != journey.shares.lostBps) journey.lostAt = at;
        if (shares.damagedBps != journey.shares.damagedBps) journey.damagedAt = at;
        journey.shares = shares;
    }

    function _change(Journey storage journey, ShipmentState state) private {
        journey.state = state;
        ++journey.changes;
    }

    /// @dev Makes a call, which passes exactly if it is due.
    function _do(address target, address sender, bytes memory call, bool isDue, string memory thing)
        private
        returns (bytes memory answer)
    {
        vm.prank(sender);
        bool isDone;
        (isDone, answer) = target.call(call);
        if (!isDone && isDue) emit log_named_bytes(thing, answer);
        assertEq(isDone, isDue, thing);
        if (isDue) ++count[thing];
    }

    function _listen() private {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        heard.listen(logs);
        for (uint64 id = 0; id <= INSURER; ++id) {
            rated.look(id);
        }
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] != ICargoInsurance.ClaimPaid.selector) continue;
            (uint256 amount,,,,) = abi.decode(logs[i].data, (uint256, uint8, uint24, uint32, bool));
            told[logs[i].topics[1]] += amount;
        }
    }

    function _draftOrder(uint256 seed) private view returns (Order memory order) {
        order = _draft(address(dollar), uint128(1e6 + seed % 1e8), _of(BUYER), _of(SELLER), SELLER);
        (order.buyerId, order.carrierId, order.arbiterId) = (BUYER, CARRIER, ARBITER);
        order.shipBy = uint40(clock + 1 days + seed / 8 % 3 days);
        order.deliverBy = uint40(order.shipBy + seed / 16 % 2 days);
        order.refundAfter = uint40(order.deliverBy + seed / 32 % 8 days);
        order.acceptanceWindow = uint32(seed / 64 % 2 days);
        order.arbitrationPeriod = uint32(seed / 128 % 4 days);
        order.upholdByDefault = seed / 256 % 2 == 0;
        order.salt = bytes32(_journeys.length);
    }

    function _draftTerms(Journey storage journey, uint256 seed, bool isFirst)
        private
        view
        returns (Terms memory terms)
    {
        terms.toId = isFirst && seed % 16 != 0 ? CARRIER : CARRIER + uint64(seed / 16 % 3);
        if (seed / 64 % 4 != 0) terms.dueBy = uint40(clock + seed / 256 % 2 days);
        if (seed / 512 % 4 != 0) terms.liability = uint128(seed / 1024 % (journey.order.amount / 2));
        (terms.location, terms.seal, terms.condition) = ("CNSHA", "seal", "dry");
    }

    /// @dev Mostly more than there was; at times too much.
    function _draftShares(Journey storage journey, uint256 seed) private view returns (Shares memory shares) {
        shares = journey.shares;
        if (_hash(seed, "lost") % 2 == 0) shares.lostBps += uint16(_hash(seed, "lost bps") % 4000);
        if (_hash(seed, "damaged") % 2 == 0) shares.damagedBps += uint16(_hash(seed, "damaged bps") % 4000);
        if (_hash(seed, "less") % 8 == 0) shares.lostBps /= 2;
    }

    function _draftQuote(uint256 index, uint256 seed) private view returns (Quote memory quote) {
        Journey storage journey = _journeys[index];
        quote.orderId = journey.orderId;
        quote.holder = _of(seed % 4 == 0 ? SELLER : BUYER);
        quote.beneficiary = seed / 4 % 2 == 0 ? PAYEE : address(0);
        (quote.pool, quote.insurerId, quote.premium) = (address(pool), INSURER, uint128(seed / 8 % 1e5));
        (quote.graceDays, quote.bpsPerDay) = (uint16(seed / 16 % 3), uint16(seed / 64 % 1200));
        quote.capBps = uint16(1000 + seed / 4096 % 4001);
        quote.deductibleBps = uint16(seed / 8192 % 2 == 0 ? 0 : seed / 16_384 % 1500);
        quote.maximum = uint128(uint256(journey.order.amount) * quote.capBps / 10_000 + seed % 3);
        uint256 size = _hash(seed, "perils") % 5;
        for (uint256 i = 0; i < size; ++i) {
            quote.perils |= uint256(_peril(uint256(keccak256(abi.encode(seed, i))), index)) << (64 * i);
            if (uint8(quote.perils >> (64 * i)) <= uint8(PerilKind.Exposure)) quote.plan = _planOf(index);
        }
        if (quote.plan == 0 && seed / 7 % 4 == 0) quote.plan = _planOf(index);
        if (seed / 3 % 16 == 0) quote.plan = "another";
        quote.reportingPeriod = uint32(seed / 5 % 5 days);
        quote.validUntil = uint40(clock);
        quote.salt = bytes32(_policies.length);
    }

    /// @dev Those that watches show only where there are any.
    function _peril(uint256 seed, uint256 index) private view returns (uint64) {
        PerilKind kind = PerilKind(1 + seed % 6);
        if (kind == PerilKind.Refusal && seed / 6 % 2 == 0) kind = PerilKind.Run;
        uint256 watches = _watches[index].length;
        if (kind <= PerilKind.Exposure && watches == 0) kind = PerilKind.Loss;
        uint256 threshold = 0;
        if (kind == PerilKind.Run || kind == PerilKind.Exposure) threshold = seed / 8 % 12;
        if (kind == PerilKind.Loss || kind == PerilKind.Damage) threshold = 1 + seed / 8 % 3000;
        uint256 watched = kind <= PerilKind.Exposure ? seed / 64 % watches : 0;
        return uint64(uint8(kind) | watched << 8 | seed / 256 % 4000 << 16 | threshold << 32);
    }

    function _reserved(Journey storage journey, Shares memory shares, bool isAccepted, Quote[] memory quotes)
        private
        view
        returns (bytes memory)
    {
        bytes32 digest = ledger.deliveryDigest(
            Delivery(journey.id, journey.changes, shares.lostBps, shares.damagedBps, "receipt")
        );
        Signature memory custodian;
        if (isAccepted) custodian = _signed(journey.custodianId, digest);
        return abi.encodeCall(
            ledger.deliverWithReserve, (journey.order, shares, "receipt", _signed(BUYER, digest), custodian, quotes)
        );
    }

    /// @dev One field of one leg is another, or a leg is missing or one too many.
    function _tampered(Leg[] memory legs, uint256 seed) private view returns (Leg[] memory) {
        uint256 kind = legs.length == 0 ? 5 : _hash(seed, "tamper") % 6;
        if (kind > 3) {
            Leg[] memory others = new Leg[](kind == 4 ? legs.length - 1 : legs.length + 1);
            for (uint256 i = 0; i < others.length && i < legs.length; ++i) {
                others[i] = legs[i];
            }
            if (kind == 5) others[legs.length] = Leg(CARRIER, uint40(clock), 0, 0);
            return others;
        }
        Leg memory leg = legs[_hash(seed, "leg") % legs.length];
        if (kind == 0) leg.custodianId = leg.custodianId == CARRIER ? SECOND : CARRIER;
        else if (kind == 1) leg.since += 1;
        else if (kind == 2) leg.dueBy += 1;
        else leg.liability += 1;
        return legs;
    }

    function tampered(uint256 journey, uint256 seed) external view returns (Leg[] memory) {
        return _tampered(_legs[journey], seed);
    }

    function _quotesOf(uint256 journey, bool isClaiming) private view returns (Quote[] memory quotes) {
        if (!isClaiming) return quotes;
        uint256 size = 0;
        for (uint256 i = 0; i < _policies.length; ++i) {
            if (_policies[i].journey == journey) ++size;
        }
        quotes = new Quote[](size);
        for (uint256 i = _policies.length; i > 0; --i) {
            if (_policies[i - 1].journey == journey) quotes[--size] = _policies[i - 1].quote;
        }
    }

    /// @dev The first journey from a random one on that fits; sometimes any, so that refusals are tried too.
    function _pick(uint256 seed, function(Journey storage) view returns (bool) fits)
        private
        view
        returns (bool isFound, uint256 index)
    {
        if (_journeys.length == 0) return (false, 0);
        uint256 start = _hash(seed, "journey") % _journeys.length;
        if (_hash(seed, "any") % 16 == 0) return (true, start);
        for (uint256 i = 0; i < _journeys.length; ++i) {
            index = (start + i) % _journeys.length;
            if (fits(_journeys[index])) return (true, index);
        }
        return (false, 0);
    }

    function _isToBeRated(Journey storage journey) private view returns (bool) {
        bool isOpen = journey.state == ShipmentState.Tendered || journey.state == ShipmentState.Disputed;
        return journey.endedAt != 0 && journey.shippedAt != 0 && !journey.isRated && !isOpen;
    }

    function _isOpen(Journey storage journey) private view returns (bool) {
        return journey.end == OrderState.Open;
    }

    function _isWaiting(Journey storage journey) private view returns (bool) {
        return journey.state == ShipmentState.Created && journey.end == OrderState.Open;
    }

    function _isMoving(Journey storage journey) private view returns (bool) {
        bool isCreated = journey.state == ShipmentState.Created;
        return journey.state == ShipmentState.InTransit || isCreated && clock <= journey.order.shipBy;
    }

    function _isShipped(Journey storage journey) private view returns (bool) {
        return journey.shippedAt != 0;
    }

    function _isOnTheWay(Journey storage journey) private view returns (bool) {
        return journey.shippedAt != 0 && journey.state != ShipmentState.Delivered;
    }

    function _isUndelivered(Journey storage journey) private view returns (bool) {
        uint40 refundAfter = journey.order.refundAfter;
        if (journey.deliveredAt != 0) return journey.deliveredAt > refundAfter;
        bool isOffered = journey.tenderedAt != 0 && journey.tenderedAt <= refundAfter;
        return clock > refundAfter && !isOffered;
    }

    function _isGrown(Journey storage journey, Shares memory shares) private view returns (bool) {
        uint256 sum = uint256(shares.lostBps) + shares.damagedBps;
        bool isLess = shares.lostBps < journey.shares.lostBps || shares.damagedBps < journey.shares.damagedBps;
        return sum <= 10_000 && !isLess && sum > uint256(journey.shares.lostBps) + journey.shares.damagedBps;
    }

    function _isLeaving(uint64 id) private view returns (bool) {
        return _pledges[id].leaving != 0 && clock >= _pledges[id].leavesAt;
    }

    function _lastMoment(Journey storage journey) private view returns (uint256) {
        if (journey.deliveredAt != 0) return journey.deliveredAt;
        return journey.tenderedAt != 0 ? journey.tenderedAt : clock;
    }

    function _planOf(uint256 index) private view returns (bytes32) {
        Watch[] memory watches = _watches[index];
        return watches.length == 0 ? bytes32(0) : keccak256(abi.encode(watches));
    }

    function _indexOf(address device) private returns (uint32 index) {
        while (_account(20 + index) != device) {
            ++index;
        }
    }

    function _signed(uint64 id, bytes32 digest) private view returns (Signature memory) {
        return Signature(_of(id), _sign(_of(id), digest));
    }

    function _of(uint64 id) private view returns (address) {
        return registry.participantOf(id).root;
    }

    function _least(uint256 one, uint256 other) private pure returns (uint256) {
        return one < other ? one : other;
    }

    function _hash(uint256 seed, string memory name) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, name)));
    }
}
