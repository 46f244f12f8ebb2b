"""Statements about workers, as Procrastinate calls whoever fetches its jobs."""

# The functions that are called below; a test asks every version that may be installed for them.
FUNCTIONS = (
    "procrastinate_register_worker_v1",
    "procrastinate_unregister_worker_v1",
    "procrastinate_update_heartbeat_v1",
)

REGISTER = "SELECT worker_id FROM procrastinate_register_worker_v1()"

# One that was pruned has no row: the function alone would say nothing of it.
BEAT = """
SELECT procrastinate_update_heartbeat_v1(id) FROM procrastinate_workers WHERE id = :worker
"""

UNREGISTER = "SELECT procrastinate_unregister_worker_v1(:worker)"
