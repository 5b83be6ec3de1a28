"""Twin test: the whole-book form of the gate answers like the one-row form, for every plain situation."""

from datetime import UTC, datetime, timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from arrears.gate import planning
from arrears.gate.facts import CHANNELS, PURPOSES, ROLES, Account, Person, Request, Situation, Stop
from arrears.gate.packs import packs_for, shipped

EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
ZONES = [
    (),
    ("Asia/Shanghai",),
    ("Asia/Urumqi", "America/New_York"),
    ("Asia/Kathmandu",),
    ("Mars/Olympus",),
    ("America/New_York",),
]
stops = st.lists(
    st.sampled_from(["stop", "dispute", "deceased", "insolvency", "moratorium", "minor", "represented"]).map(
        lambda k: Stop(k, EPOCH)
    ),
    max_size=2,
)
persons = st.builds(
    Person,
    role=st.sampled_from(ROLES),
    time_zones=st.sampled_from(ZONES),
    attorney_known=st.booleans(),
    debtor_status=st.sampled_from(["", "reachable", "lost_contact", "deceased", "incapacitated"]),
    disclaimed=st.booleans(),
    city=st.sampled_from(["", "New York"]),
)
accounts = st.builds(
    Account, id=st.just("A1"), key=st.just("A1"), product=st.just("credit_card"),
    plan_state=st.sampled_from(["", "performing"]), bankruptcy_open=st.booleans(),
)  # fmt: skip
instants = st.integers(0, 60 * 24 * 60).map(lambda m: datetime(2026, 10, 20, tzinfo=UTC) + timedelta(minutes=m))


@settings(max_examples=120, deadline=None)
@given(
    people=st.lists(st.tuples(persons, stops, accounts, st.sampled_from(["contract", "", "bought"])), min_size=1, max_size=8),
    at=instants,
    channel=st.sampled_from(CHANNELS),
    purpose=st.sampled_from(PURPOSES),
    jurisdiction=st.sampled_from(["CN", "US", "ID"]),
)
def test_whole_book_equals_one_by_one(people, at, channel, purpose, jurisdiction):
    ids = packs_for(jurisdiction, "bank", "credit_card")
    rows, expected = [], []
    for person, halts, account, provenance in people:
        situation = Situation(person, ids, (account,), stops=tuple(halts))
        assert planning.is_plain(situation)
        request = Request(at, channel, purpose, number_provenance=provenance, crew=2)
        rows.append(planning.fact_row(situation, request))
        expected.append(planning.judge_one(situation, request, shipped()))
    frame = pl.DataFrame(rows, schema=planning.SCHEMA)
    answer = planning.plan(frame, ids, shipped(), Request(at, channel, purpose, crew=2))
    ours = answer.select("permitted", "permitted_until", "next_permitted", "rules").to_dicts()
    for got, wanted in zip(ours, expected, strict=True):
        assert got["permitted"] == wanted["permitted"]
        assert got["permitted_until"] == wanted["permitted_until"]
        assert got["next_permitted"] == wanted["next_permitted"]
        assert set(got["rules"].split(",")) == set(wanted["rules"].split(","))
