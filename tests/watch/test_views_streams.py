"""Material in segments over HTTP: cutting, uploading a rendition, keys in addresses, the log of what was sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from interview import audit
from interview.db import writing
from interview.demo import removal
from interview.watch import service
from interview.watch.models import Delivery, Lease, StreamFile, Watch
from interview.watch.rules.material import Source, VersionState, Way
from interview.watch.rules.ranges import decode, encode
from tests.support.cast import Cast
from tests.support.clock import HandClock
from tests.support.films import make_film
from tests.support.pages import Browser
from tests.support.streams import Files, make_stream, packed, with_playlist
from tests.watch.conftest import Films, media_url
from tests.watch.test_views_material import all_material, form, limited, stored_files

RunJobs = Callable[[], None]
SEGMENTS = 4


@pytest.fixture(scope="session")
def mp4(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An MP4 of eight seconds with a key frame every second."""
    folder = tmp_path_factory.mktemp("mp4")
    return make_film(folder / "film.mp4", seconds=8, video="libx264", audio="aac", key_every=10)


@pytest.fixture(scope="session")
def rendition(mp4: Path, tmp_path_factory: pytest.TempPathFactory) -> Files:
    """The same as HLS: an initialisation section and four segments."""
    return make_stream(mp4, tmp_path_factory.mktemp("hls"))


@pytest.fixture(scope="session")
def transport(mp4: Path, tmp_path_factory: pytest.TempPathFactory) -> Files:
    """The same as MPEG-TS."""
    return make_stream(mp4, tmp_path_factory.mktemp("ts"), kind="mpegts")


@pytest.fixture
def segmented(cast: Cast, session: Session, run_jobs: RunJobs, rendition: Files) -> int:
    """Ready material that was uploaded as a rendition."""
    cast.browser("mara").send(f"/jobs/{cast.job_id}/materials", form(packed(rendition), name="film.zip"))
    run_jobs()
    (material,) = all_material(session)
    assert material.newest.state == VersionState.READY, material.newest.objection
    return material.id


def names_in(browser: Browser, playlist_url: str) -> list[str]:
    """Return the addresses of the segments that a playlist lists."""
    answer = browser.get(playlist_url)
    assert answer.status_code == 200, answer.text
    base = playlist_url.rsplit("/", 1)[0]
    return [f"{base}/{line}" for line in answer.text.splitlines() if line and not line.startswith("#")]


def delivered(session: Session, candidate_id: int) -> tuple[tuple[int, int], ...]:
    session.rollback()
    blob = session.scalar(select(Delivery.delivered).where(Delivery.candidate_id == candidate_id))
    return decode(blob) if blob is not None else ()


# -- making segments -----------------------------------------------------------------------------------------------


def test_an_mp4_is_cut_when_that_was_asked_for(
    app: Flask, cast: Cast, session: Session, run_jobs: RunJobs, mp4: Path
) -> None:
    mara, cleo = cast.browser("mara"), cast.browser("cleo")
    mara.send(f"/jobs/{cast.job_id}/materials", form(mp4.read_bytes(), name="film.mp4", in_segments="y"))
    (material,) = all_material(session)
    assert "made into segments" in mara.page(f"/materials/{material.id}").words
    run_jobs()
    (material,) = all_material(session)
    assert material.newest.state == VersionState.PROBING, "it is shown when it is cut, not before"
    assert cleo.get(f"/prep/material/{material.id}").status_code == 404
    run_jobs()
    (material,) = all_material(session)
    version = material.newest
    assert (version.state, version.source, version.tier) == (VersionState.READY, Source.HLS, "A")
    assert abs((version.duration_ms or 0) - 8000) < 60
    rows = session.scalars(select(StreamFile).order_by(StreamFile.name)).all()
    assert [(one.name, one.media_type) for one in rows] == [
        ("index.m3u8", "application/vnd.apple.mpegurl"),
        ("init-1.mp4", "video/mp4"),
        ("v1-00001.m4s", "video/iso.segment"),
        ("v1-00002.m4s", "video/iso.segment"),
    ]
    assert [(rows[2].start_ms, rows[2].end_ms, rows[3].start_ms) for _ in "1"] == [(0, 6000, 6000)]
    assert rows[3].end_ms == version.duration_ms
    assert "Delivered in 2 segments" in mara.page(f"/materials/{material.id}").words
    assert "of what is needed" in cleo.page(f"/prep/material/{material.id}").words
    assert [row.action for row in audit.listing(session, action="material:")] == ["material:ready", "material:uploaded"]
    assert list((app.extensions["pitchproof"].settings.data_dir / "cutting").iterdir()) == []


