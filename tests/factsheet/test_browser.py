"""The fact sheet's pages in a real browser: readable for all, in light and dark and on a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from interview.db import writing
from interview.factsheet import service
from interview.factsheet.rules import FactKind, FactText
from tests.support.axe import assert_accessible
from tests.support.live import Live


@pytest.mark.browser
def test_sheet_and_fact_are_accessible(live: Live, page: Page) -> None:
    cast = live.cast
    with writing(cast.session) as session:
        for kind in FactKind:
            text = FactText(kind, "The server credits at most two seconds of film for one second of its own clock.")
            fact_id = service.add_fact(session, cast.actor("mara"), cast.job, text, now=cast.clock.now()).id
    live.sign_in(page, "mara")
    for path in (f"/jobs/{cast.job_id}/facts", f"/facts/{fact_id}", f"/interviews/{cast.interview_id}"):
        page.goto(live.url + path)
        assert_accessible(page)
