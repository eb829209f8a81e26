"""Scorecard rules: what is missing, what it adds up to, when it is overdue, and who may read whose."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from interview.scorecard.rules import (
    NOTE_MAX_CHARS,
    OBSERVED_SHARE_MIN,
    CardFacts,
    CardState,
    Citation,
    Draft,
    Excuse,
    Excused,
    Rating,
    Reader,
    Recommendation,
    Reminder,
    Revision,
    WouldBuy,
    card_state,
    completeness,
    composite,
    draft_problem,
    last_reminder,
    may_read,
    missing_sentences,
    revision_problem,
    split_warnings,
    standing_values,
    without_sentence,
)

SIX = ("discovery", "problem", "middle", "demo", "value", "honesty")
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)

values = st.one_of(st.none(), st.integers(1, 5))
weights = st.floats(0.01, 100)
cards = st.dictionaries(st.sampled_from(SIX), st.tuples(weights, values), min_size=1)
readers = st.builds(
    Reader,
    person_id=st.integers(1, 4),
    is_hiring_manager=st.booleans(),
    is_recruiter=st.booleans(),
    is_the_candidate=st.booleans(),
    panel_card_count=st.integers(0, 3),
    submitted_count=st.integers(0, 3),
    excused_count=st.integers(0, 3),
    others_are_in=st.booleans(),
).filter(lambda reader: reader.submitted_count + reader.excused_count <= reader.panel_card_count)
card_facts = st.builds(CardFacts, owner_id=st.integers(1, 4), submitted=st.booleans(), decided=st.booleans())


def five_of_six(**also: Rating) -> Draft:
    return Draft({key: Rating(value=3) for key in SIX[:5]} | also)


def test_the_footer_counts_what_is_rated_and_what_lacks_evidence() -> None:
    assert completeness(SIX, Draft()).sentence == "0 of 6 rated"
    assert completeness(SIX, five_of_six()).sentence == "5 of 6 rated"
    draft = five_of_six(problem=Rating(value=5), demo=Rating(not_observed=True))
    assert completeness(SIX, draft).sentence == "5 of 6 rated, evidence missing in 1"


@pytest.mark.parametrize("value", [1, 5])
def test_a_one_and_a_five_need_evidence(value: int) -> None:
    assert Rating(value=value).evidence_missing
    assert Rating(value=value, note="  \n ").evidence_missing
    assert not Rating(value=value, note="Asked who signs before showing anything.").evidence_missing
    assert not Rating(
        value=value, citations=(Citation(quote="Who signs?", segment_id=7, start_ms=1000),)
    ).evidence_missing
    assert not Rating(value=value, citations=(Citation(start_ms=192_000),)).evidence_missing


@pytest.mark.parametrize(
    "rating", [Rating(value=2), Rating(value=3), Rating(value=4), Rating(not_observed=True), Rating()]
)
def test_other_answers_do_not(rating: Rating) -> None:
    assert not rating.evidence_missing


def test_not_observed_is_an_answer_and_an_open_attribute_is_none() -> None:
    assert Rating(not_observed=True).answered
    assert not Rating(note="Unsure yet").answered


def test_everything_that_keeps_a_card_from_being_submitted_is_said_at_once() -> None:
    found = completeness(SIX, five_of_six(problem=Rating(value=1)))
    names = {key: key.capitalize() for key in SIX}
    assert missing_sentences(names, found) == (
        "Honesty: choose a rating, or Not observed.",
        "Problem: a 1 or a 5 needs evidence. Cite the transcript or describe what you saw or heard.",
        "Answer whether you would buy from this person.",
        "Give your overall recommendation (No decision is one).",
    )
    assert not found.submittable


@given(st.sets(st.sampled_from(SIX)), st.booleans(), st.booleans())
def test_a_card_is_submittable_exactly_when_no_sentence_is_left(rated: set[str], buy: bool, recommended: bool) -> None:
    draft = Draft(
        {key: Rating(not_observed=True) for key in rated},
        would_buy=WouldBuy.NO if buy else None,
        recommendation=Recommendation.NO_DECISION if recommended else None,
    )
    found = completeness(SIX, draft)
    assert found.submittable == (missing_sentences(dict(zip(SIX, SIX, strict=True)), found) == ())
    assert found.submittable == (rated == set(SIX) and buy and recommended)
    assert found.rated_count == len(rated)


@pytest.mark.parametrize(
    ("draft", "words"),
    [
        (Draft({"charm": Rating(value=3)}), 'no attribute "charm"'),
        (Draft({"demo": Rating(value=0)}), "1 to 5"),
        (Draft({"demo": Rating(value=6)}), "1 to 5"),
        (Draft({"demo": Rating(value=3, not_observed=True)}), "1 to 5"),
        (Draft({"demo": Rating(note="x" * (NOTE_MAX_CHARS + 1))}), "longer"),
        (Draft(takeaways="x" * 8001), "longer"),
    ],
)
def test_what_cannot_be_stored_is_refused_with_a_sentence(draft: Draft, words: str) -> None:
    assert words in (draft_problem(SIX, draft) or "")


def test_an_unfinished_draft_can_be_stored() -> None:
    assert draft_problem(SIX, Draft({"demo": Rating(value=1)})) is None


# --- composite ---


def test_the_composite_is_the_weighted_mean_of_what_was_observed() -> None:
    found = composite({"a": 2.0, "b": 1.0, "c": 1.0}, {"a": 4, "b": 2, "c": None})
    assert found.mean == pytest.approx((2 * 4 + 1 * 2) / 3)
    assert found.observed_share == pytest.approx(0.75)


def test_exactly_seventy_per_cent_is_enough_and_less_is_incomplete() -> None:
    ten = {str(n): 0.1 for n in range(10)}
    assert composite(ten, {str(n): 3 for n in range(7)}).mean == pytest.approx(3)
    assert composite(ten, {str(n): 3 for n in range(6)}).incomplete


def test_not_observed_is_never_a_number() -> None:
    found = composite({"a": 1.0, "b": 1.0, "c": 1.0, "d": 1.0}, {"a": 5, "b": 5, "c": 5, "d": None})
    assert found.mean == 5


def test_nothing_observed_has_no_mean() -> None:
    assert composite({"a": 1.0}, {}).mean is None
    assert composite({}, {}).mean is None


@given(cards)
def test_the_composite_lies_between_its_ratings(card: dict[str, tuple[float, int | None]]) -> None:
    observed = [value for _, value in card.values() if value is not None]
    found = composite({k: w for k, (w, _) in card.items()}, {k: v for k, (_, v) in card.items()})
    assert found.incomplete == (found.observed_share < OBSERVED_SHARE_MIN - 1e-9 or not observed)
    if found.mean is not None:
        assert min(observed) - 1e-9 <= found.mean <= max(observed) + 1e-9


@given(cards, st.floats(0.5, 20))
def test_only_the_proportions_of_weights_count(card: dict[str, tuple[float, int | None]], factor: float) -> None:
    given_values = {key: value for key, (_, value) in card.items()}
    one = composite({key: weight for key, (weight, _) in card.items()}, given_values)
    assume(abs(one.observed_share - OBSERVED_SHARE_MIN) > 1e-6)
    other = composite({key: weight * factor for key, (weight, _) in card.items()}, given_values)
    assert other.mean == (None if one.mean is None else pytest.approx(one.mean))


# --- due ---


@pytest.mark.parametrize(
    ("now", "submitted_at", "state"),
    [
        (NOON - timedelta(minutes=1), None, CardState.NOT_YET),
        (NOON, None, CardState.DUE),
        (NOON + timedelta(hours=24), None, CardState.DUE),
        (NOON + timedelta(hours=24, seconds=1), None, CardState.OVERDUE),
        (NOON + timedelta(days=9), NOON + timedelta(days=8), CardState.SUBMITTED),
        (NOON - timedelta(minutes=1), NOON - timedelta(minutes=5), CardState.SUBMITTED),
    ],
)
def test_a_card_is_due_from_the_pitch_on_and_overdue_after_its_time(
    now: datetime, submitted_at: datetime | None, state: CardState
) -> None:
    due_at = NOON + timedelta(hours=24)
    assert card_state(pitch_at=NOON, due_at=due_at, submitted_at=submitted_at, now=now) is state


# --- who may read whose ---


def other(*, submitted: bool = True, decided: bool = False) -> CardFacts:
    return CardFacts(owner_id=2, submitted=submitted, decided=decided)


def test_the_owner_reads_their_own_card_in_every_state() -> None:
    assert may_read(Reader(2, panel_card_count=1), other(submitted=False))
    assert may_read(Reader(2, panel_card_count=1, submitted_count=1), other())


def test_a_panel_member_reads_the_others_only_after_submitting() -> None:
    assert not may_read(Reader(1, panel_card_count=1), other())
    assert may_read(Reader(1, panel_card_count=1, submitted_count=1), other())
    assert not may_read(Reader(1, panel_card_count=1, submitted_count=1), other(submitted=False))


def test_a_second_interview_seals_again_until_its_card_is_in() -> None:
    assert not may_read(Reader(1, panel_card_count=2, submitted_count=1), other())


def test_the_hiring_manager_reads_submitted_cards_their_own_first_where_assigned() -> None:
    assert may_read(Reader(1, is_hiring_manager=True), other())
    assert not may_read(Reader(1, is_hiring_manager=True), other(submitted=False))
    assert not may_read(Reader(1, is_hiring_manager=True, panel_card_count=1), other())
    assert may_read(Reader(1, is_hiring_manager=True, panel_card_count=1, submitted_count=1), other())


def test_the_recruiter_reads_after_the_decision() -> None:
    assert not may_read(Reader(1, is_recruiter=True), other())
    assert may_read(Reader(1, is_recruiter=True), other(decided=True))


def test_somebody_without_a_part_in_it_reads_nothing() -> None:
    assert not may_read(Reader(1), other(decided=True))


@given(readers, card_facts)
def test_another_ones_unsubmitted_card_is_read_by_nobody(reader: Reader, card: CardFacts) -> None:
    if reader.person_id != card.owner_id and not card.submitted:
        assert not may_read(reader, card)


@given(readers, card_facts)
def test_whoever_owes_a_card_reads_only_their_own(reader: Reader, card: CardFacts) -> None:
    if reader.owes_a_card and may_read(reader, card):
        assert card.owner_id == reader.person_id


@given(readers, card_facts)
def test_the_candidate_reads_none(reader: Reader, card: CardFacts) -> None:
    if reader.is_the_candidate:
        assert not may_read(reader, card)


@given(readers)
def test_whoever_owes_a_card_sees_no_employers(reader: Reader) -> None:
    assert not (reader.owes_a_card and reader.may_read_after_own)


def test_raters_see_employers_after_their_card_and_the_recruiter_at_once() -> None:
    assert not Reader(1, panel_card_count=1).may_read_after_own
    assert Reader(1, panel_card_count=1, submitted_count=1).may_read_after_own
    assert Reader(1, is_recruiter=True).may_read_after_own
    assert not Reader(1).may_read_after_own


def test_an_excuse_opens_nothing_while_it_can_be_taken_back() -> None:
    manager = Reader(1, is_hiring_manager=True, panel_card_count=1, excused_count=1)
    assert manager.owes_a_card
    assert not Reader(1, is_hiring_manager=True, panel_card_count=1, excused_count=1, others_are_in=True).owes_a_card


def test_an_excused_interviewer_without_a_card_reads_nobody_elses() -> None:
    assert not may_read(Reader(1, panel_card_count=1, excused_count=1, others_are_in=True), other())


# --- reminders ---

ZONES = [
    ZoneInfo(name) for name in ("UTC", "Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata")
]
EVENING = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
instants = st.timedeltas(timedelta(), timedelta(days=800)).map(lambda passed: NOON + passed)


@pytest.mark.parametrize(
    ("now", "number"),
    [
        (EVENING + timedelta(minutes=59), 0),
        (EVENING + timedelta(hours=1), 1),  # past midnight: a rule by calendar days forgets yesterday evening
        (EVENING + timedelta(hours=9), 1),
        (EVENING + timedelta(hours=24), 1),
        (EVENING + timedelta(hours=25), 2),
        (EVENING + timedelta(days=30), 30),
    ],
)
def test_one_is_reminded_an_hour_after_the_end_then_daily(now: datetime, number: int) -> None:
    found = last_reminder(EVENING, now)
    assert (found.number if found else 0) == number


@given(instants, st.timedeltas(timedelta(), timedelta(days=400)), st.sampled_from(ZONES), st.sampled_from(ZONES))
def test_a_reminder_is_never_older_than_a_day_whatever_the_zone(
    ended_at: datetime, passed: timedelta, one: ZoneInfo, other_zone: ZoneInfo
) -> None:
    now = ended_at + passed
    found = last_reminder(ended_at, now)
    assert last_reminder(ended_at.astimezone(one), now.astimezone(other_zone)) == found
    assert (
        last_reminder(ended_at.astimezone(one), now.astimezone(one)) == found
    )  # also when clocks were changed between
    if passed < timedelta(hours=1):
        assert found is None
    else:
        assert found is not None
        assert timedelta() <= now - found.at < timedelta(days=1)
        assert found.at == ended_at + timedelta(hours=1) + (found.number - 1) * timedelta(days=1)


def test_a_reminder_keeps_its_hour_of_elapsed_time_when_clocks_change() -> None:
    amsterdam = ZoneInfo("Europe/Amsterdam")
    ended_at = datetime(2026, 10, 24, 18, 0, tzinfo=amsterdam)  # clocks go back that night
    now = datetime(2026, 10, 25, 18, 0, tzinfo=amsterdam)
    assert last_reminder(ended_at, now) == Reminder(2, datetime(2026, 10, 25, 17, 0, tzinfo=UTC))


# --- who owes no card ---


def test_a_panel_says_without_whom_it_counts() -> None:
    ines, iris = Excused("Ines", Excuse.DISMISSED), Excused("Iris", Excuse.REASSIGNED, "Nils")
    assert without_sentence(()) == ""
    assert without_sentence([ines]) == "The panel counts without Ines (dismissed)."
    assert without_sentence([ines, iris]) == (
        "The panel counts without Ines (dismissed) and Iris (reassigned to Nils)."
    )


@pytest.mark.parametrize("excuse", list(Excuse))
def test_an_excused_card_is_never_due_and_a_submitted_one_never_excused(excuse: Excuse) -> None:
    late = NOON + timedelta(days=9)
    state = card_state(pitch_at=NOON, due_at=NOON, submitted_at=None, excuse=excuse, now=late)
    assert (state, state.is_excused) == (CardState(excuse), True)
    submitted = card_state(pitch_at=NOON, due_at=NOON, submitted_at=NOON, excuse=excuse, now=late)
    assert submitted is CardState.SUBMITTED
    assert not submitted.is_excused


# --- revisions ---


def test_the_newest_revision_counts_and_the_original_stays() -> None:
    draft = five_of_six(honesty=Rating(value=1, note="x"))
    again = [Revision("honesty", 3, "missed it", NOON), Revision("honesty", None, "not asked at all", NOON)]
    assert standing_values(draft, again[:1])["honesty"] == 3
    assert standing_values(draft, again)["honesty"] is None
    assert draft.rating("honesty").value == 1


@pytest.mark.parametrize(
    ("attribute", "value", "reason", "problem"),
    [
        ("honesty", 3, "missed it", ""),
        ("honesty", None, "missed it", ""),
        ("honesty", 1, "missed it", "gave already"),
        ("honesty", 3, " ", "Write why"),
        ("honesty", 3, "x" * 2001, "Shorten"),
        ("honesty", 6, "missed it", "one of 1 to 5"),
        ("charm", 3, "missed it", "one of the attributes"),
    ],
)
def test_a_revision_needs_another_value_and_a_reason(
    attribute: str, value: int | None, reason: str, problem: str
) -> None:
    draft = five_of_six(honesty=Rating(value=1, note="x"))
    found = revision_problem(SIX, draft, [], Revision(attribute, value, reason, NOON))
    assert problem in found
    assert bool(problem) == bool(found)


# --- attributes split across raters ---


def test_a_split_warns_of_too_many_attributes_and_of_too_few_raters() -> None:
    names = {f"a{n}": f"Attribute {n}" for n in range(8)}
    parts = {"Ivo": list(names), "Ines": list(names)[:6]}
    assert split_warnings(names, parts) == (
        "Ivo is asked for 8 attributes: above 7, ratings flow into each other.",
        "Attribute 6: only Ivo rates it. Ask at least 2, so that one judgement never stands alone.",
        "Attribute 7: only Ivo rates it. Ask at least 2, so that one judgement never stands alone.",
    )
    assert split_warnings({"a": "A"}, {}) == (
        "A: nobody rates it. Ask at least 2, so that one judgement never stands alone.",
    )
    assert split_warnings({"a": "A"}, {"Ivo": ["a"], "Ines": ["a"]}) == ()