@pytest.mark.parametrize(
    ("video", "audio", "words"),
    [("libvpx", "libopus", "Its picture is VP8"), ("libx264", "mp3", "Its sound is MP3")],
)
def test_what_cannot_be_cut_is_delivered_whole_and_that_is_said(
    app: Flask, cast: Cast, session: Session, run_jobs: RunJobs, tmp_path: Path, video: str, audio: str, words: str
) -> None:
    mara, cleo = cast.browser("mara"), cast.browser("cleo")
    film = make_film(tmp_path / ("film.webm" if video == "libvpx" else "film.mp4"), video=video, audio=audio)
    mara.send(f"/jobs/{cast.job_id}/materials", form(film.read_bytes(), name=film.name, in_segments="y"))
    run_jobs()
    run_jobs()
    (material,) = all_material(session)
    assert (material.newest.state, material.newest.source) == (VersionState.READY, Source.FILE)
    page = mara.page(f"/materials/{material.id}").words
    assert "could not be cut into segments" in page
    assert words in page
    assert "In one piece, not logged" in page
    assert cleo.get(media_url(cleo, material.id)).status_code == 200
    assert len(stored_files(app)) == 1


def test_a_film_with_rare_key_frames_is_delivered_whole_too(
    app: Flask, cast: Cast, session: Session, run_jobs: RunJobs, tmp_path: Path
) -> None:
    film = make_film(tmp_path / "long.mp4", seconds=70, video="libx264", audio=None, fps=5, key_every=1000)
    mara = cast.browser("mara")
    mara.send(f"/jobs/{cast.job_id}/materials", form(film.read_bytes(), name="film.mp4", in_segments="y"))
    run_jobs()
    run_jobs()
    (material,) = all_material(session)
    assert (material.newest.state, material.newest.source) == (VersionState.READY, Source.FILE)
    assert "a segment of more than 60 s" in material.newest.objection
    assert len(stored_files(app)) == 1


def test_replacing_by_segments_and_removing_everything(
    app: Flask, cast: Cast, session: Session, films: Films, run_jobs: RunJobs, mp4: Path, rendition: Files
) -> None:
    material_id = films.add()
    mara, cleo = cast.browser("mara"), cast.browser("cleo")
    mara.send(f"/materials/{material_id}/film", {"film": (BytesIO(mp4.read_bytes()), "a.mp4"), "in_segments": "y"})
    run_jobs()
    assert "/film/1?key=" in media_url(cleo, material_id), "candidates go on with the old one"
    run_jobs()
    assert "/hls/2/" in media_url(cleo, material_id)
    same = mara.send(f"/materials/{material_id}/film", {"film": (BytesIO(mp4.read_bytes()), "a.mp4")}, status=409)
    assert "byte for byte" in same.text
    mara.send(f"/materials/{material_id}/film", {"film": (BytesIO(packed(rendition)), "a.zip")})
    run_jobs()
    assert "/hls/3/" in media_url(cleo, material_id)
    assert len(stored_files(app)) == 1 + (1 + 2 + 2) + (1 + 2 + SEGMENTS)
    people = [{"email": "ivo@example.org"}]
    with writing(session):
        keys = removal.remove(session, {"job_id": cast.job_id, "people": people}, now=cast.clock.now())
    for key in keys:
        app.extensions["pitchproof"].files.delete(key)
    assert stored_files(app) == [], "no segment outlives its version"


