// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {CreditHandler} from "./CreditHandler.sol";
import {CreditModel} from "./CreditModel.sol";
import {CreditRegistry} from "contracts/credit/CreditRegistry.sol";
import {Credit, Finding} from "contracts/libraries/Credit.sol";
import {Standing} from "contracts/libraries/Standings.sol";
import {ShipmentSourceMock} from "contracts/testing/ShipmentSourceMock.sol";
import {Evidence, Grade, ICreditRegistry, TradeOutcome} from "interfaces/ICreditRegistry.sol";
import {Role} from "interfaces/IParticipantRegistry.sol";
import {
    CargoFacts,
    CustomsFacts,
    CustomsState,
    IShipmentSource,
    Leg,
    ShipmentFacts,
    ShipmentState
} from "interfaces/IShipmentSource.sol";
import {ITradeEscrow, Order, OrderRecord, OrderState} from "interfaces/ITradeEscrow.sol";

/// forge-config: default.invariant.runs = 6
/// @notice Walks through everything that the registry can be told. Numbers in the comments are those of `README.md`.
contract CreditTest is Test {
    CreditHandler private _handler;
    CreditRegistry private _credit;

    function setUp() public {
        _handler = new CreditHandler();
        _credit = _handler.credit();
        targetContract(address(_handler));
        targetSelector(FuzzSelector(address(_handler), _selectors()));
    }

    /// @dev As in `System.t.sol`.
    function test_handlerReachesEveryState() public {
        string[9] memory things =
            ["kept", "late", "lost", "broken", "upheld", "cover", "journey", "refused", "calledOff"];
        uint256[9] memory counts;
        bytes4[] memory selectors = _selectors();
        uint256 random = 1;
        for (uint256 walk = 0; walk < 6; ++walk) {
            if (walk != 0) setUp();
            for (uint256 i = 0; i < 200; ++i) {
                random = uint256(keccak256(abi.encode(random)));
                bytes4 selector = selectors[random % selectors.length];
                Address.functionCall(
                    address(_handler), abi.encodeWithSelector(selector, uint256(keccak256(abi.encode(random, 1))))
                );
            }
            invariant_evidenceIsWhatTheEndingsMakeOfIt();
            afterInvariant();
            for (uint256 i = 0; i < things.length; ++i) {
                counts[i] += _handler.count(things[i]);
            }
        }
        for (uint256 i = 0; i < things.length; ++i) {
            emit log_named_uint(things[i], counts[i]);
            assertGt(counts[i], 10, things[i]);
        }
    }

    // 71, 72
    function invariant_evidenceIsWhatTheEndingsMakeOfIt() public view {
        (CreditModel rated, CreditModel heard) = (_handler.rated(), _handler.heard());
        for (uint256 i = 0; i < 8; ++i) {
            rated.assertEvidence(_handler.ids(i));
            heard.assertEvidence(_handler.ids(i));
        }
    }

    // 73
    function afterInvariant() public {
        uint256 now_ = _handler.clock();
        for (uint256 i = 0; i < 8; ++i) {
            uint64 id = _handler.ids(i);
            vm.warp(now_);
            _handler.rated().assertHistory(id);
            assertEq(uint8(_credit.gradeAt(id, 0)), uint8(Grade.NR), "a grade before all time");
            for (uint256 time = now_; time < now_ + 70 * 365 days; time += 1 + (time - now_) * 2) {
                vm.warp(now_);
                Grade told = _credit.gradeAt(id, uint40(time));
                vm.warp(time);
                assertEq(uint8(told), uint8(_credit.ratingOf(id).grade), "forgetting went otherwise than was told");
            }
        }
    }

    function _selectors() private pure returns (bytes4[] memory selectors) {
        selectors = new bytes4[](6);
        selectors[0] = CreditHandler.trade.selector;
        selectors[1] = CreditHandler.trade.selector;
        selectors[2] = CreditHandler.cover.selector;
        selectors[3] = CreditHandler.journey.selector;
        selectors[4] = CreditHandler.journey.selector;
        selectors[5] = CreditHandler.intrude.selector;
    }
}

