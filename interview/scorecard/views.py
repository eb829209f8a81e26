"""The pages of scorecards: one's own with its kit, autosave, submission and revisions; the panel's cards and excuses;
the split of attributes; earlier employers."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from interview.errors import Conflict, Invalid
from interview.hiring import service as hiring
from interview.hiring.models import Application, Interview
from interview.hiring.rules import SEAT_WORDS
from interview.people import service as people
from interview.rubric import service as rubric
from interview.scorecard import forms, rules, service
from interview.scorecard.forms import DeclineForm, EmployersForm, ExcuseForm, RevisionForm, Saving
from interview.scorecard.rules import CardState, Recommendation, WouldBuy
from interview.scorecard.service import OwnCard, ScorecardChangedElsewhere, ScorecardIncomplete
from interview.transcript import service as transcript
from interview.web.database import reading, writing
from interview.web.fields import sent_fields
from interview.web.guard import actor, may, now

blueprint = Blueprint("scorecard", __name__)

BUY_WORDS = {WouldBuy.YES: "Yes", WouldBuy.NO: "No", WouldBuy.NOT_SURE: "Not sure"}
STATE_WORDS = {
    CardState.NOT_YET: "not begun: the pitch is ahead",
    CardState.DUE: "due",
    CardState.OVERDUE: "overdue",
    CardState.SUBMITTED: "submitted",
    CardState.DECLINED: "declined",
    CardState.DISMISSED: "dismissed",
    CardState.REASSIGNED: "reassigned",
}


@blueprint.app_context_processor
def _sealed() -> dict[str, object]:
    return {"employers_of": lambda application: service.employers_of(reading(), actor(), application)}


@blueprint.get("/interviews/<int:interview_id>/scorecard")
@may("scorecard.own")
def show(interview_id: int) -> ResponseReturnValue:
    """Show one's own scorecard: to fill in, or as it was submitted."""
    session = reading()
    interview = hiring.interview(session, interview_id)
    card = service.own_card(session, actor(), interview)
    excusal = service.excusal_of(session, interview_id, actor().person_id)
    if card.submitted_at is None and excusal is None:
        return _page(interview, card)
    return render_template(
        "scorecard/submitted.html" if excusal is None else "scorecard/excused.html",
        interview=interview,
        card=card,
        excusal=excusal,
        is_revisable=service.is_revisable(session, interview, now=now()),
        seats=service.panel_of(session, interview, now=now()),
        owes=service.owes_a_card(session, actor(), interview.application_id),
        **_words(),
    )


@blueprint.post("/interviews/<int:interview_id>/scorecard")
@may("scorecard.own")
def save(interview_id: int) -> ResponseReturnValue:
    """Save the form as a whole, for browsers without JavaScript; a conflict gives back what was typed."""
    saving = forms.read_saving(sent_fields())
    try:
        _store(interview_id, saving)
    except ScorecardChangedElsewhere as conflict:
        return _conflict_page(interview_id, saving, conflict), 409
    flash("Saved. Nobody else can read it until you submit.", "success")
    return redirect(url_for("scorecard.show", interview_id=interview_id), 303)


@blueprint.patch("/interviews/<int:interview_id>/scorecard")
@may("scorecard.own")
def autosave(interview_id: int) -> ResponseReturnValue:
    """Save what the page sends while one writes; answers with the new edition."""
    card = _store(interview_id, forms.read_saving(sent_fields()))
    assert card.saved_at is not None
    return jsonify(edition=card.edition, saved_at=card.saved_at.isoformat(), progress=card.completeness.sentence)


@blueprint.post("/interviews/<int:interview_id>/scorecard/submission")
@may("scorecard.own")
def submit(interview_id: int) -> ResponseReturnValue:
    """Save what came with it, ask once, then lock the card; what is missing is said and nothing is lost."""
    if "edition" in request.form:
        saving = forms.read_saving(sent_fields())
        try:
            _store(interview_id, saving)
        except ScorecardChangedElsewhere as conflict:
            return _conflict_page(interview_id, saving, conflict), 409
    if "confirmed" not in request.form:
        return _confirmation(interview_id)
    try:
        with writing() as session:
            service.submit(session, actor(), hiring.interview(session, interview_id), now=now())
    except ScorecardIncomplete as incomplete:
        return _incomplete(interview_id, incomplete.sentences)
    flash("Submitted and locked. The others' cards that are in are open to you now.", "success")
    return redirect(url_for("scorecard.panel", interview_id=interview_id), 303)


