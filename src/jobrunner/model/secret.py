"""Which names say that their value is a secret, and what is shown in its place."""

import re
from functools import lru_cache

MASK = "***"
# A word of the name, or part of one where nothing harmless is spelt like it.
NAMES = re.compile(
    r"PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN(?!IZ)|CREDENTIAL|APIKEY|PRIVATEKEY|ACCESSKEY|AUTHORIZATION"
    r"|(?<![A-Z0-9])(?:KEY|KEYS|PASS|PW|PWD|PIN|AUTH|COOKIE|SALT|DSN|JWT|WEBHOOK)(?![A-Z0-9])",
    re.IGNORECASE,
)
# What ends so tells where a secret is, which is none; the working folder has a telling name.
HARMLESS = re.compile(r"(?:(?:_|\A)(?:FILE|PATH|DIR|SOCK|ENV|ID)|\A(?:OLD)?PWD)\Z", re.IGNORECASE)
# user:password@ in an address.
USERINFO = re.compile(r"(?<=://)([^\s/?#:@]*):[^\s/?#]*@")


@lru_cache(maxsize=4096)
def is_secret(name: str) -> bool:
    """Whether a variable or header of that name holds a secret: API_KEY does, MONKEY does not."""
    return bool(NAMES.search(name)) and not HARMLESS.search(name)


def masked(name: str, value: str) -> str:
    """The value as it may be shown; of an address only the password is hidden."""
    return MASK if value and is_secret(name) else without_passwords(value)


def without_passwords(text: str) -> str:
    """The text with the passwords of the addresses in it starred out."""
    return USERINFO.sub(rf"\1:{MASK}@", text)
