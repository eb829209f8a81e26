"""What the tests of summaries stand on: a pitch with a transcript, consent, a model's server, and a worker by hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session, sessionmaker

from interview import jobs
from interview.adapters.llm import OpenAIModel, Reach
from interview.db import writing
from interview.ports import LanguageModel
from interview.prep import service as prep
from interview.prep.rules import ConsentKind
from interview.summary import service
from interview.summary.models import SummaryRun
from interview.transcript import service as transcript
from interview.transcript.rules.speakers import Speaker, SpeakerKind
from tests.scorecard.stage import bring_transcript, choose_rubric, interview_of
from tests.support.cast import Cast
from tests.support.model_server import Behaviour, ModelServer, model_server

KEY = "sk-canary-0123456789"
TALK = (
    ("Ivo", "Thanks for coming, please sell us your product as you would to a customer."),
    ("Cleo", "What happens today when two people on your team answer the same customer?"),
    ("Ivo", "The customer hears two different prices and then somebody has to call back and say sorry."),
    ("Cleo", "And how many of those calls do you make in a normal week, roughly?"),
    ("Ivo", "I would say 40 calls, and every one of them takes us ten minutes or more."),
    ("Cleo", "So that is most of a working day every week. Our shared inbox shows who is answering before you type."),
    ("Cleo", "What it does not do is route calls by language, that does not exist today and I will not guess a date."),
    ("Ivo", "Would the price change for us if we only start with one team in the first quarter?"),
    ("Cleo", "It is priced by seat, so you would start with 12 seats and grow from there when it proves itself."),
)


def webvtt(talk: Any = TALK) -> bytes:
    """The talk as a file."""

    def at(second: int) -> str:
        return f"00:{second // 60:02}:{second % 60:02}.000"

    cues = (f"{at(10 * n)} --> {at(10 * n + 9)}\n<v {who}>{words}\n" for n, (who, words) in enumerate(talk))
    return ("WEBVTT\n\n" + "\n".join(cues)).encode()


def pitched(cast: Cast, talk: Any = TALK, *, consent: bool = True) -> None:
    """Let Cleo's pitch be over, with a rubric, a transcript whose speakers are named, and consent."""
    choose_rubric(cast)
    agree(cast, consent)
    cast.clock.forward(days=2, hours=1)
    bring(cast, talk)


def bring(cast: Cast, talk: Any) -> None:
    bring_transcript(cast, webvtt(talk))
    said = {"Cleo": Speaker(SpeakerKind.CANDIDATE), "Ivo": Speaker(SpeakerKind.PANEL, cast.person_ids["ivo"])}
    with writing(cast.session) as session:
        found = transcript.transcript_of(session, cast.interview_id)
        assert found is not None
        known = {one.label for one in transcript.labels(session, found)}
        speakers = {label: who for label, who in said.items() if label in known}
        transcript.map_speakers(
            session,
            cast.actor("mara"),
            interview_of(cast),
            number=found.number,
            speakers=speakers,
            now=cast.clock.now(),
        )


def agree(cast: Cast, agreed: bool) -> None:
    with writing(cast.session) as session:
        answers = {ConsentKind.RECORDING: True, ConsentKind.AI: agreed}
        prep.answer_consents(session, cast.actor("cleo"), answers, now=cast.clock.now())


def model_at(base_url: str, *, deadline_s: float = 20, **changed: Any) -> OpenAIModel:
    """A door to a server, that waits for nothing between tries."""
    reach = Reach(base_url, changed.pop("name", "test-model"), KEY, deadline_s, True, changed.pop("temperature", None))
    prices = {"input_price": Decimal("1"), "output_price": Decimal("4")}
    return OpenAIModel(reach, sleep=lambda _: None, **(prices | changed))


def use(cast: Cast, model: LanguageModel) -> None:
    """Set the application up with a model."""
    cast.app.extensions["pitchproof"] = replace(cast.app.extensions["pitchproof"], model=model)


@contextmanager
def served(cast: Cast, behaviour: Behaviour, **model: Any) -> Iterator[ModelServer]:
    """Run a model's server and set the application up with it."""
    with model_server(behaviour) as server:
        use(cast, model_at(server.base_url, **model))
        yield server


def begin(cast: Cast) -> service.Begun:
    about = cast.app.extensions["pitchproof"].model.about
    with writing(cast.session) as session:
        return service.begin(session, cast.actor("mara"), interview_of(cast), about, now=cast.clock.now())


def work(cast: Cast, *, rounds: int = 50) -> None:
    """Do what waits for a worker."""
    sessions = sessionmaker(cast.session.get_bind())
    for _ in range(rounds):
        with sessions() as session:
            due = jobs.due(session, now=cast.clock.now(), count_max=10)
        if not due:
            break
        for one in due:
            jobs.perform(
                sessions,
                one.job_id,
                one.round,
                worker="w",
                clock=cast.clock,
                doors=cast.app.extensions["pitchproof"],
            )
    cast.session.rollback()


def newest(cast: Cast) -> SummaryRun:
    cast.session.rollback()
    cast.session.expire_all()
    return service.runs(cast.session, cast.interview_id)[0]


def sentences(session: Session, run: SummaryRun) -> list[service.ShownClaim]:
    return [one for claims in service.claims_of(session, run).values() for one in claims]
