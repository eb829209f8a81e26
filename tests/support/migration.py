"""Writes the next migration, from what the migrations make so far to what the models say.

Compares on PostgreSQL, because SQLite cannot tell about indexes on expressions. Triggers are added by hand.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile

from flask_migrate import migrate, upgrade

from interview import config
from interview.app import create_app
from interview.web.database import database
from tests.support.postgres import running_postgres


def main(why: str) -> None:
    with running_postgres() as server, server.fresh_database() as url, tempfile.TemporaryDirectory() as data_dir:
        app = create_app(config.load({"DATA_DIR": data_dir, "DATABASE_URL": url, "DEMO": "0"}))
        with app.app_context():
            upgrade()
            migrate(message=why)
            database.engine.dispose()
    subprocess.run([sys.executable, "-m", "ruff", "format", "interview/migrations"], check=True)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit('Say what the migration does: python -m tests.support.migration "keep who asked for more time"')
    main(" ".join(sys.argv[1:]))