@blueprint.get("/interviews/<int:interview_id>/scorecards")
@may("scorecard.view")
def panel(interview_id: int) -> ResponseReturnValue:
    """Show the panel's cards that the reader may read; of the others only where they stand."""
    session = reading()
    interview = hiring.interview(session, interview_id)
    cards = service.readable_scorecards(session, actor(), interview_id=interview_id)
    seats = service.panel_of(session, interview, now=now())
    return render_template(
        "scorecard/panel.html",
        interview=interview,
        cards=[card for card in cards if card.submitted_at is not None],
        seats=seats,
        without=rules.without_sentence([seat.excused for seat in seats if seat.excused]),
        all_in=all(seat.state is CardState.SUBMITTED for seat in seats),
        owes=service.owes_a_card(session, actor(), interview.application_id),
        **_words(),
    )


# -- after the debrief ---------------------------------------------------------------------------------------------


@blueprint.get("/interviews/<int:interview_id>/scorecard/revision")
@may("scorecard.own")
def revision(interview_id: int) -> ResponseReturnValue:
    """Offer to revise one rating of one's own submitted scorecard."""
    session = reading()
    service.check_revisable(session, actor(), hiring.interview(session, interview_id), now=now())
    return _revision_page(interview_id, RevisionForm(formdata=None))


@blueprint.post("/interviews/<int:interview_id>/scorecard/revision")
@may("scorecard.own")
def revise(interview_id: int) -> ResponseReturnValue:
    """Add a revision beside the original."""
    form = RevisionForm()
    card = _own(interview_id)
    form.offer([(one.key, one.name) for one in card.chosen.attributes], card.chosen.rubric.scale)
    if not form.validate():
        return _revision_page(interview_id, form), 422
    try:
        with writing() as session:
            interview = hiring.interview(session, interview_id)
            service.revise(
                session, actor(), interview, form.attribute.data, form.value, form.reason.data or "", now=now()
            )
    except Invalid as refusal:
        form.form_errors.append(refusal.sentence)
        return _revision_page(interview_id, form), 422
    flash("Revised. What you gave first stays beside it.", "success")
    return redirect(url_for("scorecard.show", interview_id=interview_id), 303)


def _own(interview_id: int) -> OwnCard:
    return service.own_card(reading(), actor(), hiring.interview(reading(), interview_id))


def _revision_page(interview_id: int, form: RevisionForm) -> str:
    card = _own(interview_id)
    form.offer([(one.key, one.name) for one in card.chosen.attributes], card.chosen.rubric.scale)
    return render_template(
        "scorecard/revision.html", interview=hiring.interview(reading(), interview_id), card=card, form=form
    )


# -- who owes no card ----------------------------------------------------------------------------------------------


@blueprint.get("/interviews/<int:interview_id>/scorecard/decline")
@may("scorecard.own")
def declining(interview_id: int) -> str:
    """Ask for the reason before the own scorecard is declined."""
    return _decline_page(interview_id, DeclineForm(formdata=None))


@blueprint.post("/interviews/<int:interview_id>/scorecard/decline")
@may("scorecard.own")
def decline(interview_id: int) -> ResponseReturnValue:
    """Decline the own scorecard, with a reason."""
    form = DeclineForm()
    if not form.validate():
        return _decline_page(interview_id, form), 422
    try:
        with writing() as session:
            interview = hiring.interview(session, interview_id)
            service.decline(session, actor(), interview, form.reason.data or "", now=now())
    except (Invalid, Conflict) as refusal:
        form.form_errors.append(refusal.sentence)
        return _decline_page(interview_id, form), 409 if isinstance(refusal, Conflict) else 422
    flash("Declined. The panel counts without your scorecard.", "success")
    return redirect(url_for("scorecard.show", interview_id=interview_id), 303)