@pytest.mark.parametrize("kind", ["fmp4", "mpegts", "two sizes", "in a folder"])
def test_a_rendition_is_taken(
    cast: Cast, session: Session, run_jobs: RunJobs, rendition: Files, transport: Files, kind: str
) -> None:
    files = transport if kind == "mpegts" else rendition
    if kind == "two sizes":
        master = (
            "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow/film.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=2\nhigh/film.m3u8\n"
        )
        files = {f"{size}/{name}": content for size in ("low", "high") for name, content in rendition.items()}
        files["master.m3u8"] = master.encode()
    if kind == "in a folder":
        files = {f"My film/{name}": content for name, content in rendition.items()} | {"My film/notes.txt": b"x"}
    mara, cleo = cast.browser("mara"), cast.browser("cleo")
    mara.send(f"/jobs/{cast.job_id}/materials", form(packed(files), name="film.zip"))
    run_jobs()
    (material,) = all_material(session)
    version = material.newest
    assert version.state == VersionState.READY, version.objection
    assert (version.source, version.video_codec, version.audio_codec, version.width) == (Source.HLS, "h264", "aac", 160)
    assert abs((version.duration_ms or 0) - 8000) < 120
    playlists = [media_url(cleo, material.id)]
    if kind == "two sizes":
        playlists = names_in(cleo, playlists[0])
        assert [one.rsplit("/", 1)[1] for one in playlists] == ["v1.m3u8", "v2.m3u8"]
        assert "Delivered in 8 segments (2 sizes)" in mara.page(f"/materials/{material.id}").words
    for playlist in playlists:
        segments = names_in(cleo, playlist)
        assert len(segments) == SEGMENTS
        for url in segments:
            answer = cleo.get(url)
            assert answer.status_code == 200
            assert answer.mimetype == ("video/mp2t" if kind == "mpegts" else "video/iso.segment")
    assert "HLS: h264, aac" in mara.page(f"/materials/{material.id}").words


AT_ONCE = [
    ("seg1.m4s", "http://127.0.0.1:9/seg1.m4s", r"film\.m3u8, line \d+: “http://127.*” lies on a server"),
    ("seg1.m4s", "../../secret_key", r"film\.m3u8, line \d+: .* leads out of the ZIP"),
    ("seg1.m4s", "seg9.m4s", r"film\.m3u8, line \d+: seg9\.m4s is not in the ZIP"),
    ("#EXTINF", '#EXT-X-KEY:METHOD=AES-128,URI="k"\n#EXTINF', r"film\.m3u8, line \d+: EXT-X-KEY"),
    ("#EXT-X-ENDLIST", "", r"film\.m3u8, line \d+: EXT-X-ENDLIST is missing"),
]  # fmt: skip


def test_a_bad_rendition_is_refused_on_the_form_and_nothing_is_kept(
    app: Flask, cast: Cast, session: Session, rendition: Files
) -> None:
    mara = cast.browser("mara")
    tried = [(packed(with_playlist(rendition, old, new)), words) for old, new, words in AT_ONCE]
    tried += [
        (packed({**rendition, "../evil.ts": b"x"}), "outside of its own folder"),
        (packed({"notes.txt": b"x"}), "no playlist"),
        (packed(rendition)[:-30], "damaged"),
    ]
    for content, words in tried:
        answer = mara.send(f"/jobs/{cast.job_id}/materials", form(content, name="film.zip"), status=422)
        said = " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())
        assert re.search(words, said), said[-600:]
        assert 'value="Explainer"' in answer.text, "what was typed is still there"
    limited(app, upload_limit_bytes=100_000)
    bomb = packed({**rendition, "zeros.ts": bytes(5_000_000)})
    assert len(bomb) < 100_000
    answer = mara.send(f"/jobs/{cast.job_id}/materials", form(bomb, name="film.zip"), status=413)
    assert "Unpacked, the ZIP is larger than the limit" in answer.text
    assert all_material(session) == []
    assert stored_files(app) == []


