"""The structure of the package, read off its source: layers, cycles, docstrings, sizes, the clock.

Each rule takes a package's folder and returns what breaks it; each is proved on a planted tree.
"""

import ast
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import lru_cache
from graphlib import CycleError, TopologicalSorter
from itertools import product
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "jobrunner"
LAYERS = (
    {"errors", "model", "clock", "words", "digest", "current"},
    {"cron", "template", "address"},
    {"schedule"},
    {"policy", "config"},
    {"store", "lease", "process", "kinds", "notify", "formats", "jobfile"},
    {"engine"},
    {"cli", "web"},
)
STRANGERS = (LAYERS[4], LAYERS[6])  # within these, no part knows another
TOP = {"", "__main__"}  # the package itself and its entry: they may start anything

# Where a module may be imported late: who, and what ("*": whatever a name at run time says, too).
LATE = (
    ("jobrunner", "jobrunner.current.*"),
    ("jobrunner.__main__", "jobrunner.*"),
    ("jobrunner.__main__", "msgspec"),
    ("jobrunner.cli.elsewhere", "jobrunner.cli.remote.far.*"),
    ("jobrunner.cli.help", "jobrunner.cli.guide"),
    ("jobrunner.cli.help", "jobrunner.cli.manual"),
    ("jobrunner.cli.suggest", "jobrunner.engine.names.*"),
    ("jobrunner.clock", "datetime.*"),
    ("jobrunner.config", "jobrunner.config.*"),
    ("jobrunner.config.spelling", "difflib.*"),
    ("jobrunner.cron.step", "croniter*"),
    ("jobrunner.engine.names", "tomllib"),
    ("jobrunner.engine.supervise", "jobrunner.engine.cluster.*"),
    ("jobrunner.engine.textfile", "jobrunner.engine.report.metrics"),
    ("jobrunner.engine.tick", "jobrunner.engine.*"),
    ("jobrunner.kinds.program.*", "*"),
    ("jobrunner.lease", "jobrunner.lease.redis.*"),
    ("jobrunner.store", "*"),
    ("jobrunner.store.postgres.driver", "psycopg"),
    ("jobrunner.cli.main", "*"),
    ("jobrunner.notify.listener", ""),
    ("jobrunner.notify.service", "apprise*"),
    ("jobrunner.notify.trace", "jobrunner.notify.otlp"),
    ("jobrunner.schedule*", "holidays*"),
    ("jobrunner.formats.yamltree", "yaml"),
)
CLOCKS = {
    "datetime.date.today",
    "datetime.datetime.now",
    "datetime.datetime.today",
    "datetime.datetime.utcnow",
    "time.time",
    "time.time_ns",
    "time.monotonic",
    "time.monotonic_ns",
    "time.perf_counter",
    "time.perf_counter_ns",
    "time.clock_gettime",
    "time.clock_gettime_ns",
    "time.sleep",
    "time.localtime",
    "time.gmtime",
    "time.ctime",
    "time.strftime",
}
MOST_LINES = 450
POSSESSIVE = re.compile(r"\)[*+?]\+|\(\?>")


@lru_cache(maxsize=1)  # one rule after the other looks at the same tree
def modules(package: Path) -> dict[str, ast.Module]:
    """Every module by its dotted name."""
    return {
        ".".join(path.relative_to(package.parent).with_suffix("").parts).removesuffix(
            ".__init__"
        ): ast.parse(path.read_text(), path)
        for path in sorted(package.rglob("*.py"))
    }


def targets(node: ast.AST) -> list[str]:
    """What an import statement may be importing; for `from a import b` it is a.b or a."""
    match node:
        case ast.Import(names=names):
            return [alias.name for alias in names]
        case ast.ImportFrom(module=str(module), names=names):
            return [f"{module}.{alias.name}" for alias in names]
    return []


def imports(tree: ast.AST, known: dict[str, ast.Module]) -> set[str]:
    """The modules of the package that this one imports, wherever in it."""
    named = {target for node in ast.walk(tree) for target in targets(node)}
    return {target if target in known else target.rpartition(".")[0] for target in named} & {*known}


def part(module: str) -> str:
    return ".".join(module.split(".")[1:2])


def layer(module: str) -> int:
    return next((n for n, parts in enumerate(LAYERS) if part(module) in parts), -1)


@lru_cache(maxsize=1)
def edges(package: Path) -> list[tuple[str, str]]:
    known = modules(package)
    return [
        edge
        for module, tree in known.items()
        for edge in product([module], sorted(imports(tree, known)))
    ]


def without_layer(package: Path) -> list[str]:
    return [name for name in modules(package) if layer(name) < 0 and part(name) not in TOP]


def pointing_up(package: Path) -> list[str]:
    return [
        f"{module} imports {other}"
        for module, other in edges(package)
        if part(module) not in TOP and layer(module) < layer(other)
    ]


def between_strangers(package: Path) -> list[str]:
    return [
        f"{module} imports {other}"
        for module, other in edges(package)
        if part(module) != part(other)
        and any({part(module), part(other)} <= parts for parts in STRANGERS)
    ]


def cycles(package: Path) -> list[str]:
    graph = TopologicalSorter(dict.fromkeys(modules(package), ()))
    for module, other in edges(package):
        graph.add(module, other)
    try:
        graph.prepare()
    except CycleError as error:
        return [" -> ".join(error.args[1])]
    return []


def late_imports(package: Path) -> list[str]:
    return [
        f"{module} imports {target or 'something'} late"
        for module, tree in modules(package).items()
        for target in imported_late(tree)
        if not any(fnmatchcase(module, where) and fnmatchcase(target, what) for where, what in LATE)
    ]


