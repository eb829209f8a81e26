"""The live interview's use cases: one timer for all, counted prompts, deviations, sheets under the seal."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event

from interview.db import writing
from interview.errors import Conflict, Forbidden, Invalid, NotFound
from interview.factsheet import service as factsheet
from interview.kit import rules, service
from interview.kit.rules import DeviationKind, Note, Prompt, RoadmapAnswer, Sheet, Tick, Verb
from interview.scorecard.service import ScorecardChangedElsewhere
from tests.scorecard.stage import interview_of, submit
from tests.support.cast import Cast


def live(cast: Cast) -> service.Live:
    cast.session.rollback()
    return service.live(cast.session, interview_of(cast), now=cast.clock.now())


def move(cast: Cast, name: str, verb: Verb, seen: int | None = None) -> None:
    seen_count = len(live(cast).moves) if seen is None else seen
    with writing(cast.session) as session:
        service.move_timer(
            session, cast.actor(name), interview_of(cast), verb, seen_count=seen_count, now=cast.clock.now()
        )


def keep(cast: Cast, name: str, sheet: Sheet, *, edition: int = 0, save_keys: tuple[str, ...] = ()) -> service.OwnSheet:
    with writing(cast.session) as session:
        return service.save(
            session,
            cast.actor(name),
            interview_of(cast),
            sheet,
            edition=edition,
            save_keys=save_keys,
            now=cast.clock.now(),
        )


def kept(cast: Cast, name: str) -> service.Kept:
    cast.session.rollback()
    return service.kept_of(cast.session, cast.actor(name), cast.cleo_id)


def test_one_timer_for_all_and_who_comes_second_hears_of_it(panel: Cast) -> None:
    move(panel, "ivo", Verb.START)
    panel.clock.forward(minutes=4)
    with pytest.raises(Conflict, match="Ivo Interviewer has moved the timer meanwhile"):
        move(panel, "ines", Verb.START, seen=0)
    move(panel, "ines", Verb.NEXT)
    panel.clock.forward(minutes=1)
    found = live(panel)
    assert [one // 60_000 for one in found.timer.spent_ms][:2] == [4, 1]
    assert [one.person.name for one in found.moves] == ["Ivo Interviewer", "Ines Interviewer"]
    with pytest.raises(Conflict, match="cannot do that now"):
        move(panel, "ivo", Verb.START)


def test_prompts_are_counted_with_their_moment_and_taken_back(panel: Cast) -> None:
    move(panel, "ivo", Verb.START)
    prompt = next(rules.prompts(live(panel).exercise))
    for _ in range(2):
        panel.clock.forward(minutes=3)
        with writing(panel.session) as session:
            use_id = service.use_prompt(
                session, panel.actor("ines"), interview_of(panel), prompt, now=panel.clock.now()
            ).id
    assert [one.moment_ms for one in live(panel).used(prompt.section, prompt.words)] == [180_000, 360_000]
    with writing(panel.session) as session:
        service.take_back(session, panel.actor("ivo"), interview_of(panel), use_id, now=panel.clock.now())
    assert len(live(panel).used(prompt.section, prompt.words)) == 1
    with pytest.raises(NotFound), writing(panel.session) as session:
        service.take_back(session, panel.actor("ivo"), interview_of(panel), use_id, now=panel.clock.now())


def test_a_prompt_beyond_the_script_is_a_deviation(panel: Cast) -> None:
    made_up = Prompt(rules.BUYER, "Sell me this pen.")
    with pytest.raises(Invalid, match="Log it as a deviation"), writing(panel.session) as session:
        service.use_prompt(session, panel.actor("ivo"), interview_of(panel), made_up, now=panel.clock.now())
    with writing(panel.session) as session:
        service.log_deviation(
            session,
            panel.actor("ivo"),
            interview_of(panel),
            DeviationKind.EXTRA_PROMPT,
            "Sell me this pen.",
            now=panel.clock.now(),
        )
    (logged,) = live(panel).deviations
    assert (logged.words, logged.person.name, logged.at) == ("Sell me this pen.", "Ivo Interviewer", panel.clock.now())
    assert [one.words for one in kept(panel, "mara").deviations] == ["Sell me this pen."]


def test_a_sheet_is_saved_whole_once_and_never_over_another_tabs(panel: Cast, facts: list[int]) -> None:
    sheet = Sheet((Note("a", 5000, "Asked well"), Note("b", None, "Came early")), {facts[0]: Tick.WRONG})
    assert keep(panel, "ivo", sheet, save_keys=("k1",)).edition == 1
    assert keep(panel, "ivo", sheet, save_keys=("k1",)).edition == 1
    with pytest.raises(ScorecardChangedElsewhere, match="These notes were saved in another tab"):
        keep(panel, "ivo", Sheet(), save_keys=("k2",))
    assert keep(panel, "ivo", sheet, save_keys=("k3", "k1")).edition == 2
    found = service.own_sheet(panel.session, panel.actor("ivo"), interview_of(panel))
    assert found.sheet == sheet
    less = Sheet((Note("b", None, "Came early, and waited"),))
    assert keep(panel, "ivo", less, edition=2).sheet == less


def test_nobody_reads_a_sheet_before_the_own_scorecard_is_in(panel: Cast, facts: list[int]) -> None:
    keep(panel, "ines", Sheet((Note("a", 5000, "canary of ines"),), {facts[0]: Tick.WRONG}))
    keep(panel, "iris", Sheet((Note("a", 1000, "of a card that is not in"),)))
    for name in ("ivo", "iris", "mara", "rita", "ada", "nils"):
        assert not kept(panel, name).sheets, name
    submit(panel, "ines")
    for name in ("ivo", "iris", "rita", "ada", "nils"):
        assert not kept(panel, name).sheets, name
    assert [one.person_name for one in kept(panel, "mara").sheets] == ["Ines Interviewer"]  # owes no card
    submit(panel, "ivo")
    (sheet,) = kept(panel, "ivo").sheets
    assert [one.text for one in sheet.notes] == ["canary of ines"]
    assert sheet.ticks == {"It exports to CSV.": Tick.WRONG}
    assert not kept(panel, "iris").sheets


def test_a_submitted_scorecard_locks_the_notes(panel: Cast) -> None:
    keep(panel, "ivo", Sheet((Note("a", 0, "before"),)))
    submit(panel, "ivo")
    with pytest.raises(service.SheetLocked):
        keep(panel, "ivo", Sheet((Note("a", 0, "after"),)), edition=1)
    assert [one.text for one in kept(panel, "ivo").sheets[0].notes] == ["before"]


def test_only_the_panel_keeps_notes(panel: Cast) -> None:
    with pytest.raises(Forbidden):
        keep(panel, "mara", Sheet())


def test_only_the_head_of_product_ticks_the_roadmap_ask(panel: Cast) -> None:
    with pytest.raises(Invalid, match="Only the Head of Product"):
        keep(panel, "ivo", Sheet(roadmap=RoadmapAnswer.CHECKED))
    assert keep(panel, "nils", Sheet(roadmap=RoadmapAnswer.PROMISED_ALONE)).sheet.roadmap == "promised_alone"
    (offer,) = service.offers(panel.session, panel.actor("nils"), panel.interview_id)
    assert offer.words == "Roadmap: Promised it alone"


def test_a_tick_outlives_its_fact_in_the_words_of_then(panel: Cast, facts: list[int]) -> None:
    keep(panel, "ivo", Sheet(ticks={facts[0]: Tick.SAID}))
    with writing(panel.session) as session:
        fact = factsheet.fact(session, facts[0])
        factsheet.take_off(session, panel.actor("mara"), fact, now=panel.clock.now())
    panel.session.expire_all()
    keep(panel, "ivo", Sheet(ticks={facts[0]: Tick.SAID, facts[1]: Tick.MISSED}), edition=1)
    submit(panel, "ivo")
    ticks = kept(panel, "ivo").sheets[0].ticks
    assert ticks == {"It exports to CSV.": Tick.SAID, "It has no mobile app.": Tick.MISSED}


def test_reading_what_was_kept_asks_as_often_for_many_as_for_one(panel: Cast, facts: list[int]) -> None:
    def queries() -> int:
        panel.session.rollback()
        panel.session.expire_all()
        actor = panel.actor("ivo")
        asked: list[Any] = []
        engine = panel.session.get_bind()
        note = lambda *_: asked.append(1)  # noqa: E731
        event.listen(engine, "before_cursor_execute", note)
        service.kept_of(panel.session, actor, panel.cleo_id)
        event.remove(engine, "before_cursor_execute", note)
        return len(asked)

    def said(name: str) -> None:
        keep(panel, name, Sheet((Note("a", 0, "one"), Note("b", 0, "two")), dict.fromkeys(facts, Tick.SAID)))
        submit(panel, name)

    said("ivo")
    one = queries()
    said("ines")
    said("iris")
    assert len(kept(panel, "ivo").sheets) == 3
    assert queries() == one
