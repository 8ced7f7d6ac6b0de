// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";
import {LabelHandler} from "./LabelHandler.sol";
import {Tree} from "./Tree.sol";
import {LabelRegistry} from "contracts/products/LabelRegistry.sol";
import {Batch, Item} from "interfaces/ILabelRegistry.sol";

/// @notice Numbers in the comments are those of `README.md`. Of every activation the handler asserts that it is taken
/// exactly when due and says what is true (32).
contract LabelsTest is Test {
    bytes20 private constant LOT = "another-lot";

    LabelHandler private _handler;

    function setUp() public {
        _handler = new LabelHandler();
        bytes4[] memory selectors = new bytes4[](3);
        selectors[0] = LabelHandler.commit.selector;
        selectors[1] = LabelHandler.activate.selector;
        selectors[2] = LabelHandler.recall.selector;
        targetContract(address(_handler));
        targetSelector(FuzzSelector(address(_handler), selectors));
    }

    function test_handlerReachesEveryState() public {
        string[6] memory things = ["commit", "recall", "activate", "suspectClone", "suspectRecalled", "refused"];
        uint256 random = 1;
        for (uint256 i = 0; i < 800; ++i) {
            random = uint256(keccak256(abi.encode(random)));
            if (i % 8 == 0) _handler.commit(random);
            else if (i % 8 == 1) _handler.recall(random);
            else _handler.activate(random);
        }
        for (uint256 i = 0; i < things.length; ++i) {
            emit log_named_uint(things[i], _handler.count(things[i]));
            assertGt(_handler.count(things[i]), 3, things[i]);
        }
        invariant_itemIsActivatedAtMostOnceAndNeverInARecalledBatch();
    }

    // 31
    function testFuzz_batchContainsItsItemsAndNothingElse(bytes20 salt, uint32 size, uint32 number, uint8 flaw) public {
        size = uint32(_bound(size, 1, 40));
        number = uint32(_bound(number, 0, size - 1));
        (LabelRegistry labels, uint64 gtin) = (_handler.labels(), _handler.gtinOf(0));
        bytes32[] memory leaves = new bytes32[](size);
        for (uint32 i = 0; i < size; ++i) {
            leaves[i] = labels.leafOf(gtin, LOT, Item(salt, address(uint160(i)), i));
        }
        (bytes32 root, bytes32[] memory proof) = Tree.prove(leaves, number);
        Batch memory batch = Batch(root, size, 0);
        address producer = _handler.producers(0);
        vm.prank(producer);
        labels.commitBatch(gtin, LOT, batch);

        Item memory item = Item(salt, address(uint160(number)), number);
        assertTrue(labels.contains(gtin, LOT, batch, item, proof));
        if (flaw % 4 == 0) item.serial ^= bytes20(uint160(1) << (flaw / 4));
        else if (flaw % 4 == 1) item.key = address(uint160(item.key) ^ (uint160(1) << (flaw / 4)));
        else if (flaw % 4 == 2) item.index ^= uint32(1) << (flaw / 8);
        else proof = _spoilt(proof, flaw / 4, root);
        assertFalse(labels.contains(gtin, LOT, batch, item, proof));
    }

    /// @dev With a node changed, or the root once more.
    function _spoilt(bytes32[] memory proof, uint256 place, bytes32 root)
        private
        pure
        returns (bytes32[] memory spoilt)
    {
        if (place < proof.length) {
            proof[place] = ~proof[place];
            return proof;
        }
        spoilt = new bytes32[](proof.length + 1);
        for (uint256 i = 0; i < proof.length; ++i) {
            spoilt[i] = proof[i];
        }
        spoilt[proof.length] = root;
    }

    // 32
    function invariant_itemIsActivatedAtMostOnceAndNeverInARecalledBatch() public view {
        for (uint256 lot = 0; lot < _handler.LOTS(); ++lot) {
            assertTrue(_handler.agrees(lot));
        }
    }
}
