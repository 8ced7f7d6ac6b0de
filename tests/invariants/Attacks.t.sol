// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {World} from "./World.sol";
import {CargoInsurance} from "contracts/insurance/CargoInsurance.sol";
import {InsurancePool} from "contracts/insurance/InsurancePool.sol";
import {Council} from "contracts/participants/Council.sol";
import {ParticipantRegistry} from "contracts/participants/ParticipantRegistry.sol";
import {QualificationRegistry} from "contracts/participants/QualificationRegistry.sol";
import {Timelock} from "contracts/participants/Timelock.sol";
import {ReentrantTokenMock} from "contracts/testing/ReentrantTokenMock.sol";
import {ShipmentSourceMock} from "contracts/testing/ShipmentSourceMock.sol";
import {PerilKind, PolicyState, Quote} from "interfaces/ICargoInsurance.sol";
import {ICarrierBond} from "interfaces/ICarrierBond.sol";
import {ICreditRegistry, TradeOutcome} from "interfaces/ICreditRegistry.sol";
import {Declaration, ICustomsDesk} from "interfaces/ICustomsDesk.sol";
import {Extreme, Readings} from "interfaces/ISensorLog.sol";
import {Cargo, Delivery, Handover, Shares, Signature, Terms} from "interfaces/IShipmentLedger.sol";
import {Offer} from "interfaces/IReceivableNote.sol";
import {WHOLE} from "interfaces/ISettlement.sol";
import {
    CargoFacts,
    CustomsFacts,
    CustomsState,
    Leg,
    Metric,
    ShipmentFacts,
    ShipmentState,
    Watch
} from "interfaces/IShipmentSource.sol";
import {Clauses, ITradeEscrow, Order, OrderState, Payee} from "interfaces/ITradeEscrow.sol";
import {Function, KeyGrant, Registration, Role} from "interfaces/IParticipantRegistry.sol";
import {Qualification} from "interfaces/IQualificationRegistry.sol";

/// @notice A wallet that agrees to everything, after an attempt to act on what it is asked about.
contract CallingBackWallet is IERC1271 {
    ParticipantRegistry private immutable _REGISTRY;

    constructor(ParticipantRegistry registry) {
        _REGISTRY = registry;
    }

    function isValidSignature(bytes32, bytes calldata signature) external view returns (bytes4) {
        if (signature.length != 0) {
            (bool isDone,) = address(_REGISTRY)
                .staticcall(abi.encodeCall(_REGISTRY.revokeKey, (address(uint160(bytes20(signature))))));
            if (!isDone) return 0;
        }
        return IERC1271.isValidSignature.selector;
    }
}

