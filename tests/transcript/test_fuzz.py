"""Any bytes are a Reading or a sentence: valid files of every format as they are, and a modest run of mutations."""

from __future__ import annotations

import json

from hypothesis import HealthCheck, given, settings

from tests.transcript import fuzz


def test_the_files_that_are_mutated_are_read_as_they_are():
    formats = {name: fuzz.judge(text.encode()) for name, text in fuzz.TEXTS.items()}
    formats |= {name: fuzz.judge(json.dumps(answer).encode()) for name, answer in fuzz.ANSWERS.items()}
    formats |= {name: fuzz.judge(fuzz.document(paragraphs)) for name, paragraphs in fuzz.DOCUMENTS.items()}
    assert [name for name, found in formats.items() if found == "refused"] == ["zoom chat"]
    assert len(set(formats.values())) >= 17


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(fuzz.FILES)
def test_any_file_is_read_or_refused(data):
    fuzz.judge(data)
