"""A dashboard for Grafana over the figures that Prometheus collects."""

import json
from collections.abc import Sequence
from typing import Any

UID = "jobrunner"
SCHEMA = 39
WIDTH = 24
# A variable, not an input of the import: so the file can be provisioned as it is, too.
SOURCE = {"type": "prometheus", "uid": "${DS_PROMETHEUS}"}
HOST = 'instance=~"$instance"'
JOB = f'{HOST}, name=~"$name"'
FAILING = f"jobrunner_consecutive_failures{{{JOB}}} > 0 and jobrunner_paused{{{JOB}}} == 0"
GREEN, AMBER, RED = "green", "orange", "red"
Steps = Sequence[tuple[float | None, str]]
GOOD_AT_ZERO: Steps = ((None, GREEN), (1, RED))


def dashboard() -> str:
    """The text of a file that Grafana imports."""
    panels: list[dict[str, Any]] = []
    for row in _rows():
        _place(panels, row)
    whole = {
        "uid": UID,
        "title": "jobrunner",
        "description": "Jobs of jobrunner: which fail, what they take, whether anybody ticks.",
        "tags": ["cron", "jobrunner"],
        "schemaVersion": SCHEMA,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "1m",
        "time": {"from": "now-24h", "to": "now"},
        "templating": {"list": _variables()},
        "panels": panels,
    }
    return json.dumps(whole, indent=2) + "\n"


def _rows() -> Sequence[Sequence[dict[str, Any]]]:
    return (
        (
            _stat("Failing jobs", f"count({FAILING}) or vector(0)", GOOD_AT_ZERO),
            _stat(
                "Since the last tick",
                f"max(time() - jobrunner_last_tick_timestamp_seconds{{{HOST}}})",
                ((None, GREEN), (120, AMBER), (180, RED)),
                unit="s",
            ),
            _stat("Running", f"sum(jobrunner_running{{{JOB}}})", ((None, "blue"),)),
            _stat(
                "Missed slots in a day",
                f"sum(increase(jobrunner_missed_slots_total{{{JOB}}}[24h]))",
                ((None, GREEN), (0.5, RED)),
            ),
            _stat(
                "Until the next run",
                f"min(jobrunner_next_run_timestamp_seconds{{{JOB}}} - time())",
                ((None, RED), (-600, AMBER), (0, GREEN)),
                unit="s",
            ),
            _stat(
                "Broken jobs.toml",
                f"count(jobrunner_config_valid{{{HOST}}} == 0) or vector(0)",
                GOOD_AT_ZERO,
            ),
        ),
        (_history(), _failing()),
        (
            _heat(),
            _series("Last duration", f"jobrunner_last_duration_seconds{{{JOB}}}", "{{name}}", "s"),
        ),
        (
            _ends(),
            _series(
                "Told by jobs", f"jobrunner_result_metric{{{JOB}}}", "{{name}} {{metric}}", "short"
            ),
        ),
    )


def _place(panels: list[dict[str, Any]], row: Sequence[dict[str, Any]]) -> None:
    """Put panels side by side, below what is there."""
    y = max((each["gridPos"]["y"] + each["gridPos"]["h"] for each in panels), default=0)
    width = WIDTH // len(row)
    height = 4 if row[0]["type"] == "stat" else 9
    for column, panel in enumerate(row):
        place = {"h": height, "w": width, "x": column * width, "y": y}
        panels.append({"id": len(panels) + 1, "gridPos": place, "datasource": SOURCE, **panel})


def _stat(title: str, expression: str, steps: Steps, unit: str = "short") -> dict[str, Any]:
    return {
        "type": "stat",
        "title": title,
        "targets": [_target(expression, instant=True)],
        "fieldConfig": _fields(steps, unit=unit, decimals=0),
        "options": {"colorMode": "background", "reduceOptions": {"calcs": ["lastNotNull"]}},
    }


def _history() -> dict[str, Any]:
    """A row a job: green while it is well, red while it fails."""
    return {
        "type": "status-history",
        "title": "Failures in a row",
        "targets": [_target(f"jobrunner_consecutive_failures{{{JOB}}}", "{{name}}")],
        "maxDataPoints": 60,
        "fieldConfig": _fields(GOOD_AT_ZERO, color={"mode": "thresholds"}),
        "options": {"showValue": "never", "legend": {"showLegend": False}},
    }


def _failing() -> dict[str, Any]:
    return {
        "type": "table",
        "title": "Failing",
        "targets": [_target(FAILING, instant=True, form="table")],
        "fieldConfig": _fields(GOOD_AT_ZERO),
        "transformations": [
            {
                "id": "organize",
                "options": {
                    "includeByName": {"name": True, "instance": True, "Value": True},
                    "renameByName": {"name": "job", "instance": "host", "Value": "failures"},
                },
            }
        ],
    }


def _heat() -> dict[str, Any]:
    buckets = f"increase(jobrunner_run_duration_seconds_bucket{{{JOB}}}[$__rate_interval])"
    return {
        "type": "heatmap",
        "title": "How long successful runs take",
        "targets": [_target(f"sum by (le) ({buckets})", "{{le}}", form="heatmap")],
        "options": {"calculate": False, "yAxis": {"unit": "s"}, "cellGap": 1},
    }


def _ends() -> dict[str, Any]:
    ends = f"sum by (result) (increase(jobrunner_runs_total{{{JOB}}}[$__rate_interval]))"
    panel = _series("Ends of runs", ends, "{{result}}", "short")
    panel["fieldConfig"]["defaults"]["custom"] = {
        "drawStyle": "bars",
        "fillOpacity": 80,
        "stacking": {"mode": "normal"},
    }
    return panel


def _series(title: str, expression: str, legend: str, unit: str) -> dict[str, Any]:
    return {
        "type": "timeseries",
        "title": title,
        "targets": [_target(expression, legend)],
        "fieldConfig": {"defaults": {"unit": unit}, "overrides": []},
    }


def _target(
    expression: str, legend: str = "", *, instant: bool = False, form: str = "time_series"
) -> dict[str, Any]:
    return {
        "refId": "A",
        "datasource": SOURCE,
        "expr": expression,
        "legendFormat": legend,
        "format": form,
        "instant": instant,
        "range": not instant,
    }


def _fields(steps: Steps, **more: Any) -> dict[str, Any]:
    colors = [{"value": value, "color": color} for value, color in steps]
    thresholds = {"mode": "absolute", "steps": colors}
    return {"defaults": {"thresholds": thresholds, **more}, "overrides": []}


def _variables() -> list[dict[str, Any]]:
    return [
        {"name": "DS_PROMETHEUS", "label": "Data source", "type": "datasource"}
        | {"query": "prometheus"},
        _choice("instance", "Host", "label_values(jobrunner_build_info, instance)"),
        _choice("name", "Job", f"label_values(jobrunner_running{{{HOST}}}, name)"),
    ]


def _choice(name: str, label: str, query: str) -> dict[str, Any]:
    return {
        "name": name,
        "label": label,
        "type": "query",
        "datasource": SOURCE,
        "query": {"query": query, "refId": name},
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
    }
