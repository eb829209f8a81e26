"""What a scorecard is: ratings, the evidence they need, when it may be submitted, what it adds up to, who may read it.

Pure: knows neither the database nor the web; instants come as arguments."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from interview.rubric.rules import MANY_ATTRIBUTES

POINTS = (1, 2, 3, 4, 5)
NEEDS_EVIDENCE = frozenset({1, 5})
OBSERVED_SHARE_MIN = 0.70
"""Below this share of observed weight a mean would speak of too little (SCORING 3.8)."""
NOTE_MAX_CHARS = 4000
TAKEAWAYS_MAX_CHARS = 8000
REASON_MAX_CHARS = 2000
EMPLOYERS_MAX_CHARS = 2000
RATERS_MIN = 2  # of one attribute: one alone cannot be compared with anybody


class Recommendation(StrEnum):
    """The overall recommendation, collected last and never part of the composite."""

    STRONG_NO = "strong_no"
    NO = "no"
    YES = "yes"
    STRONG_YES = "strong_yes"
    NO_DECISION = "no_decision"


class WouldBuy(StrEnum):
    """The answer to the headline question."""

    YES = "yes"
    NO = "no"
    NOT_SURE = "not_sure"


@dataclass(frozen=True, slots=True)
class Citation:
    """A moment that proves a rating: a transcript segment as it was read, or a moment of the recording alone."""

    quote: str = ""
    segment_id: int | None = None
    start_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Rating:
    """One attribute's rating: a point 1-5, or not observed, or still open; what was seen or heard; what is cited."""

    value: int | None = None
    not_observed: bool = False
    note: str = ""
    citations: tuple[Citation, ...] = ()

    @property
    def answered(self) -> bool:
        """Tell whether the attribute is rated or marked as not observed."""
        return self.not_observed or self.value is not None

    @property
    def evidence_missing(self) -> bool:
        """Tell whether the point asks for evidence and there is neither a citation nor a described behaviour."""
        return self.value in NEEDS_EVIDENCE and not (self.note.strip() or self.citations)

    @property
    def empty(self) -> bool:
        """Tell whether nothing has been said about the attribute."""
        return self == Rating()


@dataclass(frozen=True, slots=True)
class Draft:
    """All that an interviewer says on one scorecard, by attribute key."""

    ratings: Mapping[str, Rating] = field(default_factory=dict)
    would_buy: WouldBuy | None = None
    recommendation: Recommendation | None = None
    takeaways: str = ""

    def rating(self, attribute: str) -> Rating:
        """Return the attribute's rating; an open one where nothing was said."""
        return self.ratings.get(attribute, Rating())


@dataclass(frozen=True, slots=True)
class Completeness:
    """How far a scorecard is: attributes in all, rated or not observed, and the keys still open or lacking evidence."""

    total_count: int
    open_keys: tuple[str, ...]
    evidence_missing_keys: tuple[str, ...]
    would_buy_missing: bool
    recommendation_missing: bool

    @property
    def rated_count(self) -> int:
        """Attributes that are rated or marked as not observed."""
        return self.total_count - len(self.open_keys)

    @property
    def all_rated(self) -> bool:
        """Tell whether the overall recommendation may be given."""
        return not self.open_keys

    @property
    def submittable(self) -> bool:
        """Tell whether nothing is missing."""
        return not (
            self.open_keys or self.evidence_missing_keys or self.would_buy_missing or self.recommendation_missing
        )

    @property
    def sentence(self) -> str:
        """Say it in the words of the footer: '5 of 6 rated, evidence missing in 1'."""
        rated = f"{self.rated_count} of {self.total_count} rated"
        missing = len(self.evidence_missing_keys)
        return f"{rated}, evidence missing in {missing}" if missing else rated


def completeness(attributes: Sequence[str], draft: Draft) -> Completeness:
    """Compare a draft with the attributes that the job asks for."""
    return Completeness(
        total_count=len(attributes),
        open_keys=tuple(key for key in attributes if not draft.rating(key).answered),
        evidence_missing_keys=tuple(key for key in attributes if draft.rating(key).evidence_missing),
        would_buy_missing=draft.would_buy is None,
        recommendation_missing=draft.recommendation is None,
    )


def missing_sentences(names: Mapping[str, str], found: Completeness) -> tuple[str, ...]:
    """Say, one sentence each, what keeps a scorecard from being submitted; names are by attribute key."""
    rate = tuple(f"{names[key]}: choose a rating, or Not observed." for key in found.open_keys)
    prove = tuple(
        f"{names[key]}: a 1 or a 5 needs evidence. Cite the transcript or describe what you saw or heard."
        for key in found.evidence_missing_keys
    )
    buy = ("Answer whether you would buy from this person.",) if found.would_buy_missing else ()
    recommend = ("Give your overall recommendation (No decision is one).",) if found.recommendation_missing else ()
    return rate + prove + buy + recommend


