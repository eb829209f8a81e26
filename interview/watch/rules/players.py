"""The players of other companies: what each learns about a candidate, and exactly what a page must open for it.

Nothing here is allowed on any page before the candidate agreed (WATCH 3.10).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from interview.watch.rules.material import Source


@dataclass(frozen=True, slots=True)
class Player:
    """One company's player: `element` is the custom element's tag and module, `policy` what its page alone may load."""

    name: str
    company: str
    element: str
    learns: str
    policy: Mapping[str, str] = field(default_factory=dict)


_SEES = "your IP address, your browser and device, the address of this site, and what you play and when"

# The wrappers put a constant <style> into their shadow roots; its hash allows it, and a test holds the two together.
PLAYERS: Mapping[Source, Player] = {
    Source.YOUTUBE: Player(
        "YouTube",
        "Google, which runs YouTube,",
        "youtube-video",
        f"learns {_SEES}. We ask for YouTube’s privacy-enhanced player (youtube-nocookie.com). It may still store data "
        "in your browser, and a script of YouTube’s runs in this page.",
        {
            "script-src": "https://www.youtube.com/iframe_api https://www.youtube.com/s/player/",
            "frame-src": "https://www.youtube-nocookie.com",
            "style-src": "'sha256-MfsPLRug/nu3YOdJ35iMVDhjk7V/W1KXCVSi27acOz4='",
        },
    ),
    Source.VIMEO: Player(
        "Vimeo",
        "Vimeo",
        "vimeo-video",
        f"learns {_SEES}. We ask its player not to follow you (“do not track”), so it sets no cookies for statistics.",
        {"frame-src": "https://player.vimeo.com", "style-src": "'sha256-Sf71XEX5GeNyLKsBW6uWQPEZ/sObgYiquJAkBlawYmo='"},
    ),
    Source.WISTIA: Player(
        "Wistia",
        "Wistia",
        "wistia-video",
        f"learns {_SEES}. We ask its player not to follow you (“do not track”). Its script runs in this page.",
        {
            "script-src": "https://fast.wistia.com https://fast.wistia.net",
            "connect-src": "https://*.wistia.com https://*.wistia.net",
            "img-src": "https://*.wistia.com https://*.wistia.net",
            "media-src": "https://*.wistia.com https://*.wistia.net",
            "font-src": "https://fast.wistia.com data:",
            "style-src": "'unsafe-inline'",  # Wistia's player writes its styles into the page
            "worker-src": "blob:",
        },
    ),
}