def _decline_page(interview_id: int, form: DeclineForm) -> str:
    interview = hiring.interview(reading(), interview_id)
    return render_template("scorecard/decline.html", interview=interview, form=form)


@blueprint.post("/interviews/<int:interview_id>/scorecard/decline/undo")
@may("scorecard.own")
def undo_decline(interview_id: int) -> ResponseReturnValue:
    """Take one's own declining back."""
    with writing() as session:
        interview = hiring.interview(session, interview_id)
        service.take_back(session, actor(), interview, actor().person_id or 0, now=now())
    flash("Your scorecard is expected again.", "success")
    return redirect(url_for("scorecard.show", interview_id=interview_id), 303)


@blueprint.get("/interviews/<int:interview_id>/panel/<int:person_id>/excuse")
@may("scorecard.excuse")
def excusing(interview_id: int, person_id: int) -> str:
    """Ask for the reason, and for somebody instead, before a panel counts without somebody's scorecard."""
    return _excuse_page(interview_id, person_id, ExcuseForm(formdata=None))


@blueprint.post("/interviews/<int:interview_id>/panel/<int:person_id>/excuse")
@may("scorecard.excuse")
def excuse(interview_id: int, person_id: int) -> ResponseReturnValue:
    """Dismiss somebody's scorecard, or reassign it to somebody else."""
    form = ExcuseForm()
    _offer_people(form)
    if not form.validate():
        return _excuse_page(interview_id, person_id, form), 422
    to_id, reason = form.instead.data, form.reason.data or ""
    try:
        with writing() as session:
            interview = hiring.interview(session, interview_id)
            if to_id:
                service.reassign(session, actor(), interview, person_id, to_id, reason, now=now())
            else:
                service.dismiss(session, actor(), interview, person_id, reason, now=now())
    except (Invalid, Conflict) as refusal:
        form.form_errors.append(refusal.sentence)
        return _excuse_page(interview_id, person_id, form), 409 if isinstance(refusal, Conflict) else 422
    flash("Reassigned." if to_id else "Dismissed. The panel counts without this scorecard.", "success")
    return redirect(url_for("scorecard.panel", interview_id=interview_id), 303)


def _offer_people(form: ExcuseForm) -> None:
    form.offer([(one.id, one.name) for one in people.people(reading()) if one.disabled_at is None])


def _excuse_page(interview_id: int, person_id: int, form: ExcuseForm) -> str:
    session = reading()
    _offer_people(form)
    interview = hiring.interview(session, interview_id)
    return render_template(
        "scorecard/excuse.html",
        interview=interview,
        seat=service.seat_of(session, interview, person_id, now=now()),
        form=form,
    )


@blueprint.post("/interviews/<int:interview_id>/panel/<int:person_id>/excuse/undo")
@may("scorecard.excuse")
def undo_excuse(interview_id: int, person_id: int) -> ResponseReturnValue:
    """Let somebody owe the scorecard again."""
    with writing() as session:
        service.take_back(session, actor(), hiring.interview(session, interview_id), person_id, now=now())
    flash("The scorecard is expected again.", "success")
    return redirect(url_for("scorecard.panel", interview_id=interview_id), 303)


# -- attributes split across raters --------------------------------------------------------------------------------


@blueprint.get("/jobs/<int:job_id>/split")
@may("rubric.manage")
def split(job_id: int) -> str:
    """Show which rater is asked for which attributes, and what speaks against it."""
    return _split_page(job_id)


@blueprint.post("/jobs/<int:job_id>/split")
@may("rubric.manage")
def save_split(job_id: int) -> ResponseReturnValue:
    """Split the attributes across the raters of the plan."""
    fields = request.form.to_dict(flat=False)
    session = reading()
    raters = [seat.person_id for seat in hiring.plan_seats(session, hiring.plan_step(session, job_id))]
    parts = forms.read_split(fields, raters)
    try:
        with writing() as session:
            service.split(session, actor(), job_id, parts, now=now())
    except Invalid as refusal:
        return _split_page(job_id, parts, refusal.sentence), 422
    flash("Saved. Scorecards that are begun keep what they were asked for.", "success")
    return redirect(url_for("scorecard.split", job_id=job_id), 303)


