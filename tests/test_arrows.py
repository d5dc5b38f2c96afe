"""The import order: the engine below the promises, each slice below the next, one clock, one lock.

The rules are functions of a module's name and its syntax tree, so a table of bad imports can be fed
to the very functions that judge the tree. Imports inside functions count, and so does a text that
names a module of ours (`include("…")`, a setting), since it is imported from there all the same.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# Lowest first. A slice may import those before it in its own package.
RETENTION = ["ledger", "vault", "policies", "records", "holds", "expiry", "erasure", "restore"]
COMPLIANCE = [
    *("mail", "people", "approvals", "customers", "audit", "terms", "arrival"),
    *("vendors", "repositories", "webhooks", "notices", "findings"),
    *("cases", "access", "reports", "evaluation", "intake"),
    # They look at everything, so everything comes before them.
    *("health", "alarms"),
]
SURFACES = ["api", "portal", "console", "trust", "admin"]
# Beside the slices: below all of them, or above all of them.
GROUND = {"retention": {"actor", "clock", "errors"}, "compliance": {"errors"}}
TOP = {
    "retention": {"apps", "checks", "management", "migrations", "models", "tasks"},
    "compliance": {"apps", "management", "migrations", "models", "project", "bench", "devup"},
}
# Tools that know everything and that nothing else may need.
TOOLS = {
    "devup": re.compile(
        r"manage|compliance\.(devup|bench)(\..+)?|compliance\.management\..+"
        r"|compliance\.project\.(urls|settings)"
    ),
    "bench": re.compile(r"compliance\.bench(\..+)?|compliance\.management\..+"),
}
NO_HTTP_NO_MAIL = (
    *("django.http", "django.views", "django.urls", "django.shortcuts", "django.template"),
    *("django.middleware", "django.core.mail", "django.contrib.auth", "django.contrib.admin"),
    *("django.contrib.sessions", "django.contrib.messages", "rest_framework", "allauth", "csp"),
    *("drf_spectacular", "gunicorn", "anymail", "smtplib", "email", "http", "urllib", "socket"),
    *("requests", "httpx", "aiohttp"),
)
MAY_IMPORT_CRYPTOGRAPHY = re.compile(r"retention\.(vault|ledger)(\..+)?")
READS_THE_TIME = {
    *("datetime.now", "datetime.utcnow", "datetime.today", "date.today"),
    *("timezone.now", "timezone.localtime", "timezone.localdate", "functions.Now"),
    *("time.time", "time.time_ns", "time.localtime", "time.gmtime", "time.ctime"),
    "time.CLOCK_REALTIME",
}
SQL_TIME = re.compile(
    r"\b(?:(?:now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday)\s*\(\s*\)"
    r"|current_date|current_time|current_timestamp|localtime|localtimestamp)",
    re.IGNORECASE,
)
# The guard compares the database's clock with the host's: that is what it is for.
MAY_ASK_SQL_FOR_THE_TIME = {"retention.expiry.guard"}
# And by the database's own day, which nobody writes, triggers know when notice was given.
READS_THE_DATABASES_CLOCK = "retention/sql/database_time.sql"


def modules() -> dict[str, Path]:
    """Every module of ours by its dotted name."""
    files = [ROOT / "manage.py", *ROOT.glob("retention/**/*.py"), *ROOT.glob("compliance/**/*.py")]
    return {_name(file.relative_to(ROOT)): file for file in files}


def _name(file: Path) -> str:
    return ".".join(file.with_suffix("").parts).removesuffix(".__init__")


KNOWN = modules()


def imports(module: str, tree: ast.Module, *, package: bool = False) -> Iterator[tuple[int, str]]:
    """Line and full name of everything that the module imports, wherever it does so."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _base(module, node, package)
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)
    yield from ((line, text) for line, text in _texts(tree) if _names_a_module(text))


def _base(module: str, node: ast.ImportFrom, package: bool) -> str:
    if not node.level:
        return node.module or ""
    above = module.split(".")
    above = above[: len(above) - node.level + package]
    return ".".join([*above, *([node.module] if node.module else [])])


def _names_a_module(text: str) -> bool:
    """True for `compliance.api.urls` and for `compliance.api.errors.handle`."""
    if not re.fullmatch(r"(?:retention|compliance)(?:\.\w+){2,}", text):
        return False
    return text in KNOWN or text.rpartition(".")[0] in KNOWN


def wrong_import(module: str, imported: str) -> str | None:
    """Why `module` must not import `imported`, or None."""
    return (
        _wrong_library(module, imported)
        or _wrong_tool(module, imported)
        or _wrong_package(module, imported)
        or _wrong_slice(module, imported)
    )