/// @notice What the registry does with anything that it can be told. It plays the escrow, the insurance and the ledger.
contract CreditLimitsTest is Test {
    uint64 private constant CARRIER = 3;
    ShipmentSourceMock private _source = new ShipmentSourceMock();
    CreditRegistry private _credit =
        new CreditRegistry(ITradeEscrow(address(this)), address(this), IShipmentSource(address(_source)));
    CreditModel private _model = new CreditModel(_credit);
    uint40 private _endedAt;
    uint16 private _weight;

    /// @dev As the escrow.
    function recordOf(bytes32) external view returns (OrderRecord memory) {
        return OrderRecord(OrderState.Released, 0, _endedAt, _weight);
    }

    // 71
    function testFuzz_nobodyButEscrowAndInsuranceWrites(address caller, uint64 id, uint16 weight, uint8 outcome)
        public
    {
        vm.assume(caller != address(this) && id != 1);
        vm.warp(1_700_000_000);
        bytes memory refusal = abi.encodeWithSelector(ICreditRegistry.CreditRegistry_NotWriter.selector, caller);
        vm.startPrank(caller);
        vm.expectRevert(refusal);
        _credit.rateTrade(0, id, 1, weight, TradeOutcome(outcome % 5));
        vm.expectRevert(refusal);
        _credit.rateCover(0, id, 1, weight);
        vm.stopPrank();
        _model.assertEvidence(id);
        _model.assertEvidence(1);
    }

    // 74
    function testFuzz_ratingNeverFailsItsWriters(uint64[4] memory ids, uint256 seed, uint40[6] memory times) public {
        uint256 time = 1;
        for (uint256 i = 0; i < times.length; ++i) {
            time = _bound(times[i], time, type(uint40).max);
            if (seed >> i & 1 == 1) time = _bound(time, time, time + 365 days);
            if (time > type(uint40).max) time = type(uint40).max;
            vm.warp(time);
            for (uint256 j = 0; j < 3; ++j) {
                uint256 random = uint256(keccak256(abi.encode(seed, i, j)));
                (uint64 one, uint64 other) = (ids[random % 4], ids[random / 4 % 4]);
                uint16 weight = random / 16 % 2 == 0 ? type(uint16).max : uint16(random >> 16);
                TradeOutcome outcome = TradeOutcome(random / 32 % 5);
                _credit.rateTrade(bytes32(random), one, other, weight, outcome);
                _model.rateTrade(one, other, weight, outcome);
                _credit.rateCover(bytes32(random), other, one, weight);
                _model.rateCover(other, one, weight);
            }
            for (uint256 j = 0; j < 4; ++j) {
                _model.look(ids[j]);
            }
        }
        for (uint256 j = 0; j < 4; ++j) {
            _model.assertEvidence(ids[j]);
            _model.assertHistory(ids[j]);
        }
    }

    // 75
    function test_mostThatEvidenceCanBeFitsEveryField() public {
        vm.warp(1_700_000_000);
        _weight = type(uint16).max;
        _endedAt = uint40(block.timestamp - 30 days);
        _tellLost(true);
        // A participant does badly and well in all roles that can go either way, with everybody, all in one second.
        for (uint64 i = 0; i < 300; ++i) {
            _credit.rateTrade(0, CARRIER, 100 + i, _weight, TradeOutcome.Broken);
            _credit.rateTrade(0, 100 + i, CARRIER, _weight, TradeOutcome.Upheld);
            _credit.rateJourney(_journey(100 + i, 0), _legs());
        }
        _model.look(CARRIER);
        assertEq(uint8(_credit.ratingOf(CARRIER).grade), uint8(Grade.D));
        Evidence memory evidence = _credit.evidenceOf(CARRIER, Role.Seller);
        assertEq(evidence.bad, (1 << 46) - 1);
        assertEq(_credit.evidenceOf(CARRIER, Role.Carrier).bad, (1 << 46) - 1);
        vm.warp(block.timestamp + 1);
        _tellLost(false);
        for (uint64 i = 0; i < 1200; ++i) {
            _credit.rateTrade(0, CARRIER, 100 + i, _weight, TradeOutcome.Kept);
            _credit.rateTrade(0, 100 + i, CARRIER, _weight, TradeOutcome.Kept);
            _credit.rateCover(0, CARRIER, 100 + i, _weight);
            _credit.rateJourney(_journey(100 + i, 1), _legs());
        }
        for (uint8 role = 0; role < 5; ++role) {
            evidence = _credit.evidenceOf(
                CARRIER, [Role.Seller, Role.Buyer, Role.Carrier, Role.CustomsBroker, Role.Insurer][role]
            );
            assertEq(evidence.good, (1 << 46) - 1);
        }
        _model.look(CARRIER);
        // Five roles at their most fade, and what faded is kept.
        uint256 start = block.timestamp;
        for (uint256 i = 1; i < 60; ++i) {
            vm.warp(start + i * 365 days);
            _model.look(CARRIER);
        }
        _credit.rateCover(0, CARRIER, 1, 1);
        _model.look(CARRIER);
        vm.warp(block.timestamp + 365 days);
        _credit.rateTrade(0, CARRIER, 2, 1, TradeOutcome.Broken);
        _model.look(CARRIER);
        _model.assertHistory(CARRIER);
    }

    // 75
    function testFuzz_everyFieldOfAStandingStaysItsOwn(uint256 word, uint16 role, uint64 other, uint256 found) public {
        vm.warp(1_700_000_000);
        // The count is at its most, or nearly so, where the rest is anything.
        word |= uint256(0xfffe) << 136;
        Standing standing = Standing.wrap(word).withRoles(role);
        found &= (1 << 38) - 1 | uint256((1 << 38) - 1) << 64 | uint256((1 << 38) - 1) << 128;
        Standing next = standing.withFinding(Credit.ONE, other, Finding.wrap(found));
        assertEq(next.count(), type(uint16).max);
        assertEq(next.roles(), uint16(word >> 152) | role);
        assertEq(next.updatedAt(), block.timestamp);
        assertLe(next.good(), standing.good() + (found & (1 << 38) - 1));
        assertGe(next.good(), standing.good());
        assertGe(next.bad(), standing.bad());
        assertEq(next.grade(), Credit.gradeOf(next.good(), next.bad(), Credit.ONE));
        assertEq(next.counterparties() >> 11, uint256(uint88(standing.counterparties() << 11)) >> 11);
    }

    // 76
    function testFuzz_whoAsksAndInWhichOrderIsNoMatter(
        address[2] memory callers,
        uint16[3] memory weights,
        uint256 seed
    ) public {
        vm.warp(1_700_000_000);
        _credit.rateTrade(0, CARRIER, 9, 7, TradeOutcome.Late);
        vm.warp(1_800_000_000);
        _endedAt = uint40(block.timestamp - 30 days);
        _tellLost(seed % 2 == 0);
        uint256[3][6] memory turns = [
            [uint256(0), 1, 2],
            [uint256(0), 2, 1],
            [uint256(1), 0, 2],
            [uint256(1), 2, 0],
            [uint256(2), 0, 1],
            [uint256(2), 1, 0]
        ];
        uint256 snapshot = vm.snapshotState();
        bytes32 expected;
        for (uint256 i = 0; i < turns.length; ++i) {
            for (uint256 j = 0; j < 3; ++j) {
                uint256 turn = turns[i][j];
                _weight = weights[turn];
                vm.prank(callers[(i + j) % 2]);
                _credit.rateJourney(_journey(uint64(10 + turn), 0), _legs());
            }
            bytes32 outcome = _digestOf(CARRIER);
            if (i == 0) expected = outcome;
            assertEq(outcome, expected, "the order of rating matters");
            vm.revertToState(snapshot);
        }
    }

    // 77
    function testFuzz_repetitionIsCountedAsByALoop(uint88 sketches, uint64 counterparty, uint256 seed) public view {
        uint256 sketch = uint256(counterparty) % 2047 + 1;
        // At random nothing would ever repeat: some places hold this one, or one that differs by a bit.
        for (uint256 i = 0; i < 8; ++i) {
            uint256 kind = seed >> (8 * i) & 0x07;
            uint256 other = kind < 3 ? sketch : kind < 5 ? sketch ^ 1 << (seed >> (8 * i + 3) & 0x1f) % 11 : 0;
            if (kind < 6) sketches = uint88(sketches & ~(uint256(2047) << (11 * i)) | other << (11 * i));
        }
        uint256 repeats = 0;
        for (uint256 i = 0; i < 8; ++i) {
            if (uint256(sketches) / 2 ** (11 * i) % 2048 == sketch) ++repeats;
        }
        Standing standing = Standing.wrap(uint256(sketches) << 168);
        Finding finding = Finding.wrap(uint256(1 << 20) | uint256(1 << 21) << 64 | uint256(840 << 22) << 128);
        Standing next = standing.withFinding(Credit.ONE, counterparty, finding);
        assertEq(next.good(), (1 << 20) / 2 ** repeats);
        assertEq(next.bad(), (1 << 21) / 2 ** repeats + (840 << 22) / (1 + repeats));
        assertEq(next.counterparties(), (uint256(sketches) << 11 | sketch) % 2 ** 88);
    }

    // 78
    function testFuzz_trustIsLostFasterThanItIsWon(uint16[12] memory weights, uint8 trades) public {
        vm.warp(1_700_000_000);
        uint256 sum = 0;
        for (uint256 i = 0; i < trades % 12; ++i) {
            uint16 weight = uint16(_bound(weights[i], 1, 129));
            _credit.rateTrade(0, 1, uint64(10 + i), weight, TradeOutcome.Kept);
            sum += weight;
        }
        uint16 last = uint16(_bound(weights[11], 1, 129));
        uint256 before = _credit.scoreOf(1, Role.Seller).score;
        _credit.rateTrade(0, 1, 9, last, TradeOutcome.Broken);
        uint256 after_ = _credit.scoreOf(1, Role.Seller).score;
        assertEq(before, 10_000 * (sum + 16) / (sum + 32));
        assertEq(after_, 10_000 * (sum + 16) / (sum + 32 + 4 * uint256(last)));
        assertLt(after_, before);
    }

    function _tellLost(bool isLost) private {
        uint40 shippedAt = uint40(block.timestamp - 40 days);
        uint40 deliveredAt = isLost ? 0 : shippedAt + 1;
        ShipmentState state = isLost ? ShipmentState.InTransit : ShipmentState.Delivered;
        _source.tell(ShipmentFacts(state, 3, CARRIER, shippedAt, 0, 0, deliveredAt, uint40(block.timestamp)));
        _source.tellCargo(CargoFacts(0, isLost ? 10_000 : 0, 0, shippedAt, 0, uint40(block.timestamp)));
        CustomsState customs = isLost ? CustomsState.Refused : CustomsState.Released;
        _source.tellCustoms(CustomsFacts(customs, 2, 0, 0, 0, 0, uint40(block.timestamp)));
        _source.tellDeclarant(CARRIER);
    }

    function _journey(uint64 sellerId, uint256 salt) private view returns (Order memory order) {
        (order.source, order.sellerId, order.carrierId) = (address(_source), sellerId, CARRIER);
        (order.shipBy, order.deliverBy, order.refundAfter) = (_endedAt, _endedAt, _endedAt);
        order.salt = bytes32(salt);
    }

    function _legs() private view returns (Leg[] memory legs) {
        legs = new Leg[](1);
        legs[0] = Leg(CARRIER, _source.factsOf(0).shippedAt, 0, 0);
    }

    /// @dev Everything but the order of counterparties.
    function _digestOf(uint64 id) private view returns (bytes32 digest) {
        for (uint8 role = 0; role <= uint8(type(Role).max); ++role) {
            Evidence memory evidence = _credit.evidenceOf(id, Role(role));
            evidence.counterparties = 0;
            digest = keccak256(abi.encode(digest, evidence));
        }
        digest = keccak256(abi.encode(digest, _credit.ratingOf(id), _credit.gradeAt(id, uint40(block.timestamp))));
    }
}
