"""The test run's own PostgreSQL, from each source of binaries."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.support import postgres
from tests.support.postgres import running_postgres


@pytest.mark.parametrize("find", [postgres.find_binaries, postgres.wheel_binaries])
def test_a_server_starts_copies_databases_and_leaves_nothing(find):
    with running_postgres(find()) as server, server.fresh_database() as template_url:
        template = sa.create_engine(template_url)
        with template.begin() as connection:
            connection.execute(sa.text("CREATE TABLE pitch (title text)"))
            connection.execute(sa.text("INSERT INTO pitch VALUES ('Grüße, 東京')"))
        template.dispose()
        with server.fresh_database(template.url.database) as copy_url:
            assert copy_url != template_url
            copy = sa.create_engine(copy_url)
            with copy.connect() as connection:
                assert connection.scalar(sa.text("SELECT title FROM pitch")) == "Grüße, 東京"
                assert connection.scalar(sa.text("SHOW listen_addresses")) == ""
            copy.dispose()
        gone = sa.create_engine(copy_url)
        with pytest.raises(sa.exc.OperationalError):
            gone.connect()
    assert not server.folder.exists()


def test_binaries_in_a_closed_folder_are_copied(tmp_path: Path):
    (tmp_path / "pginstall" / "bin").mkdir(parents=True)
    (tmp_path / "pginstall" / "bin" / "initdb").touch()
    (tmp_path / "pginstall").chmod(0o700)
    own = tmp_path / "own"
    own.mkdir()

    binaries = tmp_path / "pginstall" / "bin"
    assert postgres.reachable(binaries, own, as_other_user=False) == binaries
    copied = postgres.reachable(binaries, own, as_other_user=True)
    assert copied == own / "pginstall" / "bin"
    assert (copied / "initdb").exists()
