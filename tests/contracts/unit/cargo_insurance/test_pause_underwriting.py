def test_pauses_and_resumes(insurance, opened, make_quote, insure, operator, event, reverts):
    paused = insurance.pauseUnderwriting(True, operator)
    assert event(paused, "UnderwritingPaused") == {"isPaused": True}
    assert insurance.isUnderwritingPaused()
    with reverts(insurance, "CargoInsurance_UnderwritingPaused"):
        insure(opened, make_quote(opened))
    resumed = insurance.pauseUnderwriting(False, operator)
    assert event(resumed, "UnderwritingPaused") == {"isPaused": False}
    assert not insurance.isUnderwritingPaused()
    insure(opened, make_quote(opened))


def test_reverts_when_caller_is_not_governance(insurance, keys, sender, reverts):
    with reverts(insurance, "AccessManagedUnauthorized", keys.insurer.address):
        insurance.pauseUnderwriting(True, sender(keys.insurer))
