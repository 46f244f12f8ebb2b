"""What types cannot say of how hosts share their work: the ledger, claims, and the lease."""

import re
from collections.abc import Iterator, Mapping

from jobrunner.config.finding import Refusal
from jobrunner.config.position import Path
from jobrunner.config.quantity import spelt
from jobrunner.model.settings import Cluster, Settings
from jobrunner.policy import lease

SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
SHARED = re.compile(r"postgres(?:ql)?://")
FILE = re.compile(r"sqlite:///+[^/]", re.IGNORECASE)
CLAIMS = re.compile(r"(?:rediss?|unix)://")


def faults(settings: Settings, own: object) -> Iterator[tuple[str, Refusal]]:
    """What is wrong with where the ledger and the claims are; no word of it tells an address."""
    store, claims = settings.store, settings.claims
    if SCHEME.match(store) and not SHARED.match(store) and not FILE.match(store):
        hint = 'write "sqlite:///var/lib/ledger.db" or "postgresql://USER@HOST/DATABASE"'
        if CLAIMS.match(store):
            hint = "Redis keeps no ledger; `claims` is the key for it"
        yield "store", Refusal("E113", "`store` is the URL of no kind of ledger there is", hint)
    if claims and not CLAIMS.match(claims):
        hint = 'write "redis://HOST:6379/0", "rediss://..." or "unix:///run/redis.sock"'
        yield "claims", Refusal("E113", "`claims` is not the URL of a Redis", hint)
    if SHARED.match(store) and claims:
        hint = "PostgreSQL's ledger needs no `claims`: a slot is claimed in it"
        yield "claims", Refusal("E131", "`store` and `claims` both say who gets a slot", hint)
    if isinstance(own, dict) and "claims_unreachable" in own and not _has_claims(settings):
        hint = "it says what becomes of a slot while that Redis cannot be reached"
        message = "`claims_unreachable` says nothing without `claims`"
        yield "claims_unreachable", Refusal("E133", message, hint)


def is_url(value: object) -> bool:
    """Whether this is no path, where either may stand."""
    return isinstance(value, str) and bool(SCHEME.match(value))


def _has_claims(settings: Settings) -> bool:
    return bool(settings.claims or settings.claims_file or settings.claims_env)


def unsafe(cluster: Cluster, own: Mapping[str, object]) -> Iterator[tuple[Path, Refusal]]:
    """What would have a host taken for lost that is not, or a supervisor never rest."""
    short = [key for key in ("tick", "beat", "timeout") if getattr(cluster, key) < lease.SHORTEST]
    for key in short:
        length = spelt(getattr(cluster, key))
        yield (key,), Refusal("E103", f"`{key}` is {length}, less than {spelt(lease.SHORTEST)}")
    why = lease.unsafe(cluster)
    if why and not short:
        least = spelt(lease.least(cluster))
        key = next((key for key in ("lease", "tick", "beat", "timeout") if key in own), "lease")
        yield (key,), Refusal("E170", why, f"a lease of more than {least}, or shorter others")