def draft_problem(attributes: Sequence[str], draft: Draft) -> str | None:
    """Say what makes a draft impossible to store, or None; an unfinished draft is no problem."""
    unknown = [key for key in draft.ratings if key not in attributes]
    if unknown:
        return f'This scorecard has no attribute "{unknown[0]}". Reload the page to see its attributes.'
    for key, rating in draft.ratings.items():
        if rating.value is not None and (rating.not_observed or rating.value not in POINTS):
            return f'The rating of "{key}" must be one of 1 to 5, or Not observed.'
        if len(rating.note) > NOTE_MAX_CHARS:
            return f'The evidence of "{key}" is longer than {NOTE_MAX_CHARS} characters. Shorten it.'
    if len(draft.takeaways) > TAKEAWAYS_MAX_CHARS:
        return f"The key takeaways are longer than {TAKEAWAYS_MAX_CHARS} characters. Shorten them."
    return None


# --- what it adds up to ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Composite:
    """The weighted mean of one card on the 1-5 scale; None where less than 70 % of the weight was observed."""

    mean: float | None
    observed_share: float

    @property
    def incomplete(self) -> bool:
        """Tell whether too little was observed for a mean."""
        return self.mean is None


def composite(weights: Mapping[str, float], values: Mapping[str, float | None]) -> Composite:
    """Return sum(w x) / sum(w) over the observed attributes (SCORING 3.8).

    Weights are relative and above 0; a value of None, or none at all, is not observed and never counts as a number."""
    total = sum(weights.values())
    observed = {key: value for key in weights if (value := values.get(key)) is not None}
    observed_weight = sum(weights[key] for key in observed)
    share = observed_weight / total if total else 0.0
    # Weights such as 0.1 do not add up exactly; a share of exactly 70 % must not fall below it by rounding.
    if not observed or share < OBSERVED_SHARE_MIN - 1e-9:
        return Composite(None, share)
    return Composite(sum(weights[key] * value for key, value in observed.items()) / observed_weight, share)


# --- revisions: beside the original, which never changes ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Revision:
    """What an interviewer gives an attribute after the debrief, and why; a value of None is not observed."""

    attribute: str
    value: int | None
    reason: str
    revised_at: datetime


def standing_values(draft: Draft, revisions: Sequence[Revision]) -> dict[str, int | None]:
    """Return the values that count, by attribute: the newest revision's, else the original's."""
    newest = {revision.attribute: revision.value for revision in revisions}
    return {key: rating.value for key, rating in draft.ratings.items()} | newest


def revision_problem(attributes: Collection[str], draft: Draft, revisions: Sequence[Revision], wish: Revision) -> str:
    """Say why a revision cannot be added, or return an empty text."""
    if wish.attribute not in attributes:
        return "Choose one of the attributes of your scorecard."
    if wish.value is not None and wish.value not in POINTS:
        return "Choose one of 1 to 5, or Not observed."
    if standing_values(draft, revisions).get(wish.attribute) == wish.value:
        return "This is what you gave already. Choose another rating, or leave it as it is."
    return reason_problem(wish.reason)


def reason_problem(reason: str) -> str:
    """Say what is wrong with a reason, or return an empty text."""
    if not reason.strip():
        return "Write why. The reason is kept."
    if len(reason) > REASON_MAX_CHARS:
        return f"Shorten the reason to {REASON_MAX_CHARS} characters."
    return ""


# --- attributes split across raters ---------------------------------------------------------------------------------


