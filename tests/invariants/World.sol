// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";
import {TestDollar} from "contracts/testing/TestDollar.sol";
import {CargoInsurance} from "contracts/insurance/CargoInsurance.sol";
import {InsurancePool} from "contracts/insurance/InsurancePool.sol";
import {CreditRegistry} from "contracts/credit/CreditRegistry.sol";
import {ShipmentLedger} from "contracts/logistics/ShipmentLedger.sol";
import {Consortium} from "contracts/participants/Consortium.sol";
import {GuardianRegistry} from "contracts/participants/GuardianRegistry.sol";
import {ParticipantRegistry} from "contracts/participants/ParticipantRegistry.sol";
import {TradeEscrow} from "contracts/trade/TradeEscrow.sol";
import {Registration, Role} from "interfaces/IParticipantRegistry.sol";

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
    TradeEscrow public escrow;
    CargoInsurance public insurance;
    ShipmentLedger public ledger;
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
        uint256 nonce = vm.getNonce(address(this));
        address escrowAddress = vm.computeCreateAddress(address(this), nonce + 1);
        address insuranceAddress = vm.computeCreateAddress(address(this), nonce + 2);
        credit = new CreditRegistry(escrowAddress, insuranceAddress);
        escrow = new TradeEscrow(address(manager), registry, credit);
        insurance = new CargoInsurance(address(manager), registry, escrow, credit);
        ledger = new ShipmentLedger(registry, escrow, insurance);
        pool = new InsurancePool(dollar, registry, address(insurance), INSURER, "Pool", "POOL");
        escrow.listToken(address(dollar));
        insurance.listPool(address(pool));
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

    function _sign(address signer, bytes32 digest) internal view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_secrets[signer], digest);
        return abi.encodePacked(r, s, v);
    }

    function _bit(Role role) internal pure returns (uint32) {
        return uint32(1) << uint8(role);
    }
}
