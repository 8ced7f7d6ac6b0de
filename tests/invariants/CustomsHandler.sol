// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";
import {CreditModel, Passage} from "./CreditModel.sol";
import {Deal, Way} from "./Deals.sol";
import {SettlementHandler} from "./SettlementHandler.sol";
import {CreditRegistry} from "contracts/credit/CreditRegistry.sol";
import {CustomsDesk} from "contracts/customs/CustomsDesk.sol";
import {ShipmentLedger} from "contracts/logistics/ShipmentLedger.sol";
import {Quote} from "interfaces/ICargoInsurance.sol";
import {Declaration, Finding, Inspection} from "interfaces/ICustomsDesk.sol";
import {Delivery, Handover, Signature, Terms} from "interfaces/IShipmentLedger.sol";
import {CustomsFacts, CustomsState, Leg, ShipmentFacts, ShipmentState} from "interfaces/IShipmentSource.sol";
import {OrderRecord, OrderState} from "interfaces/ITradeEscrow.sol";

/// @notice What a case at customs should be.
struct Dossier {
    CustomsState state;
    uint64 declarantId;
    bool isAssessed;
    Finding goods;
    Finding quarantine;
    uint256 duty;
    uint256 finalAt;
    uint256 releasedAt;
    uint256 changes;
}

