"""Grants become hats: no role and no reach may leak from one grant into another."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arrears.access.hats import GrantFact, hats_of
from arrears.kernel.scope import Role

DAY = date(2026, 11, 23)
SOME = st.one_of(st.none(), st.integers(1, 3))
GRANTS = st.lists(
    st.builds(
        GrantFact,
        st.sampled_from([Role.COLLECTOR, Role.LEAD, Role.AUDITOR]),
        st.integers(1, 3),
        SOME, SOME, SOME,
        st.sampled_from([None, date(2026, 1, 1), date(2027, 1, 1)]),
        st.sampled_from([None, date(2026, 6, 1), date(2026, 11, 23)]),
    ),
    max_size=8,
)  # fmt: skip


def reaches(grant, creditor, portfolio, team, agency):
    return grant.creditor_id == creditor and all(
        want is None or want == have
        for want, have in ((grant.portfolio_id, portfolio), (grant.team_id, team), (grant.agency_id, agency))
    )


def hat_reaches(hat, creditor, portfolio, team, agency):
    return creditor in hat.creditor_ids and all(
        not want or have in want
        for want, have in ((hat.portfolio_ids, portfolio), (hat.team_ids, team), (hat.agency_ids, agency))
    )


ROWS = [(c, p, t, a) for c in (1, 2, 3) for p in (1, 2) for t in (1, 2) for a in (1, 2)]


@given(GRANTS)
def test_no_hat_gives_more_than_the_grants(grants):
    for hat in hats_of(grants, DAY):
        for row in ROWS:
            if hat_reaches(hat, *row):
                for role in hat.roles:
                    assert any(g.role is role and g.in_force(DAY) and reaches(g, *row) for g in grants)


@given(GRANTS)
def test_every_grant_is_in_some_hat(grants):
    hats = hats_of(grants, DAY)
    for g in grants:
        for row in ROWS:
            if g.in_force(DAY) and reaches(g, *row):
                assert any(g.role in hat.roles and hat_reaches(hat, *row) for hat in hats)


@given(GRANTS)
def test_keys_name_hats_and_order_is_stable(grants):
    hats = hats_of(grants, DAY)
    assert len({h.key for h in hats}) == len(hats)
    assert hats == hats_of(list(reversed(grants)), DAY)


@pytest.mark.parametrize(
    ("grants", "expected"),
    [
        ([], []),
        ([GrantFact(Role.LEAD, 1), GrantFact(Role.AUDITOR, 1)], [({1}, {"lead", "auditor"})]),
        ([GrantFact(Role.AUDITOR, 1), GrantFact(Role.AUDITOR, 2)], [({1, 2}, {"auditor"})]),
        ([GrantFact(Role.LEAD, 1), GrantFact(Role.AUDITOR, 2)], [({1}, {"lead"}), ({2}, {"auditor"})]),
        ([GrantFact(Role.COLLECTOR, 1, team_id=1), GrantFact(Role.COLLECTOR, 1, team_id=2)], [({1}, {"collector"})]),
        ([GrantFact(Role.COLLECTOR, 1, team_id=1), GrantFact(Role.COLLECTOR, 1)], [({1}, {"collector"})]),
        ([GrantFact(Role.LEAD, 1, valid_until=date(2026, 11, 22))], []),
        ([GrantFact(Role.LEAD, 1, valid_until=DAY)], [({1}, {"lead"})]),
    ],
)
def test_examples(grants, expected):
    assert [(set(h.creditor_ids), set(h.roles)) for h in hats_of(grants, DAY)] == expected
