// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Vm} from "forge-std/Vm.sol";
import {Tree} from "./Tree.sol";
import {World} from "./World.sol";
import {LabelRegistry} from "contracts/products/LabelRegistry.sol";
import {Batch, BatchState, ILabelRegistry, Item, Suspicion} from "interfaces/ILabelRegistry.sol";
import {Role} from "interfaces/IParticipantRegistry.sol";

/// @notice Commits, activates and recalls at random for two producers, well and badly, and asserts of every call that it
/// comes to what the rules say. Some batches have two items with one index, and items beyond their size.
contract LabelHandler is World {
    uint256 public constant LOTS = 12;
    uint32 private constant ITEMS = 7;
    uint32 private constant HOLDERS = 3;

    LabelRegistry public labels;
    mapping(string thing => uint256) public count;
    mapping(uint256 lot => mapping(uint32 index => uint256)) public activations;
    mapping(uint256 lot => BatchState) public stateOf;
    mapping(uint256 lot => Batch) private _batches;
    mapping(uint256 lot => mapping(uint32 index => bool)) private _isActivated;
    address[] private _keys;
    address[] private _holders;
    address[2] public producers;

    constructor() {
        _deploy();
        labels = new LabelRegistry(registry);
        for (uint32 i = 0; i < ITEMS; ++i) {
            _keys.push(_account(20 + i));
        }
        for (uint32 i = 0; i < HOLDERS; ++i) {
            _holders.push(_account(10 + i));
        }
        for (uint32 i = 0; i < 2; ++i) {
            producers[i] = _account(i);
            _register(i + 1, _bit(Role.Producer), producers[i]);
            vm.prank(producers[i]);
            labels.registerLine(gtinOf(i), 0);
        }
    }

    function commit(uint256 random) external {
        uint256 lot = random % LOTS;
        (bytes32 root,) = Tree.prove(_leavesOf(lot), 0);
        uint32[3] memory sizes = [uint32(5), 256, 1_000_000];
        Batch memory batch = Batch(root, sizes[lot % 3], uint40(random >> 16));
        bool isDue = stateOf[lot] == BatchState.None;
        if (_try(producers[lot % 2], abi.encodeCall(labels.commitBatch, (gtinOf(lot), _nameOf(lot), batch)), isDue)) {
            (stateOf[lot], _batches[lot]) = (BatchState.Committed, batch);
            ++count["commit"];
        }
    }

    function recall(uint256 random) external {
        uint256 lot = random % LOTS;
        uint256 by = random >> 8 & 1;
        // Rarely, so that there is something to activate.
        if (random >> 9 & 3 != 0) return;
        bool isDue = stateOf[lot] == BatchState.Committed && by == lot % 2;
        if (_try(producers[by], abi.encodeCall(labels.recallBatch, (gtinOf(lot), _nameOf(lot), 0)), isDue)) {
            stateOf[lot] = BatchState.Recalled;
            ++count["recall"];
        }
    }

    function activate(uint256 random) external {
        (uint256 lot, uint32 number) = (random % LOTS, uint32((random >> 8) % ITEMS));
        address sender = _holders[(random >> 16) % HOLDERS];
        // One in four is for another holder, by another key, of another lot or with another proof.
        uint256 flaw = (random >> 24) % 16;
        bool isDue = stateOf[lot] != BatchState.None && flaw > 3 && _item(number).index < _batches[lot].size;
        bytes memory call = _activation(lot, number, sender, flaw);
        vm.recordLogs();
        if (_try(sender, call, isDue)) _judge(lot, number, vm.getRecordedLogs());
    }

    /// @notice Line of a lot: each producer has one.
    function gtinOf(uint256 lot) public pure returns (uint64) {
        return lot % 2 == 0 ? 46_012_345_000_012 : 40_123_451_234_560;
    }

    /// @notice Whether the registry says that each item of a lot is activated as the model does.
    function agrees(uint256 lot) external view returns (bool) {
        for (uint32 i = 0; i < ITEMS; ++i) {
            uint32 index = _item(i).index;
            bool isActivated = labels.isActivated(gtinOf(lot), _nameOf(lot), index);
            uint256 word = labels.activatedIn(gtinOf(lot), _nameOf(lot), uint24(index >> 8));
            if (isActivated != (word >> (index & 255) & 1 == 1)) return false;
            if (isActivated != _isActivated[lot][index] || activations[lot][index] != (isActivated ? 1 : 0)) {
                return false;
            }
        }
        return labels.stateOf(gtinOf(lot), _nameOf(lot)) == stateOf[lot];
    }

    function _activation(uint256 lot, uint32 number, address sender, uint256 flaw) private view returns (bytes memory) {
        (, bytes32[] memory proof) = Tree.prove(_leavesOf(lot), flaw == 3 ? (number + 1) % ITEMS : number);
        bytes memory signature = _signature(lot, number, sender, flaw);
        Batch memory batch = _batches[lot];
        return abi.encodeCall(labels.activate, (gtinOf(lot), _nameOf(lot), batch, _item(number), proof, signature));
    }

    function _signature(uint256 lot, uint32 number, address sender, uint256 flaw) private view returns (bytes memory) {
        Item memory item = _item(number);
        address activator = flaw == 0 ? item.key : sender;
        bytes20 signedLot = flaw == 2 ? bytes20("X") : _nameOf(lot);
        bytes32 digest = labels.activationDigest(gtinOf(lot), signedLot, item.serial, activator);
        return _sign(flaw == 1 ? sender : item.key, digest);
    }

    function _leavesOf(uint256 lot) private view returns (bytes32[] memory leaves) {
        leaves = new bytes32[](ITEMS);
        for (uint32 i = 0; i < ITEMS; ++i) {
            leaves[i] = labels.leafOf(gtinOf(lot), _nameOf(lot), _item(i));
        }
    }

    /// @dev What an activation that was taken has to say.
    function _judge(uint256 lot, uint32 number, Vm.Log[] memory logs) private {
        uint32 index = _item(number).index;
        assertEq(logs.length, 1);
        if (logs[0].topics[0] == ILabelRegistry.ItemActivated.selector) {
            assertEq(uint8(stateOf[lot]), uint8(BatchState.Committed));
            assertFalse(_isActivated[lot][index]);
            _isActivated[lot][index] = true;
            ++activations[lot][index];
            ++count["activate"];
            return;
        }
        assertEq(logs[0].topics[0], ILabelRegistry.CloneSuspected.selector);
        (,, Suspicion suspicion) = abi.decode(logs[0].data, (address, uint32, Suspicion));
        bool isRecalled = stateOf[lot] == BatchState.Recalled;
        assertTrue(isRecalled || _isActivated[lot][index]);
        assertEq(uint8(suspicion), uint8(isRecalled ? Suspicion.BatchRecalled : Suspicion.ActivatedBefore));
        ++count[isRecalled ? "suspectRecalled" : "suspectClone"];
    }

    function _try(address by, bytes memory call, bool isDue) private returns (bool isDone) {
        vm.prank(by);
        (isDone,) = address(labels).call(call);
        assertEq(isDone, isDue);
        if (!isDone) ++count["refused"];
    }

    /// @dev Items 3 and 4 have one index; those of items 5 and 6 lie in two words.
    function _item(uint32 number) private view returns (Item memory) {
        uint32[7] memory indices = [uint32(0), 1, 2, 3, 3, 255, 256];
        return Item(bytes20(bytes1(uint8(65 + number))), _keys[number], indices[number]);
    }

    function _nameOf(uint256 lot) private pure returns (bytes20) {
        return bytes20(bytes1(uint8(65 + lot / 2)));
    }
}