/// @notice Attempts on the participants' contracts that need no random walk, and what they come to.
contract AttacksTest is World {
    uint256 private constant CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
    uint64 private constant COUNCIL_THRESHOLD = 2;

    address private _root;
    address private _key;
    address private _stranger;
    address[] private _members;
    Council private _council;
    Timelock private _timelock;

    function setUp() public {
        _deploy();
        (_root, _key, _stranger) = (_account(0), _account(1), _account(2));
        _register(1, 2 ** 15 - 1, _root);
        _register(2, 2 ** 15 - 1, _stranger);
        bytes[] memory members = new bytes[](3);
        for (uint32 i = 0; i < 3; ++i) {
            _members.push(_account(10 + i));
            members[i] = abi.encodePacked(_members[i]);
        }
        _council = new Council(members, COUNCIL_THRESHOLD);
        address[] memory proposers = new address[](1);
        proposers[0] = address(_council);
        _timelock = new Timelock(2 days, proposers, new address[](1));
    }

    function test_messageOfAnotherDeploymentIsRefused() public {
        (KeyGrant[] memory grants, bytes[] memory acceptances, bytes memory signature) = _granting(_root, _key);
        registry = new ParticipantRegistry(address(manager), keccak256("another"), address(guardians));
        _register(1, 2 ** 15 - 1, _root);
        assertFalse(_bring(abi.encodeCall(registry.grantKeys, (grants, acceptances, _root, signature))));
        (, acceptances, signature) = _granting(_root, _key);
        assertTrue(_bring(abi.encodeCall(registry.grantKeys, (grants, acceptances, _root, signature))));
    }

    function testFuzz_signatureInAnotherShapeIsRefused(uint256 index) public {
        _key = _account(uint32(bound(index, 3, 9)));
        (KeyGrant[] memory grants, bytes[] memory acceptances, bytes memory signature) = _granting(_root, _key);
        bytes memory mirrored = _mirrored(signature);
        bytes memory compact = _compact(signature);
        assertFalse(_bring(abi.encodeCall(registry.grantKeys, (grants, acceptances, _root, mirrored))));
        assertFalse(_bring(abi.encodeCall(registry.grantKeys, (grants, acceptances, _root, compact))));
        assertFalse(_bring(abi.encodeCall(registry.grantKeys, (grants, acceptances, _root, ""))));
        assertTrue(_bring(abi.encodeCall(registry.grantKeys, (grants, acceptances, _root, signature))));
    }

    function test_batchIsTakenWhollyOrNotAtAll() public {
        KeyGrant[] memory grants = new KeyGrant[](2);
        bytes[] memory acceptances = new bytes[](2);
        for (uint32 i = 0; i < 2; ++i) {
            grants[i] = KeyGrant(_root, _account(3 + i), 1, 1, type(uint40).max);
            acceptances[i] = _sign(grants[i].key, registry.keyGrantDigest(grants[i]));
        }
        bytes memory signature = _sign(_root, registry.keyGrantsDigest(grants));
        bytes memory last = acceptances[1];
        acceptances[1] = acceptances[0];
        assertFalse(_bring(abi.encodeCall(registry.grantKeys, (grants, acceptances, _root, signature))));
        assertEq(registry.keyOf(grants[0].key).functions, 0);
        acceptances[1] = last;
        assertTrue(_bring(abi.encodeCall(registry.grantKeys, (grants, acceptances, _root, signature))));
    }

    function test_walletThatCallsBackChangesNothing() public {
        address wallet = address(new CallingBackWallet(registry));
        KeyGrant[] memory grants = new KeyGrant[](1);
        grants[0] = KeyGrant(_root, wallet, 1, 1, type(uint40).max);
        bytes memory signature = _sign(_root, registry.keyGrantsDigest(grants));
        bytes[] memory acceptances = new bytes[](1);
        acceptances[0] = abi.encodePacked(wallet);
        assertFalse(_bring(abi.encodeCall(registry.grantKeys, (grants, acceptances, _root, signature))));
        assertFalse(registry.isWithdrawn(wallet, wallet));
        acceptances[0] = "";
        assertTrue(_bring(abi.encodeCall(registry.grantKeys, (grants, acceptances, _root, signature))));
    }

    function test_signatureOfAnotherIsRefused() public {
        (KeyGrant[] memory grants, bytes[] memory acceptances,) = _granting(_root, _key);
        bytes memory forged = _sign(_stranger, registry.keyGrantsDigest(grants));
        assertFalse(_bring(abi.encodeCall(registry.grantKeys, (grants, acceptances, _root, forged))));
        bytes32 digest = registry.keyRevocationDigest(_key);
        assertFalse(_bring(abi.encodeCall(registry.revokeKeyBySig, (_key, _root, _sign(_stranger, digest)))));
        assertFalse(_bring(abi.encodeCall(registry.revokeKeyBySig, (_key, _key, _sign(_stranger, digest)))));
        (Registration[] memory registrations, bytes[] memory registering) = _registering(3, _account(3));
        registering[0] = _sign(_stranger, registry.registrationDigest(registrations[0]));
        assertFalse(_bring(abi.encodeCall(registry.register, (registrations, registering, address(this), ""))));
        assertTrue(_bring(abi.encodeCall(registry.revokeKeyBySig, (_key, _root, _sign(_root, digest)))));
    }

    function testFuzz_addressWithoutCodeOrKeySignsNothing(address account, bytes memory signature) public {
        vm.assume(account.code.length == 0 && account != _root);
        assertFalse(_bring(abi.encodeCall(registry.revokeKeyBySig, (_key, account, signature))));
    }

    function test_withdrawalsByStrangersHinderNobody() public {
        address newRoot = _account(3);
        vm.prank(_account(4));
        assertFalse(_bring(abi.encodeCall(registry.revokeKey, (_key))));
        vm.startPrank(_stranger);
        registry.revokeKey(_key);
        registry.revokeKey(newRoot);
        registry.revokeKey(_account(5));
        vm.stopPrank();
        (KeyGrant[] memory grants, bytes[] memory acceptances, bytes memory signature) = _granting(_root, _key);
        assertTrue(_bring(abi.encodeCall(registry.grantKeys, (grants, acceptances, _root, signature))));
        assertEq(registry.authorize(_key, Function.Buy), 1);
        vm.prank(address(guardians));
        registry.moveRoot(1, newRoot, new address[](0));
        assertEq(registry.authorize(newRoot, Function.Buy), 1);
        _register(3, 2 ** 15 - 1, _account(5));
    }

    function test_councilCountsEveryMemberOnce() public {
        bytes memory call = abi.encodeCall(_council.changeMembers, (new bytes[](0), new bytes[](0), 1));
        bytes32 digest = _council.callDigest(address(_council), call, 0);
        assertFalse(_execute(call, 0, _councilSignature(digest, _members[0], _members[0])));
        assertFalse(_execute(call, 0, _councilSignature(digest, _members[0], _stranger)));
        assertFalse(_execute(call, 0, abi.encode(new bytes[](0), new bytes[](0))));
        bytes memory signature = _councilSignature(digest, _members[1], _members[0]);
        assertTrue(_execute(call, 0, signature));
        assertFalse(_execute(call, 0, signature));
        assertFalse(_execute(call, 1, signature));
    }

    function test_councilKeepsAThresholdThatItsMembersReach() public {
        bytes[] memory all = new bytes[](3);
        for (uint32 i = 0; i < 3; ++i) {
            all[i] = abi.encodePacked(_members[i]);
        }
        bytes[3] memory calls = [
            abi.encodeCall(_council.changeMembers, (new bytes[](0), new bytes[](0), 0)),
            abi.encodeCall(_council.changeMembers, (new bytes[](0), new bytes[](0), 4)),
            abi.encodeCall(_council.changeMembers, (new bytes[](0), all, 1))
        ];
        for (uint256 i = 0; i < 3; ++i) {
            bytes32 digest = _council.callDigest(address(_council), calls[i], 0);
            assertFalse(_execute(calls[i], 0, _councilSignature(digest, _members[0], _members[1])));
        }
        assertEq(_council.nonce(), 0);
    }

    function test_councilRegistersAtOnceAndDecidesTheRestWithNotice() public {
        _handOver();
        (Registration[] memory registrations, bytes[] memory acceptances) = _registering(3, _account(3));
        bytes32 digest = registry.registrationsDigest(registrations);
        bytes memory signature = _councilSignature(digest, _members[0], _members[1]);
        assertFalse(_bring(abi.encodeCall(registry.register, (registrations, acceptances, address(this), ""))));
        assertFalse(
            _bring(abi.encodeCall(registry.register, (registrations, acceptances, address(_timelock), signature)))
        );
        assertTrue(
            _bring(abi.encodeCall(registry.register, (registrations, acceptances, address(_council), signature)))
        );

        bytes memory roles = abi.encodeCall(registry.setRoles, (3, 1, 1));
        assertFalse(_bring(roles));
        vm.prank(address(_council));
        assertFalse(_bring(roles));
        vm.startPrank(address(_council));
        _timelock.schedule(address(registry), 0, roles, 0, 0, 2 days);
        vm.stopPrank();
        bytes memory execution = abi.encodeCall(_timelock.execute, (address(registry), 0, roles, 0, 0));
        (bool isDone,) = address(_timelock).call(execution);
        assertFalse(isDone);
        vm.warp(block.timestamp + 2 days);
        (isDone,) = address(_timelock).call(execution);
        assertTrue(isDone);
        assertEq(registry.participantOf(3).roles, 1);
    }

    /// @dev The limit: what its members sign as themselves, the council has signed. It is no key, root or guardian beside them.
    function test_signaturesOfMembersAreTheCouncils() public view {
        bytes32 digest = keccak256("what two members happened to sign");
        bytes memory signature = _councilSignature(digest, _members[0], _members[1]);
        assertEq(_council.isValidSignature(digest, signature), IERC1271.isValidSignature.selector);
    }

    /// @dev The limit: a qualification is taken while its key may certify, so it may come too late on one chain. Another
    /// key of the issuer vouches for the same one.
    function test_qualificationThatIsLateIsVouchedForByAnotherKey() public {
        QualificationRegistry qualifications = new QualificationRegistry(address(registry), keccak256("deployment"));
        (KeyGrant[] memory grants, bytes[] memory acceptances, bytes memory signature) = _granting(_root, _key);
        registry.grantKeys(grants, acceptances, _root, signature);
        Qualification memory terms = Qualification(1, 2, 0, type(uint40).max, "licence", 0, 0);
        bytes32 id = qualifications.qualificationIdOf(terms);
        signature = _sign(_key, id);
        vm.prank(_root);
        registry.revokeKey(_key);
        (bool isTaken,) = address(qualifications).call(abi.encodeCall(qualifications.qualify, (terms, _key, signature)));
        assertFalse(isTaken);
        qualifications.qualify(terms, _root, _sign(_root, id));
        assertTrue(qualifications.isQualified(id));
    }

    /// @dev As `services/deploy.py` does.
    function _handOver() private {
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = registry.register.selector;
        manager.setTargetFunctionRole(address(registry), selectors, manager.STEWARD());
        manager.grantRole(manager.STEWARD(), address(_council), 0);
        manager.grantRole(0, address(_timelock), 0);
        manager.renounceRole(0, address(this));
    }

    function _granting(address granter, address key)
        private
        view
        returns (KeyGrant[] memory grants, bytes[] memory acceptances, bytes memory signature)
    {
        grants = new KeyGrant[](1);
        acceptances = new bytes[](1);
        grants[0] = KeyGrant(granter, key, 255, 1, type(uint40).max);
        acceptances[0] = _sign(key, registry.keyGrantDigest(grants[0]));
        signature = _sign(granter, registry.keyGrantsDigest(grants));
    }

    function _registering(uint64 id, address root)
        private
        view
        returns (Registration[] memory registrations, bytes[] memory acceptances)
    {
        registrations = new Registration[](1);
        acceptances = new bytes[](1);
        registrations[0] = Registration(id, 1, root);
        acceptances[0] = _sign(root, registry.registrationDigest(registrations[0]));
    }

    function _bring(bytes memory message) private returns (bool isTaken) {
        (isTaken,) = address(registry).call(message);
    }

    function _execute(bytes memory call, uint256 nonce, bytes memory signature) private returns (bool isDone) {
        (isDone,) =
            address(_council).call(abi.encodeCall(_council.execute, (address(_council), call, nonce, signature)));
    }

    /// @dev Of two accounts, members or not, in the right order.
    function _councilSignature(bytes32 digest, address one, address other) private view returns (bytes memory) {
        address[2] memory signers = [one, other];
        if (keccak256(abi.encodePacked(signers[0])) > keccak256(abi.encodePacked(signers[1]))) {
            (signers[0], signers[1]) = (signers[1], signers[0]);
        }
        bytes[] memory members = new bytes[](2);
        bytes[] memory signatures = new bytes[](2);
        for (uint256 i = 0; i < 2; ++i) {
            members[i] = abi.encodePacked(signers[i]);
            signatures[i] = _sign(signers[i], digest);
        }
        return abi.encode(members, signatures);
    }

    function _mirrored(bytes memory signature) private pure returns (bytes memory) {
        (bytes32 r, uint256 s, uint8 v) = _parts(signature);
        return abi.encodePacked(r, CURVE_ORDER - s, v == 27 ? uint8(28) : uint8(27));
    }

    function _compact(bytes memory signature) private pure returns (bytes memory) {
        (bytes32 r, uint256 s, uint8 v) = _parts(signature);
        return abi.encodePacked(r, uint256(v - 27) << 255 | s);
    }

    function _parts(bytes memory signature) private pure returns (bytes32 r, uint256 s, uint8 v) {
        assembly ("memory-safe") {
            r := mload(add(signature, 0x20))
            s := mload(add(signature, 0x40))
            v := byte(0, mload(add(signature, 0x60)))
        }
    }
}

/// @notice A payee that makes the call it was armed with when coin comes.
contract CallingBackPayee {
    address private immutable _TARGET;
    bytes private _data;
    bool public hasCalled;
    bool public isDone;

    constructor(address target) {
        _TARGET = target;
    }

    receive() external payable {
        if (_data.length == 0) return;
        hasCalled = true;
        (isDone,) = _TARGET.call(_data);
    }

    function arm(bytes calldata data) external {
        _data = data;
    }
}

/// @notice A token whose payee burns all the gas that it is given.
contract BurningToken is ERC20 {
    address public burner;

    constructor() ERC20("Burning Token", "BURN") {}

    function mint(address to, uint256 amount, address burner_) external {
        burner = burner_;
        _mint(to, amount);
    }

    function _update(address from, address to, uint256 value) internal override {
        if (to == burner) {
            assembly ("memory-safe") { invalid() }
        }
        super._update(from, to, value);
    }
}

