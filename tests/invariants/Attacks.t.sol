// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {World} from "./World.sol";
import {Council} from "contracts/participants/Council.sol";
import {ParticipantRegistry} from "contracts/participants/ParticipantRegistry.sol";
import {QualificationRegistry} from "contracts/participants/QualificationRegistry.sol";
import {Timelock} from "contracts/participants/Timelock.sol";
import {ReentrantTokenMock} from "contracts/testing/ReentrantTokenMock.sol";
import {ShipmentSourceMock} from "contracts/testing/ShipmentSourceMock.sol";
import {Declaration, ICustomsDesk} from "interfaces/ICustomsDesk.sol";
import {Offer} from "interfaces/IReceivableNote.sol";
import {WHOLE} from "interfaces/ISettlement.sol";
import {CustomsFacts, CustomsState, ShipmentFacts, ShipmentState} from "interfaces/IShipmentSource.sol";
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
