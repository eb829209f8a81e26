"""The fact sheet's pages: kept by the hiring manager, read by the panel, hidden from candidates and outsiders."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from interview.factsheet import service
from interview.factsheet.rules import FactKind
from tests.support.cast import Cast

FACT = {"words": "The server credits at most <2> seconds.", "kind": "must_know", "material_id": "", "moment": ""}


def sheet(cast: Cast) -> str:
    return f"/jobs/{cast.job_id}/facts"


def fact_id(session: Session, cast: Cast) -> int:
    session.rollback()
    (found,) = service.sheet(session, cast.job_id)[FactKind.MUST_KNOW]
    return found.id


def test_a_fact_is_added_changed_and_taken_off(cast: Cast, session: Session) -> None:
    mara = cast.browser("mara")
    assert "No facts yet" in mara.page(sheet(cast)).words
    mara.send(sheet(cast), FACT)
    assert FACT["words"] in mara.page(sheet(cast)).words
    path = f"/facts/{fact_id(session, cast)}"
    assert FACT["words"] in mara.page(path).words
    mara.send(path, FACT | {"words": "Two seconds a second."})
    assert "Two seconds a second." in mara.page(sheet(cast)).words
    mara.send(f"{path}/removal")
    assert "No facts yet" in mara.page(sheet(cast)).words


def test_the_panel_reads_it_on_its_page_and_in_the_kits(cast: Cast) -> None:
    cast.browser("mara").send(sheet(cast), FACT)
    ivo = cast.browser("ivo")
    page = ivo.page(sheet(cast)).words
    assert FACT["words"] in page
    assert "Add a fact" not in page
    assert FACT["words"] in ivo.page(f"/interviews/{cast.interview_id}").words


@pytest.mark.parametrize("wrong", [{"words": ""}, {"kind": "vital"}, {"moment": "soon"}, {"material_id": "77"}])
def test_what_cannot_be_kept_is_said_at_its_field(cast: Cast, wrong: dict[str, str]) -> None:
    mara = cast.browser("mara")
    mara.send(sheet(cast), FACT | wrong, status=422)
    mara.send(sheet(cast), FACT | {"moment": "01:10"}, status=422)
    assert "No facts yet" in mara.page(sheet(cast)).words


@pytest.mark.parametrize(
    ("who", "read", "write"),
    [("ivo", 200, 403), ("rita", 403, 403), ("ada", 403, 403), ("otto", 404, 404), ("nils", 404, 404)],
)
def test_who_may(cast: Cast, session: Session, who: str, read: int, write: int) -> None:
    cast.browser("mara").send(sheet(cast), FACT)
    path = f"/facts/{fact_id(session, cast)}"
    other = cast.browser(who)
    assert other.get(sheet(cast)).status_code == read
    other.send(sheet(cast), FACT, status=write)
    assert other.get(path).status_code == write
    other.send(path, FACT, status=write)
    other.send(f"{path}/removal", status=write)


def test_candidates_never_see_it(cast: Cast) -> None:
    assert cast.browser("cleo").get(sheet(cast)).status_code in (403, 404)


def test_a_fact_that_is_not_there(cast: Cast) -> None:
    cast.browser("mara").page("/facts/9999", status=404)
