"""Estimates beside the record: when they are made, that equal content is analysed once, and that the seal holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from interview import audit
from interview.db import writing
from interview.debrief import service
from interview.debrief.rules import standing
from interview.debrief.rules.standing import Footing
from interview.debrief.service import Comparison
from interview.hiring import service as hiring
from interview.rubric import service as rubric
from tests.debrief.stage import draft, pitch, score, scored
from tests.scorecard.stage import WEIGHTS
from tests.support.cast import Cast, job_text

NAMES = ("Ada Ast", "Ben Berg", "Cleo Cruz", "Dan Dorn", "Eve Esch", "Finn Falk")
VALUES = ((5, 5, 4), (4, 4, 3), (3, 4, 3), (3, 3, 2), (2, 3, 2), (2, 2, 1))


def six(stage: Cast) -> list[int]:
    return [scored(stage, name, values) for name, values in zip(NAMES, VALUES, strict=True)]


def compare(stage: Cast, ids: list[int], name: str = "mara") -> Comparison:
    return service.compare(stage.session, stage.actor(name), stage.job_id, ids, now=stage.clock.now())


def test_two_candidates_carry_no_estimate_and_the_page_says_why(stage: Cast) -> None:
    ids = [scored(stage, "Amy Adams", (4, 4, 3)), scored(stage, "Bea Berg", (3, 3, 3))]
    found = compare(stage, ids).opening
    assert (found.footing, found.analysis) == (Footing.DIFFERENCES, None)
    page = stage.browser("mara").page(
        f"/jobs/{stage.job_id}/compare?application={ids[0]}&application={ids[1]}&adjusted=on"
    )
    assert "Too few ratings for an estimate" in page.words
    assert "pairs of ratings of the same attribute, 100 % are at most one point apart" in page.words
    assert "Show the adjusted estimates" not in page.words


def test_a_drift_along_thirty_pitches_is_said_by_when_they_were_held_not_added(stage: Cast) -> None:
    ids = []
    for number in range(standing.ORDER_CANDIDATES_MIN):
        ids.append(pitch(stage, f"Person{number:02d} Example", ("ivo",), hours_ago=1 + number))
        score(stage, ids[-1], {"ivo": draft(5 - number // 6)})
    mara, path = stage.browser("mara"), f"/jobs/{stage.job_id}/compare?application={ids[0]}&application={ids[1]}"
    assert "Later pitches of this opening were rated higher" in mara.page(path).words


def test_an_incomplete_panel_is_in_no_estimate(stage: Cast) -> None:
    ids = six(stage)
    late = pitch(stage, "Lea Late")
    score(stage, late, {"ivo": draft(5), "ines": draft(5)})
    found = compare(stage, [ids[0], late]).opening
    assert late not in {panel.application_id for panel in found.panels}
    assert len(found.panels) == len(ids)


def test_equal_content_is_analysed_once_and_any_change_anew() -> None:
    points = [(one, rater, 1.0 + (at + by) % 4) for at, one in enumerate("abcde") for by, rater in enumerate("xyz")]
    standing.analysed.cache_clear()
    first = standing.analysed(standing.in_order(points))
    assert standing.analysed(standing.in_order(points[::-1])) is first
    changed = [*points[:-1], (*points[-1][:2], 4.5)]
    assert standing.analysed(standing.in_order(changed)) is not first
    assert standing.analysed.cache_info().misses == 2


def test_the_page_of_unchanged_ratings_analyses_nothing_anew(stage: Cast) -> None:
    ids = six(stage)
    standing.analysed.cache_clear()
    compare(stage, ids[:2]), compare(stage, ids[2:4])
    assert standing.analysed.cache_info().misses == 1
    scored(stage, "Gus Gast", (4, 5, 4))
    compare(stage, ids[:2])
    assert standing.analysed.cache_info().misses == 2


def test_the_adjusted_view_is_off_until_asked_for(stage: Cast) -> None:
    ids = six(stage)
    mara, path = stage.browser("mara"), f"/jobs/{stage.job_id}/compare?application={ids[0]}&application={ids[5]}"
    off = mara.page(path).words
    assert "Show the adjusted estimates" in off
    assert re.search(r"the top-scored of 6 candidates is truly the best about \d+ times in 10", off)
    assert "clearly stronger" not in off
    assert "comparative interval" not in off
    on = mara.page(path + "&adjusted=on").words
    assert "Ada Ast is clearly stronger than Finn Falk on this exercise." in on
    assert "Ada Ast would come out ahead" in on
    assert "comparative intervals (84 %)" in on
    assert "Groups of this opening, not ranks" in on
    own = mara.page(f"/applications/{ids[0]}/debrief?adjusted=on").words
    assert "95 % interval" in own
    assert "comparative interval" not in own
    assert "Adjusted estimate" not in stage.browser("ivo").page(f"/applications/{ids[0]}/debrief?adjusted=on").words


def test_equal_candidates_cannot_be_told_apart_even_without_the_switch(stage: Cast) -> None:
    ids = [scored(stage, name, values) for name, values in zip(NAMES, VALUES, strict=True)]
    twin = scored(stage, "Tess Twin", VALUES[0])
    page = stage.browser("mara").page(f"/jobs/{stage.job_id}/compare?application={ids[0]}&application={twin}")
    assert re.search("(Ada Ast and Tess Twin|Tess Twin and Ada Ast) cannot be told apart", page.words)


def test_panels_without_a_shared_interviewer_carry_no_estimate(stage: Cast) -> None:
    ids = [scored(stage, name, values) for name, values in zip(NAMES, VALUES, strict=True)]
    alone = pitch(stage, "Abe Alone", ("rita", "nils"))
    score(stage, alone, {"rita": draft(4), "nils": draft(3)})
    found = compare(stage, [ids[0], alone]).opening
    assert (found.footing, found.analysis) == (Footing.APART, None)


def test_an_opening_too_small_borrows_how_much_ratings_vary_from_the_managers_other(stage: Cast) -> None:
    six(stage)
    other = second_job(stage)
    with stage_on(stage, other):
        ids = [scored(stage, "Uma Ulm", (5, 4, 4)), scored(stage, "Vic Vogt", (2, 2, 1))]
        found = compare(stage, ids).opening
    assert found.footing is Footing.MODEL
    assert found.analysis is not None
    assert found.analysis.borrowed
    path = f"/jobs/{other}/compare?application={ids[0]}&application={ids[1]}"
    assert "Borrowed: this opening has too few ratings of its own" in stage.browser("mara").page(path).words


def second_job(stage: Cast) -> int:
    now = stage.clock.now()
    with writing(stage.session) as session:
        job = hiring.create_job(session, stage.actor("mara"), job_text("Account Executive, north"), now=now)
        version_id = rubric.in_force(session, stage.job_id).version_id
        mara = stage.actor("mara")
        rubric.choose(session, mara, job_id=job.id, version_id=version_id, weights=WEIGHTS, now=now)
        return job.id


@contextmanager
def stage_on(stage: Cast, job_id: int) -> Iterator[None]:
    first, stage.job_id = stage.job_id, job_id
    yield
    stage.job_id = first


def test_opening_a_comparison_early_is_recorded_and_a_complete_one_is_not(stage: Cast) -> None:
    amy, bea = scored(stage, "Amy Adams", (4, 4, 4)), scored(stage, "Bea Berg", (3, 3, 3))
    late = pitch(stage, "Lea Late")
    mara, path = stage.browser("mara"), f"/jobs/{stage.job_id}/compare?application={amy}"
    mara.page(f"{path}&application={bea}")
    assert audit.listing(stage.session, action="comparison:") == []
    stage.session.rollback()  # what it read before is behind it
    mara.page(f"{path}&application={late}")
    (row,) = audit.listing(stage.session, action="comparison:")
    assert row.action == "comparison:opened-early"


# -- one interviewer's report --------------------------------------------------------------------------------------


def close(stage: Cast) -> None:
    with writing(stage.session) as session:
        hiring.close_job(session, stage.actor("mara"), hiring.job(session, stage.job_id), now=stage.clock.now())


def test_the_report_opens_with_the_closure_to_its_subject_and_the_admin_alone(stage: Cast) -> None:
    for number in range(8):
        scored(stage, f"Person{number} Poe", (3, 3 + number % 2, 4))
    path = f"/jobs/{stage.job_id}/interviewer-report"
    ivo = stage.browser("ivo")
    assert "This job is still open" in ivo.page(path).words
    close(stage)
    words = ivo.page(path).words
    assert "8 candidates, rated together with others" in words
    assert "The ratings were stricter" in words
    own = ivo.page(f"{path}?person={stage.person_ids['iris']}").words
    assert "Iris" not in own, "nobody reads another's report"
    admin = stage.browser("ada").page(f"{path}?person={stage.person_ids['iris']}").words
    assert "Interviewer report: Iris Interviewer" in admin
    assert "The ratings were milder" in admin
    for who, status in (("mara", 403), ("rita", 403), ("otto", 404), ("nils", 404)):
        stage.browser(who).page(path, status=status)


def test_below_eight_candidates_there_is_no_report(stage: Cast) -> None:
    for number in range(7):
        scored(stage, f"Person{number} Poe", (3, 4, 5))
    close(stage)
    page = stage.browser("ivo").page(f"/jobs/{stage.job_id}/interviewer-report")
    assert "Too few candidates for a report" in page.words
    assert "Severity" not in page.words


def test_a_candidate_whose_card_is_owed_is_in_no_report(stage: Cast) -> None:
    for number in range(8):
        scored(stage, f"Person{number} Poe", (3, 4, 5))
    owed = pitch(stage, "Olga Owed")
    score(stage, owed, {"ines": draft(5), "iris": draft(5)})
    close(stage)
    page = stage.browser("ivo").page(f"/jobs/{stage.job_id}/interviewer-report")
    assert "8 candidates, rated together with others" in page.words
