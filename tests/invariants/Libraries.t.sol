// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {Test} from "forge-std/Test.sol";
import {Tree} from "./Tree.sol";
import {Credit} from "contracts/libraries/Credit.sol";
import {GS1} from "contracts/libraries/GS1.sol";
import {Orders} from "contracts/libraries/Orders.sol";
import {Record, Records} from "contracts/libraries/Records.sol";
import {Quotes} from "contracts/libraries/Quotes.sol";
import {Quote} from "interfaces/ICargoInsurance.sol";
import {Grade, Rating} from "interfaces/ICreditRegistry.sol";
import {WHOLE} from "interfaces/ISettlement.sol";
import {Clauses, Condition, Order, Payee} from "interfaces/ITradeEscrow.sol";

/// @notice Each library against a second way to the same answer. Numbers in the comments are those of `README.md`.
contract LibrariesTest is Test {
    // 26
    function testFuzz_isGtinAgreesWithDigitsByPosition(uint64 gtin, bool isNear) public pure {
        gtin = uint64(_bound(gtin, 0, isNear ? 2e14 : type(uint64).max));
        assertEq(GS1.isGtin(gtin), _isGtin(gtin));
    }

    // 26
    function testFuzz_everyBodyHasOneCheckDigit(uint64 body) public pure {
        body = uint64(_bound(body, 1, 1e13 - 1));
        uint256 valid = 0;
        for (uint64 digit = 0; digit < 10; ++digit) {
            uint64 gtin = body * 10 + digit;
            assertEq(GS1.isGtin(gtin), _isGtin(gtin));
            if (GS1.isGtin(gtin)) ++valid;
        }
        assertEq(valid, 1);
    }

    // 27
    function testFuzz_isCodeAgreesWithByteLoop(bytes20 noise, uint256 seed, uint256 length) public pure {
        assertEq(GS1.isCode(noise), _isCode(noise));
        bytes memory characters = "-.0123456789ABCXYZ_abcxyz~";
        bytes memory text = new bytes(20);
        length = _bound(length, 0, 20);
        for (uint256 i = 0; i < length; ++i) {
            text[i] = characters[uint256(keccak256(abi.encode(seed, i))) % characters.length];
        }
        assertEq(GS1.isCode(bytes20(text)), length != 0);
        text[seed % 20] = bytes1(uint8(seed >> 8));
        assertEq(GS1.isCode(bytes20(text)), _isCode(bytes20(text)));
    }

    // 27
    function test_isCodeKnowsEveryCharacter() public pure {
        for (uint256 character = 0; character < 256; ++character) {
            bytes20 text = bytes20(bytes1(uint8(character)));
            assertEq(GS1.isCode(text), _isCode(text));
        }
    }

    // 28
    function testFuzz_evidenceFallsWithEverySecondAndHalvesEveryYear(uint48 elapsed, uint8 year) public pure {
        uint256 left = Credit.left(elapsed);
        uint256 halvings = elapsed / Credit.HALF_LIFE;
        if (halvings < 40) assertLt(Credit.left(uint256(elapsed) + 1), left);
        else assertLe(Credit.left(uint256(elapsed) + 1), left);
        assertEq(Credit.left(uint256(elapsed) + Credit.HALF_LIFE), left / 2);
        assertEq(Credit.left(year * Credit.HALF_LIFE), year > 63 ? 0 : (1 << 64) >> year);
    }

    // 28
    function testFuzz_forgettingIsTheExponentialFromAboveToThreeThousandthsOfAPercent(uint32 elapsed) public pure {
        elapsed %= uint32(Credit.HALF_LIFE);
        // Roots of one half, one for each binary digit of the year's part.
        (uint256 exact, uint256 root, uint256 rest) = (Credit.ONE, Credit.ONE / 2, elapsed);
        for (uint256 i = 0; i < 60; ++i) {
            (root, rest) = (Math.sqrt(root << 64), rest * 2);
            if (rest < Credit.HALF_LIFE) continue;
            (exact, rest) = (exact * root >> 64, rest - Credit.HALF_LIFE);
        }
        assertGe(Credit.left(elapsed) + 256, exact);
        assertLe(Credit.left(elapsed) * 1_000_000, exact * 1_000_031);
    }

    // 28
    function testFuzz_forgettingTwiceIsForgettingOnce(uint32 first, uint32 second) public pure {
        uint256 once = Credit.left(uint256(first) + second);
        assertApproxEqRel(Credit.left(first) * Credit.left(second) >> 64, once, once < 1 << 32 ? 1e18 : 0.0001e18);
    }

    // 29
    function testFuzz_ratingStaysInBoundsAndFollowsEvidence(uint48 good, uint48 bad, uint32 elapsed, uint48 more)
        public
        pure
    {
        Rating memory rating = Credit.rate(good, bad, Credit.left(elapsed));
        assertLe(rating.score, 10_000);
        assertLe(rating.confidence, 10_000);
        assertEq(rating.grade == Grade.NR, good == 0 && bad == 0 || Credit.left(elapsed) == 0);
        assertGe(Credit.rate(uint256(good) + more, bad, Credit.left(elapsed)).score, rating.score);
        assertLe(Credit.rate(good, uint256(bad) + more, Credit.left(elapsed)).score, rating.score);
    }

    // 29
    function testFuzz_scoreOnlyDriftsTowardsOneHalf(uint48 good, uint48 bad, uint40 early, uint40 late) public pure {
        (uint256 first, uint256 second) = early < late ? (early, late) : (late, early);
        uint256 before = Credit.rate(good, bad, Credit.left(first)).score;
        uint256 later = Credit.rate(good, bad, Credit.left(second)).score;
        assertTrue(good >= bad ? later <= before && later >= 5000 : later >= before && later <= 5000);
    }

    // 29
    function testFuzz_weightIsTheBinaryLogarithm(uint128 amount, uint8 decimals) public pure {
        decimals = uint8(_bound(decimals, 0, 24));
        uint256 whole = 1 + uint256(amount) / 10 ** decimals;
        uint256 weight = Credit.weightOf(amount, decimals);
        assertLe(2 ** (weight - 1), whole);
        assertGt(2 ** weight, whole);
    }

    // 30
    function testFuzz_orderIdIsTheDigestOfItsEncoding(Order memory order, bytes32 domain) public view {
        bytes32 typehash = keccak256(
            "Order(address token,uint128 amount,address buyer,address seller,uint64 buyerId,uint64 sellerId,uint64 carrierId,uint64 consigneeId,uint64 arbiterId,address source,uint40 openBy,uint40 shipBy,uint40 deliverBy,uint40 refundAfter,uint32 acceptanceWindow,uint32 arbitrationPeriod,bool upholdByDefault,bytes32 goods,bytes32 salt,Clauses clauses)Clauses(uint8 conditions,uint32 inspectionWindow,uint16 onShipped,uint16 onCleared,uint16 onDelivered,uint64 customsId,uint64 brokerId,uint64 inspectorId,address treasury,uint128 dutyCap,uint32 appealPeriod,address priceToken,uint128 price,uint128 rate,uint40 rateUntil,Payee[] payees)Payee(address account,uint128 cap)"
        );
        bytes32 structHash = keccak256(abi.encode(typehash, order));
        bytes32 expected = keccak256(abi.encodePacked(hex"1901", domain, structHash));
        assertEq(this.idOf(order, domain), expected);
    }

    // 30
    function testFuzz_clausesHashIsThatOfItsEncoding(Clauses memory clauses) public view {
        assertEq(this.hashOf(clauses), _hashOf(clauses));
    }

    // 30
    function test_plainClausesHaveTheHashThatIsKept() public pure {
        Clauses memory clauses;
        clauses.conditions = uint8(1 << uint8(Condition.Delivered));
        assertEq(Orders.PLAIN, _hashOf(clauses));
    }

    // 30
    function testFuzz_recordKeepsEveryField(
        uint256 state,
        uint16 weight,
        uint16 share,
        uint8 paid,
        uint8 later,
        uint88 duty
    ) public {
        (paid, later) = (paid % 16, later % 16);
        (state, share) = (_bound(state, 1, 255), uint16(_bound(share, 0, WHOLE)));
        vm.warp(1_700_000_001);
        Record record = Records.begun(state, weight).noted().withPaid(paid);
        assertEq(record.state(), state);
        vm.warp(1_700_000_002);
        record = record.contested().withPaid(later).withDuty(duty);
        vm.warp(type(uint40).max);
        record = record.withShare(share).ended(255 - state);
        assertEq(record.state(), 255 - state);
        assertEq(record.beganAt(), 1_700_000_001);
        assertEq(record.contestedAt(), 1_700_000_002);
        assertEq(record.endedAt(), type(uint40).max);
        assertEq(record.weight(), weight);
        assertEq(record.sellerShare(), share);
        assertEq(record.paid(), paid | later);
        assertEq(record.dutyPaid(), duty);
        assertTrue(record.isNoted());
    }

    // 30
    function testFuzz_policyRecordKeepsEveryField(
        uint256 state,
        uint16 weight,
        uint24 gross,
        uint16 reserved,
        uint8 fired
    ) public {
        state = _bound(state, 1, 255);
        vm.warp(1_700_000_001);
        Record record = Records.begun(state, weight).withCover(type(uint8).max, type(uint24).max, type(uint16).max);
        record = record.withCover(fired, gross, reserved);
        vm.warp(1_700_000_002);
        record = record.ended(255 - state);
        assertEq(record.state(), 255 - state);
        assertEq(record.beganAt(), 1_700_000_001);
        assertEq(record.endedAt(), 1_700_000_002);
        assertEq(record.weight(), weight);
        assertEq(record.fired(), fired);
        assertEq(record.grossBps(), gross);
        assertEq(record.reservedBps(), reserved);
    }

    // 30
    function testFuzz_policyIdIsTheDigestOfItsEncoding(Quote memory quote, bytes32 domain) public view {
        bytes32 typehash = keccak256(
            "Quote(bytes32 orderId,address holder,address beneficiary,address pool,uint64 insurerId,uint128 premium,uint128 maximum,uint16 graceDays,uint16 bpsPerDay,uint16 capBps,uint16 deductibleBps,uint256 perils,bytes32 plan,uint32 reportingPeriod,uint40 validUntil,bytes32 salt)"
        );
        bytes32 structHash = keccak256(abi.encode(typehash, quote));
        assertEq(this.policyIdOf(quote, domain), keccak256(abi.encodePacked(hex"1901", domain, structHash)));
    }

    // 30
    function testFuzz_dirtyWordsGiveAnotherId(Order memory order, bytes32 domain, uint8 bit) public view {
        bytes memory clean = abi.encodeCall(this.idOf, (order, domain));
        bytes memory dirty = bytes.concat(clean);
        // The second word of the order is its amount; the bit lies above 128.
        dirty[36 + (bit % 128) / 8] ^= bytes1(uint8(1 << (bit % 8)));
        (bool isDone, bytes memory answer) = address(this).staticcall(dirty);
        assertTrue(isDone);
        assertNotEq(abi.decode(answer, (bytes32)), this.idOf(order, domain));
    }

    // 31
    function testFuzz_proofsHoldForMembersOnly(bytes32 seed, uint256 size, uint256 index) public pure {
        size = _bound(size, 1, 40);
        bytes32[] memory leaves = new bytes32[](size);
        for (uint256 i = 0; i < size; ++i) {
            leaves[i] = keccak256(abi.encode(seed, i));
        }
        index = _bound(index, 0, size - 1);
        (bytes32 root, bytes32[] memory proof) = Tree.prove(leaves, index);
        assertTrue(MerkleProof.verify(proof, root, leaves[index]));
        assertFalse(MerkleProof.verify(proof, root, keccak256(abi.encode(leaves[index]))));
        if (size > 1) {
            assertFalse(MerkleProof.verify(proof, root, leaves[(index + 1) % size]) && size != 2);
            proof[0] = ~proof[0];
            assertFalse(MerkleProof.verify(proof, root, leaves[index]));
        }
    }

    function policyIdOf(Quote calldata quote, bytes32 domain) external pure returns (bytes32) {
        return Quotes.idOf(quote, domain);
    }

    function hashOf(Clauses calldata clauses) external pure returns (bytes32) {
        return Orders.hashOf(clauses);
    }

    function idOf(Order calldata order, bytes32 domain) external pure returns (bytes32) {
        return Orders.idOf(order, domain);
    }

    /// @dev In two halves, for want of stack; the fields are all of one word.
    function _hashOf(Clauses memory clauses) private pure returns (bytes32) {
        bytes32 typehash = keccak256(
            "Clauses(uint8 conditions,uint32 inspectionWindow,uint16 onShipped,uint16 onCleared,uint16 onDelivered,uint64 customsId,uint64 brokerId,uint64 inspectorId,address treasury,uint128 dutyCap,uint32 appealPeriod,address priceToken,uint128 price,uint128 rate,uint40 rateUntil,Payee[] payees)Payee(address account,uint128 cap)"
        );
        bytes memory payees;
        for (uint256 i = 0; i < clauses.payees.length; ++i) {
            Payee memory payee = clauses.payees[i];
            payees = abi.encodePacked(
                payees, keccak256(abi.encode(keccak256("Payee(address account,uint128 cap)"), payee.account, payee.cap))
            );
        }
        bytes memory first = abi.encode(
            typehash,
            clauses.conditions,
            clauses.inspectionWindow,
            clauses.onShipped,
            clauses.onCleared,
            clauses.onDelivered,
            clauses.customsId,
            clauses.brokerId,
            clauses.inspectorId
        );
        bytes memory second = abi.encode(
            clauses.treasury,
            clauses.dutyCap,
            clauses.appealPeriod,
            clauses.priceToken,
            clauses.price,
            clauses.rate,
            clauses.rateUntil,
            keccak256(payees)
        );
        return keccak256(bytes.concat(first, second));
    }

    /// @dev The textbook's way: fourteen digits from the left, weights 3 and 1 in turn, the last makes up the ten.
    function _isGtin(uint64 gtin) private pure returns (bool) {
        if (gtin == 0 || gtin > 99_999_999_999_999) return false;
        uint256 sum = 0;
        uint256 unit = 10 ** 13;
        for (uint256 position = 1; position <= 13; ++position) {
            uint256 digit = gtin / unit % 10;
            sum += position % 2 == 1 ? 3 * digit : digit;
            unit /= 10;
        }
        return (10 - sum % 10) % 10 == gtin % 10;
    }

    function _isCode(bytes20 text) private pure returns (bool) {
        if (text[0] == 0) return false;
        bool hasEnded = false;
        for (uint256 i = 0; i < 20; ++i) {
            bytes1 c = text[i];
            if (c == 0) {
                hasEnded = true;
                continue;
            }
            bool isLetter = (c >= "A" && c <= "Z") || (c >= "a" && c <= "z");
            bool isOther = (c >= "0" && c <= "9") || c == "-" || c == "." || c == "_" || c == "~";
            if (hasEnded || !(isLetter || isOther)) return false;
        }
        return true;
    }
}
