"""Statements that change what becomes of a run; each says what it expects to find."""

START = """
UPDATE runs SET
    state = 'running', attempts = attempts + 1, owner = :owner, host = :host,
    started_at = COALESCE(started_at, :now), next_attempt_at = NULL, reason = '',
    definition = :definition, output = :output
WHERE id = :run AND state IN ('queued', 'retrying') AND owner IN ('', :owner)
RETURNING
    id, job, scheduled_for, slot_of, slots_until, slots, place, trigger, state, reason, params,
    asked_by, host, owner, definition, created_at, attempts, next_attempt_at, started_at,
    finished_at, exit_code, signal, duration, cpu, max_rss, message, result, error, output,
    output_size, output_cut
"""

START_ATTEMPT = """
INSERT INTO attempts (run, number, state, host, owner, definition, started_at, output)
VALUES (:run, :number, 'running', :host, :owner, :definition, :now, :output)
"""

FINISH = """
UPDATE runs SET
    state = :run_state, reason = :reason, finished_at = :run_finished_at,
    next_attempt_at = :retry_at, exit_code = :exit_code, signal = :signal, duration = :duration,
    cpu = :cpu, max_rss = :max_rss, message = :message, result = :result, error = :error,
    output = CASE WHEN :output = '' THEN output ELSE :output END,
    output_size = :output_size, output_cut = :output_cut
WHERE id = :run AND owner = :owner AND state = 'running' AND attempts = :attempt
RETURNING job, place
"""

FINISH_ATTEMPT = """
UPDATE attempts SET
    state = :state, reason = :reason, finished_at = :finished_at, exit_code = :exit_code,
    signal = :signal, duration = :duration, cpu = :cpu, max_rss = :max_rss, message = :message,
    result = :result, error = :error,
    output = CASE WHEN :output = '' THEN output ELSE :output END,
    output_size = :output_size, output_cut = :output_cut
WHERE run = :run AND number = :attempt AND state = 'running'
"""

WITHDRAW = """
UPDATE runs SET state = :state, reason = :reason, finished_at = :now, next_attempt_at = NULL
WHERE id = :run AND state IN ('queued', 'retrying') AND owner IN ('', :owner)
RETURNING job, place, attempts
"""

ADOPT = """
UPDATE runs SET owner = :new
WHERE owner = :old AND state IN ('queued', 'running', 'retrying')
RETURNING
    id, job, scheduled_for, slot_of, slots_until, slots, place, trigger, state, reason, params,
    asked_by, host, owner, definition, created_at, attempts, next_attempt_at, started_at,
    finished_at, exit_code, signal, duration, cpu, max_rss, message, result, error, output,
    output_size, output_cut
"""

ADOPT_ATTEMPT = "UPDATE attempts SET owner = :new WHERE run = :run AND state = 'running'"

REOPEN_REQUESTS = """
UPDATE requests SET taken_by = '', taken_at = NULL WHERE taken_by = :old AND answered_at IS NULL
"""

OWNERS = """
SELECT owner FROM runs WHERE state IN ('queued', 'running', 'retrying') AND owner <> ''
UNION
SELECT taken_by FROM requests WHERE answered_at IS NULL AND taken_by <> ''
"""

STREAK = "SELECT failures FROM jobs WHERE name = :job"

FAILED = """
INSERT INTO jobs (name, failures, failing_since) VALUES (:job, 1, :at)
ON CONFLICT (name) DO UPDATE SET
    failures = jobs.failures + 1,
    failing_since = COALESCE(jobs.failing_since, excluded.failing_since)
RETURNING failures
"""

RECOVERED = """
UPDATE jobs SET recovered_from = failures, failures = 0, failing_since = NULL
WHERE name = :job AND failures > 0
RETURNING recovered_from
"""

FORGIVEN = "UPDATE jobs SET failures = 0, failing_since = NULL WHERE name = :job"

COUNT_DAY = """
INSERT INTO days (day, job, state, slots, duration, longest, cpu)
VALUES (:day, :job, :state, :slots, :duration, :longest, :cpu)
ON CONFLICT (day, job, state) DO UPDATE SET
    slots = days.slots + excluded.slots,
    duration = days.duration + excluded.duration,
    longest = CASE WHEN excluded.longest > days.longest THEN excluded.longest ELSE days.longest END,
    cpu = days.cpu + excluded.cpu
"""

COUNT_TOTAL = """
INSERT INTO totals (job, state, upto, slots, attempts, duration)
VALUES (:job, :state, :upto, :slots, :attempts, :duration)
ON CONFLICT (job, state, upto) DO UPDATE SET
    slots = totals.slots + excluded.slots,
    attempts = totals.attempts + excluded.attempts,
    duration = totals.duration + excluded.duration
"""

COUNT_DURATION = """
INSERT INTO durations (week, job, step, runs) VALUES (:week, :job, :step, :runs)
ON CONFLICT (week, job, step) DO UPDATE SET runs = durations.runs + excluded.runs
"""
