"""`twilytics migrate` on a real database: what it tells, and the passwords that it sets."""

import psycopg2
import pytest
from psycopg2.extensions import make_dsn, parse_dsn

from twilytics import migrating, roles


def test_it_tells_from_which_version_to_which_and_again_is_harmless(twilytics):
    first = twilytics("migrate")
    assert (first.code, first.out, first.err) == (0, f"database   from no version to {migrating.newest()}\n", "")
    assert twilytics("migrate").out == f"database   of version {migrating.newest()}, as it was\n"
    assert twilytics("migrate", "--json").json == {"before": migrating.newest(), "after": migrating.newest(), "left": []}


def test_roles_log_in_with_the_passwords_of_the_files_and_queries_with_the_readers(twilytics, tmp_path, postgres_dsn):
    files = {role: tmp_path / role for role in (roles.PUBLISHER, roles.READER)}
    for role, file in files.items():
        file.write_text(f"it's {role}\n")
    done = twilytics(
        "migrate", "--publisher-password-file", str(files[roles.PUBLISHER]), "--reader-password-file", str(files[roles.READER])
    )
    assert done.code == 0
    assert "it's" not in done.out + done.err
    for role in files:
        psycopg2.connect(make_dsn(**{**parse_dsn(postgres_dsn), "user": role, "password": f"it's {role}"})).close()
    assert twilytics("query", "SELECT current_user", "--format", "csv").out.splitlines()[1] == roles.READER
    psycopg2.connect(make_dsn(**{**parse_dsn(postgres_dsn), "user": roles.READER, "password": f"it's {roles.READER}"})).close()


@pytest.mark.parametrize(
    ("held", "told"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"", "has to hold one line, which is the password"),
        (b"two\nlines\n", "has to hold one line, which is the password"),
    ],
)
def test_a_password_file_that_holds_none_is_told_before_anything_is_done(twilytics, tmp_path, postgres_dsn, held, told):
    file = tmp_path / "password"
    if held is not None:
        file.write_bytes(held)
    ended = twilytics("migrate", "--reader-password-file", str(file))
    assert (ended.code, ended.err) == (1, f"error: the password file {file} {told}\n")
    with psycopg2.connect(postgres_dsn) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT to_regnamespace('gold')")
        assert cursor.fetchone() == (None,)
    connection.close()
