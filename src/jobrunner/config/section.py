"""The tables beside the jobs: [settings], [pools], [notify.*], [serve], [metrics], [cluster]."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from jobrunner.config import listening, sharing
from jobrunner.config.channel import WAYS, faults
from jobrunner.config.convert import Table, converted
from jobrunner.config.document import Document
from jobrunner.config.finding import Findings, Refusal
from jobrunner.config.layer import folder_of, resolved
from jobrunner.config.position import Path
from jobrunner.config.short import texts
from jobrunner.config.spelling import quoted, told
from jobrunner.model.settings import Channel, Cluster, Metrics, Serve, Settings
from jobrunner.words import listed

Some = TypeVar("Some")

MOST = 2**31 - 1
PATHS = {
    "state_dir",
    "log_dir",
    "store_file",
    "claims_file",
    "heartbeat_file",
    "url_file",
    "webhook_file",
    "secret_file",
    "smtp_password_file",
    "tls_cert",
    "tls_key",
    "textfile",
}
COLLECTED = ".prom"
# Labels that figures have already; Prometheus would rename a `job` of ours.
TAKEN = frozenset({"name", "result", "metric", "version", "host", "le", "quantile", "job"})
FORMS = ("", "_file", "_env")


class Sections:
    """Turns the tables of one document into values; what is wrong goes to `findings`."""

    def __init__(self, document: Document, findings: Findings) -> None:
        self.document = document
        self.findings = findings

    def settings(self) -> Settings:
        own = self.document.tables.get("settings", {})
        self._one_form(own, ("settings",), ("store", "claims", "heartbeat"))
        if isinstance(own, dict) and "store" in own and not sharing.is_url(own["store"]):
            own = {**own, "store": resolved(own["store"], folder_of(self.document.origin))}
        settings = self._table(Settings, own, ("settings",)) or Settings()
        for key, refusal in sharing.faults(settings, own):
            self.findings.add(self.document, ("settings", key), refusal)
        for network in settings.allow_private_urls:
            if not listening.is_network(network):
                message = f"{quoted(network)} is not a network"
                hint = 'write an address and a length, as "10.0.0.0/8"'
                refusal = Refusal("E113", message, hint)
                self.findings.add(self.document, ("settings", "allow_private_urls"), refusal)
        return settings

    def serve(self) -> Serve:
        own = self.document.tables.get("serve", {})
        serve = self._table(Serve, own, ("serve",)) or Serve()
        for where, refusal, _ in listening.faults(serve):
            self.findings.add(self.document, ("serve", *where), refusal)
        return serve

    def metrics(self) -> Metrics:
        own = self.document.tables.get("metrics", {})
        if isinstance(own, dict) and "labels" in own:
            own = {**own, "labels": texts(own["labels"])}
        metrics = self._table(Metrics, own, ("metrics",)) or Metrics()
        if metrics.textfile and not metrics.textfile.endswith(COLLECTED):
            hint = f"node_exporter reads files whose names end in {COLLECTED}"
            refusal = Refusal("E113", f"`textfile` does not end in {COLLECTED}", hint)
            self.findings.add(self.document, ("metrics", "textfile"), refusal)
        for label in metrics.labels:
            if label in TAKEN or label.startswith("__"):
                message = f"the label `{label}` is taken"
                hint = "it is one of jobrunner's or of Prometheus' own: choose another name"
                path: Path = ("metrics", "labels", label)
                self.findings.add(self.document, path, Refusal("E113", message, hint), at_key=True)
        return metrics

    def cluster(self) -> Cluster:
        own = self.document.tables.get("cluster", {})
        cluster = self._table(Cluster, own, ("cluster",)) or Cluster()
        for key, refusal in sharing.unsafe(cluster, own):
            self.findings.add(self.document, ("cluster", *key), refusal)
        return cluster

    def pools(self) -> Iterator[tuple[str, int]]:
        """Each pool and how many may run in it at once."""
        for name, places in self._named("pools"):
            if isinstance(places, bool) or not isinstance(places, int):
                self._add(("pools", name), "E102", f"expected a whole number, found {told(places)}")
            elif not 1 <= places <= MOST:
                self._add(("pools", name), "E103", f"{told(places)} is not a number from 1 on")
            else:
                yield name, places

    def channels(self) -> Iterator[tuple[str, Channel]]:
        """Each channel; a message goes one way."""
        for name, own in self._named("notify"):
            path: Path = ("notify", name)
            self._one_form(own, path, ("url", "webhook", "secret", "smtp_password"))
            if isinstance(own, dict):
                self._one_way(own, path)
            channel = self._table(Channel, own, path, name=name)
            if channel:
                for where, refusal, _ in faults(channel, own.keys()):
                    self.findings.add(self.document, (*path, *where), refusal)
                yield name, channel

    def _named(self, section: str) -> Iterator[tuple[str, Any]]:
        tables = self.document.tables.get(section, {})
        if isinstance(tables, dict):
            yield from tables.items()
        else:
            self._add((section,), "E102", f"expected a table, found {told(tables)}")

    def _table(self, struct: type[Some], own: Any, path: Path, **more: str) -> Some | None:
        folder = folder_of(self.document.origin)

        def whole(table: Table) -> Table:
            paths = {key: resolved(table[key], folder) for key in PATHS & table.keys()}
            return {**table, **paths, **more}

        return converted(struct, own, (self.document, path), self.findings, whole)[0]

    def _one_form(self, own: Any, path: Path, keys: tuple[str, ...]) -> None:
        """Of a value, the file that holds it and the variable that does, at most one."""
        if not isinstance(own, dict):
            return
        for key in keys:
            given = [key + form for form in FORMS if key + form in own]
            if len(given) > 1:
                message = f"`{given[0]}` and `{given[1]}` are two forms of one thing"
                self._add((*path, given[1]), "E131", message)

    def _one_way(self, own: Mapping[str, object], path: Path) -> None:
        given = [way for way in WAYS if any(way + form in own for form in FORMS)]
        if len(given) != 1:
            message = f"a channel has exactly one of {listed(f'`{way}`' for way in WAYS)}"
            self._add(path, "E130", message)

    def _add(self, path: Path, code: str, message: str) -> None:
        self.findings.add(self.document, path, Refusal(code, message))
