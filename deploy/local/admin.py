"""What an administrator of the machine does beside the running product: `workbench admin`."""

from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import Final

from sqlalchemy.orm import Session

from core.audit.service import By, Tag, record
from core.kit.database import Database, make_engine
from core.kit.settings import Settings
from deploy.local.database import check_reachable
from deploy.local.errors import CannotStart
from deploy.local.layout import DataFolder
from deploy.local.postgres import read_access

BY: Final = By("workbench admin")


def reset_password(settings: Settings, username: str) -> str:
    """Give an account a new password.

    Raises:
        CannotStart: the database does not answer.
        NotFound: there is no such account.
    """
    from core.auth import first_admin

    with _session(settings) as session:
        return first_admin.reset_password(session, settings, username)


def rotate_keys(settings: Settings) -> None:
    """Have another key sign access tokens. The keys are a file; the audit log says so where a database runs.

    Raises:
        CannotStart: there is no such data folder.
        Conflict: the key is JWT_SECRET_KEY, which only its setting can change.
    """
    from core.auth import keys

    if not settings.data_dir.is_dir():
        raise CannotStart(f"There is no data folder {settings.data_dir}.", hint="--data names another.")
    key = keys.rotate(settings)
    with suppress(CannotStart), _session(settings) as session:
        record(session, BY, Tag.KEYS_ROTATED, subject=key)


def rotate_encryption(settings: Settings) -> int:
    """Encrypt every secret with a new key, or with the given ENCRYPTION_KEY. Returns how many there are.

    Raises:
        CannotStart: the database does not answer.
        Undecryptable: a secret cannot be read with the keys that are known; none was changed then.
    """
    from core.environments.variables import encrypt_anew
    from core.kit.crypto import Cipher, add_key
    from core.notifications.channels import encrypt_anew as encrypt_channels_anew

    with _session(settings) as session:
        if settings.encryption_key is None:
            add_key(settings)
        cipher = Cipher(settings)
        count = encrypt_anew(session, cipher) + encrypt_channels_anew(session, cipher)
        record(session, BY, Tag.KEYS_ROTATED, subject="encryption", data={"secrets": count})
    return count


def find_database(settings: Settings) -> str:
    """The address of the database of a data folder, as the services use it.

    Raises:
        CannotStart: nothing answers there.
    """
    url = settings.database_url
    if url is None:
        access = read_access(DataFolder(settings.data_dir))
        if access is None:
            raise CannotStart(
                f"The embedded PostgreSQL of {settings.data_dir} does not run.",
                hint="Start it with `workbench up` on the same --data folder; then try again beside it.",
            )
        url = access.url()
    check_reachable(url)
    return url


@contextmanager
def _session(settings: Settings) -> Generator[Session]:
    db = Database(make_engine(find_database(settings), pool_size=1))
    try:
        with db.session() as session:
            yield session
    finally:
        db.dispose()
