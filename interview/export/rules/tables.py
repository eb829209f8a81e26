"""The tables of an export: their columns, and what each column means, in the order in which they are written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

SCHEMA = "pitchproof.export/1"
ONE_DAY = "Every number here describes one exercise on one day, as this panel saw it."


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name for programs, and what it holds for people."""

    name: str
    says: str


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its name, what a row is, its columns."""

    name: str
    says: str
    columns: tuple[Column, ...]

    @property
    def header(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(column.name for column in self.columns)


def _columns(text: str) -> tuple[Column, ...]:
    """Read "name: what it holds" lines."""
    pairs = (line.strip().split(": ", 1) for line in text.strip().splitlines())
    return tuple(Column(name, says) for name, says in pairs)


_CANDIDATE = _columns("""
    application_id: the candidate on this job
    candidate: name
    email: e-mail address
    job: title of the job
    stage: invited, preparing, ready, pitched, scored or decided
    applied_at: since when on this job
    prep_state: todo, doing or done; empty where the job keeps no record or your own scorecard is due
    prep_pct: share of the preparation done, in percent, as the server observed it
    knowledge_check: how the knowledge check stands
    pitch_at: start of the latest pitch interview
    scorecards_in: submitted scorecards
    scorecards_expected: seats on the panel that owe one: neither declined, dismissed nor reassigned
    sealed: yes where scorecards are hidden from you for now: your own is due, or nothing is decided yet
    rubric: name of the rubric
    rubric_version: its version; several where scorecards stand on different ones
    composite_mean: mean of the interviewers' weighted means on the scale 1-5, one decimal; split panels: of attributes
    composite_n: interviewers with a weighted mean (at least 70 % of the weight observed)
    composite_range: highest minus lowest weighted mean; 2 or more is a disagreement; empty for split panels
    recommendations: overall recommendations with their counts
    would_buy: answers to the headline question with their counts
""")
_DECISION = _columns("""
    decision: advance, hold, reject or hired, where one is in force
    rejection_reason: from the list, for a rejection
    decision_reason: in the decider's words
    decided_by: who decided
    decided_at: when
    url: page of the debrief
""")
SCORECARDS = Table(
    "scorecards",
    "one row per submitted scorecard",
    _columns("""
    scorecard_id: the scorecard
    application_id: the candidate on this job
    candidate: name
    interview_id: the pitch interview
    interviewer_id: who scored
    interviewer: name
    rubric: name of the rubric
    rubric_version: its version
    would_buy: answer to the headline question: yes, no or not_sure
    recommendation: strong_no, no, yes, strong_yes or no_decision; no part of any mean
    weighted_mean: sum of weight x score over the observed attributes, one decimal; empty below 70 % observed weight
    weighted_mean_submitted: the same as it was submitted, without revisions
    observed_pct: share of the weight that was observed, in percent
    takeaways: key takeaways
    submitted_at: when it was submitted and locked
"""),
)
RATINGS = Table(
    "ratings",
    "one row per candidate, interviewer and attribute",
    _columns("""
    application_id: the candidate on this job
    candidate: name
    interview_id: the pitch interview
    scorecard_id: the scorecard
    rubric_version: version of the rubric
    attribute_id: key of the attribute
    attribute: its name
    interviewer_id: who scored
    interviewer: name
    score: 1 to 5 as it was submitted; empty where not observed
    not_observed: yes where the attribute was not observed; it never counts as a number
    revised_score: what it was revised to after the debrief; empty where it was not, or to not observed
    revision_reasons: why, one revision a line; a revised score counts in means
    scale_min: lowest point
    scale_max: highest point
    weight: weight of the attribute on this job
    note: what the interviewer saw or heard
    evidence_segment_ids: cited transcript segments
    evidence_starts: where they begin in the recording
    evidence_quotes: their words as they were read, one citation a line
    submitted_at: when the scorecard was submitted
    locked: yes: a submitted scorecard no longer changes
"""),
)
EVIDENCE = Table(
    "evidence",
    "one row per citation",
    _columns("""
    application_id: the candidate on this job
    candidate: name
    scorecard_id: the scorecard
    interviewer: who cited
    attribute_id: key of the attribute
    attribute: its name
    segment_id: transcript segment
    start_ms: where it begins in the recording, in milliseconds
    start: the same as minutes and seconds
    quote: the words as they were read
"""),
)


def candidates(attributes: Sequence[tuple[str, str]]) -> Table:
    """Return the wide table: one row per candidate, with a mean per attribute (key, name)."""
    means = tuple(
        Column(f"mean_{key}", f"mean score for “{name}”, one decimal, of who observed it") for key, name in attributes
    )
    return Table("candidates", "one row per candidate", _CANDIDATE + means + _DECISION)


def all_tables(attributes: Sequence[tuple[str, str]]) -> tuple[Table, ...]:
    """Return the tables of an export in their order."""
    return candidates(attributes), SCORECARDS, RATINGS, EVIDENCE
