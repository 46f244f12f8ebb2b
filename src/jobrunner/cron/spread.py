"""H: a value drawn from the job's name, so that many jobs do not all start at once."""

from jobrunner.digest import sha256


def draw(name: str, field: str, size: int) -> int:
    """A number below `size`: the same on every host, and another one for each field."""
    digest = sha256(f"{field}\0{name}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") % size
