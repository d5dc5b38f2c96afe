"""What exists is documented: commands, environment, codes, acts, checks, alarms. And links lead
somewhere, commands in code blocks exist, and no text names a machine of somebody's own.

What must be documented is read from the code, so that nothing can be added in silence.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import get_commands

import compliance
import retention
from compliance.alarms.kinds import KINDS as ALARMS
from compliance.api.errors import STATUS
from retention.errors import RetentionError
from retention.ledger.append import KINDS

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))]
OURS = ("retention", "compliance")
NOT_OURS = {".git", ".venv", "var", "__pycache__", "staticfiles", ".hypothesis"}
# Set by us for our own children, or the address of the settings module: nobody sets them.
INTERNAL = {
    *("SANDGLASS_BOOTSTRAPPED", "PYTHONUNBUFFERED", "PYTHONWARNINGS", "PATH", "TMPDIR"),
    "DJANGO_SETTINGS_MODULE",
    "PROMETHEUS_MULTIPROC_DIR",
    "TMPDIR",
}
READERS = {"text", "flag", "path", "names", "secret", "number"}
CODE_BLOCK = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"manage\.py ([a-z_]+)")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def ours(file: Path) -> bool:
    """True for files of the tree, not of environments, states and caches."""
    parts = file.relative_to(ROOT).parts
    return not any(part in NOT_OURS or part.endswith("_cache") for part in parts)


def pages() -> str:
    """Everything that is written for people, as one text."""
    return "\n".join(page.read_text() for page in PAGES)


def trees(pattern: str = "**/*.py") -> Iterator[ast.Module]:
    """The modules of the product."""
    for package in OURS:
        yield from (ast.parse(file.read_text()) for file in ROOT.glob(f"{package}/{pattern}"))


def calls(pattern: str = "**/*.py") -> Iterator[ast.Call]:
    """Every call in them."""
    for tree in trees(pattern):
        yield from (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def called(call: ast.Call) -> str:
    """The last word of what is called."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def text_of(node: ast.AST | None) -> str | None:
    """A fixed text, or None."""
    found = node.value if isinstance(node, ast.Constant) else None
    return found if isinstance(found, str) else None


def missing(names: set[str]) -> list[str]:
    """Those that no page mentions as a word of their own."""
    written = pages()
    return sorted(name for name in names if not mentions(written, name))


def mentions(written: str, name: str) -> bool:
    """`erased` is not mentioned by `erased_at`."""
    return re.search(rf"(?<![\w.:-]){re.escape(name)}(?![\w-]|[.:]\w)", written) is not None


def commands() -> set[str]:
    """The management commands that are ours."""
    return {name for name, app in get_commands().items() if str(app).startswith(OURS)}


def variables() -> set[str]:
    """The environment variables that the settings and the launcher read."""
    found = set()
    for call in calls():
        first = text_of(call.args[0]) if call.args else None
        if not first or not re.fullmatch(r"[A-Z][A-Z0-9_]+", first):
            continue
        owner = call.func.value if isinstance(call.func, ast.Attribute) else None
        if called(call) in READERS and isinstance(owner, ast.Name) and owner.id == "env":
            found |= {first, f"{first}_FILE"} if called(call) == "secret" else {first}
        elif called(call) in ("get", "getenv", "setdefault") and _is_environment(owner):
            found.add(first)
    for tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Subscript) and _is_environment(node.value):
                found |= {name} if (name := text_of(node.slice)) else set()
    return found - INTERNAL


def _is_environment(node: ast.AST | None) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr in ("environ", "environment")
    return isinstance(node, ast.Name) and node.id in ("environ", "environment")


def refusals() -> set[str]:
    """The code of every class of refusal, wherever it is defined."""
    for package in (retention, compliance):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if module.name.endswith((".errors", ".guard", ".copy", ".keys")):
                importlib.import_module(module.name)
    return {kind.code for kind in _below(RetentionError)}


def _below(kind: type[RetentionError]) -> Iterator[type[RetentionError]]:
    for child in kind.__subclasses__():
        if child.__module__.startswith(OURS):
            yield child
        yield from _below(child)


