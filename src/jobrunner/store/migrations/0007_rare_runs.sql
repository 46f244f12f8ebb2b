-- What a page asks for among a million runs that are not it: failures of one job, runs by hand.
CREATE INDEX runs_of_job_by_rare_state ON runs (job, state, created_at, id)
WHERE state IN ('failed', 'timeout', 'stopped', 'lost', 'skipped', 'missed');

CREATE INDEX runs_by_rare_trigger ON runs (trigger, created_at, id) WHERE trigger <> 'schedule';
