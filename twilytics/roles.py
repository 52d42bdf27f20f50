"""The roles of the published database: the owner, who migrates it; the publisher, who fills it; the reader, who only looks.

The owner is whoever migrates, and owns all there is. The other two are made by a migration, without a password and so
without a way in: that comes with :func:`let_in`. A reader can lengthen its own `statement_timeout`, as everybody can in
PostgreSQL; :func:`end_overstaying`, with each publication, is what no reader can lengthen.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from psycopg2 import errors, sql

from twilytics.errors import ServiceError

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor  # noqa: N812

READER = "twilytics_reader"
PUBLISHER = "twilytics_publisher"
#: What readers see, and what they do not.
SEEN, UNSEEN = "gold", "ops"
READER_SETTINGS = {
    "default_transaction_read_only": "on",
    "statement_timeout": "60s",
    "idle_in_transaction_session_timeout": "60s",
    "search_path": SEEN,
}
#: What only a superuser may set for others.
READER_LIMITS = {"temp_file_limit": "1GB"}
READER_CONNECTIONS = 20
#: How long a reader's query may take, whatever it has set.
LONGEST = "10 minutes"
#: From this version on the right to vacuum and to refresh can be given away.
MAINTAIN_SINCE = 170000
# One at a time: PostgreSQL does not let two change the same rights at once.
LOCK = 0x7477696C  # "twil"


def make(cursor: "Cursor") -> tuple[str, ...]:
    """Have both roles, and give them their rights on what is there. Return what the user of the connection may not do, in words."""
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
    left = []
    for role in (READER, PUBLISHER):
        check_harmless(cursor, role)
        if not _is_there(cursor, role) and not _tried(cursor, f"CREATE ROLE {role} NOLOGIN"):
            left.append(f"make the role {role}")
    if _is_there(cursor, READER):
        if _differing(cursor) and not _tried(cursor, *_bounds(cursor)):
            left.append(f"set the limits of the role {READER}")
        for statement in reader_rights():
            cursor.execute(statement)
    if _is_there(cursor, PUBLISHER):
        for statement in _publisher_rights(cursor.connection.server_version):
            cursor.execute(statement)
        # Whoever has a role's rights may end its sessions.
        if _is_there(cursor, READER) and not _is_member(cursor) and not _tried(cursor, f"GRANT {READER} TO {PUBLISHER}"):
            left.append(f"let {PUBLISHER} end sessions of {READER}")
    return tuple(left)


def let_in(cursor: "Cursor", role: str, password: str) -> None:
    """Have a role that logs in with this password. Raise :class:`psycopg2.errors.InsufficientPrivilege` where the user may not do that."""
    made = sql.SQL("ALTER" if _is_there(cursor, role) else "CREATE")
    cursor.execute(sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(made, sql.Identifier(role), sql.Literal(password)))
    if role == READER:
        for statement in _bounds(cursor):
            cursor.execute(statement)


def check_harmless(cursor: "Cursor", role: str) -> None:
    """Raise :class:`ServiceError` where someone gave a role of that name more rights: it would be no reader, or no publisher."""
    cursor.execute(
        "SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls OR EXISTS (SELECT FROM pg_auth_members"
        " WHERE member = pg_roles.oid AND roleid <> coalesce(to_regrole(%s)::oid, 0)) FROM pg_roles WHERE rolname = %s",
        (READER, role),
    )
    found = cursor.fetchone()
    if found and found[0]:
        kind = role.rpartition("_")[2]
        raise ServiceError(f"the role {role} has more rights than a {kind}'s in this database: drop it, and it is made anew")


def reader_rights() -> Iterator[str]:
    """What lets the reader see the schema, what is in it, and what will be, and keeps everybody from making tables beside it."""
    yield f"GRANT USAGE ON SCHEMA {SEEN} TO {READER}"
    yield f"GRANT SELECT ON ALL TABLES IN SCHEMA {SEEN} TO {READER}"
    yield f"ALTER DEFAULT PRIVILEGES IN SCHEMA {SEEN} GRANT SELECT ON TABLES TO {READER}"
    # Without effect, but for a warning, where the database is somebody else's.
    yield "DO $$ BEGIN EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database()); END $$"
    # As it is from PostgreSQL 15 on.
    yield "DO $$ BEGIN IF to_regnamespace('public') IS NOT NULL THEN REVOKE CREATE ON SCHEMA public FROM PUBLIC; END IF; END $$"


def end_overstaying(cursor: "Cursor") -> int:
    """End readers' sessions whose query takes longer than any may. Return how many: of those that the user may end."""
    cursor.execute(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = %s AND datname = current_database()"
        " AND state = 'active' AND query_start < clock_timestamp() - %s::interval AND pg_has_role(usename, 'USAGE')",
        (READER, LONGEST),
    )
    found = cursor.fetchone()
    return int(found[0]) if found else 0


