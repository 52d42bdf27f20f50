"""What the roles of PostgreSQL and MongoDB may do."""

from contextlib import closing

from twilytics.observatory import Observatory
from twilytics.permissions.granted import Granted

#: What the role that publishes has to be able to, and what only the owner should.
OF_PUBLISHER = """
    SELECT has_schema_privilege('gold', 'USAGE') AND bool_and(has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')
                                                               AND has_table_privilege(c.oid, 'DELETE')),
           rolsuper, rolcreaterole, rolcreatedb, has_database_privilege(current_database(), 'CREATE')
    FROM pg_roles, pg_class AS c
    WHERE rolname = current_user AND c.relnamespace = to_regnamespace('gold') AND c.relkind = 'r'
    GROUP BY rolsuper, rolcreaterole, rolcreatedb
"""


def database(observatory: Observatory) -> Granted:
    from twilytics import postgres

    with closing(postgres.connect(observatory.dsn)) as connection, connection.cursor() as cursor:
        cursor.execute(OF_PUBLISHER)
        found = cursor.fetchone()
    if found is None:
        return Granted((), ("publish",), (), "run `twilytics migrate` as the owner, there is no table yet")
    publishes, *powers = found
    words = ("do everything, as a superuser", "make roles", "make databases", "make schemas")
    is_own = observatory.settings.postgres_dsn is None
    needless = () if is_own else tuple(word for word, may in zip(words, powers, strict=True) if may)
    remedy = "run `twilytics migrate` as the owner, which gives the publisher its rights"
    return Granted(("publish",) if publishes else (), () if publishes else ("publish",), needless, remedy)


#: MongoDB's built-in roles that may do more than read and write one database.
POWERS = ("root", "dbAdminAnyDatabase", "userAdminAnyDatabase", "readWriteAnyDatabase", "clusterAdmin", "userAdmin", "dbOwner")


def answers(observatory: Observatory) -> Granted:
    if observatory.settings.mongodb_uri is None:
        return Granted(("read and write",), (), (), "")
    roles = list(observatory.store.roles())
    can_write = not roles or any(role in ("readWrite", *POWERS) for role in roles)
    needless = tuple(f"do what the role {role} lets it" for role in roles if role in POWERS)
    may = ("read and write",) if can_write else ()
    return Granted(may, () if can_write else ("write",), needless, "give it the role readWrite on its database")
