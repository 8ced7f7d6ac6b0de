def test_nobody_is_guarded_before_it_asks_for_it(guardian_registry, registry, ids, plain):
    nothing = b"\0" * 32
    assert plain(guardian_registry.guardingOf(ids.seller)) == (nothing, nothing, 0, 0, 0, 0)
    assert plain(guardian_registry.recallOf(ids.seller)) == (nothing, 0, 0, False)
    assert guardian_registry.hasCancelled(ids.seller) is False
    assert guardian_registry.REGISTRY() == registry.address
