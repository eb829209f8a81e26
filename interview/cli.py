"""The commands: `flask --app wsgi <group> <command>`.

Wiring: asks services, prints, one sentence on stderr when refused.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import IO, BinaryIO, ParamSpec, TypeVar

import click
from flask import Flask, current_app, url_for
from flask.cli import AppGroup, with_appcontext

from interview import audit
from interview.access import SYSTEM, Role
from interview.agreement.rules import report
from interview.agreement.rules.analysis import analyse
from interview.agreement.rules.tables import MAX_BYTES as RATINGS_MAX_BYTES
from interview.agreement.rules.tables import read_ratings
from interview.connect import service as connect
from interview.connect.rules import Scope
from interview.errors import Conflict, Invalid, NotFound, Refusal, Unavailable
from interview.export import service as export
from interview.export.rules.files import Format
from interview.hiring import service as hiring
from interview.hiring.rules import is_email
from interview.people import service as people
from interview.rubric import service as rubric
from interview.rubric.rules import MAX_BYTES as RUBRIC_MAX_BYTES
from interview.rubric.rules import Reading as RubricReading
from interview.rubric.rules import read_rubric
from interview.transcript.rules.decoding import MAX_BYTES
from interview.transcript.rules.reading import read_strictly, read_transcript
from interview.web.database import database, reading, writing
from interview.web.guard import doors

OUR_RUBRICS = Path(__file__).parents[1] / "rubrics"
NUMBER = click.IntRange(1, 2**31 - 1)  # of a row: what PostgreSQL counts with

P = ParamSpec("P")
R = TypeVar("R")

people_group = AppGroup("people", help="Accounts of the hiring team.")
rubric_group = AppGroup("rubric", help="Rubric files.")
transcript_group = AppGroup("transcript", help="Transcript files.")
candidate_group = AppGroup("candidate", help="Candidates and their personal links.")
token_group = AppGroup("token", help="Tokens with which other programs read the API.")
demo_group = AppGroup("demo", help="The demo: the product's own job, films and invented people.")
audit_group = AppGroup("audit", help="The audit trail: is it still what was written?")


def speaks(command: Callable[P, R]) -> Callable[P, R]:
    """Turn a refusal into one sentence on stderr and exit code 1."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except Refusal as refusal:
            click.echo(refusal.sentence, err=True)
            sys.exit(1)

    return run


def address(path: str) -> str:
    """Return the full address of a path, as people type it."""
    return doors().settings.base_url + path


def one_email(text: str) -> str:
    """Return a typed e-mail address without spaces around it. Raises Invalid."""
    if not is_email(text.strip()):
        raise Invalid(f"{text} is not an e-mail address.")
    return text.strip()


@people_group.command("add")
@click.option("--email", required=True)
@click.option("--name", required=True)
@click.option("--role", required=True, type=click.Choice([role.value for role in Role if role is not Role.CANDIDATE]))
@speaks
def people_add(email: str, name: str, role: str) -> None:
    """Add a person and print a one-time sign-in link."""
    now = doors().clock.now()
    with writing() as session:
        person = people.add_person(session, SYSTEM, email=one_email(email), name=name.strip(), role=Role(role), now=now)
        token = people.make_sign_in_link(session, SYSTEM, person, now=now)
    click.echo(address(_path("people.link", token=token)))


@candidate_group.command("invite")
@click.option("--job", "job_id", required=True, type=NUMBER)
@click.option("--email", required=True)
@click.option("--name", required=True)
@speaks
def candidate_invite(job_id: int, email: str, name: str) -> None:
    """Put a candidate on a job and print the personal link; older links of the application stop working."""
    now = doors().clock.now()
    with writing() as session:
        job = hiring.job(session, job_id)
        application, _ = hiring.add_candidate(session, SYSTEM, job, name=name.strip(), email=one_email(email), now=now)
        token = hiring.make_link(session, SYSTEM, application, days=doors().settings.link_days, now=now)
    click.echo(address(_path("hiring.personal_link", token=token)))


@audit_group.command("verify")
@click.option("--checkpoint", "kept", type=click.File(), help="A file with a line of `audit checkpoint`; - for stdin.")
@speaks
def audit_verify(kept: IO[str] | None) -> None:
    """Read the whole audit trail; name the first row that was changed, removed, put in or moved (exit code 1)."""
    key = doors().settings.secret_key
    since = audit.read_checkpoint(kept.read(), key) if kept else None
    finding = audit.verify(reading(), since=since)
    if finding:
        raise Conflict(finding.sentence)
    click.echo(f"The audit trail is whole: {audit.checkpoint(reading(), now=doors().clock.now()).seq} rows.")


