"""A date on the survivor's page opens into its arithmetic; a family reads none of it."""

from datetime import date
from html import unescape

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.factories import make_family, make_result
from tests.web.signing_in import sign_in
from tests.web.test_survivors import Setting, ana
from tracker.engine.explain_proof import CANNOT_BE_PROVEN
from tracker.models import DueItem, Role
from tracker.services.overrides import OverrideInput, decide

__all__ = ["ana"]
HEADING = "How the date is worked out"


def shown(ana: Setting) -> str:
    """The page as it is stored, without working the plan out first."""
    ana.session.commit()
    answer = ana.client.get(f"/survivors/{ana.survivor.id}")
    assert answer.status_code == 200
    return unescape(answer.get_data(as_text=True))


def proof_of(html: str, test: str) -> str:
    """What stands behind "Why" of one test."""
    start = html.index(HEADING, html.index(f'<span class="nhsuk-u-visually-hidden">: {test}</span>'))
    return html[start : html.index("</ol>", start)]


@pytest.fixture
def echo(ana: Setting) -> DueItem:
    make_result(ana.session, ana.survivor, "echocardiogram", date(2026, 3, 20), outcome="normal")
    ana.get()
    return ana.session.scalars(
        sa.select(DueItem).where(DueItem.test_code == "echocardiogram", DueItem.closed_on.is_(None))
    ).one()


def test_the_arithmetic_is_printed_step_by_step(ana: Setting, echo: DueItem) -> None:
    told = proof_of(shown(ana), "Echocardiogram")
    for line in (
        "March 14, 2024 (the end of therapy) + 2 years = March 14, 2026; "
        "March 20, 2026 (last Echocardiogram) + 2 years = March 20, 2028. The latest counts: March 20, 2028.",
        "Upcoming from January 20, 2028 (60 days before), due on March 20, 2028, overdue after June 18, 2028 "
        "(90 days after).",
    ):
        assert f"<li>{line}</li>" in told, told


def test_a_decision_is_part_of_the_arithmetic(ana: Setting, echo: DueItem) -> None:
    entered = OverrideInput(
        test_code="echocardiogram",
        action="defer",
        defer_to=date(2028, 6, 1),
        reason="Exams",
        expires_on=date(2029, 1, 1),
    )
    decide(ana.session, ana.survivor.id, entered, actor=ana.actor, clock=ana.clock)
    told = proof_of(shown(ana), "Echocardiogram")
    assert "A decision of November 23, 2026 defers it to June 1, 2028." in told


def test_every_open_date_of_the_page_is_proven(ana: Setting, echo: DueItem) -> None:
    html = shown(ana)
    assert html.count(HEADING) == ana.session.scalar(
        sa.select(sa.func.count()).select_from(DueItem).where(DueItem.closed_on.is_(None))
    )
    assert CANNOT_BE_PROVEN not in html


def test_a_date_changed_by_hand_is_never_given_a_wrong_proof(ana: Setting, echo: DueItem) -> None:
    echo.due_on = date(2028, 3, 22)
    told = proof_of(shown(ana), "Echocardiogram")
    assert f"<li>{CANNOT_BE_PROVEN}</li>" in told
    assert "+ 2 years" not in told


def test_an_older_row_says_what_it_can_and_the_rest_after_its_next_refresh(ana: Setting, echo: DueItem) -> None:
    newer = ("origins", "phase_from", "floor_on", "other_end")
    echo.reasons = [{key: value for key, value in told.items() if key not in newer} for told in echo.reasons]
    assert "March 14, 2026 (2 years after the end of therapy); March 20, 2026" in proof_of(shown(ana), "Echocardiogram")
    assert "March 14, 2024 (the end of therapy) + 2 years" in proof_of(unescape(ana.html()), "Echocardiogram")
    assert echo.closed_on is None, "the item stands; only what is told of it changed"


@pytest.mark.parametrize("role", [Role.SURVIVOR, Role.PROXY])
def test_a_family_sees_no_arithmetic(ana: Setting, echo: DueItem, role: Role) -> None:
    ana.survivor.birth_date = date(2012, 3, 5)
    ana.get()
    family = make_family(ana.session, ana.survivor, role)
    ana.session.commit()
    client: FlaskClient = sign_in(ana.app.test_client(), family)
    html = unescape(client.get(f"/care/{ana.survivor.id}").get_data(as_text=True))
    assert "some of the chemotherapy medicines" in html
    assert "The reason is some of the chemotherapy medicines" in html
    for clinical in (HEADING, "The latest counts", "+ 2 years", "childhood-cancer/", "echo-high"):
        assert clinical not in html
