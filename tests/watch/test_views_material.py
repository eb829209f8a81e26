"""Material pages: upload, probe, captions, order, replacement, withdrawal, and the film's own route."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from interview import audit
from interview.db import writing
from interview.errors import StorageFull
from interview.hiring.rules import Gate
from interview.watch.models import Material
from interview.watch.rules.material import VersionState
from tests.support.cast import Cast
from tests.support.films import make_film
from tests.watch.conftest import Films, media_url

VTT = b"WEBVTT\n\n00:00.000 --> 00:01.000\nWelcome <b>all</b>.\n\n00:01.000 --> 00:02.000\nGoodbye.\n"
DATA = Path(__file__).parents[2].parent / "shared" / "data" / "badinput" / "media"
RunJobs = Callable[[], None]


def form(film: bytes = b"", name: str = "film.webm", captions: bytes | None = VTT, **fields: str) -> dict[str, Any]:
    files = {"film": (BytesIO(film), name)} if film else {}
    if captions is not None:
        files["captions"] = (BytesIO(captions), "captions.vtt")
    return {"title": "Explainer", "kind": "explainer", "required": "y", "need_pct": "95", **files, **fields}


def all_material(session: Session) -> list[Material]:
    session.rollback()
    return list(session.scalars(select(Material).order_by(Material.ordinal)))


def stored_files(app: Flask) -> list[Path]:
    folder = app.extensions["pitchproof"].settings.data_dir
    return [path for name in ("files", "uploads") for path in (folder / name).rglob("*") if path.is_file()]


def test_an_uploaded_film_is_probed_and_then_shown(
    app: Flask, cast: Cast, session: Session, run_jobs: RunJobs, short_film: Path
) -> None:
    mara, cleo = cast.browser("mara"), cast.browser("cleo")
    content = short_film.read_bytes()
    mara.send(f"/jobs/{cast.job_id}/materials", form(content))
    (material,) = all_material(session)
    assert material.newest.state == VersionState.PROBING
    assert "Being looked into" in mara.page(f"/materials/{material.id}").words
    assert cleo.get(f"/prep/material/{material.id}").status_code == 404
    run_jobs()
    (material,) = all_material(session)
    assert (material.newest.state, material.newest.video_codec) == (VersionState.READY, "vp8")
    assert 1990 <= (material.newest.duration_ms or 0) <= 2020
    assert "Explainer" in cleo.page(f"/prep/material/{material.id}").words
    page = mara.page(f"/jobs/{cast.job_id}/materials")
    assert "Ready" in page.words
    assert len(stored_files(app)) == 1
    assert [row.action for row in audit.listing(session, action="material:")] == ["material:ready", "material:uploaded"]


def test_a_film_is_sent_whole_and_in_ranges(cast: Cast, films: Films, short_film: Path) -> None:
    cleo = cast.browser("cleo")
    path = media_url(cleo, films.add())
    content = short_film.read_bytes()
    whole = cleo.get(path)
    assert (whole.status_code, whole.mimetype, whole.data) == (200, "video/webm", content)
    assert whole.headers["X-Content-Type-Options"] == "nosniff"
    assert whole.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "Content-Disposition" not in whole.headers
    part = cleo.get(path, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.data) == (206, content[100:200])
    assert part.headers["Content-Range"] == f"bytes 100-199/{len(content)}"
    assert cleo.get(path, headers={"Range": f"bytes={len(content)}-"}).status_code == 416
    fresh = {"Range": "bytes=0-9", "If-Range": whole.headers["ETag"]}
    assert cleo.get(path, headers=fresh).status_code == 206
    assert cleo.get(path, headers={**fresh, "If-Range": '"other"'}).status_code == 200


def test_50_only_those_who_may_get_the_film(cast: Cast, films: Films, anonymous: Any) -> None:
    material_id = films.add()
    expected = {
        "cleo": 200,
        "cato": 200,
        "oda": 404,
        "mara": 200,
        "otto": 404,
        "rita": 200,
        "ada": 200,
        "nils": 404,
        "ivo": 200,
    }
    film, own = f"/watch/{material_id}/film/1", ("cleo", "cato")
    for name, status in expected.items():
        one = cast.browser(name)
        assert one.get(film).status_code == (403 if name in own else status), "candidates need a key"
        assert one.get(media_url(one, material_id) if name in own else film).status_code == status
    assert anonymous.get(film).status_code == 401
    for path in (f"/watch/{material_id}/captions/1.vtt",):
        assert {name: cast.browser(name).get(path).status_code for name in expected} == expected
        assert anonymous.get(path).status_code == 401
    cleo = cast.browser("cleo")
    for path in (f"/watch/{material_id}/film/2", "/watch/999/film/1", f"/watch/{material_id}/film/..%2f1"):
        assert cleo.get(path).status_code == 404


def test_captions_are_written_anew(cast: Cast, films: Films) -> None:
    answer = cast.browser("cleo").get(f"/watch/{films.add()}/captions/1.vtt")
    assert answer.headers["Content-Type"] == "text/vtt; charset=utf-8"
    assert answer.text == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nWelcome.\n\n"
        "00:00:01.000 --> 00:00:02.000\nThis is &lt;b&gt; &amp; more.\n"
    )


@pytest.mark.parametrize("name", ["mara", "otto", "rita", "ada", "ivo", "nils", "cleo"])
def test_only_the_jobs_hiring_manager_changes_material(cast: Cast, films: Films, name: str) -> None:
    material_id = films.add()
    one = cast.browser(name)
    reaches = name not in ("otto", "nils")
    expected = 303 if name == "mara" else 403 if reaches else 404
    for path in ("order/up", "withdrawal", "restoration"):
        one.send(f"/materials/{material_id}/{path}", status=expected)
    one.send(f"/jobs/{cast.job_id}/materials", status=422 if name == "mara" else expected)
    readable = 200 if reaches and name != "cleo" else 403 if name == "cleo" else 404
    for path in (f"/materials/{material_id}", f"/jobs/{cast.job_id}/materials"):
        assert one.get(path).status_code == readable
    assert one.get(f"/materials/{material_id}/withdrawal").status_code == 405


REFUSED = [
    (b"%PDF-1.7 a transcript, not a film", "neither an MP4 nor a WebM"),
    (b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1/", "neither an MP4 nor a WebM"),
    (b"<html><script>alert(1)</script>", "neither an MP4 nor a WebM"),
    (b"\x00\x00\x00\x18ftypqt  \x00\x00\x00\x00", "QuickTime"),
]


def test_what_is_no_film_is_refused_on_the_form(app: Flask, cast: Cast, session: Session) -> None:
    mara = cast.browser("mara")
    for content, words in REFUSED:
        answer = mara.send(f"/jobs/{cast.job_id}/materials", form(content, name="film.mp4"), status=422)
        assert words in answer.text
        assert 'value="Explainer"' in answer.text, "what was typed is still there"
    assert all_material(session) == []
    assert stored_files(app) == []


def test_missing_or_wrong_fields_are_named(app: Flask, cast: Cast, session: Session, short_film: Path) -> None:
    mara, content = cast.browser("mara"), short_film.read_bytes()
    for fields, words in (
        ({"film": b""}, "Choose an MP4 or WebM file."),
        ({"title": " "}, "Give the material a title."),
        ({"title": "x" * 201}, "200"),
        ({"kind": "movie"}, "Not a valid choice"),
        ({"need_pct": "49"}, "Enter a number from 50 to 100."),
        ({"need_pct": "all"}, "Not a valid integer"),
        ({"captions": None}, "Required material needs captions"),
        ({"captions": b"%PDF-1.7"}, "must start with the word WEBVTT"),
        ({"captions": b"WEBVTT\n\n00:01 --> 00:02\nx"}, "Line 3 of the captions"),
    ):
        answer = mara.send(f"/jobs/{cast.job_id}/materials", form(**{"film": content, **fields}), status=422)
        assert words in answer.text, words
    assert all_material(session) == []
    assert stored_files(app) == []


def limited(app: Flask, **changes: Any) -> None:
    doors = app.extensions["pitchproof"]
    app.extensions["pitchproof"] = replace(doors, settings=replace(doors.settings, **changes))


def test_a_two_gigabyte_upload_is_refused_before_it_is_read(app: Flask, cast: Cast, session: Session) -> None:
    mara = cast.browser("mara")
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = mara.post(
        f"/jobs/{cast.job_id}/materials", headers=headers, environ_overrides={"CONTENT_LENGTH": str(2 * 10**9)}
    )
    assert answer.status_code == 413
    assert "larger than the limit of 1024 MB" in answer.text


def test_a_film_over_the_limit_is_refused_while_it_streams(
    app: Flask, cast: Cast, session: Session, short_film: Path
) -> None:
    limited(app, upload_limit_bytes=10_000)
    answer = cast.browser("mara").send(f"/jobs/{cast.job_id}/materials", form(short_film.read_bytes()), status=413)
    assert "larger than the limit" in answer.text
    assert all_material(session) == []
    assert stored_files(app) == []


class FullDisk:
    """A file store on a disk without room."""

    def put(self, source: BinaryIO, *, suffix: str, limit_bytes: int) -> Any:
        raise StorageFull("The server's disk is full, so the file was not kept. Ask your admin to make room.")


def test_a_full_disk_is_said_and_nothing_is_lost(app: Flask, cast: Cast, session: Session, short_film: Path) -> None:
    app.extensions["pitchproof"] = replace(app.extensions["pitchproof"], files=FullDisk())
    answer = cast.browser("mara").send(f"/jobs/{cast.job_id}/materials", form(short_film.read_bytes()), status=507)
    assert "disk is full" in answer.text
    assert 'value="Explainer"' in answer.text
    assert all_material(session) == []


def test_large_uploads_pass_through_the_data_folder_and_leave_nothing(
    app: Flask, cast: Cast, session: Session, short_film: Path
) -> None:
    padded = short_film.read_bytes() + b"\xec" * 700_000
    cast.browser("mara").send(f"/jobs/{cast.job_id}/materials", form(padded))
    assert [path.stat().st_size for path in stored_files(app)] == [len(padded)]
    assert (app.extensions["pitchproof"].settings.data_dir / "uploads").is_dir()


def test_films_that_browsers_cannot_play_are_refused_with_the_reason(
    cast: Cast, session: Session, run_jobs: RunJobs, tmp_path: Path
) -> None:
    mara, cleo = cast.browser("mara"), cast.browser("cleo")
    made = [
        (make_film(tmp_path / "hevc.mp4", video="libx265", audio=None), "HEVC"),
        (make_film(tmp_path / "old.mp4", video="mpeg4", audio=None), "MPEG-4 part 2"),
        (make_film(tmp_path / "sound.webm", video=None), "no picture"),
        (make_film(tmp_path / "blink.webm", seconds=0.4, audio=None), "shorter than a second"),
    ]
    half = make_film(tmp_path / "whole.webm", seconds=6).read_bytes()
    (tmp_path / "half.webm").write_bytes(half[: len(half) // 2])
    made.append((tmp_path / "half.webm", "breaks off after"))
    (tmp_path / "noise.mp4").write_bytes(b"\x00\x00\x00\x18ftypisom" + bytes(range(256)) * 40)
    made.append((tmp_path / "noise.mp4", "damaged"))
    for path, _ in made:
        mara.send(f"/jobs/{cast.job_id}/materials", form(path.read_bytes(), name=path.name))
    run_jobs()
    for material, (_, words) in zip(all_material(session), made, strict=True):
        assert material.newest.state == VersionState.REFUSED
        assert words in mara.page(f"/materials/{material.id}").words
        for path in (f"/prep/material/{material.id}", f"/watch/{material.id}/film/1"):
            assert cleo.get(path).status_code == 404


def test_mp4_with_h264_and_aac_is_taken(cast: Cast, session: Session, run_jobs: RunJobs, tmp_path: Path) -> None:
    film = make_film(tmp_path / "film.mp4", video="libx264", audio="aac").read_bytes()
    cast.browser("mara").send(f"/jobs/{cast.job_id}/materials", form(film, name="film.mp4"))
    run_jobs()
    (material,) = all_material(session)
    assert (material.newest.state, material.newest.audio_codec) == (VersionState.READY, "aac")
    cleo = cast.browser("cleo")
    assert cleo.get(media_url(cleo, material.id)).mimetype == "video/mp4"


def test_the_hostile_corpus_is_taken_or_refused_in_a_sentence(cast: Cast, session: Session, run_jobs: RunJobs) -> None:
    mara = cast.browser("mara")
    for path in sorted(DATA.glob("*.*")):
        answer = mara.post(
            f"/jobs/{cast.job_id}/materials",
            data={"csrf_token": mara.csrf(), **form(path.read_bytes(), name=path.name)},
        )
        assert answer.status_code in (303, 422), path.name
    run_jobs()
    for material in all_material(session):
        newest = material.newest
        assert newest.state in (VersionState.READY, VersionState.REFUSED)
        assert (newest.state == VersionState.REFUSED) == bool(newest.objection)
        assert newest.state == VersionState.REFUSED or (newest.duration_ms or 0) < 3000


def test_order_title_and_what_does_not_count(cast: Cast, films: Films, session: Session) -> None:
    first, second = films.add(title="First"), films.add(title="Second")
    mara = cast.browser("mara")
    mara.send(f"/materials/{second}/order/up")
    mara.send(f"/materials/{second}/order/up")
    assert [one.id for one in all_material(session)] == [second, first]
    edited = {
        "title": "Renamed",
        "kind": "webinar",
        "required": "",
        "need_pct": "80",
        "excluded": "0:00-0:12, 9:50-10:00",
    }
    mara.send(f"/materials/{first}", edited)
    page = mara.page(f"/materials/{first}")
    assert "Renamed" in page.words
    assert "from 08:38 of 09:38" in page.words
    assert {"value": "0:00-0:12, 9:50-10:00"}.items() <= next(
        attrs for attrs in page.all("input") if attrs.get("name") == "excluded"
    ).items()
    for wrong in ("intro", "0:10-0:05", "9:00-11:00", "0:00-6:00"):
        answer = mara.send(f"/materials/{first}", {**edited, "excluded": wrong}, status=422)
        assert "field-error" in answer.text


def test_replacing_the_film(cast: Cast, films: Films, session: Session, run_jobs: RunJobs, short_film: Path) -> None:
    material_id = films.add()
    mara, cleo = cast.browser("mara"), cast.browser("cleo")
    content = short_film.read_bytes()
    same = mara.send(f"/materials/{material_id}/film", {"film": (BytesIO(content), "a.webm")}, status=409)
    assert "byte for byte" in same.text
    mara.send(f"/materials/{material_id}/film", {"film": (BytesIO(content + b"\xec\x80"), "a.webm")})
    assert f"/watch/{material_id}/film/1" in cleo.get(f"/prep/material/{material_id}").text
    run_jobs()
    page = cleo.get(f"/prep/material/{material_id}").text
    assert f"/watch/{material_id}/film/2" in page
    assert f"/watch/{material_id}/captions/2.vtt" in page


def test_withdrawn_material_is_gone_for_candidates_and_comes_back(cast: Cast, films: Films) -> None:
    material_id = films.add()
    mara, cleo = cast.browser("mara"), cast.browser("cleo")
    mara.send(f"/materials/{material_id}/withdrawal")
    mara.send(f"/materials/{material_id}/withdrawal", status=409)
    assert cleo.get(f"/prep/material/{material_id}").status_code == 410
    assert cleo.get(f"/watch/{material_id}/film/1").status_code == 404
    assert "Withdrawn" in mara.page(f"/jobs/{cast.job_id}/materials").words
    mara.send(f"/materials/{material_id}/restoration")
    assert cleo.get(f"/prep/material/{material_id}").status_code == 200


def test_new_captions(cast: Cast, films: Films) -> None:
    material_id = films.add()
    mara = cast.browser("mara")
    mara.send(f"/materials/{material_id}/captions", {"captions": (BytesIO(VTT), "x.vtt")})
    assert "Goodbye." in cast.browser("cleo").get(f"/watch/{material_id}/captions/1.vtt").text
    assert "Welcome all." in cast.browser("cleo").page(f"/prep/material/{material_id}").words
    mara.send(f"/materials/{material_id}/captions", {}, status=422)
    answer = mara.send(f"/materials/{material_id}/captions", {"captions": (BytesIO(b"WEBVTT\n"), "x.vtt")}, status=422)
    assert "no cue" in answer.text


def test_the_player_says_who_sees_what(cast: Cast, films: Films, session: Session) -> None:
    path = f"/prep/material/{films.add()}"
    cleo = cast.browser("cleo")
    assert "the panel only after it has scored" in cleo.page(path).words
    with writing(session):
        cast.job.gate = Gate.OFF
    assert "the numbers are for you alone" in cleo.page(path).words


def test_an_empty_list_names_the_next_step(cast: Cast) -> None:
    words = cast.browser("mara").page(f"/jobs/{cast.job_id}/materials").words
    assert "No material yet" in words
    assert "Add material" not in cast.browser("rita").page(f"/jobs/{cast.job_id}/materials").words


def test_a_title_cannot_become_markup(cast: Cast, films: Films) -> None:
    material_id = films.add(title='"><script>alert(1)</script>')
    assert "<script>alert" not in cast.browser("cleo").get(f"/prep/material/{material_id}").text
    assert "<script>alert" not in cast.browser("mara").get(f"/materials/{material_id}").text