/// @notice Ships and clears the orders of a settlement handler at the real ledger and the real desk, by the right and by
/// the wrong ones.
contract CustomsHandler is Test {
    SettlementHandler private immutable _BOOK;
    CustomsDesk private immutable _DESK;
    ShipmentLedger private immutable _LEDGER;
    CreditRegistry private immutable _CREDIT;
    /// @notice Ratings of journeys alone.
    CreditModel public immutable RATED;
    mapping(string thing => uint256) public count;
    mapping(uint256 deal => Dossier) private _dossiers;
    mapping(uint256 deal => bool) private _isRated;

    modifier now_() {
        vm.warp(_BOOK.clock());
        _;
    }

    constructor(SettlementHandler book) {
        (_BOOK, _DESK, _LEDGER, _CREDIT) = (book, book.customs(), book.ledger(), book.credit());
        RATED = new CreditModel(_CREDIT);
    }

    function dossierOf(uint256 index) external view returns (Dossier memory) {
        return _dossiers[index];
    }

    /// @dev Each shipment takes a step on its way, or none; the ledger is no matter here.
    function ship(uint256 seed) public now_ {
        for (uint256 i = 0; i < _BOOK.dealCount(); ++i) {
            uint256 random = _hash(seed / 2 + i);
            if (random % 3 != 0 && _isHere(i)) _ship(_BOOK.dealAt(i), random);
        }
    }

    function declare(uint256 seed) public now_ {
        bool isAgain = _hash(seed) % 8 == 0;
        (bool isFound, uint256 index) = isAgain ? _pickIn(seed, CustomsState.Released) : _pick(seed);
        if (!isFound) return;
        Deal memory deal = _BOOK.dealAt(index);
        Dossier storage dossier = _dossiers[index];
        uint64 declarantId = [_BOOK.SELLER(), _BOOK.SELLER(), _BOOK.BROKER(), _BOOK.AUTHORITY()][seed / 8 % 4];
        Declaration memory declaration = Declaration("010121", "NL", "CN", uint128(seed / 64 % 8), "invoice");
        bool isDue = declarantId != _BOOK.AUTHORITY()
            && (declarantId == _BOOK.SELLER() || declarantId == deal.clauses.brokerId) && declaration.value != 0
            && dossier.state <= CustomsState.Held && _LEDGER.factsOf(deal.shipmentId).state != ShipmentState.None;
        _do(
            index, declarantId, abi.encodeCall(_DESK.declare, (deal.order, deal.clauses, declaration)), isDue, "declare"
        );
        if (!isDue) return;
        (dossier.state, dossier.declarantId, dossier.isAssessed) = (CustomsState.Declared, declarantId, false);
        (dossier.goods, dossier.quarantine, dossier.duty) = (Finding.None, Finding.None, 0);
    }

    function inspect(uint256 seed) public now_ {
        (bool isFound, uint256 index) = _pick(seed);
        if (!isFound) return;
        Finding finding = Finding(seed / 16 % 5 == 0 ? 0 : seed / 16 % 5 == 1 ? 2 : 1);
        _inspect(index, seed / 128 % 4 == 0 ? _BOOK.BROKER() : _inspectorOf(index), Inspection(seed / 8 % 2), finding);
    }

    function assess(uint256 seed) public now_ {
        (bool isFound, uint256 index) = _pick(seed);
        if (isFound) _assess(index, seed);
    }

    function release(uint256 seed) public now_ {
        (bool isFound, uint256 index) = _pick(seed);
        if (!isFound) return;
        Deal memory deal = _BOOK.dealAt(index);
        Dossier storage dossier = _dossiers[index];
        // Mostly after all that goes before it.
        if (_hash(seed) % 4 != 0) {
            _inspect(index, _inspectorOf(index), Inspection.Goods, Finding.Passed);
            _inspect(index, _inspectorOf(index), Inspection.Quarantine, Finding.Passed);
            _assess(index, seed);
        }
        bool isPassed = dossier.goods != Finding.Failed && dossier.quarantine != Finding.Failed
            && (deal.clauses.inspectorId == 0 || dossier.goods == Finding.Passed);
        bool isDue = _isUndecided(index) && _isAuthority(seed) && dossier.isAssessed && isPassed;
        uint24 sequence = _DESK.factsOf(deal.shipmentId).sequence;
        _do(index, _authority(seed), abi.encodeCall(_DESK.release, (deal.shipmentId, sequence)), isDue, "releaseGoods");
        if (isDue) (dossier.state, dossier.releasedAt) = (CustomsState.Released, block.timestamp);
    }

    function hold(uint256 seed) public now_ {
        (bool isFound, uint256 index) = _pick(seed);
        if (!isFound) return;
        bool isDue = _isUndecided(index) && _isAuthority(seed);
        bytes memory call = abi.encodeCall(_DESK.hold, (_BOOK.dealAt(index).shipmentId, "papers"));
        _do(index, _authority(seed), call, isDue, "hold");
        if (isDue) _dossiers[index].state = CustomsState.Held;
    }

    function refuse(uint256 seed) public now_ {
        (bool isFound, uint256 index) = _pick(seed);
        if (!isFound || seed / 16 % 2 == 0) return;
        Deal memory deal = _BOOK.dealAt(index);
        uint128 duty = _duty(seed, deal.clauses.dutyCap);
        bool isDue = _isUndecided(index) && _isAuthority(seed) && duty <= deal.clauses.dutyCap;
        _do(
            index,
            _authority(seed),
            abi.encodeCall(_DESK.refuse, (deal.shipmentId, "plague", duty)),
            isDue,
            "refuseGoods"
        );
        if (!isDue) return;
        (_dossiers[index].state, _dossiers[index].duty) = (CustomsState.Refused, duty);
        _dossiers[index].finalAt = block.timestamp + deal.clauses.appealPeriod;
    }

    function appeal(uint256 seed) public now_ {
        (bool isFound, uint256 index) = _pickIn(seed, CustomsState.Refused);
        if (!isFound) return;
        Deal memory deal = _BOOK.dealAt(index);
        Dossier storage dossier = _dossiers[index];
        uint64 actor = seed / 8 % 4 == 0 ? _BOOK.AUTHORITY() : dossier.declarantId;
        bool isDue =
            dossier.state == CustomsState.Refused && block.timestamp <= dossier.finalAt && actor != _BOOK.AUTHORITY();
        _do(index, actor, abi.encodeCall(_DESK.appeal, (deal.shipmentId, "grounds")), isDue, "appeal");
        if (!isDue) return;
        (dossier.state, dossier.finalAt) = (CustomsState.Appealed, block.timestamp + deal.clauses.appealPeriod);
    }

    function decideAppeal(uint256 seed) public now_ {
        (bool isFound, uint256 index) = _pickIn(seed, CustomsState.Appealed);
        if (!isFound) return;
        Dossier storage dossier = _dossiers[index];
        bool isUpheld = _hash(seed) % 2 == 0;
        bool isDue = dossier.state == CustomsState.Appealed && block.timestamp <= dossier.finalAt && _isAuthority(seed);
        bytes memory call = abi.encodeCall(_DESK.decideAppeal, (_BOOK.dealAt(index).shipmentId, isUpheld));
        _do(index, _authority(seed), call, isDue, "decideAppeal");
        if (!isDue) return;
        (dossier.state, dossier.finalAt) =
            isUpheld ? (CustomsState.Declared, uint256(0)) : (CustomsState.Refused, block.timestamp - 1);
        if (isUpheld) (dossier.isAssessed, dossier.duty) = (false, 0);
    }

    /// @dev Every journey that is due, and one that may not be. The broker answers for what customs decided in the end.
    function rateJourneys(uint256 seed) public now_ {
        for (uint256 i = 0; i < _BOOK.dealCount(); ++i) {
            Deal memory deal = _BOOK.dealAt(i);
            if (!_isHere(i)) continue;
            OrderRecord memory record = _BOOK.escrow().recordOf(deal.id);
            ShipmentFacts memory facts = _LEDGER.factsOf(deal.shipmentId);
            bool isPending = facts.state == ShipmentState.Tendered || facts.state == ShipmentState.Disputed;
            bool isDue = deal.way != Way.None && deal.way != Way.Agreement
                && block.timestamp >= uint256(record.endedAt) + 30 days && facts.shippedAt != 0 && !isPending
                && !_isRated[i]
                && block.timestamp >= 30 days + (facts.deliveredAt == 0 ? deal.order.refundAfter : facts.deliveredAt);
            if (!isDue && _hash(seed ^ i) % 8 != 0) continue;
            Leg[] memory legs = new Leg[](1);
            legs[0] = Leg(_BOOK.CARRIER(), facts.shippedAt, 0, 0);
            (bool isDone,) = address(_CREDIT).call(abi.encodeCall(_CREDIT.rateJourney, (deal.order, legs)));
            assertEq(isDone, isDue, "rated out of turn, or not in turn");
            if (isDue) _rate(i, deal, legs, record, facts);
        }
    }

    function _rate(
        uint256 index,
        Deal memory deal,
        Leg[] memory legs,
        OrderRecord memory record,
        ShipmentFacts memory facts
    ) private {
        Dossier storage dossier = _dossiers[index];
        Passage memory passage;
        (passage.order, passage.legs, passage.weight) = (deal.order, legs, record.weight);
        (passage.state, passage.endedAt) = (record.state, record.endedAt);
        (passage.deliveredAt, passage.asOf) = (facts.deliveredAt, block.timestamp);
        passage.isRefused = dossier.state >= CustomsState.Refused && block.timestamp > dossier.finalAt;
        if (passage.isRefused || dossier.state == CustomsState.Released) passage.brokerId = dossier.declarantId;
        RATED.rateJourney(passage);
        _isRated[index] = true;
        ++count["rateJourney"];
        if (passage.brokerId != 0) ++count["rateDeclaration"];
    }

    function _inspect(uint256 index, uint64 actor, Inspection inspection, Finding finding) private {
        bool isDue = _isUndecided(index) && actor == _inspectorOf(index) && finding != Finding.None;
        bytes32 shipmentId = _BOOK.dealAt(index).shipmentId;
        _do(index, actor, abi.encodeCall(_DESK.inspect, (shipmentId, inspection, finding, "report")), isDue, "inspect");
        if (!isDue) return;
        if (inspection == Inspection.Goods) _dossiers[index].goods = finding;
        else _dossiers[index].quarantine = finding;
    }

    function _assess(uint256 index, uint256 seed) private {
        Deal memory deal = _BOOK.dealAt(index);
        uint128 duty = _duty(seed, deal.clauses.dutyCap);
        bool isDue = _isUndecided(index) && _isAuthority(seed) && duty <= deal.clauses.dutyCap;
        _do(index, _authority(seed), abi.encodeCall(_DESK.assess, (deal.shipmentId, duty)), isDue, "assess");
        if (isDue) (_dossiers[index].isAssessed, _dossiers[index].duty) = (true, duty);
    }

    /// @dev At times more than the cap.
    function _duty(uint256 seed, uint256 cap) private pure returns (uint128) {
        uint256 random = _hash(seed);
        return uint128(random % 8 == 0 ? cap + 1 : random / 8 % (cap + 1));
    }

    function _inspectorOf(uint256 index) private view returns (uint64) {
        uint64 inspectorId = _BOOK.dealAt(index).clauses.inspectorId;
        return inspectorId != 0 ? inspectorId : _BOOK.AUTHORITY();
    }

    function _ship(Deal memory deal, uint256 seed) private {
        ShipmentFacts memory facts = _LEDGER.factsOf(deal.shipmentId);
        if (facts.state == ShipmentState.None) {
            if (deal.way == Way.None) _LEDGER.create(deal.order);
        } else if (facts.state == ShipmentState.Created) {
            Terms memory terms;
            terms.toId = _BOOK.CARRIER();
            bytes32 digest = _LEDGER.handoverDigest(
                Handover(deal.shipmentId, facts.sequence, facts.custodianId, terms.toId, 0, 0, 0, 0, 0)
            );
            _LEDGER.handOver(deal.order, terms, _signed(_BOOK.SELLER(), digest), _signed(_BOOK.CARRIER(), digest));
        } else if (facts.state == ShipmentState.InTransit && seed / 8 % 2 == 0) {
            vm.prank(_BOOK.accounts(_BOOK.CARRIER()));
            _LEDGER.tender(deal.order, "photo");
        } else if (facts.state != ShipmentState.Delivered && seed / 16 % 2 == 0) {
            bytes32 digest = _LEDGER.deliveryDigest(Delivery(deal.shipmentId, facts.sequence, 0, 0, "receipt"));
            Signature memory receipt = Signature(deal.order.buyer, _BOOK.sign(deal.order.buyer, digest));
            _LEDGER.deliver(deal.order, "receipt", receipt, new Quote[](0));
            ++count["deliver"];
        }
    }

    function _do(uint256 index, uint64 actor, bytes memory call, bool isDue, string memory thing) private {
        bytes32 shipmentId = _BOOK.dealAt(index).shipmentId;
        vm.prank(_BOOK.accounts(actor));
        (bool isDone,) = address(_DESK).call(call);
        assertEq(isDone, isDue, thing);
        CustomsFacts memory facts = _DESK.factsOf(shipmentId);
        if (isDue) {
            ++_dossiers[index].changes;
            ++count[thing];
        }
        assertEq(facts.sequence, _dossiers[index].changes, "a change that is not counted, or counted twice");
    }

    function _pick(uint256 seed) private view returns (bool isFound, uint256 index) {
        for (uint256 i = 0; i < _BOOK.dealCount(); ++i) {
            index = (seed / 1024 + i) % _BOOK.dealCount();
            if (_isHere(index) && (seed % 8 == 0 || _dossiers[index].state <= CustomsState.Held)) return (true, index);
        }
        return (false, 0);
    }

    function _pickIn(uint256 seed, CustomsState state) private view returns (bool isFound, uint256 index) {
        for (uint256 i = 0; i < _BOOK.dealCount(); ++i) {
            index = (seed / 1024 + i) % _BOOK.dealCount();
            if (_isHere(index) && _dossiers[index].state == state) return (true, index);
        }
        return (false, 0);
    }

    function _isHere(uint256 index) private view returns (bool) {
        return _BOOK.dealAt(index).order.source == address(_LEDGER);
    }

    function _isUndecided(uint256 index) private view returns (bool) {
        return _dossiers[index].state == CustomsState.Declared || _dossiers[index].state == CustomsState.Held;
    }

    function _isAuthority(uint256 seed) private pure returns (bool) {
        return seed / 8 % 8 != 0;
    }

    function _authority(uint256 seed) private view returns (uint64) {
        return _isAuthority(seed) ? _BOOK.AUTHORITY() : _BOOK.BROKER();
    }

    function _signed(uint64 id, bytes32 digest) private view returns (Signature memory) {
        address signer = _BOOK.accounts(id);
        return Signature(signer, _BOOK.sign(signer, digest));
    }

    function _hash(uint256 seed) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed)));
    }
}
