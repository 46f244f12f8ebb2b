"""Names of jobs, made of what people call them."""

import re
import unicodedata
from collections.abc import Collection
from itertools import count

LONGEST = 64  # letters of a name
NAMELESS = "job"
OTHERS = re.compile(r"[^a-z0-9]+")


def slug(text: str) -> str:
    """The name of a job that is called so: "Börse (Seoul)" is borse-seoul."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return OTHERS.sub("-", plain).strip("-")[:LONGEST].strip("-") or NAMELESS


def free(name: str, taken: Collection[str]) -> str:
    """The name, or it with the first number that no other job has."""
    if name not in taken:
        return name
    endings = (f"-{number}" for number in count(2))
    return next(
        one for one in (name[: LONGEST - len(end)] + end for end in endings) if one not in taken
    )
