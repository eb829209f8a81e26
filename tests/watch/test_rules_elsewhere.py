"""Addresses, lengths, waits and players as rules: what a pasted address is, and what is never followed."""

from __future__ import annotations

import base64
import hashlib
import re
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interview.bootstrap import VENDOR
from interview.errors import Invalid
from interview.watch.rules.addresses import read_address
from interview.watch.rules.attesting import attestation, left_ms, wait_ms
from interview.watch.rules.lengths import is_off, read_length, write_length
from interview.watch.rules.material import Source, Tier
from interview.watch.rules.players import PLAYERS
from interview.watch.rules.troubles import LENGTH, TROUBLES

YT, VIMEO, WISTIA = "dQw4w9WgXcQ", "76979871", "abc123def4"


@pytest.mark.parametrize(
    "pasted",
    [
        f"https://www.youtube.com/watch?v={YT}",
        f"https://www.youtube.com/watch?list=PL0&v={YT}&t=42s",
        f"http://m.youtube.com/watch?v={YT}#x",
        f"HTTPS://WWW.YouTube.COM/watch?v={YT}",
        f"https://youtu.be/{YT}?si=abc",
        f"youtu.be/{YT}",
        f"https://www.youtube.com/shorts/{YT}",
        f"https://www.youtube.com/live/{YT}?feature=share",
        f"https://www.youtube.com/embed/{YT}?rel=0",
        f"https://www.youtube-nocookie.com/embed/{YT}",
        f"  https://music.youtube.com/watch?v={YT}  ",
    ],
)
def test_a_film_on_youtube_is_recognised(pasted: str) -> None:
    found = read_address(pasted)
    assert (found.source, found.url) == (Source.YOUTUBE, f"https://www.youtube.com/watch?v={YT}")
    assert found.player_url == f"https://www.youtube-nocookie.com/embed/{YT}"


@pytest.mark.parametrize(
    ("pasted", "url"),
    [
        (f"https://vimeo.com/{VIMEO}", f"https://vimeo.com/{VIMEO}"),
        (f"https://www.vimeo.com/{VIMEO}/", f"https://vimeo.com/{VIMEO}"),
        (f"https://vimeo.com/{VIMEO}/0123abcdef?share=copy", f"https://vimeo.com/{VIMEO}/0123abcdef"),
        (f"https://player.vimeo.com/video/{VIMEO}?h=0123abcdef&badge=0", f"https://vimeo.com/{VIMEO}/0123abcdef"),
        (f"https://vimeo.com/channels/staffpicks/{VIMEO}", f"https://vimeo.com/{VIMEO}"),
        (f"https://vimeo.com/manage/videos/{VIMEO}/0123abcdef", f"https://vimeo.com/{VIMEO}/0123abcdef"),
    ],
)
def test_a_film_on_vimeo_keeps_what_makes_an_unlisted_one_play(pasted: str, url: str) -> None:
    assert (read_address(pasted).source, read_address(pasted).url) == (Source.VIMEO, url)


@pytest.mark.parametrize(
    "pasted",
    [
        f"https://acme.wistia.com/medias/{WISTIA}",
        f"https://acme.wistia.com/medias/{WISTIA}?wtime=3",
        f"https://fast.wistia.net/embed/iframe/{WISTIA}",
        f"https://fast.wistia.com/embed/medias/{WISTIA}.jsonp",
        f"https://acme.wistia.com/share/{WISTIA}",
    ],
)
def test_a_film_on_wistia_is_recognised(pasted: str) -> None:
    found = read_address(pasted)
    assert (found.source, found.url) == (Source.WISTIA, f"https://fast.wistia.net/embed/iframe/{WISTIA}")
    assert found.player_url == f"https://fast.wistia.com/medias/{WISTIA}"


@pytest.mark.parametrize(
    ("pasted", "url"),
    [
        ("https://us02web.zoom.us/rec/share/x-y_z.A?pwd=a%20b", "https://us02web.zoom.us/rec/share/x-y_z.A?pwd=a%20b"),
        ("https://www.youtube.com/playlist?list=PL0", "https://www.youtube.com/playlist?list=PL0"),
        ("https://www.youtube.com/embed/videoseries?list=PL0", "https://www.youtube.com/embed/videoseries?list=PL0"),
        (f"https://youtube.com.example.org/watch?v={YT}", f"https://youtube.com.example.org/watch?v={YT}"),
        (f"https://notvimeo.com/{VIMEO}", f"https://notvimeo.com/{VIMEO}"),
        ("https://vimeo.com/event/123456", "https://vimeo.com/event/123456"),
        ("example.org", "https://example.org/"),
        ("http://example.org:80/a", "http://example.org/a"),
        ("https://example.org:8443/a#b", "https://example.org:8443/a#b"),
        ("https://bücher.example/ä", "https://xn--bcher-kva.example/%C3%A4"),
        ("https://8.8.8.8/a", "https://8.8.8.8/a"),
    ],
)
def test_anything_else_is_a_plain_link(pasted: str, url: str) -> None:
    assert (read_address(pasted).source, read_address(pasted).url) == (Source.LINK, url)