def _within(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def _wrong_library(module: str, imported: str) -> str | None:
    if _within(imported, "cryptography") and not MAY_IMPORT_CRYPTOGRAPHY.fullmatch(module):
        return "only vault and ledger may import cryptography"
    if _within(module, "retention") and any(_within(imported, name) for name in NO_HTTP_NO_MAIL):
        return "no HTTP and no mail in the engine"
    return None


def _wrong_tool(module: str, imported: str) -> str | None:
    for tool, may in TOOLS.items():
        if _within(imported, f"compliance.{tool}") and not may.fullmatch(module):
            return f"nobody imports {tool}"
    return None


def _wrong_package(module: str, imported: str) -> str | None:
    if _within(module, "retention") and _within(imported, "compliance"):
        return "the engine knows nothing of the promises"
    if _within(imported, "tests") and not _within(module, "tests"):
        return "nothing imports the tests"
    return None


def _wrong_slice(module: str, imported: str) -> str | None:
    own, other = _place(module), _place(imported)
    if own is None or other is None or own[0] != other[0] or own[1] == other[1]:
        return None
    package, mine, theirs = own[0], own[1], other[1]
    for place in (mine, theirs):
        if _height(package, place) is None:
            return f"{package}.{place} has no place in the order"
    if mine in SURFACES and theirs in SURFACES:
        return "surfaces never import each other"
    if package == "compliance" and mine in ("project", "bench", "devup", "management"):
        return None
    if theirs == "project":
        return "nobody imports the composition root"
    mine_at, theirs_at = _height(package, mine), _height(package, theirs)
    assert mine_at is not None
    assert theirs_at is not None
    if theirs_at > mine_at or (theirs_at == mine_at and mine not in TOP[package] | GROUND[package]):
        return f"{mine} comes before {theirs}"
    return None


def _place(name: str) -> tuple[str, str] | None:
    """Package and slice of a module or of a name within one; None for what is not ours."""
    package, _, rest = name.partition(".")
    if package not in GROUND or not rest:
        return None
    return package, rest.partition(".")[0]


def _height(package: str, place: str) -> int | None:
    """0 for the ground; surfaces share a height; the top is above all."""
    slices = RETENTION if package == "retention" else COMPLIANCE
    if place in GROUND[package]:
        return 0
    if place in slices:
        return slices.index(place) + 1
    if package == "compliance" and place in SURFACES:
        return len(slices) + 1
    return len(slices) + 2 if place in TOP[package] else None


def times_read(module: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and name of every look at a clock other than the one clock."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and module != "retention.clock":
            if (name := _tail(node)) in READS_THE_TIME:
                yield node.lineno, name
        elif isinstance(node, ast.ImportFrom):
            last = (node.module or "").rpartition(".")[2]
            names = [f"{last}.{alias.name}" for alias in node.names]
            yield from ((node.lineno, name) for name in names if name in READS_THE_TIME)
    if module not in MAY_ASK_SQL_FOR_THE_TIME:
        yield from ((line, found) for line, text in _texts(tree) for found in sql_times(text))


def sql_times(statement: str) -> list[str]:
    """What in this text asks the database for the time."""
    return [match[0] for match in SQL_TIME.finditer(re.sub(r"--.*", "", statement))]


def _tail(node: ast.Attribute) -> str:
    owner = node.value
    if isinstance(owner, ast.Attribute):
        return f"{owner.attr}.{node.attr}"
    return f"{owner.id}.{node.attr}" if isinstance(owner, ast.Name) else ""


def _texts(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Every text of a module with its line, docstrings apart."""
    nodes = list(ast.walk(tree))
    docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and id(node) not in docstrings:
            yield node.lineno, text  # type: ignore[attr-defined]


@functools.cache
def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(), str(file))


def test_every_module_imports_only_what_lies_below_it() -> None:
    wrong = [
        f"{file.relative_to(ROOT)}:{line}: {imported}: {why}"
        for module, file in KNOWN.items()
        for line, imported in imports(module, _tree(file), package=file.name == "__init__.py")
        if (why := wrong_import(module, imported))
    ]
    assert not wrong, "\n".join(sorted(set(wrong)))


def test_nothing_but_the_one_clock_reads_the_time() -> None:
    wrong = [
        f"{file.relative_to(ROOT)}:{line}: {what}"
        for module, file in KNOWN.items()
        for line, what in times_read(module, _tree(file))
    ]
    wrong += [
        f"{file.relative_to(ROOT)}: {what}"
        for package in ("retention", "compliance")
        for file in ROOT.glob(f"{package}/**/*.sql")
        if str(file.relative_to(ROOT)) != READS_THE_DATABASES_CLOCK
        for what in sql_times(file.read_text())
    ]
    assert not wrong, "\n".join(wrong)


def test_the_list_of_slices_is_the_tree() -> None:
    """A new folder must be given its place before anything can be put into it."""
    for package in GROUND:
        folders = {file.parent.name for file in ROOT.glob(f"{package}/*/__init__.py")}
        assert {name for name in folders if _height(package, name) is None} == set()


BAD = [
    ("retention.ledger.append", "retention.vault.keys", "ledger comes before vault"),
    ("retention.records.ingest", "retention.expiry.sweep", "records comes before expiry"),
    ("retention.clock", "retention.policies.rules", "clock comes before policies"),
    ("retention.expiry.sweep", "retention.tasks", "expiry comes before tasks"),
    ("retention.expiry.sweep", "retention.models", "expiry comes before models"),
    ("retention.records.ingest", "compliance.customers.models", "knows nothing of the promises"),
    ("retention.records.ingest", "compliance", "knows nothing of the promises"),
    ("retention.tasks", "django.core.mail", "no mail"),
    ("retention.tasks", "django.http.HttpRequest", "no HTTP"),
    ("retention.management.commands.x", "urllib.request", "no HTTP"),
    ("retention.records.ingest", "cryptography.hazmat.primitives", "only vault and ledger"),
    ("compliance.intake.bodies", "cryptography.fernet", "only vault and ledger"),
    ("compliance.people.models", "compliance.customers.models", "people comes before customers"),
    ("compliance.intake.bodies", "compliance.api.errors", "intake comes before api"),
    ("compliance.customers.keys", "compliance.admin", "customers comes before admin"),
    ("compliance.api.views", "compliance.admin.site", "surfaces never import each other"),
    ("compliance.portal.pages", "compliance.console", "surfaces never import each other"),
    ("compliance.api.views", "compliance.devup.seed", "nobody imports devup"),
    ("compliance.project.wsgi", "compliance.devup.seed", "nobody imports devup"),
    ("retention.tasks", "compliance.devup.seed", "nobody imports devup"),
    ("compliance.devup.up", "compliance.bench.ingest", "nobody imports bench"),
    ("compliance.apps", "compliance.bench.ingest", "nobody imports bench"),
    ("compliance.api.views", "compliance.project.settings", "composition root"),
    ("compliance.apps", "compliance.project.logs", "composition root"),
    ("compliance.drawer.things", "compliance.people.models", "no place in the order"),
    ("compliance.api.views", "tests.cast", "nothing imports the tests"),
]
GOOD = [
    ("retention.vault.keys", "retention.ledger.append"),
    ("retention.vault.keys", "retention.clock"),
    ("retention.vault.envelope", "cryptography.hazmat.primitives"),
    ("retention.tasks", "retention.expiry.sweep"),
    ("retention.models", "retention.ledger.models"),
    ("compliance.customers.models", "compliance.people.models"),
    ("compliance.customers.models", "retention.policies.rules"),
    ("compliance.api.views", "compliance.intake.bodies"),
    ("compliance.api.views", "compliance.api.errors"),
    ("compliance.project.urls", "compliance.devup.urls"),
    ("compliance.management.commands.up", "compliance.devup.up"),
    ("compliance.devup.seed", "compliance.api.views"),
    ("compliance.bench.stores", "compliance.devup.services"),
    ("compliance.api.views", "django.http.HttpRequest"),
]


@pytest.mark.parametrize(("module", "imported", "why"), BAD)
def test_it_refuses(module: str, imported: str, why: str) -> None:
    assert why in (wrong_import(module, imported) or "")


@pytest.mark.parametrize(("module", "imported"), GOOD)
def test_it_allows(module: str, imported: str) -> None:
    assert wrong_import(module, imported) is None


@pytest.mark.parametrize(
    "source",
    [
        "import compliance.api.errors",
        "from compliance.api import errors",
        "from compliance import api",
        "from ..api import errors",
        "def late():\n    from compliance.api.errors import handle",
        "if TYPE_CHECKING:\n    import compliance.api",
        "include('compliance.api.urls')",
        "HANDLER = 'compliance.api.errors.handle'",
    ],
)
def test_it_finds_an_import_wherever_it_stands(source: str) -> None:
    found = [name for _, name in imports("compliance.intake.bodies", ast.parse(source))]
    assert [name for name in found if wrong_import("compliance.intake.bodies", name)]


@pytest.mark.parametrize(
    "source",
    [
        "datetime.now(UTC)",
        "datetime.datetime.now()",
        "date.today()",
        "timezone.now()",
        "Field(default=timezone.now)",
        "from django.utils.timezone import now",
        "from time import time",
        "time.time()",
        "Now()\nfrom django.db.models.functions import Now",
        "cursor.execute('SELECT now()')",
        "cursor.execute('UPDATE x SET y = CURRENT_TIMESTAMP')",
    ],
)
def test_it_hears_every_clock(source: str) -> None:
    assert list(times_read("retention.records.ingest", ast.parse(source)))


def test_it_lets_durations_be_measured() -> None:
    source = '"""Never now()."""\ntime.monotonic()\ntime.perf_counter()\nclock.now()\nclock.today()'
    assert not list(times_read("retention.records.ingest", ast.parse(source)))
    assert not sql_times("-- never now()\nSELECT known, nowhere FROM t")