def test_what_only_looking_into_the_segments_shows_is_refused_and_removed(
    app: Flask, cast: Cast, session: Session, run_jobs: RunJobs, rendition: Files, tmp_path: Path
) -> None:
    mara, cleo = cast.browser("mara"), cast.browser("cleo")
    hevc = make_film(tmp_path / "hevc.mp4", seconds=4, video="libx265", audio=None, key_every=10)
    longer = with_playlist(rendition, "#EXTINF:2.000000", "#EXTINF:5.000000")
    damaged = {**rendition, "seg2.m4s": rendition["seg2.m4s"][:60]}
    made = [
        (longer, "film.m3u8 claims 11"),
        ({**rendition, "seg2.m4s": b"<html><script>alert(1)</script>"}, "seg2.m4s is neither"),
        (damaged, "Segment 3 of 4 is damaged"),
        (make_stream(hevc, tmp_path / "hevc"), "HEVC"),
    ]
    for files, _ in made:
        mara.send(f"/jobs/{cast.job_id}/materials", form(packed(files), name="film.zip"))
    run_jobs()
    for material, (_, words) in zip(all_material(session), made, strict=True):
        assert material.newest.state == VersionState.REFUSED, words
        assert words in mara.page(f"/materials/{material.id}").words
        assert cleo.get(f"/prep/material/{material.id}").status_code == 404
    run_jobs()
    assert stored_files(app) == []
    assert session.scalars(select(StreamFile)).all() == []


# -- keys ----------------------------------------------------------------------------------------------------------


def tampered(url: str, key: str) -> Iterator[str]:
    yield url.replace(key, key[:-2] + ("AA" if key[-2:] != "AA" else "BB"))
    yield url.replace(key, "A" + key[1:])
    yield url.replace(key, key.split(".")[0])
    yield url.replace(key, "x")


@pytest.mark.parametrize("kind", ["film", "hls"])
def test_50_a_key_is_its_holders_for_six_hours(
    cast: Cast, films: Films, clock: HandClock, segmented: int, kind: str
) -> None:
    cleo, cato, mara = (cast.browser(name) for name in ("cleo", "cato", "mara"))
    material_id = segmented if kind == "hls" else films.add(title="Whole")
    url = media_url(cleo, material_id)
    found = re.search(r"key=([^&]+)" if kind == "film" else r"/hls/1/([^/]+)/", url)
    assert found is not None
    assert cleo.get(url).status_code == 200
    for wrong in tampered(url, found[1]):
        assert cleo.get(wrong).status_code == 403, wrong
    assert cato.get(url).status_code == 403, "another candidate of the same job"
    assert cast.browser("oda").get(url).status_code == 404, "a candidate of another job"
    assert mara.get(url).status_code == (200 if kind == "film" else 403)
    other = films.add(title="Other")
    if kind == "film":
        assert cleo.get(url.replace(f"/{material_id}/", f"/{other}/")).status_code == 403, "a key is for one version"
    clock.forward(hours=5, minutes=59)
    assert cleo.get(url).status_code == 200
    clock.forward(minutes=1, seconds=1)
    answer = cleo.get(url)
    assert (answer.status_code, answer.get_json()["reason"]) == (403, "old_key")
    assert cleo.get(media_url(cleo, material_id)).status_code == 200


def test_a_lease_hands_out_a_fresh_key(cast: Cast, clock: HandClock, segmented: int) -> None:
    cleo = cast.browser("cleo")
    url = media_url(cleo, segmented)
    clock.forward(hours=9)
    assert cleo.get(url).status_code == 403
    opened = cleo.send_json(f"/watch/{segmented}/lease", {}, status=201).get_json()
    assert opened["media"] != url
    assert all(cleo.get(one).status_code == 200 for one in names_in(cleo, opened["media"]))


