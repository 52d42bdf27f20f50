"""`twilytics migrate`."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from twilytics.cli import tell
from twilytics.cli.options import Json
from twilytics.errors import SettingError


def migrate(
    *,
    publisher_password_file: Annotated[Path | None, Parameter(help="Holds the password twilytics_publisher is to have.")] = None,
    reader_password_file: Annotated[Path | None, Parameter(help="Holds that of twilytics_reader, for `twilytics query` too.")] = None,
    as_json: Json = False,
) -> None:
    from flows.blocks import load
    from twilytics import migrating, postgres, roles
    from twilytics.observatory import Observatory

    files = {roles.PUBLISHER: publisher_password_file, roles.READER: reader_password_file}
    passwords = {role: _password(file) for role, file in files.items() if file is not None}
    settings = load()
    with Observatory(settings) as observatory:
        done = migrating.upgrade(observatory.dsn, passwords)
    if roles.READER in passwords:
        postgres.keep_reader_password(settings.home, passwords[roles.READER])
    if as_json:
        tell.json(asdict(done))
        return
    if done.before == done.after:
        tell.line(f"database   of version {done.after}, as it was")
    else:
        tell.line(f"database   from {f'version {done.before}' if done.before else 'no version'} to {done.after}")
    for role in passwords:
        tell.line(f"password   {role} logs in with the one of the file")
    for may_not in done.left:
        tell.note(f"warning: the user of TWILYTICS_POSTGRES_DSN may not {may_not}: let an administrator run `twilytics migrate` once")


def _password(file: Path) -> str:
    """Raise :class:`SettingError` where the file does not hold one."""
    try:
        password = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"the password file {file} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if not password or "\n" in password or "\0" in password:
        raise SettingError(f"the password file {file} has to hold one line, which is the password")
    return password
