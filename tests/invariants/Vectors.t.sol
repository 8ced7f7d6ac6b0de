// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";
import {CreditRegistry} from "contracts/credit/CreditRegistry.sol";
import {Credit} from "contracts/libraries/Credit.sol";
import {Orders} from "contracts/libraries/Orders.sol";
import {Signatures} from "contracts/libraries/Signatures.sol";
import {Evidence, Rating, TradeOutcome} from "interfaces/ICreditRegistry.sol";
import {Role} from "interfaces/IParticipantRegistry.sol";
import {IShipmentSource} from "interfaces/IShipmentSource.sol";
import {WHOLE} from "interfaces/ISettlement.sol";
import {ITradeEscrow, Order} from "interfaces/ITradeEscrow.sol";

/// @notice The contracts give what the package gives; `tools/vectors.py` wrote the files.
contract VectorsTest is Test {
    uint64 private constant TRADER = 4000;

    function test_ratingArithmeticIsThePackages() public view {
        string memory json = vm.readFile("tests/vectors/credit.json");
        uint256[] memory expected = _column(json, ".left.expected");
        uint256[] memory first = _column(json, ".left.elapsed");
        assertGt(expected.length, 50);
        for (uint256 i = 0; i < expected.length; ++i) {
            assertEq(Credit.left(first[i]), expected[i]);
        }

        uint256[] memory second;
        expected = _column(json, ".weight.expected");
        (first, second) = (_column(json, ".weight.amount"), _column(json, ".weight.decimals"));
        assertGt(expected.length, 20);
        for (uint256 i = 0; i < expected.length; ++i) {
            assertEq(Credit.weightOf(first[i], uint8(second[i])), expected[i]);
        }

        expected = _column(json, ".rating.score");
        (first, second) = (_column(json, ".rating.good"), _column(json, ".rating.bad"));
        uint256[] memory grades = _column(json, ".rating.grade");
        uint256[] memory confidences = _column(json, ".rating.confidence");
        uint256[] memory elapsed = _column(json, ".rating.elapsed");
        assertGt(expected.length, 40);
        for (uint256 i = 0; i < expected.length; ++i) {
            Rating memory rating = Credit.rate(first[i], second[i], Credit.left(elapsed[i]));
            assertEq(rating.score, expected[i]);
            assertEq(uint8(rating.grade), grades[i]);
            assertEq(rating.confidence, confidences[i]);
        }
    }

    function test_historyIsThePackages() public {
        string memory json = vm.readFile("tests/vectors/credit.json");
        CreditRegistry registry =
            new CreditRegistry(ITradeEscrow(address(this)), address(this), IShipmentSource(address(this)));
        uint256[] memory times = _column(json, ".history.at");
        assertEq(times.length, 160);
        for (uint256 i = 0; i < times.length; ++i) {
            vm.warp(times[i]);
            _trade(registry, json, i);
        }
        uint256[] memory moments = _column(json, ".grades.at");
        uint256[] memory grades = _column(json, ".grades.grade");
        assertEq(moments.length, 720);
        for (uint256 i = 0; i < moments.length; ++i) {
            assertEq(uint8(registry.gradeAt(TRADER, uint40(moments[i]))), grades[i]);
        }
    }

    function _trade(CreditRegistry registry, string memory json, uint256 i) private {
        bool isSeller = _at(json, ".history.is_seller", i) == 1;
        uint64 other = uint64(_at(json, ".history.counterparty", i));
        (uint64 sellerId, uint64 buyerId) = isSeller ? (TRADER, other) : (other, TRADER);
        TradeOutcome outcome = TradeOutcome(_at(json, ".history.outcome", i));
        registry.rateTrade(bytes32(i), sellerId, buyerId, uint16(_at(json, ".history.weight", i)), outcome);
        Evidence memory evidence = registry.evidenceOf(TRADER, isSeller ? Role.Seller : Role.Buyer);
        assertEq(evidence.good, _at(json, ".history.good", i));
        assertEq(evidence.bad, _at(json, ".history.bad", i));
        assertEq(evidence.count, _at(json, ".history.count", i));
        assertEq(evidence.updatedAt, block.timestamp);
        Rating memory rating = registry.ratingOf(TRADER);
        assertEq(rating.score, _at(json, ".history.score", i));
        assertEq(rating.confidence, _at(json, ".history.confidence", i));
    }

    function test_orderIdsAreThePackages() public view {
        string memory json = vm.readFile("tests/vectors/orders.json");
        for (uint256 i = 0; i < 5; ++i) {
            string memory place = string.concat("[", vm.toString(i), "]");
            Order memory order = _order(json, place);
            bytes32 domain = Signatures.domainOf(
                Orders.DOMAIN_NAME, _uint(json, place, ".chain_id"), _address(json, place, ".contract")
            );
            assertEq(domain, _word(json, place, ".domain"));
            bytes32 orderId = this.idOf(order, domain);
            assertEq(orderId, _word(json, place, ".order_id"));
            assertEq(Orders.shipmentIdOf(orderId, order.source), _word(json, place, ".shipment_id"));
            bytes32 typehash = keccak256("Consent(bytes32 orderId,uint16 sellerShare,uint40 until)");
            bytes32 consent = keccak256(abi.encode(typehash, orderId, WHOLE, type(uint40).max));
            assertEq(Signatures.digestOf(domain, consent), _word(json, place, ".consent"));
        }
    }

    function idOf(Order calldata order, bytes32 domain) external pure returns (bytes32) {
        return Orders.idOf(order, domain);
    }

    function _order(string memory json, string memory place) private pure returns (Order memory order) {
        order.token = _address(json, place, ".token");
        order.amount = uint128(_uint(json, place, ".amount"));
        order.buyer = _address(json, place, ".buyer");
        order.seller = _address(json, place, ".seller");
        order.buyerId = uint64(_uint(json, place, ".buyer_id"));
        order.sellerId = uint64(_uint(json, place, ".seller_id"));
        order.carrierId = uint64(_uint(json, place, ".carrier_id"));
        order.consigneeId = uint64(_uint(json, place, ".consignee_id"));
        order.arbiterId = uint64(_uint(json, place, ".arbiter_id"));
        order.source = _address(json, place, ".source");
        order.openBy = uint40(_uint(json, place, ".open_by"));
        order.shipBy = uint40(_uint(json, place, ".ship_by"));
        order.deliverBy = uint40(_uint(json, place, ".deliver_by"));
        order.refundAfter = uint40(_uint(json, place, ".refund_after"));
        order.acceptanceWindow = uint32(_uint(json, place, ".acceptance_window"));
        order.arbitrationPeriod = uint32(_uint(json, place, ".arbitration_period"));
        order.upholdByDefault = _uint(json, place, ".uphold_by_default") == 1;
        order.goods = _word(json, place, ".goods");
        order.salt = _word(json, place, ".salt");
        order.clauses = _word(json, place, ".clauses");
    }

    function _at(string memory json, string memory path, uint256 i) private pure returns (uint256) {
        return vm.parseJsonUint(json, string.concat(path, "[", vm.toString(i), "]"));
    }

    function _column(string memory json, string memory path) private pure returns (uint256[] memory) {
        return vm.parseJsonUintArray(json, path);
    }

    function _uint(string memory json, string memory place, string memory name) private pure returns (uint256) {
        return vm.parseJsonUint(json, string.concat(place, name));
    }

    function _address(string memory json, string memory place, string memory name) private pure returns (address) {
        return vm.parseJsonAddress(json, string.concat(place, name));
    }

    function _word(string memory json, string memory place, string memory name) private pure returns (bytes32) {
        return vm.parseJsonBytes32(json, string.concat(place, name));
    }
}
