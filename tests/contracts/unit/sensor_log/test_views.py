from dataclasses import astuple

from entrepot.core.messages import Extreme, Readings


def test_digests_are_those_of_the_package_and_of_eth_account(sensors, domains, keys, typed_digest):
    assert bytes(sensors.domainSeparator()) == domains.sensors
    extremes = tuple(Extreme(metric, -(2**31), 2**31 - 1) for metric in range(3))
    for some in (extremes, extremes[:1], ()):
        readings = Readings(
            b"\xfe" * 32,
            keys.device.address,
            2**32 - 1,
            2**40 - 1,
            2**32 - 2,
            2**32 - 3,
            b"\x0a" * 32,
            some,
        )
        assert (
            bytes(sensors.readingsDigest(astuple(readings)))
            == readings.digest(domains.sensors)
            == typed_digest(readings, "SensorLog", sensors)
        )


def test_what_nobody_saw_is_known_not_to_have_happened(
    shipped, sensors, ledger, shipment_of, device_of, keys, at, now, plain
):
    shipment, later = shipment_of(shipped), now() + 1_000
    at(later, mine=True)
    for source in (sensors, ledger):
        assert plain(source.watchOf(shipment, 0)) == (*[0] * 5, later)
        assert plain(source.watchOf(shipment, 255)) == (*[0] * 5, later)
    assert device_of(shipped) == (0, 0, 0)
    assert plain(sensors.deviceOf(b"\1" * 32, keys.device.address)) == (0, 0, 0)


def test_the_ledger_says_what_the_log_says(
    shipped, batch, bring, extremes, sensors, ledger, shipment_of, plain
):
    bring(batch(shipped, 1, extremes=extremes(900)))
    shipment = shipment_of(shipped)
    facts = plain(ledger.watchOf(shipment, 0))
    assert facts[0] == shipped.ship_by
    assert facts == plain(sensors.watchOf(shipment, 0))


def test_a_device_is_known_on_each_shipment_apart(
    shipped, batch, bring, keys, device_of, make_order
):
    bring(batch(shipped, 1))
    assert device_of(make_order()) == device_of(shipped, keys.second_device.address) == (0, 0, 0)


def test_it_knows_its_registry_ledger_and_listener(sensors, registry, ledger, insurance):
    assert sensors.REGISTRY() == registry
    assert sensors.LEDGER() == ledger
    assert sensors.INSURANCE() == insurance
