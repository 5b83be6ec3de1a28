"""Chart geometry: parts add up, labels keep apart, points stay inside the plot."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from arrears.insight import charts


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=6).filter(any))
def test_a_stacked_bar_is_cut_without_gap_or_rest(counts):
    parts = charts.stacked([(str(n), count) for n, count in enumerate(counts)])
    assert sum(p.length_permille for p in parts) == 1000
    assert [p.count for p in parts] == [c for c in counts if c]
    for left, right in pairwise(parts):
        assert left.start_permille + left.length_permille == right.start_permille


def test_an_empty_bar_has_no_parts():
    assert charts.stacked([("better", 0), ("worse", 0)]) == []


@given(st.lists(st.integers(22, 226), min_size=1, max_size=4))
def test_labels_keep_their_distance_and_order(wanted):
    placed = charts.spread(wanted, 30, 22, 226)
    ordered = sorted(range(len(wanted)), key=lambda i: wanted[i])
    for before, after in pairwise(ordered):
        assert placed[after] - placed[before] >= 30
    assert max(placed) <= 226


@given(
    st.lists(st.lists(st.none() | st.integers(0, 1000), min_size=3, max_size=3), min_size=1, max_size=4),
)
def test_every_point_lies_inside_the_plot(series):
    chart = charts.line_chart([str(n) for n in range(len(series))], series, ["a", "b", "c"])
    assert len(chart.lines) == sum(any(v is not None for v in one) for one in series)
    for line in chart.lines:
        for point in line.points.split():
            x, y = (int(n) for n in point.split(","))
            assert charts.LEFT <= x <= charts.RIGHT
            assert charts.TOP <= y <= charts.BOTTOM
    known = [v for one in series for v in one if v is not None]
    assert chart.top_permille >= max(known, default=0)


def test_the_direct_label_says_the_last_known_value():
    chart = charts.line_chart(["M1"], [[100, 250, None]], ["9", "10", "11"])
    assert chart.lines[0].last_permille == 250
    assert chart.lines[0].end_x == (charts.LEFT + charts.RIGHT) // 2
