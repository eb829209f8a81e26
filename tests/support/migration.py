"""Writes the next migration, from what the migrations make so far to what the models say.

Compares on PostgreSQL, because SQLite cannot tell about indexes on expressions. Triggers are added by hand.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from flask_migrate import migrate, upgrade

from interview import config
from interview.app import create_app
from interview.web.database import database
from tests.support.postgres import running_postgres

VERSIONS = Path(__file__).parents[2] / "interview" / "migrations" / "versions"


def main(why: str) -> None:
    with running_postgres() as server, server.fresh_database() as url, tempfile.TemporaryDirectory() as data_dir:
        app = create_app(config.load({"DATA_DIR": data_dir, "DATABASE_URL": url, "DEMO": "0"}))
        with app.app_context():
            upgrade()
            number = f"{len(list(VERSIONS.glob('*.py'))) + 1:04}"
            migrate(message=why, rev_id=number)
            database.engine.dispose()
    (written,) = VERSIONS.glob(f"{number}_*.py")
    lines = written.read_text("utf-8").splitlines(keepends=True)
    written.write_text("".join(line for line in lines if "# ###" not in line), "utf-8")  # Alembic's own remarks
    subprocess.run([sys.executable, "-m", "ruff", "format", str(VERSIONS)], check=True)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit('Say what the migration does: python -m tests.support.migration "keep who asked for more time"')
    main(" ".join(sys.argv[1:]))
