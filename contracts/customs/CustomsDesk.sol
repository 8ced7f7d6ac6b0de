// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Function, IParticipantRegistry} from "interfaces/IParticipantRegistry.sol";
import {CustomsFacts, CustomsState, IShipmentSource, ShipmentState} from "interfaces/IShipmentSource.sol";
import {CustomsCase, Declaration, Finding, ICustomsDesk, Inspection} from "interfaces/ICustomsDesk.sol";
import {ITradeEscrow, Clauses, Order} from "interfaces/ITradeEscrow.sol";
import {Orders} from "contracts/libraries/Orders.sol";
import {Signatures} from "contracts/libraries/Signatures.sol";

/// @title CustomsDesk
contract CustomsDesk is ICustomsDesk {
    IParticipantRegistry public immutable REGISTRY;
    /// @notice The source of the shipments that are cleared here.
    IShipmentSource public immutable LEDGER;
    /// @notice Domain of the escrow, in which order ids are computed.
    bytes32 public immutable ORDER_DOMAIN;

    mapping(bytes32 shipmentId => CustomsFacts) private _facts;
    mapping(bytes32 shipmentId => CustomsCase) private _cases;

    constructor(IParticipantRegistry registry, IShipmentSource ledger, ITradeEscrow escrow) {
        REGISTRY = registry;
        LEDGER = ledger;
        ORDER_DOMAIN = Signatures.domainOf(Orders.DOMAIN_NAME, block.chainid, address(escrow));
    }

    /// @inheritdoc ICustomsDesk
    function declare(Order calldata order, Clauses calldata clauses, Declaration calldata declaration) external {
        if (order.source != address(LEDGER)) revert CustomsDesk_WrongSource(order.source, address(LEDGER));
        bytes32 hash = Orders.hashOf(clauses);
        if (hash != order.clauses) revert CustomsDesk_ClausesMismatch(hash, order.clauses);
        bytes32 shipmentId = Orders.shipmentIdOf(Orders.idOf(order, ORDER_DOMAIN), order.source);
        if (clauses.customsId == 0) revert CustomsDesk_NoCustoms(shipmentId);
        if (LEDGER.factsOf(shipmentId).state == ShipmentState.None) revert CustomsDesk_ShipmentUnknown(shipmentId);
        uint64 declarantId = REGISTRY.authorize(msg.sender, Function.Declare);
        if (declarantId != order.sellerId && declarantId != clauses.brokerId) {
            revert CustomsDesk_NotDeclarant(declarantId, order.sellerId, clauses.brokerId);
        }
        _requireDeclaration(declaration);
        CustomsFacts memory facts = _facts[shipmentId];
        if (facts.state > CustomsState.Held) revert CustomsDesk_WrongState(shipmentId, facts.state);

        _cases[shipmentId] = CustomsCase(
            clauses.customsId,
            clauses.inspectorId,
            declarantId,
            clauses.appealPeriod,
            clauses.dutyCap,
            false,
            Finding.None,
            Finding.None
        );
        emit GoodsDeclared(
            shipmentId,
            declarantId,
            clauses.customsId,
            clauses.inspectorId,
            clauses.appealPeriod,
            clauses.dutyCap,
            declaration
        );
        (facts.state, facts.duty) = (CustomsState.Declared, 0);
        _commit(shipmentId, facts);
    }

    /// @inheritdoc ICustomsDesk
    function inspect(bytes32 shipmentId, Inspection inspection, Finding finding, bytes32 evidence) external {
        CustomsFacts memory facts = _requireUndecided(shipmentId);
        if (finding == Finding.None) revert CustomsDesk_NoFinding();
        CustomsCase storage case_ = _cases[shipmentId];
        uint64 inspectorId = case_.inspectorId != 0 ? case_.inspectorId : case_.customsId;
        _requireActingFor(Function.Inspect, inspectorId);

        if (inspection == Inspection.Goods) case_.goods = finding;
        else case_.quarantine = finding;
        emit GoodsInspected(shipmentId, inspectorId, inspection, finding, evidence);
        _commit(shipmentId, facts);
    }

    /// @inheritdoc ICustomsDesk
    function assess(bytes32 shipmentId, uint128 duty) external {
        CustomsFacts memory facts = _requireUndecided(shipmentId);
        CustomsCase storage case_ = _requireAuthority(shipmentId);
        _requireWithinCap(case_, duty);

        case_.isAssessed = true;
        facts.duty = duty;
        emit DutyAssessed(shipmentId, duty);
        _commit(shipmentId, facts);
    }

    /// @inheritdoc ICustomsDesk
    function release(bytes32 shipmentId, uint24 sequence) external {
        CustomsFacts memory facts = _requireUndecided(shipmentId);
        CustomsCase storage case_ = _requireAuthority(shipmentId);
        if (facts.sequence != sequence) revert CustomsDesk_CaseChanged(shipmentId, facts.sequence, sequence);
        if (!case_.isAssessed) revert CustomsDesk_NotAssessed(shipmentId);
        if (case_.inspectorId != 0 && case_.goods == Finding.None) {
            revert CustomsDesk_InspectionMissing(shipmentId);
        }
        if (case_.goods == Finding.Failed) revert CustomsDesk_InspectionFailed(shipmentId, Inspection.Goods);
        if (case_.quarantine == Finding.Failed) {
            revert CustomsDesk_InspectionFailed(shipmentId, Inspection.Quarantine);
        }

        (facts.state, facts.releasedAt) = (CustomsState.Released, uint40(block.timestamp));
        emit GoodsReleased(shipmentId, facts.duty);
        _commit(shipmentId, facts);
    }

    /// @inheritdoc ICustomsDesk
    function hold(bytes32 shipmentId, bytes32 reason) external {
        CustomsFacts memory facts = _requireUndecided(shipmentId);
        _requireAuthority(shipmentId);
        facts.state = CustomsState.Held;
        emit GoodsHeld(shipmentId, reason);
        _commit(shipmentId, facts);
    }

    /// @inheritdoc ICustomsDesk
    function refuse(bytes32 shipmentId, bytes32 reason, uint128 duty) external {
        CustomsFacts memory facts = _requireUndecided(shipmentId);
        CustomsCase storage case_ = _requireAuthority(shipmentId);
        _requireWithinCap(case_, duty);

        facts.state = CustomsState.Refused;
        facts.refusedAt = uint40(block.timestamp);
        facts.finalAt = uint40(block.timestamp) + case_.appealPeriod;
        facts.duty = duty;
        emit GoodsRefused(shipmentId, reason, duty, facts.finalAt);
        _commit(shipmentId, facts);
    }

    /// @inheritdoc ICustomsDesk
    function appeal(bytes32 shipmentId, bytes32 grounds) external {
        CustomsFacts memory facts = _requireRefusal(shipmentId, CustomsState.Refused);
        CustomsCase storage case_ = _cases[shipmentId];
        _requireActingFor(Function.Declare, case_.declarantId);

        facts.state = CustomsState.Appealed;
        facts.finalAt = uint40(block.timestamp) + case_.appealPeriod;
        emit RefusalAppealed(shipmentId, case_.declarantId, grounds, facts.finalAt);
        _commit(shipmentId, facts);
    }

    /// @inheritdoc ICustomsDesk
    function decideAppeal(bytes32 shipmentId, bool isUpheld) external {
        CustomsFacts memory facts = _requireRefusal(shipmentId, CustomsState.Appealed);
        CustomsCase storage case_ = _requireAuthority(shipmentId);
        emit AppealDecided(shipmentId, isUpheld);
        if (isUpheld) {
            // The duty was that of the refusal, which is no more.
            case_.isAssessed = false;
            (facts.state, facts.refusedAt, facts.finalAt, facts.duty) = (CustomsState.Declared, 0, 0, 0);
        } else {
            (facts.state, facts.finalAt) = (CustomsState.Refused, uint40(block.timestamp) - 1);
        }
        _commit(shipmentId, facts);
    }

    /// @inheritdoc ICustomsDesk
    function reemit(bytes32 shipmentId) external {
        CustomsFacts memory facts = factsOf(shipmentId);
        if (facts.state == CustomsState.None) revert CustomsDesk_WrongState(shipmentId, facts.state);
        emit CustomsSnapshot(shipmentId, facts);
    }

    /// @inheritdoc ICustomsDesk
    function factsOf(bytes32 shipmentId) public view returns (CustomsFacts memory facts) {
        facts = _facts[shipmentId];
        facts.asOf = uint40(block.timestamp);
    }

    /// @inheritdoc ICustomsDesk
    function caseOf(bytes32 shipmentId) external view returns (CustomsCase memory) {
        return _cases[shipmentId];
    }

    function _commit(bytes32 shipmentId, CustomsFacts memory facts) private {
        ++facts.sequence;
        facts.asOf = uint40(block.timestamp);
        _facts[shipmentId] = facts;
        emit CustomsSnapshot(shipmentId, facts);
    }

    function _requireUndecided(bytes32 shipmentId) private view returns (CustomsFacts memory facts) {
        facts = _facts[shipmentId];
        if (facts.state != CustomsState.Declared && facts.state != CustomsState.Held) {
            revert CustomsDesk_WrongState(shipmentId, facts.state);
        }
    }

    function _requireRefusal(bytes32 shipmentId, CustomsState state) private view returns (CustomsFacts memory facts) {
        facts = _facts[shipmentId];
        if (facts.state != state) revert CustomsDesk_WrongState(shipmentId, facts.state);
        if (block.timestamp > facts.finalAt) revert CustomsDesk_RefusalFinal(shipmentId, facts.finalAt);
    }

    function _requireAuthority(bytes32 shipmentId) private view returns (CustomsCase storage case_) {
        case_ = _cases[shipmentId];
        _requireActingFor(Function.Clear, case_.customsId);
    }

    function _requireActingFor(Function fn, uint64 expected) private view {
        uint64 actual = REGISTRY.authorize(msg.sender, fn);
        if (actual != expected) revert CustomsDesk_NotActingFor(msg.sender, actual, expected);
    }

    function _requireWithinCap(CustomsCase storage case_, uint128 duty) private view {
        if (duty > case_.dutyCap) revert CustomsDesk_DutyAboveCap(duty, case_.dutyCap);
    }

    function _requireDeclaration(Declaration calldata declaration) private pure {
        if (!_isHsCode(declaration.hsCode)) revert CustomsDesk_InvalidHsCode(declaration.hsCode);
        if (!_isCountry(declaration.origin)) revert CustomsDesk_InvalidCountry(declaration.origin);
        if (!_isCountry(declaration.destination)) revert CustomsDesk_InvalidCountry(declaration.destination);
        if (declaration.value == 0) revert CustomsDesk_ZeroValue();
    }

    /// @dev 6, 8 or 10 digits and nothing after them.
    function _isHsCode(bytes10 code) private pure returns (bool) {
        uint256 length = 0;
        while (length < 10 && code[length] >= "0" && code[length] <= "9") {
            ++length;
        }
        return length > 5 && length % 2 == 0 && code << (8 * length) == 0;
    }

    function _isCountry(bytes2 code) private pure returns (bool) {
        return code[0] >= "A" && code[0] <= "Z" && code[1] >= "A" && code[1] <= "Z";
    }
}
