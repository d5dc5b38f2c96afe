"""The measures of the code: short modules, short functions, types on everything, no drawers."""

from __future__ import annotations

import ast
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LONGEST_MODULE = 300
LONGEST_FUNCTION = 50
MEDIAN_FUNCTION = 8
# A name that says nothing collects what belongs elsewhere.
DRAWERS = {"utils.py", "util.py", "helpers.py", "services.py", "common.py", "misc.py"}
# Here the word means what it says: the database and the broker that it starts.
NO_DRAWERS = {"compliance/devup/services.py"}
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def files() -> list[Path]:
    """The modules of the product. Migrations are generated and are not read again."""
    found = [ROOT / "manage.py", *ROOT.glob("retention/**/*.py"), *ROOT.glob("compliance/**/*.py")]
    return [file for file in found if "migrations" not in file.parts]


def functions(tree: ast.AST) -> Iterator[Function]:
    """Every function and method, also those within others."""
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def length(function: Function) -> int:
    """Lines from `def` to the end."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def too_long(source: str) -> list[str]:
    """Functions over the ceiling, and the module itself."""
    found = [f.name for f in functions(ast.parse(source)) if length(f) > LONGEST_FUNCTION]
    return found + (["the module"] if len(source.splitlines()) > LONGEST_MODULE else [])


def untyped(source: str) -> list[str]:
    """Functions without a return type, or with an argument without a type."""
    return [f.name for f in functions(ast.parse(source)) if f.returns is None or _bare(f)]


def _bare(function: Function) -> bool:
    spec = function.args
    every = [*spec.posonlyargs, *spec.args, *spec.kwonlyargs, spec.vararg, spec.kwarg]
    given = [argument for argument in every if argument is not None]
    return any(a.annotation is None for a in given if a.arg not in ("self", "cls"))


def loose_events(source: str) -> list[int]:
    """Lines that log something else than a fixed text: content could get into it."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in LEVELS
        and _is_a_log(node.func.value)
        and not (len(node.args) == 1 and isinstance(node.args[0], ast.Constant))
    ]


def _is_a_log(owner: ast.expr) -> bool:
    name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
    return name in ("log", "logger")


def _each(judge: object) -> list[str]:
    assert callable(judge)
    return [
        f"{file.relative_to(ROOT)}: {found}"
        for file in files()
        for found in judge(file.read_text())
    ]


def test_no_module_and_no_function_is_too_long() -> None:
    assert _each(too_long) == []


def test_half_of_the_functions_are_very_short() -> None:
    lengths = [length(f) for file in files() for f in functions(ast.parse(file.read_text()))]
    assert statistics.median(lengths) <= MEDIAN_FUNCTION


def test_every_function_has_types() -> None:
    assert _each(untyped) == []


def test_no_module_is_a_drawer() -> None:
    names = [str(file.relative_to(ROOT)) for file in files() if file.name in DRAWERS]
    assert set(names) - NO_DRAWERS == set()


def test_events_in_the_log_are_fixed_texts() -> None:
    assert _each(loose_events) == []


@pytest.mark.parametrize(
    ("judge", "source"),
    [
        (too_long, "def long():\n" + "    pass\n" * LONGEST_FUNCTION),
        (too_long, "pass\n" * (LONGEST_MODULE + 1)),
        (too_long, "class A:\n async def long(self):\n" + "    pass\n" * LONGEST_FUNCTION),
        (untyped, "def f(): ..."),
        (untyped, "def f(a) -> int: ..."),
        (untyped, "def f(*, a) -> int: ..."),
        (untyped, "def f(**a) -> int: ..."),
        (untyped, "def f() -> int:\n  def g(): ...\n"),
        (loose_events, "log.info(f'kept {text}')"),
        (loose_events, "self.log.warning('kept %s', text)"),
        (loose_events, "logger.exception(text)"),
    ],
)
def test_each_measure_can_fail(judge: object, source: str) -> None:
    assert callable(judge)
    assert judge(source)


def test_what_is_well_made_passes() -> None:
    source = "def f(self, a: int, *b: int) -> int:\n    log.info('kept', count=a)\n    return a\n"
    assert not [*too_long(source), *untyped(source), *loose_events(source)]