/// @notice Attempts on other people's money in escrow, and what they come to.
contract TradeAttacksTest is World {
    uint64 private constant TRADER = 1;
    uint64 private constant BANK = 2;
    uint64 private constant AUTHORITY = 3;
    uint128 private constant AMOUNT = 1e9;

    ShipmentSourceMock private _source;
    address private _buyer;
    address private _seller;
    address private _bank;
    address private _authority;
    address private _treasury;

    function setUp() public {
        _deploy();
        (_buyer, _seller, _bank, _authority, _treasury) =
        (_account(1), _account(2), _account(3), _account(4), _account(5));
        _register(TRADER, 2 ** 15 - 1, _seller);
        _register(BANK, _bit(Role.Bank), _bank);
        _register(AUTHORITY, _bit(Role.CustomsAuthority) | _bit(Role.Arbiter), _authority);
        _source = new ShipmentSourceMock();
        for (uint256 i = 0; i < 3; ++i) {
            address party = [_buyer, _seller, _bank][i];
            dollar.mint(party, 1e12);
            vm.deal(party, 1e12);
            vm.startPrank(party);
            dollar.approve(address(escrow), type(uint256).max);
            dollar.approve(address(notes), type(uint256).max);
            vm.stopPrank();
        }
    }

    /// @dev Buyer and seller are one and bring their own source, which tells one duty and then another.
    function testFuzz_sourceThatChangesTheDutyMovesNoMoneyOfOthers(uint128 first, uint128 second, uint8 state) public {
        bytes32 honest = _open(_order(_buyer), _plain());
        Clauses memory clauses = _plain();
        (clauses.conditions, clauses.customsId) = (_conditions(false, true, true, false), AUTHORITY);
        (clauses.treasury, clauses.dutyCap) = (_treasury, AMOUNT);
        Order memory order = _order(_seller);
        order.source = address(_source);
        bytes32 id = _open(order, clauses);
        _tellCustoms(CustomsState.Released, first);
        if (first != 0) escrow.advance(order, clauses);
        _tellCustoms([CustomsState.None, CustomsState.Released, CustomsState.Refused][state % 3], second);
        uint40 until = uint40(block.timestamp);
        bytes memory byBoth = _sign(_seller, escrow.consentDigest(id, 0, until));
        escrow.agree(order, clauses, 0, until, byBoth, byBoth);
        assertTrue(escrow.isOpen(honest));
        assertEq(dollar.balanceOf(address(escrow)), AMOUNT);
    }

    /// @dev The source spoke last between the last deadline and the call that would have concluded the tender.
    function testFuzz_tenderThatASilentSourceLeavesOpenTrapsNothing(bool isDisputed, bool isUpheld) public {
        Order memory order = _order(_buyer);
        (order.source, order.upholdByDefault) = (address(_source), isUpheld);
        _open(order, _plain());
        uint256 last = order.refundAfter + order.acceptanceWindow + order.arbitrationPeriod;
        ShipmentState state = isDisputed ? ShipmentState.Disputed : ShipmentState.Tendered;
        _tell(ShipmentFacts(state, 3, 6, order.shipBy, order.refundAfter, 0, 0, uint40(last + 1)));
        vm.warp(last + settlement.STALL() + 1);
        escrow.conclude(order, _plain());
        assertEq(dollar.balanceOf(_seller), 1e12 + (!isDisputed || isUpheld ? AMOUNT : 0));
    }

    /// @dev The source has nothing more to say of a delivery, and nobody has settled yet.
    function testFuzz_arbiterHasNoSayInWhatTheFactsDecided(bool isDelivered) public {
        Order memory order = _order(_buyer);
        (order.source, order.arbiterId) = (address(_source), AUTHORITY);
        bytes32 id = _open(order, _plain());
        if (isDelivered) {
            _tell(ShipmentFacts(ShipmentState.Delivered, 3, 6, order.shipBy, 0, 0, order.shipBy, order.shipBy));
        } else {
            _tell(ShipmentFacts(ShipmentState.None, 0, 0, 0, 0, 0, 0, order.shipBy + 1));
        }
        vm.warp(order.refundAfter + order.acceptanceWindow + order.arbitrationPeriod + 1);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.TradeEscrow_NotContested.selector, id));
        vm.prank(_authority);
        escrow.arbitrate(order, _plain(), isDelivered ? 0 : WHOLE);
    }

    /// @dev Say, a token's address where the source's should be.
    function testFuzz_sourceThatRevertsIsASilentOne(bool isAgreed, uint16 share) public {
        Order memory order = _order(_buyer);
        order.source = address(dollar);
        Clauses memory clauses = _plain();
        (clauses.conditions, clauses.customsId) = (_conditions(false, true, true, false), AUTHORITY);
        bytes32 id = _open(order, clauses);
        if (isAgreed) {
            share %= WHOLE + 1;
            bytes32 digest = escrow.consentDigest(id, share, order.openBy);
            escrow.agree(order, clauses, share, order.openBy, _sign(_buyer, digest), _sign(_seller, digest));
        } else {
            vm.warp(order.refundAfter + order.acceptanceWindow + order.arbitrationPeriod + settlement.STALL() + 1);
            escrow.conclude(order, clauses);
        }
        assertEq(dollar.balanceOf(address(escrow)), 0);
    }

    /// @dev Buyer and bank agree that the buyer keeps goods and money, and the bank the seller's bond.
    function testFuzz_holderHasNoRecourseForWhatItConsentedTo(bool isAlone, uint16 share) public {
        share = isAlone ? 0 : share % (WHOLE + 1);
        Order memory order = _order(_buyer);
        bytes32 id = _open(order, _plain());
        _sell(order, 9e8, 4e8);
        bytes32 digest = escrow.consentDigest(id, share, order.openBy);
        bytes memory byBuyer = isAlone ? bytes("") : _sign(_buyer, digest);
        bytes memory byBank = _sign(_bank, digest);
        if (isAlone) vm.prank(_bank);
        escrow.agree(order, _plain(), share, order.openBy, byBuyer, byBank);
        notes.divideBond(order);
        assertEq(dollar.balanceOf(_seller), 1e12 + 9e8);
        assertEq(uint8(escrow.recordOf(id).state), uint8(OrderState.Agreed));
        assertEq(credit.scoreOf(TRADER, Role.Seller).confidence, 0);
    }

    function test_sellerConcedesNothingBehindTheBanksBack() public {
        Order memory order = _order(_buyer);
        bytes32 id = _open(order, _plain());
        uint16[3] memory shares = [0, 1, 9999];
        bytes[3] memory earlier;
        for (uint256 i = 0; i < 3; ++i) {
            earlier[i] = _sign(_seller, escrow.consentDigest(id, shares[i], order.openBy));
        }
        _sell(order, 9e8, 0);
        for (uint256 i = 0; i < 3; ++i) {
            bytes memory byBuyer = i == 0 ? bytes("") : _sign(_buyer, escrow.consentDigest(id, shares[i], order.openBy));
            address missing = i == 0 ? _buyer : _bank;
            vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.TradeEscrow_InvalidSignature.selector, missing));
            vm.prank(_seller);
            escrow.agree(order, _plain(), shares[i], order.openBy, byBuyer, earlier[i]);
        }
    }

    /// @dev The buyer asks for a signature to cancel, and brings it alone, so that the seller is rated for it.
    function test_signatureForBothIsNoConcession() public {
        Order memory order = _order(_buyer);
        bytes32 id = _open(order, _plain());
        bytes memory bySeller = _sign(_seller, escrow.consentDigest(id, 0, order.openBy));
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.TradeEscrow_InvalidSignature.selector, _buyer));
        escrow.agree(order, _plain(), 0, order.openBy, "", bySeller);
        vm.prank(_buyer);
        escrow.agree(order, _plain(), 0, order.openBy, "", bySeller);
        assertEq(uint8(escrow.recordOf(id).state), uint8(OrderState.Agreed));
        assertEq(credit.scoreOf(TRADER, Role.Seller).confidence, 0);
    }

    function test_invoiceIsFinancedOnce() public {
        Order memory order = _order(_buyer);
        bytes32 id = _open(order, _plain());
        _sell(order, 9e8, 0);
        Offer memory offer = Offer(id, _bank, BANK, 8e8, 0, 0, order.openBy, "second");
        bytes32 digest = notes.offerDigest(offer);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.TradeEscrow_OrderNoted.selector, id));
        notes.sell(order, offer, _sign(_bank, digest), _sign(_seller, digest));
    }

    /// @dev A note could be sold with a share of the price gone a moment before.
    function test_advanceBeforeTheSaleVoidsTheOffer() public {
        Order memory order = _order(_buyer);
        order.source = address(_source);
        Clauses memory clauses = _plain();
        clauses.onShipped = WHOLE;
        bytes32 id = _open(order, clauses);
        Offer memory offer = Offer(id, _bank, BANK, 9e8, 0, 0, order.openBy, "");
        bytes32 digest = notes.offerDigest(offer);
        _tell(ShipmentFacts(ShipmentState.InTransit, 2, 6, order.openBy, 0, 0, 0, order.openBy));
        escrow.advance(order, clauses);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.TradeEscrow_PaidMismatch.selector, 1, 0));
        notes.sell(order, offer, _sign(_bank, digest), _sign(_seller, digest));
    }

    /// @dev With two milestones to be paid before the refund, a 64th of a 64th of a block's gas is left.
    function test_payeeThatBurnsGasHoldsNoRefundToRansom() public {
        BurningToken token = new BurningToken();
        escrow.listToken(address(token));
        token.mint(_buyer, AMOUNT, _seller);
        vm.prank(_buyer);
        token.approve(address(escrow), AMOUNT);
        Order memory order = _order(_buyer);
        (order.token, order.source) = (address(token), address(_source));
        Clauses memory clauses = _plain();
        (clauses.conditions, clauses.customsId) = (_conditions(true, true, true, false), AUTHORITY);
        (clauses.onShipped, clauses.onCleared) = (1000, 1000);
        _open(order, clauses);
        _tell(ShipmentFacts(ShipmentState.InTransit, 2, 6, order.openBy, 0, 0, 0, order.refundAfter + 1));
        _tellCustoms(CustomsState.Released, 0);
        vm.warp(order.refundAfter + 1);
        escrow.conclude{gas: 30_000_000}(order, clauses);
        assertEq(token.balanceOf(_buyer), AMOUNT * 8 / 10);
        assertEq(escrow.withdrawable(address(token), _seller), AMOUNT * 2 / 10);
    }

    /// @dev It holds a milestone's coin in its hands and tries to take the rest, or another's.
    function test_payeeThatCallsBackGetsNothingTwice() public {
        CallingBackPayee payee = new CallingBackPayee(address(escrow));
        Order memory order = _order(_buyer);
        (order.token, order.source) = (address(0), address(_source));
        escrow.listToken(address(0));
        Clauses memory clauses = _plain();
        clauses.payees = new Payee[](1);
        clauses.payees[0] = Payee(address(payee), AMOUNT / 2);
        _open(order, clauses);
        payee.arm(abi.encodeCall(escrow.conclude, (order, clauses)));
        _tell(ShipmentFacts(ShipmentState.Delivered, 3, 6, order.openBy, 0, 0, order.openBy, order.openBy));
        escrow.conclude(order, clauses);
        assertTrue(payee.hasCalled());
        assertFalse(payee.isDone());
        assertEq(address(payee).balance, AMOUNT / 2);
        assertEq(_seller.balance, 1e12 + AMOUNT / 2);
    }

    /// @dev A token with hooks calls into everything in the midst of a payment; it calls as a party may from its own account.
    function test_tokenThatCallsBackChangesNothing() public {
        ReentrantTokenMock token = new ReentrantTokenMock();
        escrow.listToken(address(token));
        token.mint(_buyer, AMOUNT);
        token.mint(_bank, AMOUNT);
        vm.prank(_buyer);
        token.approve(address(escrow), AMOUNT);
        vm.prank(_bank);
        token.approve(address(notes), AMOUNT);
        Order memory order = _order(_buyer);
        (order.token, order.source) = (address(token), address(_source));
        Clauses memory clauses = _plain();
        clauses.onShipped = WHOLE / 2;
        order.clauses = escrow.clausesHashOf(clauses);
        bytes32 id = escrow.orderIdOf(order);
        bytes memory sale;
        {
            Offer memory offer = Offer(id, _bank, BANK, 9e8, 4e8, 1, order.refundAfter, "");
            bytes32 digest = notes.offerDigest(offer);
            sale = abi.encodeCall(notes.sell, (order, offer, _sign(_bank, digest), _sign(_seller, digest)));
        }
        bytes32 consent = escrow.consentDigest(id, 0, order.refundAfter);
        bytes memory agreement =
            abi.encodeCall(escrow.agree, (order, clauses, 0, order.refundAfter, "", _sign(_seller, consent)));

        token.arm(address(escrow), agreement);
        _open(order, clauses);
        assertTrue(escrow.isOpen(id));
        _tell(ShipmentFacts(ShipmentState.InTransit, 2, 6, order.openBy, 0, 0, 0, order.openBy));
        token.arm(address(escrow), abi.encodeCall(escrow.advance, (order, clauses)));
        token.arm(address(escrow), agreement);
        // The sale goes through: it names the milestone that is being paid.
        token.arm(address(notes), sale);
        token.arm(address(notes), abi.encodeCall(notes.divideBond, (order)));
        escrow.advance(order, clauses);
        assertEq(token.balanceOf(_seller), AMOUNT / 2 + 5e8);
        assertEq(notes.bondOf(id), 4e8);
        _tell(ShipmentFacts(ShipmentState.Delivered, 3, 6, order.openBy, 0, 0, order.openBy, order.openBy));
        token.arm(address(escrow), abi.encodeCall(escrow.conclude, (order, clauses)));
        token.arm(address(notes), abi.encodeCall(notes.divideBond, (order)));
        escrow.conclude(order, clauses);
        assertEq(token.balanceOf(_bank), AMOUNT - 9e8 + AMOUNT / 2);
        assertEq(token.balanceOf(_seller), AMOUNT / 2 + 9e8);
        assertEq(token.balanceOf(address(escrow)) + token.balanceOf(address(notes)), 0);
    }

    /// @dev The limit: what is assessed is the declaration in force when the assessment is mined. Customs reads it again
    /// before it releases; a declaration after the assessment undoes that.
    function test_declarationMayChangeUnderAnAssessment() public {
        Order memory order = _order(_buyer);
        Clauses memory clauses = _plain();
        (clauses.conditions, clauses.customsId) = (_conditions(false, true, true, false), AUTHORITY);
        (clauses.treasury, clauses.dutyCap) = (_treasury, AMOUNT);
        order.clauses = escrow.clausesHashOf(clauses);
        _open(order, clauses);
        bytes32 id = ledger.create(order);
        vm.prank(_seller);
        customs.declare(order, clauses, Declaration("010121", "NL", "CN", 1, "toys"));
        uint24 seen = customs.factsOf(id).sequence;
        vm.prank(_seller);
        customs.declare(order, clauses, Declaration("930100", "NL", "CN", 1e9, "arms"));
        vm.startPrank(_authority);
        customs.assess(id, 1);
        vm.expectRevert(abi.encodeWithSelector(ICustomsDesk.CustomsDesk_CaseChanged.selector, id, seen + 2, seen + 1));
        customs.release(id, seen + 1);
        vm.stopPrank();
    }

    function _order(address buyer) private view returns (Order memory) {
        return _draft(address(dollar), AMOUNT, buyer, _seller, TRADER);
    }

    function _sell(Order memory order, uint128 advance, uint128 bond) private {
        order.clauses = order.clauses == 0 ? escrow.clausesHashOf(_plain()) : order.clauses;
        Offer memory offer = Offer(escrow.orderIdOf(order), _bank, BANK, advance, bond, 0, order.openBy, "");
        bytes32 digest = notes.offerDigest(offer);
        notes.sell(order, offer, _sign(_bank, digest), _sign(_seller, digest));
    }

    function _tell(ShipmentFacts memory facts) private {
        _source.tell(facts);
    }

    function _tellCustoms(CustomsState state, uint128 duty) private {
        _source.tellCustoms(CustomsFacts(state, 2, uint40(START), 0, 0, duty, uint40(START)));
    }
}

