// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";
import {TestDollar} from "contracts/testing/TestDollar.sol";
import {CargoInsurance} from "contracts/insurance/CargoInsurance.sol";
import {CarrierBond} from "contracts/insurance/CarrierBond.sol";
import {InsurancePool} from "contracts/insurance/InsurancePool.sol";
import {CreditRegistry} from "contracts/credit/CreditRegistry.sol";
import {CustomsDesk} from "contracts/customs/CustomsDesk.sol";
import {SensorLog} from "contracts/logistics/SensorLog.sol";
import {ShipmentLedger} from "contracts/logistics/ShipmentLedger.sol";
import {Consortium} from "contracts/participants/Consortium.sol";
import {GuardianRegistry} from "contracts/participants/GuardianRegistry.sol";
import {ParticipantRegistry} from "contracts/participants/ParticipantRegistry.sol";
import {ReceivableNote} from "contracts/trade/ReceivableNote.sol";
import {Settlement} from "contracts/trade/Settlement.sol";
import {TradeEscrow} from "contracts/trade/TradeEscrow.sol";
import {Function, KeyGrant, Registration, Role} from "interfaces/IParticipantRegistry.sol";
import {Clauses, Condition, Order} from "interfaces/ITradeEscrow.sol";

/// @notice A test dollar that can refuse payees, as real ones do.
contract RefusingDollar is TestDollar {
    mapping(address account => bool) public isRefused;

    error Refused(address account);

    function refuse(address account, bool isRefused_) external {
        isRefused[account] = isRefused_;
    }

    function _update(address from, address to, uint256 value) internal override {
        if (isRefused[to]) revert Refused(to);
        super._update(from, to, value);
    }
}

/// @notice The whole suite on one chain, with this contract as governance and keys from the public devnet words.
abstract contract World is Test {
    string private constant WORDS = "test test test test test test test test test test test junk";
    uint48 internal constant START = 1_700_000_000;
    uint64 internal constant INSURER = 9;

    RefusingDollar public dollar;
    Consortium public manager;
    GuardianRegistry public guardians;
    ParticipantRegistry public registry;
    CreditRegistry public credit;
    Settlement public settlement;
    TradeEscrow public escrow;
    ReceivableNote public notes;
    CargoInsurance public insurance;
    ShipmentLedger public ledger;
    CustomsDesk public customs;
    SensorLog public sensors;
    CarrierBond public bonds;
    InsurancePool public pool;

    mapping(address account => uint256) internal _secrets;

    function _deploy() internal {
        vm.warp(START);
        dollar = new RefusingDollar();
        manager = new Consortium(address(this));
        bytes32 salt = keccak256("deployment");
        address registryAddress = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        guardians = new GuardianRegistry(registryAddress, salt);
        registry = new ParticipantRegistry(address(manager), salt, address(guardians));
        settlement = new Settlement();
        // They know one another, so each is told the addresses of those that come after it.
        credit = new CreditRegistry(TradeEscrow(_next(1)), _next(3), ShipmentLedger(_next(4)));
        escrow = new TradeEscrow(address(manager), registry, credit, ReceivableNote(_next(1)), settlement, _next(3));
        notes = new ReceivableNote(registry, escrow);
        insurance = new CargoInsurance(address(manager), registry, escrow, credit, notes, _next(1));
        ledger = new ShipmentLedger(registry, escrow, insurance, CustomsDesk(_next(1)), SensorLog(_next(2)));
        customs = new CustomsDesk(registry, ledger, escrow);
        sensors = new SensorLog(registry, ledger, insurance);
        bonds = new CarrierBond(registry, escrow, insurance, ledger);
        pool = new InsurancePool(
            dollar, registry, address(insurance), INSURER, 0, InsurancePool(address(0)), 0, "Pool", "POOL"
        );
        escrow.listToken(address(dollar));
        insurance.listPool(address(pool));
    }

    /// @dev Address of the contract that this one creates as many creations after the next.
    function _next(uint256 later) private view returns (address) {
        return vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + later);
    }

    function _account(uint32 index) internal returns (address account) {
        uint256 secret = vm.deriveKey(WORDS, index);
        account = vm.addr(secret);
        _secrets[account] = secret;
    }

    function _register(uint64 id, uint32 roles, address root) internal {
        Registration[] memory registrations = new Registration[](1);
        bytes[] memory acceptances = new bytes[](1);
        registrations[0] = Registration(id, roles, root);
        acceptances[0] = _sign(root, registry.registrationDigest(registrations[0]));
        registry.register(registrations, acceptances, address(this), "");
    }

    /// @dev Makes a device of a key.
    function _grantMeasure(address device, address granter) internal {
        KeyGrant[] memory grants = new KeyGrant[](1);
        bytes[] memory acceptances = new bytes[](1);
        grants[0] = KeyGrant(granter, device, uint32(1) << uint8(Function.Measure), 1, type(uint40).max);
        acceptances[0] = _sign(device, registry.keyGrantDigest(grants[0]));
        registry.grantKeys(grants, acceptances, granter, _sign(granter, registry.keyGrantsDigest(grants)));
    }

    function _sign(address signer, bytes32 digest) internal view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_secrets[signer], digest);
        return abi.encodePacked(r, s, v);
    }

    /// @dev Clauses of an order that is paid on delivery and agrees nothing else.
    function _plain() internal pure returns (Clauses memory clauses) {
        clauses.conditions = uint8(1 << uint8(Condition.Delivered));
    }

    /// @dev Plain terms over a month from now, to be changed at will.
    function _draft(address token, uint128 amount, address buyer, address seller, uint64 sellerId)
        internal
        view
        returns (Order memory order)
    {
        (order.token, order.amount, order.source) = (token, amount, address(ledger));
        (order.buyer, order.seller, order.sellerId) = (buyer, seller, sellerId);
        (order.openBy, order.shipBy) = (uint40(block.timestamp + 1 days), uint40(block.timestamp + 10 days));
        (order.deliverBy, order.refundAfter) = (uint40(block.timestamp + 20 days), uint40(block.timestamp + 30 days));
        (order.acceptanceWindow, order.arbitrationPeriod) = (3 days, 7 days);
    }

    /// @dev Sets the order's clauses and opens it; whoever calls pays the coin.
    function _open(Order memory order, Clauses memory clauses) internal returns (bytes32 orderId) {
        order.clauses = escrow.clausesHashOf(clauses);
        orderId = escrow.orderIdOf(order);
        (bytes memory byBuyer, bytes memory bySeller) = (_sign(order.buyer, orderId), _sign(order.seller, orderId));
        uint256 value = order.token == address(0) ? order.amount : 0;
        escrow.openWithClauses{value: value}(order, clauses, byBuyer, bySeller);
    }

    function _conditions(bool isShipped, bool isCleared, bool isDelivered, bool isAccepted)
        internal
        pure
        returns (uint8)
    {
        return (isShipped ? 1 : 0) | (isCleared ? 2 : 0) | (isDelivered ? 4 : 0) | (isAccepted ? 8 : 0);
    }

    function _bit(Role role) internal pure returns (uint32) {
        return uint32(1) << uint8(role);
    }
}