def test_unknown_parts_and_other_ways_in(cast: Cast, segmented: int, anonymous: Any) -> None:
    cleo, mara = cast.browser("cleo"), cast.browser("mara")
    base = media_url(cleo, segmented).rsplit("/", 1)[0]
    for name in ("v1-99999.m4s", "film.m3u8", "..%2f..%2fsecret_key", "a/b/c", "'--", "%00"):
        assert cleo.get(f"{base}/{name}").status_code == 404, name
    assert cleo.get(base.replace("/hls/1/", "/hls/2/") + "/index.m3u8").status_code == 404
    assert anonymous.get(f"{base}/index.m3u8").status_code == 401
    assert cleo.get(f"/watch/{segmented}/film/1").status_code == 404, "the whole film would go past the log"
    assert mara.get(f"/watch/{segmented}/film/1").status_code == 404, "a ZIP is no film"
    mara.send(f"/materials/{segmented}/withdrawal")
    assert cleo.get(f"{base}/index.m3u8").status_code == 404
    (video,) = mara.page(f"/materials/{segmented}").all("video")
    assert mara.get(video["data-stream"]).status_code == 200


def test_segments_come_as_what_they_are_and_in_ranges(cast: Cast, segmented: int, rendition: Files) -> None:
    cleo = cast.browser("cleo")
    playlist = cleo.get(media_url(cleo, segmented))
    assert playlist.mimetype == "application/vnd.apple.mpegurl"
    url = names_in(cleo, media_url(cleo, segmented))[0]
    whole = cleo.get(url)
    assert (whole.mimetype, whole.data) == ("video/iso.segment", rendition["seg0.m4s"])
    assert whole.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert whole.headers["X-Content-Type-Options"] == "nosniff"
    assert "Content-Disposition" not in whole.headers
    part = cleo.get(url, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.data) == (206, rendition["seg0.m4s"][10:20])
    init = url.rsplit("/", 1)[0] + "/init-1.mp4"
    assert (cleo.get(init).mimetype, cleo.get(init).data) == ("video/mp4", rendition["init.mp4"])


def test_where_two_are_signed_in_the_key_says_for_whom(cast: Cast, session: Session, segmented: int) -> None:
    both = cast.browser("cleo")
    both.send(f"/sign-in/{sign_in_link(cast, 'mara')}")
    urls = names_in(both, media_url(both, segmented))
    assert [both.get(url).status_code for url in urls] == [200] * SEGMENTS
    assert delivered(session, cast.cleo.candidate_id) != ()


def sign_in_link(cast: Cast, name: str) -> str:
    from interview.access import SYSTEM
    from interview.people import service as people
    from interview.people.models import Person

    with writing(cast.session):
        person = cast.session.get_one(Person, cast.person_ids[name])
        return people.make_sign_in_link(cast.session, SYSTEM, person, now=cast.clock.now())


# -- the log -------------------------------------------------------------------------------------------------------