/// @notice Goods that pass from hand to hand, and the legs of their way.
abstract contract CarriageWorld is World {
    Leg[] internal _legs;

    function _handOver(Order memory order, uint64 toId, uint40 dueBy, uint128 liability) internal {
        ShipmentFacts memory facts = ledger.factsOf(ledger.shipmentIdOf(order));
        Terms memory terms = Terms(toId, dueBy, liability, "CNSHA", "seal", "dry");
        bytes32 digest = ledger.handoverDigest(
            Handover(
                ledger.shipmentIdOf(order),
                facts.sequence,
                facts.custodianId,
                toId,
                dueBy,
                liability,
                "CNSHA",
                "seal",
                "dry"
            )
        );
        ledger.handOver(order, terms, _signedFor(facts.custodianId, digest), _signedFor(toId, digest));
        _legs.push(Leg(toId, uint40(block.timestamp), dueBy, liability));
    }

    function _signedFor(uint64 id, bytes32 digest) internal view returns (Signature memory) {
        address root = registry.participantOf(id).root;
        return Signature(root, _sign(root, digest));
    }
}

/// @notice Attempts on cover and bonds. The honest are the carriers and the shareholders: all others are in it together.
contract CargoAttacksTest is CarriageWorld {
    uint64 private constant TRADER = 1;
    uint64 private constant CARRIER = 3;
    uint64 private constant SECOND = 4;
    uint64 private constant ARBITER = 6;
    uint128 private constant AMOUNT = 1e9;
    uint128 private constant BOND = 5e9;

    ShipmentSourceMock private _source;
    address private _buyer;
    address private _seller;
    address private _device;
    Watch[] private _watches;

    function setUp() public {
        _deploy();
        (_buyer, _seller, _device) = (_account(1), _account(2), _account(20));
        _register(TRADER, 2 ** 15 - 1, _seller);
        _register(CARRIER, _bit(Role.Carrier), _account(3));
        _register(SECOND, _bit(Role.Carrier), _account(4));
        _register(ARBITER, _bit(Role.Arbiter), _account(6));
        _register(INSURER, _bit(Role.Insurer), _account(9));
        _grantMeasure(_device, _seller);
        _source = new ShipmentSourceMock();
        _watches.push(Watch(_device, Metric.Temperature, 200, 800));
        for (uint32 i = 1; i <= 4; ++i) {
            dollar.mint(_account(i), 1e11);
            vm.startPrank(_account(i));
            dollar.approve(address(escrow), type(uint256).max);
            dollar.approve(address(insurance), type(uint256).max);
            dollar.approve(address(bonds), type(uint256).max);
            dollar.approve(address(pool), type(uint256).max);
            vm.stopPrank();
        }
        vm.prank(_account(3));
        bonds.deposit(CARRIER, address(dollar), BOND);
        vm.prank(_account(4));
        bonds.deposit(SECOND, address(dollar), BOND);
        vm.prank(_account(4));
        pool.deposit(2e10, _account(4));
    }

    /// @dev Buyer, seller, arbiter, insurer and the device are one. They find the goods lost, spoilt and late on the leg of
    /// the carrier, under as many policies as the order bears.
    function testFuzz_washCoverReachesABondUpToTheSignedLiabilityOnly(uint128 liability, uint16 bps, uint40 dueBy)
        public
    {
        liability = uint128(bound(liability, 0, AMOUNT));
        bps = uint16(bound(bps, 1, 5000));
        Order memory order = _orderWith(address(ledger));
        bytes32 id = _load(order);
        uint256 perils = _peril(PerilKind.Loss, bps, 1) | _peril(PerilKind.Damage, bps, 1) << 64
            | _peril(PerilKind.Exposure, bps, 10) << 128;
        Quote[] memory quotes = new Quote[](2);
        for (uint256 i = 0; i < 2; ++i) {
            quotes[i] = _quoteFor(order, perils, bps);
            (quotes[i].bpsPerDay, quotes[i].salt) = (bps, bytes32(i));
            _insure(order, quotes[i]);
        }
        _handOver(order, CARRIER, uint40(bound(dueBy, 0, order.refundAfter)), liability);
        vm.warp(block.timestamp + 100);
        vm.prank(_account(6));
        ledger.determine(order, Shares(5000, 5000), uint40(block.timestamp), "survey", new Quote[](0));
        _record(id, 1, uint40(block.timestamp - 50), 50, 900, 900);
        vm.warp(uint256(order.refundAfter) + 1);
        for (uint256 i = 0; i < 2; ++i) {
            insurance.claim(order, quotes[i]);
            for (uint8 cause = 0; cause < 5; ++cause) {
                _subrogate(order, quotes[i], cause);
                _subrogate(order, quotes[i], cause);
            }
        }
        uint256 taken = BOND - bonds.bondOf(CARRIER, address(dollar)).held;
        assertEq(taken, bonds.answeredOf(id, 0));
        assertLe(taken, liability);
        uint256 recovered = 0;
        for (uint256 i = 0; i < 2; ++i) {
            recovered += bonds.recoveredOf(insurance.policyIdOf(quotes[i]));
        }
        assertEq(taken, recovered);
        assertEq(bonds.bondOf(SECOND, address(dollar)).held, BOND);
    }

    /// @dev What the device saw first was on the first leg, and what it saw longest on the second. One cause, one recovery.
    function test_causeThatMovesToAnotherLegIsRecoveredOnce() public {
        Order memory order = _orderWith(address(ledger));
        bytes32 id = _load(order);
        Quote memory quote =
            _quoteFor(order, _peril(PerilKind.Level, 2000, 0) | _peril(PerilKind.Damage, 3000, 1) << 64, 5000);
        _insure(order, quote);
        _handOver(order, CARRIER, 0, AMOUNT);
        vm.warp(block.timestamp + 100);
        _record(id, 1, uint40(block.timestamp - 50), 50, 500, 900);
        vm.prank(_account(3));
        ledger.admit(order, Shares(0, 1000), "torn", new Quote[](0));
        insurance.claim(order, quote);
        vm.warp(block.timestamp + 1);
        bonds.subrogate(order, quote, 0, _legs);
        assertEq(bonds.answeredOf(id, 0), AMOUNT / 5);
        _handOver(order, SECOND, 0, AMOUNT);
        vm.warp(block.timestamp + 100);
        _record(id, 2, uint40(block.timestamp - 50), 50, 900, 900);
        _subrogate(order, quote, 0);
        assertEq(bonds.answeredOf(id, 1), 0, "paid for twice");
        bonds.subrogate(order, quote, 1, _legs);
        assertEq(bonds.recoveredOf(insurance.policyIdOf(quote)), AMOUNT / 2);
    }

    function test_sourceOfTheirOwnReachesNoBond() public {
        Order memory order = _orderWith(address(_source));
        Quote memory quote = _quoteFor(order, _peril(PerilKind.Loss, 5000, 1), 5000);
        _open(order, _plain());
        _insure(order, quote);
        Leg memory leg = Leg(CARRIER, uint40(block.timestamp), 0, AMOUNT);
        _legs.push(leg);
        bytes32 custody = keccak256(abi.encode(bytes32(0), leg));
        _tellShipped(order, uint40(block.timestamp));
        _source.tellCargo(CargoFacts(custody, 10_000, 0, leg.since, 0, leg.since));
        insurance.claim(order, quote);
        assertEq(insurance.recordOf(insurance.policyIdOf(quote)).fired, 1);
        vm.expectRevert(
            abi.encodeWithSelector(ICarrierBond.CarrierBond_WrongSource.selector, address(_source), address(ledger))
        );
        bonds.subrogate(order, quote, 0, _legs);
    }

    /// @dev It says that the goods were lost on the way, and once that is paid, that they never left.
    function testFuzz_sourceThatTakesItsWordBackFreesNoCapitalOfOthers(uint8 kind, bool isReserved) public {
        Order memory honest = _orderWith(address(ledger));
        honest.salt = "honest";
        _open(honest, _plain());
        Quote memory other = _quoteFor(honest, 0, 4000);
        _insure(honest, other);
        Order memory order = _orderWith(address(_source));
        _open(order, _plain());
        Quote memory quote =
            _quoteFor(order, _peril(PerilKind.Loss, 3000, 1) | _peril(PerilKind.Damage, 2000, 1) << 64, 5000);
        quote.bpsPerDay = 1000;
        _insure(order, quote);
        uint256 before = dollar.balanceOf(_buyer);
        _tellShipped(order, uint40(block.timestamp));
        if (isReserved) {
            vm.warp(uint256(order.deliverBy) + 1 days);
            _tellShipped(order, order.shipBy);
            insurance.reserve(order, quote);
        } else {
            _source.tellCargo(CargoFacts(0, 3000, 0, uint40(block.timestamp), 0, uint40(block.timestamp)));
            insurance.claim(order, quote);
        }
        ShipmentFacts memory facts;
        facts.asOf = type(uint40).max;
        if (kind % 3 == 1) facts.deliveredAt = order.shipBy;
        if (kind % 3 == 2) facts.shippedAt = order.shipBy + 1;
        _source.tell(facts);
        (bool isDone,) = address(insurance).call(abi.encodeCall(insurance.claim, (order, quote)));
        bool isEnded = insurance.recordOf(insurance.policyIdOf(quote)).state != PolicyState.Active;
        assertEq(isDone, isEnded);
        uint256 paid = dollar.balanceOf(_buyer) - before;
        assertEq(pool.books().locked, other.maximum + (isEnded ? 0 : quote.maximum - paid), "others' capital is free");
        if (isEnded) assertEq(pool.books().reserved, 0, "reserved for nothing");
    }

    /// @dev Readings from before the journey count for nothing, be they brought before it or after.
    function test_readingsFromBeforeTheJourneyCountForNothing() public {
        Order memory order = _orderWith(address(ledger));
        bytes32 id = _load(order);
        vm.warp(block.timestamp + 100);
        uint40 start = uint40(block.timestamp - 50);
        assertFalse(_tryRecord(id, 1, start, 50, 900, 900));
        _handOver(order, CARRIER, 0, 0);
        assertFalse(_tryRecord(id, 1, start, 50, 900, 900));
        vm.warp(block.timestamp + 50);
        // Half of it was before, and nobody knows which half was warm.
        assertTrue(_tryRecord(id, 1, start, 100, 500, 900));
        assertEq(sensors.watchOf(id, 0).breachedAt, 0);
        vm.warp(block.timestamp + 50);
        assertTrue(_tryRecord(id, 2, uint40(block.timestamp - 50), 50, 900, 900));
        assertEq(sensors.watchOf(id, 0).exposure, 50);
        assertFalse(_tryRecord(id, 3, uint40(block.timestamp), 50, 900, 900), "of a time to come");
    }

    function test_quoteIsGoodOnceAndHereOnly() public {
        Order memory order = _orderWith(address(ledger));
        _load(order);
        Quote memory quote = _quoteFor(order, _peril(PerilKind.Loss, 1000, 1), 1000);
        bytes32 id = _insure(order, quote);
        bytes memory again = _insuring(order, quote, id);
        (bool isDone,) = address(insurance).call(again);
        assertFalse(isDone, "two policies of one quote");
        CargoInsurance another = new CargoInsurance(address(manager), registry, escrow, credit, notes, address(ledger));
        InsurancePool anothers = new InsurancePool(
            dollar, registry, address(another), INSURER, 0, InsurancePool(address(0)), 0, "Another", "OTHER"
        );
        another.listPool(address(anothers));
        (isDone,) = address(another).call(again);
        assertFalse(isDone, "a signature for another contract");
        vm.warp(uint256(order.shipBy) + 1);
        insurance.claim(order, quote);
        (isDone,) = address(insurance).call(again);
        assertFalse(isDone, "a policy that ended begins again");
        (isDone,) = address(insurance).call(abi.encodeCall(insurance.claim, (order, quote)));
        assertFalse(isDone, "a policy ends twice");
        quote.perils = _peril(PerilKind.Loss, 9000, 1);
        (isDone,) = address(insurance).call(abi.encodeCall(insurance.claim, (order, quote)));
        assertFalse(isDone, "other terms than those that were signed");
    }

    /// @dev A token with hooks calls whatever could pay again in the midst of a payout.
    function test_tokenThatCallsBackInAPayoutIsPaidOnce() public {
        ReentrantTokenMock token = new ReentrantTokenMock();
        escrow.listToken(address(token));
        InsurancePool capital = new InsurancePool(
            token, registry, address(insurance), INSURER, 0, InsurancePool(address(0)), 0, "Hooks", "HOOKS"
        );
        insurance.listPool(address(capital));
        token.mint(_buyer, 10 * AMOUNT);
        token.mint(_seller, 10 * AMOUNT);
        vm.startPrank(_buyer);
        token.approve(address(escrow), type(uint256).max);
        token.approve(address(insurance), type(uint256).max);
        vm.stopPrank();
        vm.startPrank(_seller);
        token.approve(address(capital), type(uint256).max);
        token.approve(address(bonds), type(uint256).max);
        capital.deposit(2 * AMOUNT, _seller);
        bonds.deposit(CARRIER, address(token), 3 * AMOUNT);
        vm.stopPrank();
        Order memory order = _orderWith(address(ledger));
        order.token = address(token);
        _load(order);
        Quote memory quote =
            _quoteFor(order, _peril(PerilKind.Loss, 1000, 1) | _peril(PerilKind.Damage, 2000, 1) << 64, 4000);
        (quote.pool, quote.premium) = (address(capital), 0);
        _insure(order, quote);
        _handOver(order, CARRIER, 0, AMOUNT);
        vm.prank(_account(3));
        ledger.admit(order, Shares(100, 0), "torn", new Quote[](0));
        uint256 before = token.balanceOf(_buyer);
        token.arm(address(insurance), abi.encodeCall(insurance.claim, (order, quote)));
        token.arm(address(insurance), abi.encodeCall(insurance.reserve, (order, quote)));
        token.arm(address(bonds), abi.encodeCall(bonds.subrogate, (order, quote, 0, _legs)));
        token.arm(address(capital), abi.encodeCall(capital.recover, (1)));
        insurance.claim(order, quote);
        assertEq(token.balanceOf(_buyer) - before, AMOUNT / 10);
        assertEq(capital.books().locked, quote.maximum - AMOUNT / 10);
        assertEq(bonds.bondOf(CARRIER, address(token)).held, 3 * AMOUNT);
        token.arm(address(bonds), abi.encodeCall(bonds.subrogate, (order, quote, 0, _legs)));
        token.arm(address(bonds), abi.encodeCall(bonds.deposit, (CARRIER, address(token), 0)));
        bonds.subrogate(order, quote, 0, _legs);
        assertEq(bonds.bondOf(CARRIER, address(token)).held, 3 * AMOUNT - AMOUNT / 10);
        assertEq(token.balanceOf(address(bonds)), 3 * AMOUNT - AMOUNT / 10);
        assertEq(bonds.recoveredOf(insurance.policyIdOf(quote)), AMOUNT / 10);
    }

    function _orderWith(address source) private view returns (Order memory order) {
        order = _draft(address(dollar), AMOUNT, _buyer, _seller, TRADER);
        (order.carrierId, order.arbiterId, order.source) = (CARRIER, ARBITER, source);
        order.clauses = escrow.clausesHashOf(_plain());
    }

    /// @dev Opens the order and puts its goods under watch.
    function _load(Order memory order) private returns (bytes32 id) {
        _open(order, _plain());
        id = ledger.create(order);
        Watch[] memory watches = _watches;
        vm.prank(_seller);
        ledger.load(order, new Cargo[](0), watches);
    }

    function _tellShipped(Order memory order, uint40 shippedAt) private {
        uint40 at = shippedAt < order.shipBy ? shippedAt : order.shipBy;
        _source.tell(ShipmentFacts(ShipmentState.InTransit, 2, CARRIER, at, 0, 0, 0, uint40(block.timestamp)));
    }

    function _quoteFor(Order memory order, uint256 perils, uint16 capBps) private view returns (Quote memory quote) {
        (quote.orderId, quote.holder, quote.pool) = (escrow.orderIdOf(order), _buyer, address(pool));
        (quote.insurerId, quote.premium, quote.capBps) = (INSURER, 1e6, capBps);
        (quote.maximum, quote.perils) = (AMOUNT * capBps / 10_000, perils);
        if (order.source == address(ledger)) quote.plan = ledger.planOf(ledger.shipmentIdOf(order));
        (quote.reportingPeriod, quote.validUntil) = (1 days, uint40(block.timestamp));
    }

    function _insure(Order memory order, Quote memory quote) private returns (bytes32 id) {
        id = insurance.policyIdOf(quote);
        (bool isDone,) = address(insurance).call(_insuring(order, quote, id));
        assertTrue(isDone, "not insured");
    }

    function _insuring(Order memory order, Quote memory quote, bytes32 id) private view returns (bytes memory) {
        address underwriter = registry.participantOf(INSURER).root;
        bytes memory byHolder = _sign(quote.holder, id);
        return abi.encodeCall(insurance.insure, (order, quote, byHolder, underwriter, _sign(underwriter, id)));
    }

    function _subrogate(Order memory order, Quote memory quote, uint8 cause) private {
        Leg[] memory legs = _legs;
        (bool isDone, bytes memory answer) =
            address(bonds).call(abi.encodeCall(bonds.subrogate, (order, quote, cause, legs)));
        bytes4 refusal = bytes4(answer);
        assertTrue(
            isDone || refusal == ICarrierBond.CarrierBond_NothingToRecover.selector
                || refusal == ICarrierBond.CarrierBond_NotFired.selector
        );
    }

    function _record(bytes32 id, uint32 number, uint40 start, uint32 length, int32 minimum, int32 maximum) private {
        assertTrue(_tryRecord(id, number, start, length, minimum, maximum), "not recorded");
    }

    function _tryRecord(bytes32 id, uint32 number, uint40 start, uint32 length, int32 minimum, int32 maximum)
        private
        returns (bool isDone)
    {
        Readings memory readings = Readings(id, _device, number, start, length, 1, "", new Extreme[](1));
        readings.extremes[0] = Extreme(Metric.Temperature, minimum, maximum);
        bytes memory signature = _sign(_device, sensors.readingsDigest(readings));
        Watch[] memory watches = _watches;
        (isDone,) = address(sensors).call(abi.encodeCall(sensors.record, (readings, watches, signature)));
    }

    function _peril(PerilKind kind, uint16 bps, uint32 threshold) private pure returns (uint256) {
        return uint256(uint8(kind)) | uint256(bps) << 16 | uint256(threshold) << 32;
    }
}

