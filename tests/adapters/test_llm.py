"""The door to a language model: where it may connect, when it rests, what it never tells. Behaviours: tests/summary."""

from __future__ import annotations

from pathlib import Path

import pytest

from interview.adapters.llm import NullModel, OpenAIModel, Reach, language_model
from interview.config import BadSettings, ModelSettings, load
from interview.ports import ModelProblem, ModelQuestion, ModelTrouble
from tests.support.model_server import fixed, model_server

QUESTION = ModelQuestion(system="s", user="u", answer_tokens_max=10)


def trouble(model: OpenAIModel | NullModel) -> ModelTrouble:
    with pytest.raises(ModelProblem) as found:
        model.ask(QUESTION)
    return found.value.trouble


def test_off_is_a_stand_in_that_connects_nowhere():
    model = language_model(**vars(ModelSettings()))
    assert isinstance(model, NullModel)
    assert not model.about.is_on
    assert trouble(model) is ModelTrouble.OFF


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "169.254.169.254", "2130706433"]
)
def test_private_addresses_are_not_connected_to_unless_allowed(host: str):
    with model_server() as server:
        port = server.base_url.rsplit(":", 1)[1]
        found = trouble(OpenAIModel(Reach(f"http://{host}:{port}", "m", "k", 5, False)))
        assert found in (ModelTrouble.ADDRESS, ModelTrouble.UNREACHABLE)
        assert server.count == 0


def test_after_failures_in_a_row_it_is_left_alone_for_a_minute():
    at = [0.0]
    with model_server(fixed("{}", 503)) as server:
        model = OpenAIModel(Reach(server.base_url, "m", "", 20, True), sleep=lambda _: None, steady=lambda: at[0])
        assert [trouble(model) for _ in range(5)] == [ModelTrouble.FAILING] * 4 + [ModelTrouble.RESTING]
        asked = server.count
        server.behaviour = lambda asked: asked.complete("well")
        assert trouble(model) is ModelTrouble.RESTING
        assert server.count == asked
        at[0] = 61.0
        assert model.ask(QUESTION).text == "well"


def test_the_key_is_in_no_refusal_and_no_picture_of_the_door(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/never")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with model_server(lambda asked: asked.refuse(f"no, {asked.headers['Authorization']}", 401)) as server:
        reach = Reach(server.base_url, "m", "sk-canary", 20, True)
        with pytest.raises(ModelProblem) as found:
            OpenAIModel(reach).ask(QUESTION)
        assert (
            "sk-canary" not in f"{found.value!r} {found.value.detail} {reach!r} {ModelSettings(api_key='sk-canary')!r}"
        )
        assert found.value.detail == "no, Bearer [key]"


def test_settings_that_cannot_work_stop_the_start_with_a_sentence_each(tmp_path: Path):
    said = {"DATA_DIR": str(tmp_path), "DEMO": "0", "MODEL_BASE_URL": "http://user:pw@models.example/v1?x=1"}
    with pytest.raises(BadSettings) as found:
        load(said | {"MODEL_API_KEY": "a b", "MODEL_INPUT_PRICE": "cheap", "SPEECH_MODEL_NAME": "whisper-1"})
    for words in (
        "without ? and #",
        "belongs into MODEL_API_KEY",
        "Use https://",
        "MODEL_NAME is not",
        "no key has",
        "'cheap'",
    ):
        assert words in found.value.sentence
    works = {"MODEL_BASE_URL": "https://models.example/v1/", "MODEL_NAME": "m", "MODEL_TEMPERATURE": "0.2"}
    settings = load({"DATA_DIR": str(tmp_path), "DEMO": "0"} | works)
    assert (settings.model.base_url, settings.model.temperature) == ("https://models.example/v1", 0.2)
    assert settings.speech.base_url == ""
    speech = works | {"MODEL_API_KEY": "k", "SPEECH_MODEL_NAME": "whisper-1", "DATA_DIR": str(tmp_path), "DEMO": "0"}
    keys = {
        url: load(speech | ({"SPEECH_BASE_URL": url} if url else {})).speech.api_key
        for url in ("", "https://models.example/v1", "https://speech.example/v1")
    }
    assert list(keys.values()) == ["k", "k", ""]  # another server is never told the key of this one
    assert language_model(**vars(settings.model)).about.takes_temperature
