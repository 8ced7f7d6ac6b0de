def test_emits_what_a_watch_saw_as_of_now_whoever_asks(
    shipped, batch, bring, extremes, sensors, keys, sender, shipment_of, seen, event, at, now
):
    bring(batch(shipped, 1, extremes=extremes(900)))
    for watch, is_breached in ((0, True), (1, False)):
        facts, later = seen(shipped, watch), now() + 1_000
        at(later)

        tx = sensors.reemit(shipment_of(shipped), watch, sender(keys.stranger))

        assert bool(facts[0]) == is_breached
        assert list(tx.events.keys()) == ["WatchSnapshot"]
        assert event(tx, "WatchSnapshot") == {
            "shipmentId": shipment_of(shipped),
            "watch": watch,
            "facts": (*facts, later),
        }
        assert seen(shipped, watch) == facts
