"""Accessibility and layout checks of a page in a real browser: axe in light and dark, no sideways scroll at 360 px."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

STANDARD = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
OF_COLOUR = ["color-contrast", "link-in-text-block"]  # all that another theme can change, and half of axe's time
EVERYTHING = {"runOnly": {"type": "tag", "values": STANDARD}}
COLOURS = {"runOnly": {"type": "rule", "values": OF_COLOUR}}
LAYOUT = {**EVERYTHING, "rules": {rule: {"enabled": False} for rule in OF_COLOUR}}


def assert_accessible(page: Page) -> None:
    """Check the page as it stands: 0 axe violations in light, in dark and on a phone, and nothing wider than 360 px."""
    page.wait_for_load_state()
    before = page.viewport_size
    page.emulate_media(reduced_motion="reduce")  # colours half-way through a transition are no finding
    page.evaluate(Axe().axe_script)
    for theme, width, checks in (("light", None, EVERYTHING), ("dark", None, COLOURS), ("light", 360, LAYOUT)):
        page.evaluate("theme => { document.documentElement.dataset.bsTheme = theme }", theme)
        if width:
            page.set_viewport_size({"width": width, "height": 740})
        violations = page.evaluate(
            "checks => axe.run(checks).then(found => found.violations)", {**checks, "resultTypes": ["violations"]}
        )
        told = [
            f"{one['id']} ({theme}, {width or 'full'} wide): {one['help']}: "
            + "; ".join(node["html"][:160] for node in one["nodes"][:4])
            for one in violations
        ]
        assert not told, f"{page.url}\n" + "\n".join(told)
    wide = page.evaluate("document.documentElement.scrollWidth")
    widest = page.evaluate(
        """() => [...document.body.querySelectorAll("*")].filter(e => e.getBoundingClientRect().right > 361
             && !e.closest(".table-scroll, .visually-hidden")).slice(0, 3).map(e => e.outerHTML.slice(0, 120))"""
    )
    assert wide <= 360, f"{page.url} is {wide} px wide on a 360 px screen: {widest}"
    if before:
        page.set_viewport_size(before)