@audit_group.command("checkpoint")
def audit_checkpoint() -> None:
    """Print one line to keep outside this machine; `audit verify --checkpoint` then also sees a rewritten trail."""
    click.echo(audit.checkpoint(reading(), now=doors().clock.now()).line(doors().settings.secret_key))


@demo_group.command("seed")
@click.option("--if-empty", is_flag=True, help="Say nothing and do nothing where the database has people already.")
@click.option("--candidates", "count", type=click.IntRange(1, 1_000_000), help="Add N synthetic applications.")
@speaks
def demo_seed(if_empty: bool, count: int | None) -> None:
    """Seed the demo into an empty database; with --candidates add that many synthetic applications to its job."""
    from interview.demo import load, seed  # nobody else needs what they read

    settings, now = doors().settings, doors().clock.now()
    index_path = settings.data_dir / "demo.json"
    with writing() as session:
        empty = people.is_empty(session)
        if empty:
            index = seed.seed(session, doors=doors(), base_url=settings.base_url, now=now)
            seed.write_index(index_path, index)
    if empty:
        click.echo(f"The demo is seeded; its links are in {index_path}.")
    else:
        seed.rebase_index(index_path, settings.base_url)
    if count:
        with writing() as session:
            job_id = load.seed_candidates(session, count, now=now)
        click.echo(f"Job {job_id} has {count} more applications.")
    elif not empty and not if_empty:
        raise Conflict("The database has people already: the demo is seeded into an empty one only.")


@demo_group.command("delete")
@click.confirmation_option(prompt="Delete the demo's job with every application, and close its people's accounts?")
@speaks
def demo_delete() -> None:
    """Delete the demo's data: its job, candidates and films; its people can no longer sign in."""
    from interview.demo import removal

    index_path = doors().settings.data_dir / "demo.json"
    if not index_path.exists():
        raise NotFound(f"There is no demo here: {index_path} is not there.")
    index = json.loads(index_path.read_text("utf-8"))
    with writing() as session:
        file_keys = removal.remove(session, index, now=doors().clock.now())
    for key in file_keys:
        doors().files.delete(key)
    index_path.unlink()
    click.echo("The demo's data are deleted.")


@token_group.command("create")
@click.option("--name", required=True, help="What will use it.")
@click.option("--scopes", required=True, help=f"What for: {', '.join(Scope)}; several with commas. See docs/API.md.")
@click.option("--owner", "email", help="Whose rights it has: an e-mail address. Else the only admin's.")
@speaks
def token_create(name: str, scopes: str, email: str | None) -> None:
    """Make a token and print it, this once: only its digest is kept."""
    now = doors().clock.now()
    with writing() as session:
        owner = connect.owner_for(session, email)
        _, secret = connect.create_token(session, SYSTEM, owner, name=name.strip(), scopes=scopes, now=now)
    click.echo(secret)


@token_group.command("list")
def token_list() -> None:
    """List every token: id, whether it works, until when, its owner, scopes and name; never the token itself."""
    now = doors().clock.now()
    for one in connect.tokens(reading()):
        state, scopes = connect.state_of(one, now=now), ",".join(one.scopes)
        click.echo(f"{one.id}\t{state}\t{one.expires_at:%Y-%m-%d}\t{one.owner.email}\t{scopes}\t{one.name}")


@token_group.command("revoke")
@click.argument("token_id", metavar="ID", type=NUMBER)
@speaks
def token_revoke(token_id: int) -> None:
    """Stop a token for good, at once."""
    with writing() as session:
        connect.revoke_token(session, SYSTEM, token_id, now=doors().clock.now())
    click.echo(f"Token {token_id} has stopped working.")


@click.command("export")
@click.argument("job_id", type=NUMBER, metavar="JOB")
@click.option("--format", "format_", type=click.Choice([one.value for one in Format]), required=True)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="The file to write; else one is named here."
)
@click.option("--as", "email", help="Whose eyes to export with: an e-mail address. Else the job's hiring manager's.")
@with_appcontext
@speaks
def export_job(job_id: int, format_: str, out: Path | None, email: str | None) -> None:
    """Write a job's candidates, scorecards, ratings and evidence into a file; xapi tells of watching alone."""
    now, wish = doors().clock.now(), export.Wish(Format(format_))
    eyes = export.eyes_for(reading(), job_id, email=email)
    out = out or Path(export.file_name(hiring.job(reading(), job_id).title, wish, now=now))
    partial = out.with_name(out.name + ".part")
    try:
        with partial.open("wb") as target:
            made = export.make(
                reading(),
                eyes,
                job_id,
                wish,
                target,
                number=export.new_number(),
                base_url=address(""),
                url_of=lambda one: address(_path("debrief.show", application_id=one)),
                now=now,
            )
        with writing() as session:
            export.keep_record(session, SYSTEM, job_id, wish, made, on_behalf=eyes.label, now=now)
        partial.rename(out)
    except OSError as problem:
        raise Unavailable(f"{out} cannot be written: {problem.strerror}.") from None
    finally:
        partial.unlink(missing_ok=True)
    rows = ", ".join(f"{count} {name}" for name, count in made.row_counts.items())
    click.echo(f"{out}: {rows}")


