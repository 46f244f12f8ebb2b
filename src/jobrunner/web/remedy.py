"""What each problem means, and what to do about it: for who follows the address of its type."""

from collections.abc import Mapping

REMEDIES: Mapping[str, str] = {
    "bad-request": "Something in the request is not as HTTP has it, or a cursor leads nowhere any"
    " more. `detail` says what; a list is begun anew without `cursor`.",
    "unknown-parameter": "A parameter that is mistyped must not silently widen the answer, so it is"
    " refused. `detail` names those that there are.",
    "not-signed-in": "Send a token, as in `Authorization: Bearer jr_…`. One is made on the host by"
    " `jobrunner token create`.",
    "bad-token": "The token is unknown, expired or revoked. `jobrunner token list` shows those that"
    " are good.",
    "not-allowed": "The token's role does not allow it: viewers look, operators run and stop,"
    " admins change what is declared. Or the server itself may not read or write the file.",
    "wrong-host": "Somebody's name server may lead a browser here under another name. Name the"
    " host in jobs.toml: `[serve] allowed_hosts`.",
    "cross-site": "A browser came from a page of another site. Programs send no `Origin` and no"
    " cookie, and are not concerned.",
    "not-editable": "jobs.toml may be changed from here only with `[serve] allow_edit = true`, by"
    " an admin whose token is good for every job, on a server that runs as the supervisor's user.",
    "not-found": "There is nothing of that name or number, or the token is not good for its job.",
    "no-such-method": "The path is right, the method is not; `Allow` names those that are.",
    "conflict": "It stands otherwise than the request supposes: a run is over already, a name is"
    " taken. `detail` says how it stands.",
    "already-running": "The job runs, and does not allow a second run beside it. Wait for it, stop"
    ' it, or ask with `"overlap": "allow"`.',
    "changed-meanwhile": "Somebody else has changed it since you looked. Read it again, and change"
    " what is there now.",
    "too-large": "The body has more than 1 MiB.",
    "wrong-media": "Send the kind of body that the path takes; `detail` names it.",
    "bad-range": "The part asked for lies behind the end; `Content-Range` tells the length.",
    "invalid": "A value is not as it has to be. `errors` names each, with where it stands.",
    "key-reused": "An Idempotency-Key stands for one request for a day. Take a new key for another"
    " one.",
    "which-version": "Send the `ETag` of what you have read in `If-Match`, so that nobody's change"
    " is lost.",
    "too-many": "Too many bad tokens came from this address. `Retry-After` says how long to wait.",
    "internal": "That is a bug of ours. The log of `jobrunner serve` has the request's number,"
    " `X-Request-Id`, and what happened.",
    "store": "The ledger cannot be read or written: `jobrunner doctor` on the host says why.",
    "full": "There are as many streams open as this server keeps. Close some, or ask again and"
    " again instead of listening.",
    "store-busy": "Others are writing at this moment. Try again after `Retry-After`.",
}
