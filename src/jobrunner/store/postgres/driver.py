"""What speaks to PostgreSQL, which only those have who installed it."""

from importlib.util import find_spec

from jobrunner.errors import StoreError

NEEDED = (
    "a ledger in PostgreSQL needs a driver and a queue that are not installed.\n"
    "pip install 'jobrunner[cluster]'"
)


def require() -> None:
    """Let nobody on who has not got it, or a driver without its library: StoreError."""
    try:
        import psycopg  # noqa: F401, PLC0415 - it may be there and not to be imported
    except ImportError as error:
        raise StoreError(NEEDED) from error
    if find_spec("procrastinate") is None:
        raise StoreError(NEEDED)
