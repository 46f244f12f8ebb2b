-- What Procrastinate's fetch asks of every job that waits, and has no index for: without this one a
-- backlog of some thousand jobs takes a second for each.
CREATE INDEX parcels_by_lock ON procrastinate_jobs (lock) WHERE status IN ('todo', 'doing');
