import pytest

from entrepot.core.labels import code

SERIAL = code("S0")
POLE, DATE_LINE = 9_000_000, 18_000_000


@pytest.fixture(scope="session")
def report(world, keys, sender):
    """Reports a scan as a stranger; gives the transaction."""
    return lambda *scan: world.labels.reportScan(*scan, sender(keys.stranger))


@pytest.mark.parametrize("latitude", [-POLE, 0, POLE])
@pytest.mark.parametrize("longitude", [-DATE_LINE, 0, DATE_LINE])
def test_records_a_scan_anywhere_on_earth_by_anyone(
    report, committed, keys, event, latitude, longitude
):
    tx = report(*committed, SERIAL, latitude, longitude)
    assert event(tx, "ItemScanned") == {
        "gtin": committed[0],
        "lot": committed[1],
        "serial": SERIAL,
        "reporter": keys.stranger.address,
        "latitude": latitude,
        "longitude": longitude,
    }


def test_changes_nothing(labels, report, committed):
    report(*committed, SERIAL, 1, 2)
    assert labels.isActivated(*committed, 0) is False
    assert labels.stateOf(*committed) == 1


def test_a_scan_of_a_recalled_batch_is_recorded(labels, report, committed, producer, event):
    labels.recallBatch(*committed, b"\1" * 32, producer)
    assert event(report(*committed, SERIAL, 1, 2), "ItemScanned")["serial"] == SERIAL


@pytest.mark.parametrize(
    "place",
    [(POLE + 1, 0), (-POLE - 1, 0), (0, DATE_LINE + 1), (0, -DATE_LINE - 1), (-(2**31), 0)],
)
def test_reverts_when_the_place_is_not_on_earth(labels, report, committed, reverts, place):
    with reverts(labels, "LabelRegistry_InvalidPlace", *place):
        report(*committed, SERIAL, *place)


@pytest.mark.parametrize("serial", [b"", b"A\0B", b"\0A", b"\x1b[2J", b"a b"])
def test_reverts_when_no_label_has_the_serial(labels, report, committed, reverts, serial):
    padded = serial.ljust(20, b"\0")
    with reverts(labels, "LabelRegistry_InvalidSerial", padded):
        report(*committed, padded, 0, 0)


def test_reverts_given_the_batch_is_unknown(labels, report, line, lot, reverts):
    with reverts(labels, "LabelRegistry_BatchUnknown", line, lot):
        report(line, lot, SERIAL, 0, 0)
