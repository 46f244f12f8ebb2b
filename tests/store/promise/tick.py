"""What a store promises about ticks and the gaps between them."""

from datetime import timedelta

from jobrunner.store.value import (
    Gap,
)
from tests.build import NOON
from tests.store.life import (
    HOUR,
    MINUTE,
)

LONGEST = timedelta(seconds=90)


class TickContract:
    def test_a_pause_without_ticks_is_a_gap(self, store):
        for minute in (0, 1, 2, 60, 61):
            store.note_tick("web-1", NOON + minute * MINUTE, LONGEST)
        gaps = store.gaps(NOON, NOON + 61 * MINUTE, LONGEST)
        assert gaps == [Gap(NOON + 2 * MINUTE, NOON + HOUR)]

    def test_a_gap_that_lasts_until_now_is_told(self, store):
        store.note_tick("web-1", NOON, LONGEST)
        assert store.gaps(NOON, NOON + HOUR, LONGEST) == [Gap(NOON, NOON + HOUR)]

    def test_a_gap_that_began_before_is_told_from_its_beginning(self, store):
        for hours in (0, 4, 8):
            store.note_tick("web-1", NOON + hours * HOUR, LONGEST)
        gaps = store.gaps(NOON + 5 * HOUR, NOON + 8 * HOUR, LONGEST)
        assert gaps == [Gap(NOON + 4 * HOUR, NOON + 8 * HOUR)]

    def test_while_another_host_ticks_there_is_no_gap(self, store):
        for minute in range(60):
            store.note_tick("web-2" if minute else "web-1", NOON + minute * MINUTE, LONGEST)
        store.note_tick("web-1", NOON + HOUR, LONGEST)
        assert store.gaps(NOON, NOON + HOUR, LONGEST) == []

    def test_before_the_very_first_tick_there_is_no_gap(self, store):
        assert store.gaps(NOON - HOUR, NOON, LONGEST) == []
        store.note_tick("web-1", NOON, LONGEST)
        assert store.gaps(NOON - HOUR, NOON, LONGEST) == []

    def test_a_clock_that_went_back_does_not_break_a_stretch_again_and_again(self, store):
        store.note_tick("web-1", NOON + 1000 * HOUR, LONGEST)
        for minute in range(5):
            store.note_tick("web-1", NOON + minute * MINUTE, LONGEST)
        assert store.gaps(NOON, NOON + 4 * MINUTE, LONGEST) == []
