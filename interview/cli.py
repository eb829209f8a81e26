"""The commands: `flask --app wsgi <group> <command>`.

Wiring: asks services, prints, one sentence on stderr when refused.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import click
from flask import Flask, current_app, url_for
from flask.cli import AppGroup

from interview.access import SYSTEM, Role
from interview.errors import Refusal
from interview.hiring import service as hiring
from interview.people import service as people
from interview.web.database import writing
from interview.web.guard import doors

P = ParamSpec("P")
R = TypeVar("R")

people_group = AppGroup("people", help="Accounts of the hiring team.")
candidate_group = AppGroup("candidate", help="Candidates and their personal links.")


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


@people_group.command("add")
@click.option("--email", required=True)
@click.option("--name", required=True)
@click.option("--role", required=True, type=click.Choice([role.value for role in Role if role is not Role.CANDIDATE]))
@speaks
def people_add(email: str, name: str, role: str) -> None:
    """Add a person and print a one-time sign-in link."""
    now = doors().clock.now()
    with writing() as session:
        person = people.add_person(session, SYSTEM, email=email.strip(), name=name.strip(), role=Role(role), now=now)
        token = people.make_sign_in_link(session, SYSTEM, person, now=now)
    click.echo(address(_path("people.link", token=token)))


@candidate_group.command("invite")
@click.option("--job", "job_id", required=True, type=int)
@click.option("--email", required=True)
@click.option("--name", required=True)
@speaks
def candidate_invite(job_id: int, email: str, name: str) -> None:
    """Put a candidate on a job and print the personal link; older links of the application stop working."""
    now = doors().clock.now()
    with writing() as session:
        job = hiring.job(session, job_id)
        application, _ = hiring.add_candidate(session, SYSTEM, job, name=name.strip(), email=email.strip(), now=now)
        token = hiring.make_link(session, SYSTEM, application, days=doors().settings.link_days, now=now)
    click.echo(address(_path("hiring.personal_link", token=token)))


def _path(endpoint: str, **values: object) -> str:
    with current_app.test_request_context():
        return url_for(endpoint, **values)  # type: ignore[arg-type]


def install(app: Flask) -> None:
    """Add the commands to the application."""
    for group in (people_group, candidate_group):
        app.cli.add_command(group)