def _split_page(job_id: int, typed: Mapping[int, Collection[str]] | None = None, problem: str = "") -> str:
    session = reading()
    chosen = rubric.chosen(session, job_id)
    raters = hiring.plan_seats(session, hiring.plan_step(session, job_id))
    parts = typed if typed is not None else service.split_of(session, job_id) if chosen else {}
    named = {f"{seat.person.name}": parts.get(seat.person_id, ()) for seat in raters}
    return render_template(
        "scorecard/split.html",
        job=hiring.job(session, job_id),
        chosen=chosen,
        raters=raters,
        asked_of=parts,
        problem=problem,
        warnings=rules.split_warnings({one.key: one.name for one in chosen.attributes}, named) if chosen else (),
    )


# -- what misleads raters ------------------------------------------------------------------------------------------


@blueprint.get("/applications/<int:application_id>/employers")
@may("candidate.invite")
def employers(application_id: int) -> str:
    """Show the form of a candidate's earlier employers, or say that it is sealed."""
    application = hiring.application(reading(), application_id)
    known = service.employers_of(reading(), actor(), application)
    return _employers_page(application, None if known is None else EmployersForm(formdata=None, employers=known))


@blueprint.post("/applications/<int:application_id>/employers")
@may("candidate.invite")
def note_employers(application_id: int) -> ResponseReturnValue:
    """Note a candidate's earlier employers."""
    form = EmployersForm()
    try:
        with writing() as session:
            application = hiring.application(session, application_id)
            service.note_employers(session, actor(), application, form.employers.data or "", now=now())
    except Invalid as refusal:
        form.employers.errors = [refusal.sentence]
        return _employers_page(hiring.application(reading(), application_id), form), 422
    flash("Saved. Raters see it after their own scorecard.", "success")
    return redirect(url_for("hiring.application", application_id=application_id), 303)


def _employers_page(application: Application, form: EmployersForm | None) -> str:
    return render_template("scorecard/employers.html", application=application, form=form)


def _store(interview_id: int, saving: Saving) -> OwnCard:
    with writing() as session:
        interview = hiring.interview(session, interview_id)
        return service.save(
            session,
            actor(),
            interview,
            saving.draft,
            edition=saving.edition,
            save_keys=saving.save_keys,
            now=now(),
        )


def _page(interview: Interview, card: OwnCard, *, problems: tuple[str, ...] = (), conflict: str = "") -> str:
    session = reading()
    return render_template(
        "scorecard/show.html",
        interview=interview,
        card=card,
        problems=problems,
        conflict=conflict,
        seats=service.panel_of(session, interview, now=now()),
        segments=transcript.segments_of(session, interview.id),
        **_words(),
    )


def _conflict_page(interview_id: int, saving: Saving, conflict: ScorecardChangedElsewhere) -> str:
    session = reading()
    interview = hiring.interview(session, interview_id)
    card = service.typed_card(session, actor(), interview, saving.draft, edition=conflict.edition)
    return _page(interview, card, conflict=conflict.sentence)


def _confirmation(interview_id: int) -> ResponseReturnValue:
    session = reading()
    interview = hiring.interview(session, interview_id)
    card = service.own_card(session, actor(), interview)
    if card.missing:
        return _incomplete(interview_id, card.missing)
    return render_template("scorecard/submit.html", interview=interview, card=card)


def _incomplete(interview_id: int, sentences: tuple[str, ...]) -> ResponseReturnValue:
    session = reading()
    interview = hiring.interview(session, interview_id)
    return _page(interview, service.own_card(session, actor(), interview), problems=sentences), 422


def _words() -> dict[str, object]:
    return {
        "buy_words": BUY_WORDS,
        "state_words": STATE_WORDS,
        "seat_words": SEAT_WORDS,
        "recommendations": tuple(Recommendation),
    }