def problem_codes() -> set[str]:
    """Codes of problems that stand for no class: given by name to `problem` or `_response`."""
    names = {"problem", "_response"}
    found = {text_of(arg) for call in calls() if called(call) in names for arg in call.args[1:2]}
    return {code for code in found if code} | set(STATUS)


def item_codes() -> set[str]:
    """Codes that an item of a batch, or a part of it, is answered with."""
    found: set[str | None] = set()
    for tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign | ast.AnnAssign) and "code" in _targets(node):
                found |= set(_branches(node.value))
            elif isinstance(node, ast.Call):
                args = [ast.unparse(arg) for arg in node.args]
                place = args.index("Status.REFUSED") + 1 if "Status.REFUSED" in args else len(args)
                found |= {text_of(arg) for arg in node.args[place : place + 1]}
                found |= {text_of(arg) for arg in node.args[2:3] if called(node) == "Dropped"}
    return {code for code in found if code}


def _targets(node: ast.Assign | ast.AnnAssign) -> set[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def _branches(node: ast.expr | None) -> Iterator[str | None]:
    if isinstance(node, ast.IfExp):
        yield from (text_of(node.body), text_of(node.orelse))
    else:
        yield text_of(node)


def flags() -> set[str]:
    """What intake can flag an exchange with."""
    return {
        key
        for tree in trees("intake/*.py")
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef) and function.name == "_flags"
        for node in ast.walk(function)
        if isinstance(node, ast.Dict)
        for name in node.keys
        if (key := text_of(name))
    }


def check_ids() -> set[str]:
    """The id of every system check of ours."""
    found = {text_of(word.value) for call in calls() for word in call.keywords if word.arg == "id"}
    return {name for name in found if name and re.fullmatch(r"\w+\.[A-Z]\d{3}", name)}


def clock_alarms() -> set[str]:
    """Why the guard on the host's clock can refuse."""
    return {
        reason
        for tree in trees("expiry/guard.py")
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef) and function.name == "judge"
        for node in ast.walk(function)
        if isinstance(node, ast.Return)
        for reason in _branches(node.value)
        if reason
    }


def alarms() -> set[str]:
    """Events that somebody should look at: everything logged as a warning or worse."""
    found = {
        text_of(call.args[0])
        for call in calls()
        if called(call) in ("warning", "error", "exception", "critical") and len(call.args) == 1
    }
    return {event for event in found if event}


def events() -> set[str]:
    """Every event that our own code logs, at any level."""
    return alarms() | {
        event
        for call in calls()
        if called(call) == "info" and len(call.args) == 1 and (event := text_of(call.args[0]))
    }


def metrics() -> set[str]:
    """The name of every metric, as Prometheus has it."""
    found = set()
    for call in [*calls("api/gauges.py"), *calls("health/counters.py")]:
        kind, name = called(call), text_of(call.args[0]) if call.args else None
        if name and kind in ("_gauge", "_gauges", "_backlog"):
            found.add(f"sandglass_{name}")
        elif name and kind in ("_counter", "Counter"):
            found.add(f"sandglass_{name.removeprefix('sandglass_')}_total")
        elif name and kind == "Histogram":
            found.add(name)
    return found


EVERYTHING = [
    (commands, {"up", "retention_sweep", "vault_copy"}),
    (variables, {"STATE_DIR", "DATABASE_URL", "SECRET_KEY", "SECRET_KEY_FILE", "BROKER_URL"}),
    (refusals, {"key_gone", "unknown_key", "too_large", "scope_missing"}),
    (problem_codes, {"internal_error", "not_ready", "malformed_json"}),
    (item_codes, {"occurred_in_future", "erased", "profile", "delivered", "invalid"}),
    (flags, {"code_not_marked", "no_finding", "no_content"}),
    (check_ids, {"vault.E001", "retention.E002"}),
    (clock_alarms, {"ran_backwards", "jumped"}),
    (alarms, {"expiry_count_mismatch", "tick_failed", "died"}),
    (lambda: set(KINDS), {"expiry:day:purged"}),
    (metrics, {"sandglass_overdue_seconds", "sandglass_items_stored_total"}),
]