def split_warnings(names: Mapping[str, str], parts: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """Say where a split asks too much of a rater or leaves an attribute to too few; names by key, parts by rater."""
    much = tuple(
        f"{rater} is asked for {len(keys)} attributes: above {MANY_ATTRIBUTES}, ratings flow into each other."
        for rater, keys in parts.items()
        if len(keys) > MANY_ATTRIBUTES
    )
    raters = {key: [rater for rater, keys in parts.items() if key in keys] for key in names}
    few = tuple(
        f"{names[key]}: {f'only {found[0]} rates it' if found else 'nobody rates it'}. "
        f"Ask at least {RATERS_MIN}, so that one judgement never stands alone."
        for key, found in raters.items()
        if len(found) < RATERS_MIN
    )
    return much + few


# --- when -----------------------------------------------------------------------------------------------------------


class Excuse(StrEnum):
    """Why a seat on the panel owes no card."""

    DECLINED = "declined"  # by its interviewer
    DISMISSED = "dismissed"  # by the hiring manager
    REASSIGNED = "reassigned"  # by the hiring manager, to somebody else


class CardState(StrEnum):
    """Where a scorecard stands."""

    NOT_YET = "not_yet"
    DUE = "due"
    OVERDUE = "overdue"
    SUBMITTED = "submitted"
    DECLINED = Excuse.DECLINED
    DISMISSED = Excuse.DISMISSED
    REASSIGNED = Excuse.REASSIGNED

    @property
    def is_excused(self) -> bool:
        """Tell whether no card is owed."""
        return self in (CardState.DECLINED, CardState.DISMISSED, CardState.REASSIGNED)


def card_state(
    *,
    pitch_at: datetime | None,
    due_at: datetime | None,
    submitted_at: datetime | None,
    excuse: Excuse | None = None,
    now: datetime,
) -> CardState:
    """Tell where a card stands: submitted, excused, overdue past due_at, due once the pitch has begun, else not yet."""
    if submitted_at is not None:
        return CardState.SUBMITTED
    if excuse is not None:
        return CardState(excuse)
    if due_at is not None and now > due_at:
        return CardState.OVERDUE
    if pitch_at is not None and now >= pitch_at:
        return CardState.DUE
    return CardState.NOT_YET


@dataclass(frozen=True, slots=True)
class Reminder:
    """The newest reminder of a card that is owed: the how manieth, and since when."""

    number: int
    at: datetime


FIRST_REMINDER = timedelta(hours=1)  # after the end of the interview
NEXT_REMINDER = timedelta(days=1)


def last_reminder(ended_at: datetime, now: datetime) -> Reminder | None:
    """Return the newest reminder by now: the first an hour after the end, then one every 24 hours.

    Counts elapsed time, not calendar days, so that neither midnight nor a zone can swallow one (decision 55)."""
    # In one zone Python subtracts what the clocks on the wall show, an hour off when they were changed between.
    first = ended_at.astimezone(UTC) + FIRST_REMINDER
    passed = (now.astimezone(UTC) - first) // NEXT_REMINDER
    return Reminder(passed + 1, first + passed * NEXT_REMINDER) if passed >= 0 else None


@dataclass(frozen=True, slots=True)
class Excused:
    """Somebody without whose card the panel counts."""

    name: str
    excuse: Excuse
    instead: str | None = None  # who was asked instead

    @property
    def words(self) -> str:
        """Say who and why: 'Ines (dismissed)', 'Ines (reassigned to Nils)'."""
        return f"{self.name} ({self.excuse}{f' to {self.instead}' if self.instead else ''})"


def without_sentence(excused: Sequence[Excused]) -> str:
    """Say without whom a panel counts; an empty text where nobody is excused."""
    words = [one.words for one in excused]
    if not words:
        return ""
    return f"The panel counts without {' and '.join([', '.join(words[:-1]), words[-1]] if len(words) > 1 else words)}."


# --- who may read it ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who asks for cards of one application, and what of them matters here.

    panel_card_count: their own seats there; submitted_count: for how many a card is submitted; excused_count: for how
    many none is owed; others_are_in: somebody else's card there is submitted."""

    person_id: int
    is_hiring_manager: bool = False
    is_recruiter: bool = False
    is_the_candidate: bool = False
    panel_card_count: int = 0
    submitted_count: int = 0
    excused_count: int = 0
    others_are_in: bool = False

    @property
    def owes_a_card(self) -> bool:
        """Tell whether a card of their own is still to be submitted: until then they read nobody else's.

        An excuse can be taken back until somebody else's card is in: while it can, it opens nothing."""
        done = self.submitted_count + (self.excused_count if self.others_are_in else 0)
        return done < self.panel_card_count

    @property
    def may_read_after_own(self) -> bool:
        """Tell whether earlier employers and the summary, which mislead, may be seen: by raters after their card."""
        knows = self.is_hiring_manager or self.is_recruiter or self.submitted_count > 0
        return knows and not self.owes_a_card and not self.is_the_candidate


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What of a card decides who may read it."""

    owner_id: int
    submitted: bool
    decided: bool = False


def may_read(reader: Reader, card: CardFacts) -> bool:
    """Tell whether the reader may read this card (SECURITY section 6, row "score - view others'").

    Own: always. Others': only submitted ones, and only once nothing of one's own is owed; then the hiring manager of
    the job, an interviewer who submitted, and the recruiter after the decision. Nobody else, admins included."""
    if reader.is_the_candidate:
        return False
    if card.owner_id == reader.person_id:
        return True
    if not card.submitted or reader.owes_a_card:
        return False
    return reader.is_hiring_manager or reader.submitted_count > 0 or (reader.is_recruiter and card.decided)
