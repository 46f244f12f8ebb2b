"""The hash functions that every start may need, as Python has them itself.

hashlib would load OpenSSL for the same results, which costs a third of what a bare Python does.
"""

try:
    from _blake2 import blake2b
    from _operator import _compare_digest as compare_digest
    from _sha256 import sha256  # type: ignore[import-not-found,unused-ignore]
except ImportError:  # other Pythons keep them under other names, or not at all
    from hashlib import blake2b, sha256
    from hmac import compare_digest  # type: ignore[no-redef]

__all__ = ["blake2b", "compare_digest", "sha256"]
