"""Pages of the knowledge check: the bank for the hiring team; attempt, answers and result for the candidate."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from interview.access import Actor, Place
from interview.errors import Invalid, Unreadable
from interview.hiring import service as hiring
from interview.hiring.models import Application
from interview.knowledge import rules, service
from interview.knowledge.forms import QuestionForm, SettingsForm, read_answers, show_faults
from interview.knowledge.models import Attempt
from interview.web.database import reading, writing
from interview.web.guard import actor, may, now, stands_for

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

blueprint = Blueprint("knowledge", __name__)

Titles: TypeAlias = "Callable[[Session, int], Mapping[int, str]]"
_titles: list[Titles] = []


def material_titles(provider: Titles) -> Titles:
    """Register what knows the titles of a job's material (job id -> material id -> title); a room above does."""
    _titles.append(provider)
    return provider


def _titles_of(session: Session, job_id: int) -> dict[int, str]:
    return {number: title for provider in _titles for number, title in provider(session, job_id).items()}


@stands_for("question_id")
def _question(db: Session, one: Actor, question_id: int) -> Place | None:
    return service.place_of_question(db, one, question_id)


# -- the hiring team -----------------------------------------------------------------------------------------------


@blueprint.get("/jobs/<int:job_id>/questions")
@may("question.manage")
def questions(job_id: int) -> str:
    """Show a job's question bank and how its check runs."""
    return _bank_page(job_id, SettingsForm.of(service.settings_of(reading(), job_id)))


@blueprint.post("/jobs/<int:job_id>/questions/settings")
@may("question.manage")
def settings(job_id: int) -> ResponseReturnValue:
    """Change how the check runs."""
    form = SettingsForm()
    if form.validate_on_submit():
        try:
            with writing() as db:
                service.set_settings(db, actor(), hiring.job(db, job_id), form.settings(), now=now())
        except Invalid as refusal:
            show_faults(form, refusal)
        else:
            flash("The knowledge check is set.", "success")
            return redirect(url_for("knowledge.questions", job_id=job_id), 303)
    return _bank_page(job_id, form), 422


@blueprint.get("/jobs/<int:job_id>/questions/new")
@may("question.manage")
def new(job_id: int) -> str:
    """Show an empty question."""
    return _question_page(job_id, QuestionForm())


@blueprint.post("/jobs/<int:job_id>/questions/new")
@may("question.manage")
def add(job_id: int) -> ResponseReturnValue:
    """Add a question to the bank."""
    form = QuestionForm().with_materials(_titles_of(reading(), job_id))
    if form.validate_on_submit():
        try:
            with writing() as db:
                service.add_question(db, actor(), hiring.job(db, job_id), form.text(), now=now())
        except Invalid as refusal:
            show_faults(form, refusal)
        else:
            flash("The question is in the bank.", "success")
            return redirect(url_for("knowledge.questions", job_id=job_id), 303)
    return _question_page(job_id, form), 422


@blueprint.get("/jobs/<int:job_id>/questions/<int:question_id>")
@may("question.manage")
def edit(job_id: int, question_id: int) -> str:
    """Show a question to change it."""
    text = service.question(reading(), question_id).newest.text
    return _question_page(job_id, QuestionForm.of(text), question_id)


@blueprint.post("/jobs/<int:job_id>/questions/<int:question_id>")
@may("question.manage")
def change(job_id: int, question_id: int) -> ResponseReturnValue:
    """Give a question a new version."""
    form = QuestionForm(material_id=str(service.question(reading(), question_id).newest.material_id or ""))
    form.with_materials(_titles_of(reading(), job_id))
    if form.validate_on_submit():
        try:
            with writing() as db:
                service.change_question(db, actor(), service.question(db, question_id), form.text(), now=now())
        except Invalid as refusal:
            show_faults(form, refusal)
        else:
            flash("The question is changed. Attempts that began before keep the old wording.", "success")
            return redirect(url_for("knowledge.questions", job_id=job_id), 303)
    return _question_page(job_id, form, question_id), 422


@blueprint.post("/jobs/<int:job_id>/questions/<int:question_id>/retire")
@may("question.manage")
def retire(job_id: int, question_id: int) -> ResponseReturnValue:
    """Ask a question no more."""
    with writing() as db:
        service.retire_question(db, actor(), service.question(db, question_id), now=now())
    flash("The question is not asked any more. Answers given to it stay.", "success")
    return redirect(url_for("knowledge.questions", job_id=job_id), 303)


@blueprint.post("/jobs/<int:job_id>/questions/<int:question_id>/restore")
@may("question.manage")
def restore(job_id: int, question_id: int) -> ResponseReturnValue:
    """Ask a retired question again."""
    with writing() as db:
        service.restore_question(db, actor(), service.question(db, question_id), now=now())
    flash("The question is asked again.", "success")
    return redirect(url_for("knowledge.questions", job_id=job_id), 303)


def _bank_page(job_id: int, form: SettingsForm) -> str:
    db = reading()
    bank = service.bank(db, job_id)
    return render_template(
        "knowledge/questions.html",
        job=hiring.job(db, job_id),
        form=form,
        settings=service.settings_of(db, job_id),
        in_effect=service.settings_in_effect(db, job_id),
        unobserved=service.timelines_of(db, [job_id]).get(job_id, []),
        asked=[one for one in bank if one.retirement is None],
        retired=[one for one in bank if one.retirement is not None],
        titles=_titles_of(db, job_id),
    )


