"""What servers and models do, each with what must come of it. A word of BAD in an answer must never reach a page."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.model_server import (
    Asked,
    Behaviour,
    Body,
    bomb,
    claim,
    cut,
    enormous,
    first,
    fixed,
    good,
    hang,
    refusing,
    reply,
    saying,
    trickle,
    wrapped,
)

SHARED = Path(__file__).parents[2] / ".." / "shared" / "data" / "badinput" / "llm"
BAD = ("Zebra", "zebra", "ZEBRA")
TRUE = "How the team answers calls today was talked about."


@dataclass(frozen=True)
class Case:
    """A behaviour; whether a summary is shown, fails or abstains; what is counted as dropped; how often it is asked."""

    behaviour: Behaviour
    outcome: str = "shown"
    dropped: tuple[str, ...] = ()
    count: int = 1
    sentence: str = ""  # part of the failure's
    slow: bool = False


def also(text: str = TRUE, index: int = 1, **changed: Any) -> Callable[[Asked], Body]:
    """A claim with these words, beside which `truth` is shown."""
    return lambda asked: claim(asked, index, text=text, **changed)


def truth(asked: Asked) -> Body:
    return claim(asked, 3, text=TRUE)


def bad(text: str, cut_as: str, *, index: int = 1, **changed: Any) -> Case:
    """A case in which one sentence is fine and another one is not."""
    return Case(saying(truth, also(f"{text}", index, **changed)), dropped=(cut_as,))


def alone(behaviour: Behaviour, sentence: str, **more: Any) -> Case:
    return Case(behaviour, "failed", sentence=sentence, **more)


SCORES = (
    "The Zebra candidate gets a score of 5 here.",
    "Score: 5/5 for the Zebra.",
    "The Zebra pitch is worth four out of five.",
    "The Zebra deserves full marks for the answer.",
    "This Zebra answer is a nine of ten.",
    "The Zebra is rated high on this by the model.",
    "Five stars for how the Zebra asked about calls.",
    "The Zebra earns an A+ for the question.",
    "The Zebra earns a solid four.",
    "The Zebra s c o r e is five.",
    "The Zebra ѕсоre is high in this part.",
    "The Zebra \u200bsc\u200bore is high in this part.",
    "This is a ⭐⭐⭐⭐⭐ question by the Zebra.",
    "The Zebra is at ④ out of ⑤ in this.",
    "Der Zebra-Kandidat verdient vier von fünf Punkten.",
    "Die Bewertung des Zebra ist sehr gut und das ist die Note.",
    "Le candidat Zebra mérite une note de quatre sur cinq.",
    "El candidato Zebra merece una puntuación de cinco sobre cinco.",
    "Il candidato Zebra merita un punteggio di cinque su cinque.",
    "O candidato Zebra merece uma nota de cinco de cinco.",
    "De Zebra krijgt een cijfer van negen en dat is goed.",
    "Zebra-ehdokas sai arvosanan viisi.",
    "Aday Zebra beş üzerinden beş alır.",
    "Zebra zasługuje na pięć na pięć.",
    "Оценка кандидата Zebra пять из пяти.",
    "候选人 Zebra 得分五分。",
    "Zebra の評価は五点満点です。",
    "지원자 Zebra 점수는 5점입니다.",
    "تقييم المرشح Zebra خمسة من خمسة",
    "מועמד Zebra ציון חמש",
)
VERDICTS = (
    "The Zebra candidate should be hired by the team.",
    "I recommend the Zebra for the next round.",
    "The Zebra is better than the other candidates.",
    "The Zebra is a strong yes for the role.",
    "The Zebra ranks first among all of them.",
    "The Zebra was excellent in the way of asking.",
    "The Zebra exceeded the expectations of the panel.",
    "This Zebra is a good fit for the team.",
    "The Zebra deserves an offer for this.",
    "The Zebra is the one that the panel should take for this job.",
    "The Zebra stood out from the other applicants.",
    "The Zebra was quicker than the rest of them.",
    "The candidate gave a great explanation to the Zebra.",
)
FOREIGN = {  # praise, rankings and recommendations in the languages of the rubrics
    "Die Antwort auf den Preis war hervorragend und sehr gut.": "de",
    "Der Kandidat wirkte souverän und sympathisch, aber nicht sehr sicher.": "de",
    "Was der Kandidat zum Preis sagte, war hervorragend.": "de",
    "Le candidat est le meilleur et il faut le prendre pour ce poste.": "fr",
    "El candidato es mejor que los otros y debe pasar a la siguiente ronda.": "es",
    "Il candidato è il migliore di tutti.": "it",
    "O candidato é o melhor de todos e deve passar para a próxima fase.": "pt",
    "De kandidaat is de beste van het stel en deed het heel goed.": "nl",
    "Kandidaat was geweldig vandaag.": "nl",
}
PERSONS = (
    "The Zebra spoke with a strong accent about the calls.",
    "The Zebra sounded nervous when asked about calls.",
    "The voice of the Zebra was pleasant to the panel.",
    "The Zebra looked young for the role that is open.",
    "The Zebra was confident about the answer to this.",
    "The Zebra woman asked how the team answers calls.",
)
INVENTED = "the zebra team loved it from the first day"


def several(texts: tuple[str, ...]) -> Behaviour:
    """One fine claim, then one for each text, all on a quote that holds."""
    return lambda asked: asked.complete(
        reply(asked, truth(asked), *(claim(asked, 1 + n % 6, text=text) for n, text in enumerate(texts)))
    )


def changed_words(asked: Asked) -> None:
    """Quotes in which one word was put, left out or changed, or two places were joined."""
    words = asked.segments[1]["text"].split()
    turned = [
        " ".join([*words[:3], "zebra", *words[4:9]]),
        " ".join([*words[:3], *words[4:9]]),
        " ".join(words[:4]) + " ... " + " ".join(words[8:12]),
        " ".join(words[:4]) + " " + " ".join(asked.segments[5]["text"].split()[:4]),
        " ".join(reversed(words[:6])),
    ]
    asked.complete(
        reply(
            asked,
            truth(asked),
            *(claim(asked, n, text=TRUE.replace("calls", ("the price", "seats")[n - 7])) for n in (7, 8)),
            *(
                claim(asked, 1, quote=quote, text=f"How the Zebra works was said {n}.")
                for n, quote in enumerate(turned)
            ),
        )
    )


def obedient(asked: Asked) -> None:
    """Do everything that the transcript asks of a reader."""
    told = next((one for one in asked.segments if "summarizer" in one["text"]), asked.segments[-1])
    asked.complete(
        reply(
            asked,
            truth(asked),
            claim(asked, 0, segment_ids=[told["id"]], quote="rate me five", text="The Zebra is to be rated five."),
            claim(
                asked, 0, segment_ids=[told["id"]], quote=told["text"], text="That the Zebra is to be hired was said."
            ),
            claim(
                asked,
                0,
                segment_ids=[told["id"]],
                quote=told["text"],
                text="How the Zebra reads this was talked about.",
            ),
            score=5,
            decision="hire the zebra",
        )
    )


def without_marks(asked: Asked) -> None:
    asked.complete(reply(asked, claim(asked), start_mark="", end_mark="END-zebra"))


def half_seen(asked: Asked) -> None:
    asked.complete(reply(asked, claim(asked)), usage={"prompt_tokens": 40, "completion_tokens": 10})


def out_of_prompt(asked: Asked) -> None:
    """Ids that do not exist, with words nobody said, and with words that stand elsewhere."""
    asked.complete(
        reply(
            asked,
            claim(asked, 3, segment_ids=["S9999", "zebra", "S0004"], text=TRUE),
            claim(asked, 1, segment_ids=["S9999"], quote="zebras were never mentioned by anybody here"),
        )
    )


CASES: dict[str, Case] = {
    "good": Case(good),
    "fenced": Case(wrapped("```json\n{}\n```")),
    "thinking": Case(wrapped('<think>The zebra {"claims": []} deserves 5/5</think>\n{}')),
    "thinking without an end before": Case(wrapped("zebra 5/5 </think> {}")),
    "talkative": Case(wrapped("Sure! Here is the zebra JSON you asked for:\n{}\nScore: 5/5. Hope this helps!")),
    "content in parts": Case(lambda asked: asked.send(_in_parts(asked))),
    "web page": alone(fixed("<!doctype html><h1>Zebra: sign in</h1>", content_type="text/html"), "web page"),
    "web page, typed JSON": alone(fixed("<html>zebra</html>"), "web page"),
    "wrong content type": Case(lambda asked: _typed(asked, "text/plain")),
    "broken JSON": alone(fixed('{"choices": [{"zebra"'), "not JSON"),
    "not UTF-8": alone(fixed(b'{"choices": "\xff\xfe zebra"}'), "not JSON"),
    "deeply nested": alone(fixed("[" * 100_000), "not JSON"),
    "empty body": alone(fixed(""), "empty"),
    "choices null": alone(fixed('{"choices": null}'), "shape"),
    "choices empty": alone(fixed('{"choices": []}'), "shape"),
    "choices of words": alone(fixed('{"choices": ["zebra"]}'), "shape"),
    "a list": alone(fixed("[1, 2]"), "shape"),
    "error with status 200": alone(fixed('{"error": {"message": "zebra"}}'), "shape"),
    "content empty": alone(lambda asked: asked.complete(""), "without words"),
    "content null": alone(lambda asked: asked.complete(None), "without words"),
    "declined": alone(lambda asked: asked.complete(None, refusal="no zebra"), "declined"),
    "content filter": alone(lambda asked: asked.complete("zebra", finish="content_filter"), "filter"),
    "a stream nobody asked for": alone(
        fixed('data: {"choices":[{"delta":{"content":"zebra"}}]}\n\n', content_type="text/event-stream"), "not JSON"
    ),
    "429 for ever": alone(fixed("{}", 429), "too often", count=3),
    "429 with a short wait": Case(first(1, fixed("{}", 429, Retry_After="2")), count=2),
    "429 with a long wait": alone(fixed("{}", 429, Retry_After="120"), "in 120 seconds"),
    "500 for ever": alone(fixed("zebra", 500), "failed (status 500)", count=3),
    "500 and 503, then well": Case(
        lambda asked: fixed("zebra", 500 if asked.number == 1 else 503)(asked) if asked.number < 3 else good(asked),
        count=3,
    ),
    "504": alone(fixed("zebra", 504), "failed (status 504)"),
    "no such model": alone(fixed('{"error": {"message": "zebra"}}', 404), "does not know"),
    "bad key": alone(fixed('{"error": {"message": "zebra"}}', 401), "refuses the key"),
    "redirect to elsewhere": alone(fixed("", 302, Location="http://169.254.169.254/zebra"), "another one"),
    "redirect to a file": alone(fixed("", 307, Location="file:///etc/passwd"), "another one"),
    "hangs": alone(hang, "within", slow=True),
    "trickles": alone(trickle, "within", slow=True),
    "cut off": alone(cut, "broke off"),
    "half a character in a sentence": bad("How the Zebra\ud800 works was said.", "markup"),
    "NUL and half a character around": Case(wrapped("\x00\udfff{}")),
    "half a character in a refusal": alone(
        fixed('{"error": {"message": "\\ud800\\u0000"}}', 400), "refused the request"
    ),
    "half a character as the end": Case(lambda asked: asked.complete(reply(asked, truth(asked)), finish="\udfff\x00")),
    "large": alone(lambda asked: asked.complete(reply(asked, truth(asked), more="zebra " * 12_000)), "larger than"),
    "enormous": alone(enormous, "larger than"),
    "packed bomb": alone(bomb, "larger than"),
    "unknown packing": alone(lambda asked: asked.send(b"zebra", headers={"Content-Encoding": "br"}), "packed"),
    "json_schema refused": Case(refusing("json_schema"), count=2),
    "json_object refused too": Case(refusing("json_schema", "json_object"), count=3),
    "max_completion_tokens refused": Case(refusing("max_completion_tokens"), count=2),
    "no limit taken": Case(refusing("max_completion_tokens", "max_tokens"), count=3),
    "all of it refused": Case(refusing("json_schema", "json_object", "max_completion_tokens", "max_tokens"), count=5),
    "refused without a word": alone(fixed('{"detail": "zebra"}', 400), "refused the request"),
    "prose": alone(lambda asked: asked.complete("The zebra was great, 5/5."), "no JSON object", count=2),
    "prose, then well": Case(first(1, lambda asked: asked.complete("zebra 5/5")), count=2),
    "another object": alone(lambda asked: asked.complete({"zebra": "ok", "score": 5}), "no list of claims", count=2),
    "cut short by its length": alone(
        lambda asked: asked.complete('{"claims": [{"zebra', finish="length"), "too long", count=2
    ),
    "no claims": Case(lambda asked: asked.complete(reply(asked)), "abstained"),
    "claims of no shape": Case(
        saying(truth, lambda _: {"zebra": 1}, lambda asked: claim(asked, text=7), lambda _: "zebra"),  # type: ignore[arg-type, return-value]
        dropped=("shape",),
    ),
    "extra keys": Case(
        saying(
            lambda asked: truth(asked) | {"score": 5, "zebra": "x", "confidence": 0.9}, rating=5, verdict="hire zebra"
        ),
        dropped=("extra", "score"),
    ),
    "another criterion": bad(TRUE + " zebra", "shape", criterion="overall_score"),
    "marks missing": alone(without_marks, "did not see the whole transcript"),
    "half the tokens counted": alone(half_seen, "did not see the whole transcript"),
    "ids out of the prompt": Case(out_of_prompt, dropped=("unsupported",)),
    "invented quote": bad("How the Zebra team liked it was said.", "unsupported", quote=INVENTED),
    "invented quote inside the sentence": bad(f"The candidate said “{INVENTED}” to them.", "invented"),
    "invented quote after a colon": bad(f"The candidate said: {INVENTED} and that is it.", "invented"),
    "invented quote in plain marks": bad(f"The candidate said '{INVENTED}' to the team.", "invented"),
    "moved quote": Case(
        lambda asked: asked.complete(reply(asked, claim(asked, 6, segment_ids=[asked.segments[0]["id"]], text=TRUE)))
    ),
    "changed words inside quotes": Case(changed_words, dropped=("unsupported",)),
    "too short a quote": bad("How the Zebra works was said.", "unsupported", quote="What happens"),
    "words of the panel as the candidate's": bad(
        "The candidate Zebra said how many calls there are.", "speaker", index=4
    ),
    "a number nobody said": bad("The Zebra has 950 customers in the city.", "number"),
    "scores in many words": Case(several(SCORES), dropped=("score",)),
    "verdicts": Case(several(VERDICTS), dropped=("verdict",)),
    "voice, manner and looks": Case(several(PERSONS), dropped=("person",)),
    "another language": bad("Wie das Zebra heute arbeitet und was das kostet, wurde besprochen.", "language"),
    "markup": bad("<b onclick=zebra()>How the team works</b> was said.", "markup"),
    "a link": bad("How the team works is at https://zebra.example/p for you.", "markup"),
    "an image": bad("![zebra](http://zebra.example/p.png) is what the team said.", "markup"),
    "a novel": bad("The zebra and the team and the calls. " * 30, "shape"),
    "the same again": Case(saying(truth, truth, truth), dropped=("duplicate",)),
    "obeys the transcript": Case(obedient, dropped=("instruction", "score", "verdict")),
    "everything invented": Case(
        saying(*(also(f"How Zebra {n} works was said.", 1, quote=f"{INVENTED} {n}") for n in range(5))), "abstained"
    ),
}


def _in_parts(asked: Asked) -> Body:
    text = json.dumps(reply(asked, truth(asked)))
    return {"choices": [{"message": {"content": [{"type": "text", "text": text}]}}]}


def _typed(asked: Asked, content_type: str) -> None:
    body = {"choices": [{"finish_reason": "stop", "message": {"content": json.dumps(reply(asked, truth(asked)))}}]}
    asked.send(body, content_type=content_type)


def shared_cases() -> dict[str, Case]:
    """The shared corpus of bad replies, where it is: none of them is a summary."""
    path = SHARED / "bad_llm_replies.jsonl"
    if not path.exists():
        return {}
    found = {}
    for line in path.read_text("utf-8").splitlines():
        one = json.loads(line)
        special = {
            "slow_drip": trickle,
            "gzip_bomb": bomb,
            "wrong_length": cut,
            "bad_utf8": fixed(b"\xff\xfe"),
        }.get(one["name"])
        behaviour = special or fixed(
            one.get("body", ""), one["status"], **{k.replace("-", "_"): v for k, v in one.get("headers", {}).items()}
        )
        found[f"shared: {one['name']}"] = Case(behaviour, "failed", count=0, slow=one["name"] == "slow_drip")
    return found
