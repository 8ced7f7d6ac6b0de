// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";
import {Vm} from "forge-std/Vm.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ICreditRegistry} from "interfaces/ICreditRegistry.sol";
import {ICargoInsurance, PolicyRecord, PolicyState, Quote} from "interfaces/ICargoInsurance.sol";
import {Function, IParticipantRegistry} from "interfaces/IParticipantRegistry.sol";
import {IReceivableNote} from "interfaces/IReceivableNote.sol";
import {Arrival, DeviceRecord, Extreme, ISensorLog, Readings} from "interfaces/ISensorLog.sol";
import {
    CargoFacts,
    CustomsFacts,
    CustomsState,
    IShipmentSource,
    Leg,
    Metric,
    ShipmentFacts,
    Watch,
    WatchFacts
} from "interfaces/IShipmentSource.sol";
import {ITradeEscrow, Order, OrderRecord, OrderState} from "interfaces/ITradeEscrow.sol";
import {CargoInsurance} from "contracts/insurance/CargoInsurance.sol";
import {Cover} from "contracts/libraries/Cover.sol";
import {Liability} from "contracts/libraries/Liability.sol";
import {Orders} from "contracts/libraries/Orders.sol";
import {SensorLog} from "contracts/logistics/SensorLog.sol";

/// @notice The contracts count readings, find who answers and decide claims as the package does; `tools/vectors.py` wrote
/// the file. This contract is all that they ask and tell: registry, source, device, escrow, notes, ratings and pool.
contract CargoVectorsTest is Test {
    string private constant FILE = "tests/vectors/cargo.json";
    /// @dev Slots of `SensorLog._exposures` and `CargoInsurance._records`.
    uint256 private constant EXPOSURES = 1;
    uint256 private constant RECORDS = 3;

    SensorLog private _log;
    CargoInsurance private _insurance;
    uint256[] private _row;
    uint256 private _at;

    ShipmentFacts private _facts;
    CustomsFacts private _customs;
    CargoFacts private _cargo;
    WatchFacts private _watch;
    OrderRecord private _ended;
    bytes32 private _plan;
    uint256 private _paidNow;

    function setUp() public {
        address self = address(this);
        _log = new SensorLog(IParticipantRegistry(self), IShipmentSource(self), ICargoInsurance(address(0)));
        _insurance = new CargoInsurance(
            self, IParticipantRegistry(self), ITradeEscrow(self), ICreditRegistry(self), IReceivableNote(self), self
        );
        vm.warp(type(uint40).max);
    }

    function test_devicesCountAsInThePackage() public {
        _each(".devices", 40, _checkDevice);
    }

    function test_readingsAreProvenAsInThePackage() public {
        _each(".readings", 20, _checkReadings);
    }

    function test_legsAnswerAsInThePackage() public {
        _each(".legs", 200, _checkLegs);
    }

    function test_perilsAreSpeltAsInThePackage() public {
        _each(".perils", 200, _checkPerils);
    }

    function test_claimsAreDecidedAsInThePackage() public {
        _each(".claims", 500, _checkClaim);
    }

    function _each(string memory section, uint256 count, function(string memory) internal check) private {
        string memory json = vm.readFile(FILE);
        for (uint256 i = 0; i < count; ++i) {
            string memory place = string.concat(section, "[", vm.toString(i), "]");
            _row = vm.parseJsonUintArray(json, place);
            _at = 0;
            check(place);
            assertEq(_at, _row.length, place);
        }
    }

    function _checkDevice(string memory place) private {
        bytes32 shipmentId = keccak256(bytes(place));
        delete _facts;
        _facts.shippedAt = _time();
        _facts.deliveredAt = _time();
        Watch[] memory watches = new Watch[](1);
        watches[0] = Watch(address(this), Metric.Temperature, _int32(), _int32());
        _plan = keccak256(abi.encode(watches));
        for (uint256 left = _next(); left != 0; --left) {
            Extreme[] memory extremes = new Extreme[](1);
            Readings memory readings = Readings({
                shipmentId: shipmentId,
                device: address(this),
                number: uint32(_next()),
                startedAt: _time(),
                interval: uint32(_next()),
                count: uint32(_next()),
                root: 0,
                extremes: extremes
            });
            extremes[0] = Extreme(Metric.Temperature, _int32(), _int32());
            vm.recordLogs();
            assertEq(uint8(_log.record(readings, watches, "")), _next(), place);
            _checkDeviceRecord(shipmentId, place);
        }
    }

    function _checkDeviceRecord(bytes32 shipmentId, string memory place) private {
        DeviceRecord memory device = _log.deviceOf(shipmentId, address(this));
        assertEq(device.number, _next(), place);
        assertEq(device.endedAt, _next(), place);
        assertEq(device.seen, _next(), place);
        assertEq(keccak256(_gap()), keccak256(abi.encode(_next(), _next(), _next())), place);
        bytes32 slot = keccak256(abi.encode(0, keccak256(abi.encode(shipmentId, EXPOSURES))));
        assertEq(uint256(vm.load(address(_log), slot)), _next(), place);
    }

    /// @dev What the last `GapFound` said; zeros if there was none.
    function _gap() private returns (bytes memory) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] == ISensorLog.GapFound.selector) return logs[i].data;
        }
        return abi.encode(0, 0, 0);
    }

    function _checkReadings(string memory place) private {
        Readings memory readings = Readings({
            shipmentId: bytes32(_next()),
            device: address(uint160(_next())),
            number: uint32(_next()),
            startedAt: _time(),
            interval: uint32(_next()),
            count: uint32(_next()),
            root: bytes32(_next()),
            extremes: new Extreme[](_next())
        });
        for (uint256 i = 0; i < readings.extremes.length; ++i) {
            readings.extremes[i] = Extreme(Metric(_next()), _int32(), _int32());
        }
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", _log.domainSeparator(), bytes32(_next())));
        assertEq(_log.readingsDigest(readings), digest, place);

        uint32 index = uint32(_next());
        int32[] memory values = new int32[](readings.extremes.length);
        for (uint256 i = 0; i < values.length; ++i) {
            values[i] = _int32();
        }
        bytes32[] memory proof = new bytes32[](_next());
        for (uint256 i = 0; i < proof.length; ++i) {
            proof[i] = bytes32(_next());
        }
        bytes memory leaf = abi.encode(readings.shipmentId, readings.device, readings.number, index, values);
        assertTrue(MerkleProof.verify(proof, readings.root, keccak256(bytes.concat(keccak256(leaf)))), place);
    }

    function _checkLegs(string memory place) private {
        Order memory order;
        order.carrierId = uint64(_next());
        (order.shipBy, order.deliverBy, order.refundAfter) = (_time(), _time(), _time());
        delete _facts;
        (_facts.shippedAt, _facts.deliveredAt, _facts.asOf) = (_time(), _time(), _time());
        bytes32 chain = bytes32(_next());
        uint256 time = _next();
        Leg[] memory legs = new Leg[](_next());
        for (uint256 i = 0; i < legs.length; ++i) {
            legs[i] = Leg(uint64(_next()), _time(), _time(), uint128(_next()));
        }
        (bool isGenuine, uint256 holder, uint256[] memory delays) = this.answers(order, _facts, chain, legs, time);
        assertEq(isGenuine, _next() == 1, place);
        assertEq(holder, _next(), place);
        assertEq(delays.length, legs.length + 1, place);
        for (uint256 i = 0; i < delays.length; ++i) {
            assertEq(delays[i], _next(), place);
        }
    }

    function _checkPerils(string memory place) private {
        uint256 perils = _next();
        (bool isValid, bool isWatching) = Cover.checked(perils);
        assertEq(isValid, _next() == 1, place);
        assertEq(isWatching, _next() == 1, place);
        assertEq(Cover.maskOf(perils), _next(), place);
    }

    function _checkClaim(string memory place) private {
        (Order memory order, Quote memory quote) = (_order(), _quote());
        quote.orderId = this.orderIdOf(order, _insurance.ORDER_DOMAIN());
        uint256 word = uint256(PolicyState.Active) | _next() << 8;
        word |= _next() << 104;
        word |= _next() << 112;
        _readWorld();
        bytes32 policyId = _insurance.policyIdOf(quote);
        bytes32 slot = keccak256(abi.encode(policyId, RECORDS));
        vm.store(address(_insurance), slot, bytes32(word));
        uint8 fired = _insurance.recordOf(policyId).fired;

        bool isVoid = _next() == 1;
        if (isVoid) {
            _insurance.claim(order, quote);
            assertEq(uint8(_insurance.recordOf(policyId).state), uint8(PolicyState.Void), place);
            _at += 6;
            return;
        }
        uint16 expected = uint16(_row[_row.length - 1]);
        if (expected == 0) vm.expectPartialRevert(ICargoInsurance.CargoInsurance_NothingToReserve.selector);
        _insurance.reserve(order, quote);
        assertEq(_insurance.recordOf(policyId).reservedBps, expected, place);
        vm.store(address(_insurance), slot, bytes32(word));
        _checkDecision(order, quote, policyId, fired, place);
        ++_at;
    }

    function _checkDecision(
        Order memory order,
        Quote memory quote,
        bytes32 policyId,
        uint8 firedBefore,
        string memory place
    ) private {
        (uint256 fired, uint256 gross) = (_next(), _next());
        uint256 daysLate = _next();
        bool isFinal = _next() == 1;
        _paidNow = 0;
        vm.recordLogs();
        bool isNothing = !isFinal && fired == firedBefore;
        if (isNothing) vm.expectPartialRevert(ICargoInsurance.CargoInsurance_NothingToDecide.selector);
        _insurance.claim(order, quote);
        PolicyRecord memory record = _insurance.recordOf(policyId);
        assertEq(record.fired, fired, place);
        assertEq(record.grossBps, gross, place);
        assertEq(record.state != PolicyState.Active, isFinal, place);
        assertEq(_paidNow, _next(), place);
        if (_paidNow != 0) assertEq(_daysLate(), daysLate, place);
    }

    function _daysLate() private returns (uint256 daysLate) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs[0].topics[0], ICargoInsurance.ClaimPaid.selector);
        (,,, daysLate,) = abi.decode(logs[0].data, (uint256, uint8, uint24, uint32, bool));
    }

    function _order() private returns (Order memory order) {
        order.source = address(this);
        order.clauses = Orders.PLAIN;
        order.amount = uint128(_next());
        (order.shipBy, order.deliverBy, order.refundAfter) = (_time(), _time(), _time());
    }

    function _quote() private returns (Quote memory quote) {
        quote.pool = address(this);
        quote.graceDays = uint16(_next());
        quote.bpsPerDay = uint16(_next());
        quote.capBps = uint16(_next());
        quote.deductibleBps = uint16(_next());
        quote.perils = _next();
        quote.plan = bytes32(_next());
        quote.reportingPeriod = uint32(_next());
    }

    function _readWorld() private {
        delete _facts;
        _facts.shippedAt = _time();
        _facts.tenderedAt = _time();
        _facts.deliveredAt = _time();
        _facts.asOf = _time();
        delete _cargo;
        (_cargo.lostBps, _cargo.damagedBps) = (uint16(_next()), uint16(_next()));
        delete _customs;
        (_customs.state, _customs.finalAt, _customs.asOf) = (CustomsState(_next()), _time(), _time());
        delete _watch;
        (_watch.breachedAt, _watch.exposure, _watch.longest) = (_time(), uint32(_next()), uint32(_next()));
        _plan = bytes32(_next());
        delete _ended;
        _ended.endedAt = _time();
        _ended.state = _ended.endedAt == 0 ? OrderState.Open : OrderState.Released;
        if (_next() == 1) _ended.state = OrderState.Agreed;
    }

    function _int32() private returns (int32) {
        return int32(uint32(_next()));
    }

    function _time() private returns (uint40) {
        return uint40(_next());
    }

    function _next() private returns (uint256) {
        return _row[_at++];
    }

    function answers(
        Order calldata order,
        ShipmentFacts calldata facts,
        bytes32 chain,
        Leg[] calldata legs,
        uint256 time
    ) external pure returns (bool isGenuine, uint256 holder, uint256[] memory delays) {
        isGenuine = Liability.isGenuine(order, facts, chain, legs);
        holder = Liability.holderAt(facts, legs, time);
        delays = Liability.delays(order, facts, legs);
    }

    function orderIdOf(Order calldata order, bytes32 domain) external pure returns (bytes32) {
        return Orders.idOf(order, domain);
    }

    function authorize(address, Function) external pure returns (uint64) {
        return 1;
    }

    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        return IERC1271.isValidSignature.selector;
    }

    function factsOf(bytes32) external view returns (ShipmentFacts memory) {
        return _facts;
    }

    function planOf(bytes32) external view returns (bytes32) {
        return _plan;
    }

    function cargoOf(bytes32) external view returns (CargoFacts memory) {
        return _cargo;
    }

    function customsOf(bytes32) external view returns (CustomsFacts memory) {
        return _customs;
    }

    function watchOf(bytes32, uint8 watch) external view returns (WatchFacts memory none) {
        return watch == 0 ? _watch : none;
    }

    function recordOf(bytes32) external view returns (OrderRecord memory) {
        return _ended;
    }

    function settle(Order calldata) external {}

    function refund(Order calldata) external {}

    function rateCover(bytes32, uint64, uint64, uint16) external {}

    function reserve(uint256, uint256, uint256, uint256) external {}

    function unlock(uint256, uint256, address) external {}

    function pay(uint256, uint256, address, uint256 amount) external {
        _paidNow = amount;
    }

    function release(uint256, uint256, uint256, address, uint256 amount) external {
        _paidNow = amount;
    }
}