@pytest.mark.parametrize(
    "pasted",
    [
        "",
        "hello",
        "javascript:alert(1)",
        "JavaScript://example.org/%0aalert(1)",
        "data:text/html,<script>",
        "vbscript:x",
        "blob:https://example.org/1",
        "file:///etc/passwd",
        "ftp://example.org/",
        "mailto:a@example.org",
        "//example.org/a",
        "https:example.org",
        "https:///example.org",
        "https://user@example.org/",
        "https://user:secret@example.org/",
        "https://@example.org/",
        "https://example.org\\@evil.example/",
        "https://exa mple.org/",
        "https://example.org/\nX",
        "https://example.org/\u202egpj",
        "https://ex%61mple.org/",
        "https://example.org:99999/",
        "https://example.org:0/",
        "https://" + "a" * 1000 + ".org/",
        "https://intranet/",
        "http://localhost:8000/",
        "http://LOCALHOST./",
        "https://nas.local/",
        "https://a.localhost/",
        "https://metadata.google.internal/",
        "https://box.home.arpa/",
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0177.0.0.1/",
        "http://１２７.0.0.1/",
        "http://127。0。0。1/",
        "http://10.0.0.1/",
        "http://172.16.0.1/",
        "http://192.168.178.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://100.64.0.1/",
        "http://0.0.0.0/",
        "http://224.0.0.1/",
        "http://[::1]/",
        "http://[::]/",
        "http://[fe80::1%25eth0]/",
        "http://[fd00::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://[2002:7f00:1::]/",
        "http://[::1",
    ],
)
def test_what_must_not_be_followed_is_refused_with_a_sentence(pasted: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_address(pasted)
    assert set(refused.value.fields) == {"address"}
    assert refused.value.sentence.endswith(".")


@given(st.one_of(st.text(max_size=60), st.text(max_size=60).map(lambda text: f"https://{text}"),
                 st.text(max_size=60).map(lambda text: f"https://example.org/{text}")))  # fmt: skip
def test_what_is_accepted_is_a_clean_address_and_stays_what_it_is(text: str) -> None:
    try:
        found = read_address(text)
    except Invalid:
        return
    assert read_address(found.url) == found
    parts = urlsplit(found.url)
    assert parts.scheme in ("http", "https")
    assert parts.username is None
    assert parts.password is None
    assert re.fullmatch(r"[\x21-\x7e]+", found.url)
    assert not re.search(r"[\"<>\\]", found.url)
    assert "." in (parts.hostname or "") or ":" in (parts.hostname or "")


@given(st.text(alphabet="abcDEF012-_", min_size=11, max_size=11))
def test_every_name_of_youtube_survives(name: str) -> None:
    assert read_address(f"https://youtu.be/{name}").video_id == name


@pytest.mark.parametrize(
    ("text", "ms"), [("41:30", 2_490_000), ("0:05", 5000), ("1:02:03", 3_723_000), ("90:00", 5_400_000)]
)
def test_a_length_is_read(text: str, ms: int) -> None:
    assert read_length(text) == ms
    assert read_length(write_length(ms)) == ms


@pytest.mark.parametrize(
    "text", ["", "41", "41.30", "0:00", "41:60", "1:60:00", "-1:00", "12:00:01", "99:99:99", "٣:٠٠x"]
)
def test_what_is_no_length_is_refused_at_its_field(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_length(text)
    assert set(refused.value.fields) == {"length"}


@pytest.mark.parametrize(
    ("found", "confirmed", "off"),
    [
        (600_000, 600_000, False),
        (601_900, 600_000, False),
        (602_100, 600_000, True),  # more than 2 s
        (597_800, 600_000, True),
        (60_900, 60_000, False),  # more than 1 %, but people confirm whole seconds
        (61_500, 60_000, True),
        (3_602_000, 3_600_000, False),
    ],
)
def test_a_length_is_off_beyond_two_seconds_or_one_percent(found: int, confirmed: int, off: bool) -> None:
    assert is_off(found, confirmed) is off


def test_the_wait_is_the_recording_at_double_speed() -> None:
    assert wait_ms(60_001) == 30_001
    assert left_ms(60_000, None) == 30_000
    assert left_ms(60_000, 29_999) == 1
    assert left_ms(60_000, 90_000) == 0
    assert "“The webinar”" in attestation("The webinar")


def test_every_source_has_its_tier_and_every_embed_its_player() -> None:
    assert {source for source in Source if source.tier is Tier.THIRD_PARTY} == set(PLAYERS)
    assert Source.LINK.tier.words == "attested, not observed"
    assert Source.YOUTUBE.tier.words == "observed (third-party player)"


def test_every_trouble_has_words_for_everybody() -> None:
    for code, words in TROUBLES.items():
        assert words.what
        assert words.do.endswith(".")
        assert bool(words.told) is (code != LENGTH)
        assert len(code) <= 12
    assert {"2", "5", "100", "101", "150", "153", "age", "blocked", LENGTH} <= set(TROUBLES)


@pytest.mark.parametrize("source", [Source.YOUTUBE, Source.VIMEO])
def test_the_one_style_that_a_wrapper_brings_is_allowed_by_its_hash(source: Source) -> None:
    player = PLAYERS[source]
    code = (VENDOR / "players" / f"{player.element}.js").read_text("utf-8")
    (style,) = re.findall(r"<style>(.*?)</style>", code, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert player.policy["style-src"] == f"'sha256-{digest}'"


def test_no_player_opens_more_than_its_own_hosts() -> None:
    own = {Source.YOUTUBE: r"youtube", Source.VIMEO: r"vimeo", Source.WISTIA: r"wistia"}
    for source, player in PLAYERS.items():
        for allowed in " ".join(player.policy.values()).split():
            assert allowed.startswith("'") or allowed in ("blob:", "data:") or own[source] in allowed
        assert "unsafe" not in player.policy.get("script-src", "")