@click.command("work")
@with_appcontext
def work() -> None:
    """Carry out background jobs until SIGTERM or Ctrl-C."""
    from interview import worker  # DBOS takes 0.6 s to import and no other command needs it

    settings = doors().settings
    worker.work(
        worker.Worker(
            database.engine,
            database_url=settings.database_url,
            data_dir=settings.data_dir,
            clock=doors().clock,
            doors=doors(),
        )
    )


@rubric_group.command("check")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.File("rb"))
def rubric_check(paths: tuple[BinaryIO, ...]) -> None:
    """Check rubric files; every problem is a line `FILE:LINE: where: sentence` on stderr (exit code 1)."""
    refused = [file.name for file in paths if not _say_rubric(file.name, read_rubric(file.read(RUBRIC_MAX_BYTES + 1)))]
    if refused:
        sys.exit(1)


@rubric_group.command("load")
@click.argument("path", metavar="PATH", type=click.File("rb"))
@speaks
def rubric_load(path: BinaryIO) -> None:
    """Publish the rubric of a file as a frozen version; the same content again changes nothing."""
    data = path.read(RUBRIC_MAX_BYTES + 1)
    if not _say_rubric(path.name, read_rubric(data)):
        sys.exit(1)
    with writing() as session:
        rubric.publish(session, SYSTEM, data=data, now=doors().clock.now())


@rubric_group.command("begin")
@speaks
def rubric_begin() -> None:
    """Publish the rubrics that come with Pitchproof where none was published, so that a first job can be scored."""
    with writing() as session:
        if rubric.versions(session):
            return
        for path in sorted(OUR_RUBRICS.glob("*.yaml")):
            rubric.publish(session, SYSTEM, data=path.read_bytes(), now=doors().clock.now())


def _say_rubric(name: str, reading: RubricReading) -> bool:
    for problem in reading.problems:
        where = f"{problem.path}: " if problem.path else ""
        click.echo(f"{name}:{problem.line}: {where}{problem.sentence}", err=True)
    if reading.rubric is None:
        return False
    count = len(reading.rubric.criteria)
    click.echo(f"{name}: {reading.rubric.key}, version {reading.rubric.version}, {count} attributes.")
    return True


@transcript_group.command("read")
@click.argument("file", type=click.File("rb"))
@click.option("--json", "as_json", is_flag=True, help="Print the segments and warnings as JSON.")
@click.option("--strict", is_flag=True, help="Read WebVTT as its specification does, forgiving nothing.")
@speaks
def transcript_read(file: BinaryIO, as_json: bool, strict: bool) -> None:
    """Print the segments and the warnings of a transcript file of any known format."""
    data = file.read(MAX_BYTES + 1)
    found = read_strictly(data) if strict else read_transcript(data)
    click.echo(json.dumps(found.as_json(), ensure_ascii=False, indent=1) if as_json else found.as_text())


@click.command("agreement")
@click.argument("file", metavar="FILE.csv", type=click.File("rb"))
@click.option("--json", "as_json", is_flag=True, help="Print the numbers as JSON.")
def agreement(file: BinaryIO, as_json: bool) -> None:
    """Say whether raters agree and candidates can be told apart, from a CSV: candidate,rater,criterion,score."""
    found = read_ratings(file.read(RATINGS_MAX_BYTES + 1))
    for problem in found.problems:
        click.echo(f"{file.name}:{problem.line}: {problem.sentence}", err=True)
    if found.problems:
        sys.exit(1)
    analysis = analyse(found.ratings)
    if as_json:
        click.echo(json.dumps(report.as_json(analysis), ensure_ascii=False, indent=1, allow_nan=False))
    else:
        click.echo(report.as_text(analysis, found.ratings))


def _path(endpoint: str, **values: object) -> str:
    with current_app.test_request_context():
        return url_for(endpoint, **values)  # type: ignore[arg-type]


def install(app: Flask) -> None:
    """Add the commands to the application."""
    for group in (people_group, rubric_group, transcript_group, candidate_group, audit_group, token_group, demo_group):
        app.cli.add_command(group)
    app.cli.add_command(export_job)
    app.cli.add_command(agreement)
    app.cli.add_command(work)
