from brownie import ZERO_ADDRESS


def test_nobody_is_there_before_it_is_registered_or_granted(registry, keys, plain):
    assert plain(registry.participantOf(99)) == (ZERO_ADDRESS, 0, 0, 0)
    nothing = (0, ZERO_ADDRESS, 0, 0, 0, 0, 0, False, False)
    assert plain(registry.keyOf(keys.stranger.address)) == nothing
    assert registry.isWithdrawn(keys.stranger.address, keys.stranger.address) is False
