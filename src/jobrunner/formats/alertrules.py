"""Rules for Prometheus that alert when jobrunner's figures say that something is wrong."""

from typing import Any

from jobrunner.formats.yamltext import document

HEAD = "# Alert rules for Prometheus, by jobrunner export rules: a file of its `rule_files`.\n"
OVERDUE = (
    "time() > jobrunner_next_run_timestamp_seconds + 600"
    " and jobrunner_running == 0 and jobrunner_paused == 0"
)
RULES = (
    (
        "JobrunnerTickMissing",
        "time() - jobrunner_last_tick_timestamp_seconds > 180",
        "critical",
        "no job is started: nobody has looked at the clock for {{ $value | humanizeDuration }}",
        "On the host: jobrunner doctor",
    ),
    (
        "JobrunnerJobFailing",
        "jobrunner_consecutive_failures > 0 and jobrunner_paused == 0",
        "warning",
        "{{ $labels.name }} failed {{ $value }} times in a row",
        "On the host: jobrunner logs {{ $labels.name }}",
    ),
    (
        "JobrunnerNoRecentSuccess",
        OVERDUE,
        "warning",
        "{{ $labels.name }} was due more than ten minutes ago and has not begun",
        "On the host: jobrunner why {{ $labels.name }}",
    ),
    (
        "JobrunnerSlotsMissed",
        "increase(jobrunner_missed_slots_total[1h]) > 0",
        "warning",
        "slots of {{ $labels.name }} were missed",
        "On the host: jobrunner why {{ $labels.name }}",
    ),
    (
        "JobrunnerConfigInvalid",
        "jobrunner_config_valid == 0",
        "warning",
        "jobs.toml cannot be used; its last good version goes on",
        "On the host: jobrunner validate",
    ),
    (
        "JobrunnerHostSilent",
        "min by (host) (jobrunner_host_up) == 0",
        "critical",
        "{{ $labels.host }} does not say any more that it lives",
        "On another host: jobrunner hosts",
    ),
)


def rules() -> str:
    """A file of rules, as Prometheus reads it."""
    return HEAD + document({"groups": [{"name": "jobrunner", "rules": [*map(_rule, RULES)]}]})


def _rule(rule: tuple[str, str, str, str, str]) -> dict[str, Any]:
    alert, expression, severity, summary, advice = rule
    return {
        "alert": alert,
        "expr": expression,
        "labels": {"severity": severity},
        "annotations": {"summary": summary, "description": advice},
    }
