def test_nothing_is_there_before_it_is_issued(qualification_registry, plain):
    for number in (b"\0" * 32, b"\1" * 32):
        assert plain(qualification_registry.qualificationOf(number)) == (0, 0, 0, 0)
        assert qualification_registry.isQualified(number) is False