def imported_late(tree: ast.Module) -> Iterator[str]:
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            for node in ast.walk(function):
                yield from targets(node)
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
                if name in {"import_module", "__import__"}:
                    yield ""


def without_purpose(package: Path) -> list[str]:
    """Modules whose docstring does not open with a whole sentence."""
    return [
        module
        for module, tree in modules(package).items()
        if not (ast.get_docstring(tree) or "").split("\n\n")[0].endswith(".")
    ]


def too_long(package: Path) -> list[str]:
    return [
        str(path)
        for path in package.rglob("*.py")
        if len(path.read_text().splitlines()) > MOST_LINES
    ]


def reading_a_clock(package: Path) -> list[str]:
    return [
        f"{module} asks {asked}"
        for module, tree in modules(package).items()
        if module != f"{package.name}.clock"
        for asked in sorted(mentions(tree) & CLOCKS)
    ]


def with_possessive_groups(package: Path) -> list[str]:
    """Patterns that Python before 3.11.4, which is Debian 12's, matches wrongly."""
    return [
        f"{module} holds {node.value}"
        for module, tree in modules(package).items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if POSSESSIVE.search(node.value)
    ]


def mentions(tree: ast.Module) -> set[str]:
    """Every dotted name in the module, with what its first word was imported as."""
    meaning = {
        alias.asname or target: target
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias, target in zip(node.names, targets(node), strict=True)
    } | {
        alias.asname or alias.name: target
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias, target in zip(node.names, targets(node), strict=True)
    }
    dotted = [ast.unparse(n) for n in ast.walk(tree) if isinstance(n, ast.Attribute | ast.Name)]
    split = [name.partition(".") for name in dotted]
    return {meaning.get(first, first) + dot + rest for first, dot, rest in split}


RULES = {
    without_layer: {"helper.py": '"""Helps."""'},
    pointing_up: {"cron/step.py": '"""Steps."""\nfrom jobrunner.config.parse import x'},
    between_strangers: {"notify/mail.py": '"""Sends."""\nimport jobrunner.jobfile.disk'},
    cycles: {
        "cron/a.py": '"""A."""\nif TYPE_CHECKING:\n    from jobrunner.cron import b',
        "cron/b.py": '"""B."""\ndef f():\n    import jobrunner.cron.a',
    },
    late_imports: {"config/schema.py": '"""S."""\ndef f():\n    import holidays'},
    without_purpose: {"cron/field.py": '"""Fields, and\nthe rest"""\n'},
    too_long: {"cron/table.py": '"""Many."""\n' + "x = 1\n" * MOST_LINES},
    with_possessive_groups: {"cron/form.py": '"""F."""\nX = "(?:ab?)*+"'},
    reading_a_clock: {"cron/now.py": '"""N."""\nfrom datetime import datetime as d\nd.now()'},
}
MORE = [
    (pointing_up, {"model/job.py": '"""J."""\nif TYPE_CHECKING:\n    from jobrunner import cron'}),
    (pointing_up, {"engine/tick.py": '"""T."""\nclass C:\n    import jobrunner.cli.main'}),
    (between_strangers, {"cli/serve.py": '"""S."""\nfrom jobrunner.web import app'}),
    (late_imports, {"engine/x.py": '"""X."""\nimport importlib\nimportlib.import_module("a")'}),
    (late_imports, {"store/sqlite.py": '"""S."""\ndef f():\n    import sqlite3'}),
    (late_imports, {"cron/x.py": '"""X."""\nf = lambda: __import__("a")'}),
    (without_purpose, {"cron/x.py": "# nothing\n"}),
    (reading_a_clock, {"cron/x.py": '"""X."""\nimport time as t\nt.sleep(1)'}),
    (reading_a_clock, {"cron/x.py": '"""X."""\nimport datetime\ndatetime.datetime.now()'}),
    (reading_a_clock, {"cron/x.py": '"""X."""\nfrom time import monotonic\ng(clock=monotonic)'}),
]
GOOD = {
    "web/app.py": '"""Web."""\n',
    "errors.py": '"""Errors."""\n',
    "clock.py": '"""The clock."""\nimport time\ntime.time()',
    "__init__.py": '"""The package."""\n',
    "cron/__init__.py": '"""Cron."""\nfrom jobrunner.cron.parse import parse',
    "cron/parse.py": '"""Parse."""\nfrom jobrunner import errors',
    "config/parse.py": '"""Parse.\n\nMore"""\nfrom jobrunner.cron import parse',
    "jobfile/disk.py": '"""Disk."""\nfrom jobrunner.config import parse',
    "notify/mail.py": '"""Mail."""\nfrom time import struct_time',
    "schedule/holiday.py": '"""H."""\ndef f():\n    from holidays import x',
    "store/__init__.py": '"""S."""\ndef f():\n    import_module("x")',
    "cli/main.py": '"""M."""\nfrom jobrunner.jobfile import disk\nimport_module("x")',
}


def plant(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / "jobrunner" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder / "jobrunner"


@pytest.mark.parametrize("rule", RULES)
def test_the_package_keeps_the_rule(rule):
    assert rule(PACKAGE) == []


@pytest.mark.parametrize("rule", RULES)
def test_a_good_tree_keeps_the_rule(rule, tmp_path):
    assert rule(plant(tmp_path, GOOD)) == []


@pytest.mark.parametrize(("rule", "bad"), [*RULES.items(), *MORE])
def test_a_bad_tree_breaks_the_rule(rule, bad, tmp_path):
    assert len(rule(plant(tmp_path, GOOD | {"config/parse.py": '"""P."""'} | bad))) == 1