def test_what_a_candidate_was_sent_is_logged(cast: Cast, session: Session, segmented: int, clock: HandClock) -> None:
    cleo, mara = cast.browser("cleo"), cast.browser("mara")
    candidate_id = cast.cleo.candidate_id
    first, second, third, fourth = names_in(cleo, media_url(cleo, segmented))
    assert delivered(session, candidate_id) == (), "a playlist is not the film"
    cleo.get(first)
    assert delivered(session, candidate_id) == ((0, 2000),)
    cleo.head(second)
    cleo.get(second, headers={"Range": "bytes=0-0"})
    cleo.get(second, headers={"Range": "bytes=1-"})
    cleo.get(second, headers={"If-None-Match": cleo.head(second).headers["ETag"]})
    assert delivered(session, candidate_id) == ((0, 2000),), "less than the whole segment is no delivery"
    clock.forward(minutes=1)
    cleo.get(fourth, headers={"Range": "bytes=0-"})  # how Chromium's own player asks
    (material,) = all_material(session)
    duration_ms = material.newest.duration_ms
    assert delivered(session, candidate_id) == ((0, 2000), (6000, duration_ms))
    cleo.get(third)
    cleo.get(second)
    assert delivered(session, candidate_id) == ((0, duration_ms),)
    row = session.scalars(select(Delivery)).one()
    assert (row.last_at - row.first_at).total_seconds() == 60
    (video,) = mara.page(f"/materials/{segmented}").all("video")
    assert [mara.get(url).status_code for url in names_in(mara, video["data-stream"])] == [200] * SEGMENTS
    assert len(session.scalars(select(Delivery)).all()) == 1, "what the team watches is not logged"


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    from interview.web.database import database

    with app.app_context():
        engine = database.engine
    seen: list[str] = []

    def note(_c: object, _k: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def test_a_segment_costs_few_statements_however_many_there_are(
    app: Flask, cast: Cast, session: Session, segmented: int
) -> None:
    cleo = cast.browser("cleo")
    urls = names_in(cleo, media_url(cleo, segmented))
    cleo.get(urls[0])
    session.rollback()
    with statements(app) as seen:
        cleo.get(urls[1])
    log = [one for one in seen if "stream_delivery" in one]
    assert [one.split()[0] for one in log] == ["SELECT", "UPDATE"]
    assert len([one for one in seen if "stream_file" in one]) == 1
    assert len(seen) <= 9, "\n".join(seen)


def test_coverage_without_delivery_is_counted(
    app: Flask, cast: Cast, session: Session, films: Films, segmented: int, clock: HandClock
) -> None:
    films.add(title="Whole")  # says nothing about delivery
    cleo = cast.browser("cleo")
    assert service.undelivered_ms(session, [cast.cleo_id, cast.cato_id]) == {}
    cleo.send_json(f"/watch/{segmented}/lease", {}, status=201)
    key = (cast.cleo.candidate_id, segmented, 1)

    def cover(*ranges: tuple[int, int]) -> None:
        with writing(session):
            session.get_one(Watch, key, populate_existing=True).covered = encode(ranges)

    cover((0, 3000), (5000, 7000))
    assert service.undelivered_ms(session, [cast.cleo_id, cast.cato_id]) == {(cast.cleo_id, segmented): 5000}
    urls = names_in(cleo, media_url(cleo, segmented))
    cleo.get(urls[0])
    cleo.get(urls[3])
    session.rollback()
    assert service.undelivered_ms(session, [cast.cleo_id]) == {(cast.cleo_id, segmented): 2000}
    with writing(session):
        lease = session.scalars(select(Lease)).one()
        lease.way, lease.credited_ms = Way.READ, 1500
    assert service.undelivered_ms(session, [cast.cleo_id]) == {(cast.cleo_id, segmented): 500}, "reading needs no film"
    for url in urls:
        cleo.get(url)
    session.rollback()
    with statements(app) as seen:
        assert service.undelivered_ms(session, [cast.cleo_id, cast.cato_id]) == {(cast.cleo_id, segmented): 0}
    assert len([one for one in seen if not one.startswith("BEGIN")]) == 1


def test_many_deliveries_at_once_lose_nothing(app: Flask, cast: Cast, session: Session, segmented: int) -> None:
    import threading

    (material,) = all_material(session)
    candidate_id, version_id = cast.cleo.candidate_id, material.newest.id
    session.rollback()
    engine, now = session.get_bind(), cast.clock.now()

    def send(number: int) -> None:
        for at in range(number, 60, 6):
            with Session(engine) as own, writing(own):
                service.log_delivery(own.connection(), candidate_id, version_id, (at * 100, at * 100 + 100), now=now)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert delivered(session, candidate_id) == ((0, 6000),)