@pytest.mark.parametrize(("read", "among"), EVERYTHING)
def test_everything_is_documented(read: object, among: set[str]) -> None:
    """`among`: some that must be found, so that the search itself cannot go blind."""
    assert callable(read)
    names = read()
    assert among <= names
    undocumented = missing(names)
    assert not undocumented, ", ".join(undocumented)


def test_every_event_stands_on_the_page_about_logs() -> None:
    page = (ROOT / "docs" / "logs.md").read_text()
    assert {"request", "sweep", "alarm_began", "alarm_ended"} <= events()
    assert [event for event in sorted(events()) if not mentions(page, event)] == []


def test_every_alarm_has_a_section_that_says_what_it_means_and_what_to_do() -> None:
    sections = (ROOT / "docs" / "alarms.md").read_text().split("\n## ")
    by_code = {section.partition("\n")[0]: section for section in sections[2:]}
    assert by_code.keys() == ALARMS.keys()
    for code, kind in ALARMS.items():
        assert f"*{kind.title}." in by_code[code]
        assert "**It means:** " in by_code[code]
        assert "**Do:**" in by_code[code]


def test_a_word_within_a_word_is_not_a_mention() -> None:
    assert mentions("the code `erased` says", "erased")
    assert mentions("`a:b:c`, then", "a:b:c")
    for other in ("erased_at", "not_erased", "erased-item", "erased:all", "x.erased"):
        assert not mentions(other, "erased")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    targets = [link for link in LINK.findall(page.read_text()) if "://" not in link]
    assert [link for link in targets if not _leads_somewhere(page, link)] == []


def _leads_somewhere(page: Path, link: str) -> bool:
    name, _, heading = link.partition("#")
    target = page.parent / name if name else page
    if not target.exists():
        return False
    return not heading or heading in {_anchor(line) for line in target.read_text().splitlines()}


def _anchor(line: str) -> str:
    title = re.sub(r"[^\w\s-]", "", line.lstrip("#").strip().lower())
    return title.replace(" ", "-") if line.startswith("#") else ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_is_named_exists(page: Path) -> None:
    tree = [f"/{file.relative_to(ROOT)}" for file in ROOT.rglob("*.*") if ours(file)]
    named = set(re.findall(r"`([\w./-]+\.(?:py|sql|md|txt|toml))`", page.read_text()))
    assert [name for name in named if not any(file.endswith(f"/{name}") for file in tree)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_in_a_code_block_exists(page: Path) -> None:
    blocks = "\n".join(CODE_BLOCK.findall(page.read_text()))
    assert set(COMMAND.findall(blocks)) <= set(get_commands()) | {"changepassword"}


def test_the_pages_that_readers_are_sent_to_exist() -> None:
    assert {
        "README.md",
        "architecture.md",
        "operations.md",
        "api.md",
        "log-of-acts.md",
        "alarms.md",
        "logs.md",
    } <= {page.name for page in PAGES}


# Written so that this file does not contain what it looks for.
ELSEWHERE = re.compile(
    r"pyp[i]\.(?:org|python\.org)|pythonhoste[d]\.org|--(?:extra-)?index-url|--find-links"
    r"|(?<![\w/.~}:])/(?:home|root|Users|work|workspace|mnt|srv)/\w"
)


def test_nothing_names_a_package_index_or_a_place_on_somebodys_machine() -> None:
    wrong = [
        f"{file.relative_to(ROOT)}: {found[0]}"
        for file in ROOT.rglob("*")
        if file.is_file() and ours(file) and file != Path(__file__)
        for found in ELSEWHERE.finditer(file.read_text(errors="ignore"))
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "text", ["see https://" + "pypi" + ".org/simple", "cd /" + "home/olga/x", "--index" + "-url x"]
)
def test_that_search_finds_what_it_looks_for(text: str) -> None:
    assert ELSEWHERE.search(text)