def maintainable(cursor: "Cursor", schema: str = SEEN) -> set[str]:
    """The names of what the schema has that the user of the connection may vacuum and refresh."""
    allowed = "pg_has_role(relowner, 'USAGE')"
    if cursor.connection.server_version >= MAINTAIN_SINCE:
        allowed += " OR has_table_privilege(oid, 'MAINTAIN')"
    there = "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace(%s) AND relkind IN ('r', 'm')"
    cursor.execute(f"{there} AND ({allowed})", (schema,))
    return {name for (name,) in cursor.fetchall()}


def owns(cursor: "Cursor", table: str) -> bool:
    """Whether the user of the connection may change the table itself, not only its rows."""
    cursor.execute("SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = to_regclass(%s)", (table,))
    return cursor.fetchone() == (True,)


def definition() -> str:
    """All that roles are given, as text: where it changes, databases are to follow."""
    return repr((READER_SETTINGS, READER_LIMITS, READER_CONNECTIONS, *reader_rights(), *_publisher_rights(MAINTAIN_SINCE)))


def _publisher_rights(server_version: int) -> Iterator[str]:
    yield f"GRANT USAGE ON SCHEMA {SEEN}, {UNSEEN} TO {PUBLISHER}"
    yield f"GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA {SEEN}, {UNSEEN} TO {PUBLISHER}"
    yield f"REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON {UNSEEN}.alembic_version FROM {PUBLISHER}"
    yield f"DO $$ BEGIN EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO {PUBLISHER}', current_database()); END $$"
    if server_version >= MAINTAIN_SINCE:
        yield f"GRANT MAINTAIN ON ALL TABLES IN SCHEMA {SEEN}, {UNSEEN} TO {PUBLISHER}"


def _bounds(cursor: "Cursor") -> Iterator[str]:
    yield f"ALTER ROLE {READER} CONNECTION LIMIT {READER_CONNECTIONS}"
    for name, value in _wanted(cursor).items():
        yield f"ALTER ROLE {READER} SET {name} = '{value}'"


def _wanted(cursor: "Cursor") -> Mapping[str, str]:
    cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    (is_superuser,) = cursor.fetchone() or (False,)
    return {**READER_SETTINGS, **(READER_LIMITS if is_superuser else {})}


def _differing(cursor: "Cursor") -> bool:
    """Whether the reader has not the limits that it is to have."""
    wanted = {f"{name}={value}" for name, value in _wanted(cursor).items()}
    cursor.execute("SELECT coalesce(rolconfig, '{}'), rolconnlimit FROM pg_roles WHERE rolname = %s", (READER,))
    told, most = cursor.fetchone() or ((), 0)
    return not wanted <= set(told) or most != READER_CONNECTIONS


def _is_there(cursor: "Cursor", role: str) -> bool:
    cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", (role,))
    return cursor.fetchone() is not None


def _is_member(cursor: "Cursor") -> bool:
    cursor.execute("SELECT FROM pg_auth_members WHERE member = %s::regrole AND roleid = %s::regrole", (PUBLISHER, READER))
    return cursor.fetchone() is not None


def _tried(cursor: "Cursor", *statements: str) -> bool:
    """Run them; none of them, and False, where the user of the connection may not."""
    cursor.execute("SAVEPOINT tried")
    try:
        for statement in statements:
            cursor.execute(statement)
    except errors.InsufficientPrivilege:
        cursor.execute("ROLLBACK TO SAVEPOINT tried")
        return False
    cursor.execute("RELEASE SAVEPOINT tried")
    return True