def _question_page(job_id: int, form: QuestionForm, question_id: int | None = None) -> str:
    db = reading()
    form.with_materials(_titles_of(db, job_id))
    topics = sorted({one.newest.topic for one in service.bank(db, job_id)})
    return render_template(
        "knowledge/question.html", job=hiring.job(db, job_id), form=form, topics=topics, question_id=question_id
    )


# -- the candidate -------------------------------------------------------------------------------------------------


@blueprint.get("/prep/knowledge")
@may("prep.own")
def show() -> str:
    """Say what the check is, where one stands and what comes next."""
    application = _own_application(reading())
    overview = service.overview(reading(), application, now=now())
    return render_template(
        "knowledge/show.html",
        application=application,
        overview=overview,
        needed_count=rules.needed_count(overview.asked_count, overview.settings.needed_pct),
    )


@blueprint.post("/prep/knowledge/attempts")
@may("prep.own")
def start() -> ResponseReturnValue:
    """Draw and store an attempt, or go on with the open one."""
    with writing() as db:
        chance = secrets.SystemRandom()
        number = service.start(db, actor(), _own_application(db), chance=chance, now=now()).number
    return redirect(url_for("knowledge.attempt", number=number), 303)


@blueprint.get("/prep/knowledge/attempts/<int:number>")
@may("prep.own")
def attempt(number: int) -> ResponseReturnValue:
    """Show an attempt's questions; once it is submitted, its result."""
    found = _own_attempt(reading(), number)
    if found.result is not None:
        return redirect(url_for("knowledge.result", number=number))
    if _is_one_at_a_time():
        return _one_page(found, request.args.get("question", type=int))
    return _attempt_page(found)


@blueprint.post("/prep/knowledge/attempts/<int:number>/questions/<int:ordinal>")
@may("prep.own")
def answer(number: int, ordinal: int) -> ResponseReturnValue:
    """Keep the answer to one question, where they are shown one at a time, and go on to the next that is open."""
    answers = read_answers(request.form)
    if set(answers) - {ordinal}:
        raise Invalid("An answer was sent in a way no page of ours does. Reload the page and answer again.")
    found = _own_attempt(reading(), number)
    if not answers and found.result is None:
        return _one_page(found, ordinal, asked_to_choose=True), 422
    with writing() as db:
        service.answer(db, _own_attempt(db, number), answers, now=now())
    return redirect(url_for("knowledge.attempt", number=number), 303)


@blueprint.patch("/prep/knowledge/attempts/<int:number>")
@may("prep.own")
def autosave(number: int) -> ResponseReturnValue:
    """Keep answers while they are given; nothing about them is told."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise Unreadable("Answers are sent as a JSON object.")
    with writing() as db:
        service.answer(db, _own_attempt(db, number), read_answers(body), now=now())
    return {"saved": True}


@blueprint.post("/prep/knowledge/attempts/<int:number>")
@may("prep.own")
def submit(number: int) -> ResponseReturnValue:
    """Grade an attempt once; with questions left open it asks first."""
    answers = read_answers(request.form)
    with writing() as db:
        found = _own_attempt(db, number)
        asks_first = bool(service.open_count(found, answers)) and "anyway" not in request.form and found.result is None
        if asks_first:
            service.answer(db, found, answers, now=now())
        else:
            service.submit(db, actor(), found, answers, now=now())
    if asks_first and _is_one_at_a_time():
        return redirect(url_for("knowledge.attempt", number=number), 303)
    if asks_first:
        return _attempt_page(_own_attempt(reading(), number), asked_to_submit=True), 422
    return redirect(url_for("knowledge.result", number=number), 303)


@blueprint.get("/prep/knowledge/attempts/<int:number>/result")
@may("prep.own")
def result(number: int) -> ResponseReturnValue:
    """Show what a submitted attempt came to and where to watch again; never which answer is right."""
    db = reading()
    found = _own_attempt(db, number)
    if found.result is None:
        return redirect(url_for("knowledge.attempt", number=number))
    application = _own_application(db)
    return render_template(
        "knowledge/result.html",
        number=number,
        result=service.result(found),
        overview=service.overview(db, application, now=now()),
        titles=_titles_of(db, application.job_id),
    )


def _attempt_page(found: Attempt, *, asked_to_submit: bool = False) -> str:
    listed = service.shown(found)
    open_ordinals = [one.ordinal for one in listed if one.chosen is None]
    return render_template(
        "knowledge/attempt.html",
        number=found.number,
        questions=listed,
        open_ordinals=open_ordinals,
        asked_to_submit=asked_to_submit,
    )


def _is_one_at_a_time() -> bool:
    return bool(service.timelines_of(reading(), [_own_application(reading()).job_id]))


def _one_page(found: Attempt, ordinal: int | None, *, asked_to_choose: bool = False) -> str:
    """Show one question: the one asked for, else the first that is open; none when all are answered."""
    listed = service.shown(found)
    waiting = [one for one in listed if one.chosen is None]
    asked_for = [one for one in listed if one.ordinal == ordinal]
    return render_template(
        "knowledge/one.html",
        number=found.number,
        question=next(iter([*asked_for, *waiting]), None),
        questions=listed,
        asked_to_choose=asked_to_choose,
    )


def _own_application(db: Session) -> Application:
    return hiring.application(db, actor().application_id or 0)


def _own_attempt(db: Session, number: int) -> Attempt:
    return service.attempt(db, actor().application_id or 0, number)