/// @notice Attempts on ratings by real orders and a real ledger, what they come to, and what honest ratings cost.
contract CreditAttacksTest is CarriageWorld {
    uint64 private constant SELLER = 1;
    uint64 private constant BUYER = 2;
    uint64 private constant CARRIER = 3;
    uint64 private constant SECOND = 4;
    uint64 private constant ARBITER = 6;
    uint256 private constant POINT = 1 << 20;
    uint128 private constant AMOUNT = 1e9;
    /// @dev Of `AMOUNT`: 1 + log2(1 + 1000), rounded down.
    uint256 private constant WEIGHT = 10;

    ShipmentSourceMock private _source = new ShipmentSourceMock();
    InsurancePool private _front;

    function setUp() public {
        _deploy();
        uint64[7] memory ids = [SELLER, BUYER, CARRIER, SECOND, ARBITER, 5, INSURER];
        Role[7] memory roles =
            [Role.Seller, Role.Buyer, Role.Carrier, Role.Carrier, Role.Arbiter, Role.Seller, Role.Insurer];
        for (uint256 i = 0; i < ids.length; ++i) {
            address account = _account(uint32(ids[i]));
            _register(ids[i], _bit(roles[i]), account);
            dollar.mint(account, 1e15);
            vm.startPrank(account);
            dollar.approve(address(escrow), type(uint256).max);
            dollar.approve(address(insurance), type(uint256).max);
            dollar.approve(address(pool), type(uint256).max);
            vm.stopPrank();
        }
    }

    /// @dev Buyer and seller are one and bring a ledger of their own, on which a stranger lost everything.
    function test_sourceOfTheirOwnRatesNoStranger() public {
        Order memory order = _orderFor(BUYER, "");
        order.source = address(_source);
        _open(order, _plain());
        _legs.push(Leg(CARRIER, uint40(block.timestamp), 0, 0));
        _source.tell(ShipmentFacts(ShipmentState.InTransit, 2, CARRIER, order.openBy, 0, 0, 0, type(uint40).max));
        vm.warp(uint256(order.refundAfter) + 1);
        escrow.refund(order);
        vm.warp(block.timestamp + 30 days);
        vm.expectRevert(
            abi.encodeWithSelector(
                ICreditRegistry.CreditRegistry_WrongSource.selector, address(_source), address(ledger)
            )
        );
        credit.rateJourney(order, _legs);
        // The same order with the true source is another one.
        order.source = address(ledger);
        bytes32 id = escrow.orderIdOf(order);
        vm.expectRevert(
            abi.encodeWithSelector(ICreditRegistry.CreditRegistry_OrderNotRated.selector, id, OrderState.None)
        );
        credit.rateJourney(order, _legs);
        assertEq(credit.evidenceOf(CARRIER, Role.Carrier).count, 0);
    }

    /// @dev An order that names a carrier says nothing of it until the carrier signed for the goods.
    function test_carrierThatNeverTookTheGoodsIsNotRated() public {
        Order memory order = _orderFor(BUYER, "");
        bytes32 id = _open(order, _plain());
        ledger.create(order);
        vm.warp(uint256(order.shipBy) + 1);
        escrow.refund(order);
        vm.warp(block.timestamp + 30 days);
        vm.expectRevert(abi.encodeWithSelector(ICreditRegistry.CreditRegistry_NotShipped.selector, id));
        credit.rateJourney(order, _legs);
    }

    function test_carrierEscapesByNoOtherLegs() public {
        Order memory order = _orderFor(BUYER, "");
        bytes32 id = _open(order, _plain());
        ledger.create(order);
        _handOver(order, CARRIER, 0, 0);
        vm.warp(block.timestamp + 1 days);
        _handOver(order, SECOND, 0, 0);
        vm.warp(block.timestamp + 1 days);
        _handOver(order, CARRIER, 0, 0);
        vm.warp(uint256(order.refundAfter) + 1);
        escrow.refund(order);
        vm.warp(block.timestamp + 30 days);
        bytes memory refusal = abi.encodeWithSelector(ICreditRegistry.CreditRegistry_LegsMismatch.selector, id);
        Leg[][7] memory others;
        others[0] = new Leg[](0);
        others[1] = _without(2);
        others[2] = _without(1);
        others[3] = _without(0);
        for (uint256 i = 4; i < 7; ++i) {
            others[i] = _legs;
        }
        (others[4][1], others[4][2]) = (others[4][2], others[4][1]);
        others[5][2].custodianId = SECOND;
        others[6][1].since += 1;
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(refusal);
            credit.rateJourney(order, others[i]);
        }
        credit.rateJourney(order, _legs);
        vm.expectRevert(abi.encodeWithSelector(ICreditRegistry.CreditRegistry_JourneyRated.selector, id));
        credit.rateJourney(order, _legs);
        // One leg well, and one breach of a repeated counterparty.
        assertEq(credit.evidenceOf(CARRIER, Role.Carrier).good, WEIGHT * POINT);
        assertEq(credit.evidenceOf(CARRIER, Role.Carrier).bad, 4 * WEIGHT * POINT / 2);
        assertEq(credit.evidenceOf(SECOND, Role.Carrier).good, WEIGHT * POINT);
    }

    /// @dev The carrier hurries, so that what the arbiter finds out comes too late.
    function testFuzz_ratingWaitsForWhatTheArbiterFindsOut(uint32 findsAfter, uint16 bps) public {
        findsAfter = uint32(bound(findsAfter, 1, 30 days - 1));
        bps = uint16(bound(bps, 1, 10_000));
        Order memory order = _orderFor(BUYER, "");
        _open(order, _plain());
        ledger.create(order);
        _handOver(order, CARRIER, 0, 0);
        uint256 endedAt = block.timestamp + 1 days;
        vm.warp(endedAt);
        _deliver(order, new Quote[](0));
        uint40 lostAt = uint40(block.timestamp);
        uint256[3] memory early = [endedAt, endedAt + findsAfter - 1, endedAt + 30 days - 1];
        for (uint256 i = 0; i < early.length; ++i) {
            if (i == 2) {
                vm.warp(endedAt + findsAfter);
                vm.prank(_account(uint32(ARBITER)));
                ledger.determine(order, Shares(bps, 0), lostAt, "survey", new Quote[](0));
            }
            vm.warp(early[i]);
            vm.expectRevert(
                abi.encodeWithSelector(
                    ICreditRegistry.CreditRegistry_TooEarly.selector, endedAt + 30 days, block.timestamp
                )
            );
            vm.prank(_account(uint32(CARRIER)));
            credit.rateJourney(order, _legs);
        }
        vm.warp(endedAt + 30 days);
        credit.rateJourney(order, _legs);
        assertEq(credit.evidenceOf(CARRIER, Role.Carrier).bad, 4 * WEIGHT * POINT * bps / 10_000);
    }

    /// @dev Buyer and seller are one, and end their order by a concession while an honest carrier is on its way in time.
    function test_goodsThatAreStillOnTheirWayAreNobodysLoss() public {
        Order memory order = _orderFor(BUYER, "");
        order.refundAfter = uint40(block.timestamp + 90 days);
        order.deliverBy = order.refundAfter;
        bytes32 id = _open(order, _plain());
        ledger.create(order);
        _handOver(order, CARRIER, 0, 0);
        uint40 until = order.refundAfter;
        bytes memory bySeller = _sign(order.seller, escrow.consentDigest(id, 0, until));
        vm.prank(order.seller);
        escrow.agree(order, _plain(), 0, until, "", bySeller);
        uint256 opensAt = uint256(order.refundAfter) + 30 days;
        uint256[2] memory times = [block.timestamp + 30 days, opensAt - 1];
        uint256 snapshot = vm.snapshotState();
        for (uint256 i = 0; i < times.length; ++i) {
            vm.warp(times[i]);
            vm.expectRevert(
                abi.encodeWithSelector(ICreditRegistry.CreditRegistry_TooEarly.selector, opensAt, block.timestamp)
            );
            credit.rateJourney(order, _legs);
        }
        vm.warp(opensAt);
        credit.rateJourney(order, _legs);
        assertEq(credit.evidenceOf(CARRIER, Role.Carrier).bad, 0);
        vm.revertToState(snapshot);
        // Goods that came late are judged once arbiters have had their time.
        vm.warp(block.timestamp + 60 days);
        _deliver(order, new Quote[](0));
        opensAt = block.timestamp + 30 days;
        vm.warp(opensAt - 1);
        vm.expectRevert(
            abi.encodeWithSelector(ICreditRegistry.CreditRegistry_TooEarly.selector, opensAt, block.timestamp)
        );
        credit.rateJourney(order, _legs);
        vm.warp(opensAt);
        credit.rateJourney(order, _legs);
        assertEq(credit.evidenceOf(CARRIER, Role.Carrier).good, WEIGHT * POINT);
    }

    /// @dev The order is paid on shipment. The buyer disputes the tender, which nobody has decided when the order ends.
    function test_undecidedDisputeIsNobodysLoss() public {
        Order memory order = _orderFor(BUYER, "");
        Clauses memory clauses = _plain();
        clauses.conditions = _conditions(true, false, false, false);
        _open(order, clauses);
        ledger.create(order);
        _handOver(order, CARRIER, 0, 0);
        vm.prank(_account(uint32(CARRIER)));
        ledger.tender(order, "photo");
        vm.prank(order.buyer);
        ledger.dispute(order, "wet");
        escrow.conclude(order, clauses);
        assertEq(credit.evidenceOf(BUYER, Role.Buyer).good, WEIGHT * POINT);
        assertEq(credit.evidenceOf(BUYER, Role.Buyer).bad, 0);
        assertEq(credit.evidenceOf(SELLER, Role.Seller).good, WEIGHT * POINT);
    }

    function test_nobodyIsBadMouthedWithoutItsSignature() public {
        Order memory order = _orderFor(BUYER, "");
        order.clauses = escrow.clausesHashOf(_plain());
        bytes32 id = escrow.orderIdOf(order);
        bytes memory byBuyer = _sign(order.buyer, id);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.TradeEscrow_InvalidSignature.selector, order.seller));
        escrow.open(order, byBuyer, byBuyer);
        // The buyer as the seller, under the number of another.
        order.seller = order.buyer;
        id = escrow.orderIdOf(order);
        byBuyer = _sign(order.buyer, id);
        (bool isOpen,) = address(escrow).call(abi.encodeCall(escrow.open, (order, byBuyer, byBuyer)));
        assertFalse(isOpen, "sold in the name of another");
        // The goods were never shipped, as far as the buyer says.
        bytes32 unopened = escrow.orderIdOf(order);
        vm.warp(uint256(order.refundAfter) + 1);
        (bool isDone,) = address(escrow).call(abi.encodeCall(escrow.refund, (order)));
        assertFalse(isDone);
        vm.prank(_account(uint32(BUYER)));
        vm.expectRevert(
            abi.encodeWithSelector(ICreditRegistry.CreditRegistry_NotWriter.selector, _account(uint32(BUYER)))
        );
        credit.rateTrade(unopened, SELLER, BUYER, 100, TradeOutcome.Broken);
        assertEq(credit.evidenceOf(SELLER, Role.Seller).count, 0);
    }

    /// @dev Two accomplices trade with one another for ever: each of the last eight halves what the next trade is worth.
    function test_aHundredWashTradesAreWorthLessThanThree() public {
        for (uint256 i = 0; i < 100; ++i) {
            Order memory order = _orderFor(BUYER, bytes32(i));
            _open(order, _plain());
            ledger.create(order);
            delete _legs;
            _handOver(order, CARRIER, 0, 0);
            _deliver(order, new Quote[](0));
        }
        uint256 expected = 0;
        uint256 breaches = 0;
        for (uint256 i = 0; i < 100; ++i) {
            uint256 repeats = i < 8 ? i : 8;
            expected += WEIGHT * POINT / 2 ** repeats;
            breaches += 4 * WEIGHT * POINT / (repeats + 1);
        }
        assertEq(credit.evidenceOf(SELLER, Role.Seller).good, expected);
        assertEq(credit.evidenceOf(BUYER, Role.Buyer).good, expected);
        assertLt(expected, 3 * WEIGHT * POINT);
        assertLt(credit.ratingOf(SELLER).score, 7500);
        // What they did badly would have stood almost undiminished.
        assertGt(breaches, 50 * WEIGHT * POINT);
        emit log_named_decimal_uint("points of a hundred trades", expected * 100 / POINT, 2);
        emit log_named_uint("score", credit.ratingOf(SELLER).score);
        emit log_named_uint("confidence", credit.ratingOf(SELLER).confidence);
    }

    /// @dev Everybody is rated for the first time in the delivery itself: seller, buyer and, in the claim, the insurer, who
    /// cedes a part.
    function test_firstRatingsOfAllFitTheShortcutsOfADelivery() public {
        _deliverInsured();
    }

    /// @dev Or for the first time in these roles, after years that changed the grade.
    function test_firstRatingsInMoreRolesFitTheShortcutsOfADelivery() public {
        _rateAllInOtherRoles();
        _deliverInsured();
    }

    /// @dev The same where the claim also ends the order: nothing came by refund-after, and the carrier admits a loss.
    function test_firstRatingsOfAllFitTheShortcutOfAnAdmission() public {
        _admitInsured();
    }

    function test_firstRatingsInMoreRolesFitTheShortcutOfAnAdmission() public {
        _rateAllInOtherRoles();
        _admitInsured();
    }

    /// @dev What these calls take by themselves, with everything cold.
    function test_firstRatingsLeaveTheShortcutsGasToSpare() public {
        _rateAllInOtherRoles();
        (Order memory order, Quote[] memory quotes) = _insured();
        vm.warp(uint256(order.refundAfter) + 1);
        uint256 snapshot = vm.snapshotState();
        _coolAll();
        uint256 before = gasleft();
        escrow.refund(order);
        uint256 refund = before - gasleft();
        vm.revertToState(snapshot);
        vm.prank(_account(uint32(CARRIER)));
        ledger.admit(order, Shares(1000, 0), "torn", new Quote[](0));
        _coolAll();
        before = gasleft();
        insurance.claim(order, quotes[0]);
        uint256 claim = before - gasleft();
        emit log_named_uint("refund", refund);
        emit log_named_uint("claim that ends the order", claim);
        assertLt(refund, 250_000);
        assertLt(claim, 500_000);
    }

    function _deliverInsured() private {
        (Order memory order, Quote[] memory quotes) = _insured();
        vm.warp(uint256(order.deliverBy) + 3 days);
        _coolAll();
        _deliver(order, quotes);
        _assertRated(quotes[0], OrderState.Released);
    }

    function _admitInsured() private {
        (Order memory order, Quote[] memory quotes) = _insured();
        vm.warp(uint256(order.refundAfter) + 1);
        _coolAll();
        vm.prank(_account(uint32(CARRIER)));
        ledger.admit(order, Shares(1000, 0), "torn", quotes);
        _assertRated(quotes[0], OrderState.Refunded);
    }

    function _assertRated(Quote memory quote, OrderState state) private view {
        assertEq(uint8(escrow.recordOf(quote.orderId).state), uint8(state), "not ended");
        assertNotEq(insurance.recordOf(insurance.policyIdOf(quote)).fired, 0, "not paid");
        assertEq(credit.evidenceOf(SELLER, Role.Seller).count, 1);
        assertEq(credit.evidenceOf(BUYER, Role.Buyer).count, 1);
        assertEq(credit.evidenceOf(INSURER, Role.Insurer).count, 1);
    }

    /// @dev Each does well in what it will not do again, and is forgotten for three years.
    function _rateAllInOtherRoles() private {
        vm.startPrank(address(escrow));
        for (uint64 i = 0; i < 4; ++i) {
            credit.rateTrade(0, BUYER, 100 + i, 40, TradeOutcome.Kept);
            credit.rateTrade(0, INSURER, 100 + i, 40, TradeOutcome.Kept);
            credit.rateTrade(0, 100 + i, SELLER, 40, TradeOutcome.Kept);
            credit.rateTrade(0, 100 + i, INSURER, 40, TradeOutcome.Kept);
        }
        vm.stopPrank();
        vm.startPrank(address(insurance));
        credit.rateCover(0, SELLER, 100, 40);
        credit.rateCover(0, BUYER, 100, 40);
        vm.stopPrank();
        vm.warp(block.timestamp + 3 * 365 days);
    }

    /// @dev Shipped, with all causes that a policy can have, under a pool that cedes.
    function _insured() private returns (Order memory order, Quote[] memory quotes) {
        _front = new InsurancePool(
            dollar, registry, address(insurance), INSURER, 0, _reinsurer(), AMOUNT / 100, "Front", "FRONT"
        );
        insurance.listPool(address(_front));
        _fund(_front);
        order = _orderFor(BUYER, "");
        _open(order, _plain());
        bytes32 id = ledger.create(order);
        Watch[] memory watches = new Watch[](2);
        for (uint32 i = 0; i < 2; ++i) {
            watches[i] = Watch(_account(20 + i), Metric.Temperature, 200, 800);
        }
        vm.prank(_account(uint32(SELLER)));
        ledger.load(order, new Cargo[](0), watches);
        quotes = new Quote[](1);
        quotes[0] = _quoteFor(order, ledger.planOf(id));
        bytes32 policyId = insurance.policyIdOf(quotes[0]);
        address underwriter = _account(uint32(INSURER));
        insurance.insure(order, quotes[0], _sign(order.buyer, policyId), underwriter, _sign(underwriter, policyId));
        _handOver(order, CARRIER, 0, AMOUNT / 2);
    }

    function _quoteFor(Order memory order, bytes32 plan) private view returns (Quote memory quote) {
        (quote.orderId, quote.holder, quote.pool) = (escrow.orderIdOf(order), order.buyer, address(_front));
        (quote.insurerId, quote.premium, quote.bpsPerDay) = (INSURER, 1e6, 500);
        (quote.capBps, quote.maximum, quote.plan) = (5000, AMOUNT / 2, plan);
        (quote.reportingPeriod, quote.validUntil) = (1, uint40(block.timestamp));
        quote.perils = _peril(PerilKind.Run, 0, 10) | _peril(PerilKind.Exposure, 1, 10) << 64
            | _peril(PerilKind.Damage, 0, 1) << 128 | _peril(PerilKind.Loss, 0, 1) << 192;
    }

    function _peril(PerilKind kind, uint256 watch, uint32 threshold) private pure returns (uint256) {
        return uint256(uint8(kind)) | watch << 8 | 1000 << 16 | uint256(threshold) << 32;
    }

    /// @dev It answers to the pool in front of it, which is made after it.
    function _reinsurer() private returns (InsurancePool back) {
        address front = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        back = new InsurancePool(dollar, registry, front, INSURER, 0, InsurancePool(address(0)), 0, "Back", "BACK");
        _fund(back);
    }

    function _fund(InsurancePool capital) private {
        vm.startPrank(_account(uint32(ARBITER)));
        dollar.approve(address(capital), type(uint256).max);
        capital.deposit(1e12, _account(uint32(ARBITER)));
        vm.stopPrank();
    }

    function _coolAll() private {
        address[9] memory all = [
            address(escrow),
            address(credit),
            address(insurance),
            address(ledger),
            address(registry),
            address(dollar),
            address(_front),
            address(notes),
            address(sensors)
        ];
        for (uint256 i = 0; i < all.length; ++i) {
            vm.cool(all[i]);
        }
        vm.cool(address(_front.REINSURER()));
    }

    function _orderFor(uint64 buyerId, bytes32 salt) private returns (Order memory order) {
        address buyer = _account(uint32(buyerId));
        order = _draft(address(dollar), AMOUNT, buyer, _account(uint32(SELLER)), SELLER);
        (order.buyerId, order.carrierId, order.arbiterId, order.salt) = (buyerId, CARRIER, ARBITER, salt);
        order.clauses = escrow.clausesHashOf(_plain());
    }

    function _without(uint256 index) private view returns (Leg[] memory legs) {
        legs = new Leg[](_legs.length - 1);
        for (uint256 i = 0; i < legs.length; ++i) {
            legs[i] = _legs[i < index ? i : i + 1];
        }
    }

    function _deliver(Order memory order, Quote[] memory quotes) private {
        bytes32 id = ledger.shipmentIdOf(order);
        bytes32 digest = ledger.deliveryDigest(Delivery(id, ledger.factsOf(id).sequence, 0, 0, "receipt"));
        ledger.deliver(order, "receipt", Signature(order.buyer, _sign(order.buyer, digest)), quotes);
    }
}
