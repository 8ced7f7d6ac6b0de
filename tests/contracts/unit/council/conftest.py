"""A call that the council may make."""

import pytest


@pytest.fixture
def call(council, manager, escrow, operator):
    """Target and data of a call: to pause openings."""
    manager.setTargetFunctionRole(escrow, [escrow.signatures["pauseOpening"]], 1, operator)
    manager.grantRole(1, council, 0, operator)
    return escrow.address, escrow.pauseOpening.encode_input(True)
