"""What a benchmark found: figures as medians, targets met or missed, and on what it ran."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing that was measured `n` times. `unit` is for people."""

    name: str
    unit: str
    n: int
    least: float
    median: float
    most: float


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure has to be: at least the limit, or at most."""

    name: str
    unit: str
    value: float
    limit: float
    at_least: bool

    @property
    def met(self) -> bool:
        """True if the value keeps to its limit."""
        return self.value >= self.limit if self.at_least else self.value <= self.limit


@dataclass(slots=True)
class Report:
    """All of one benchmark. Targets hold for `scale` 1 only."""

    bench: str
    scale: float
    figures: list[Figure] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    machine: dict[str, Any] = field(default_factory=dict)

    def add(self, name: str, unit: str, values: Sequence[float]) -> float:
        """Take up a figure and return its median."""
        middle = median(values)
        self.figures.append(Figure(name, unit, len(values), min(values), middle, max(values)))
        return middle

    def at_least(self, name: str, unit: str, value: float, limit: float) -> None:
        """Take up a target that is a lower bound."""
        self.targets.append(Target(name, unit, value, limit, at_least=True))

    def at_most(self, name: str, unit: str, value: float, limit: float) -> None:
        """Take up a target that is an upper bound."""
        self.targets.append(Target(name, unit, value, limit, at_least=False))

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        met = [{**asdict(target), "met": target.met} for target in self.targets]
        return {**asdict(self), "targets": met}


def lines(report: Mapping[str, Any]) -> Iterator[str]:
    """The report (`as_dict`) as a table for people."""
    yield f"{report['bench']} (scale {report['scale']:g})"
    yield f"  {'':46} {'n':>4} {'least':>10} {'median':>10} {'most':>10}"
    for figure in report["figures"]:
        numbers = " ".join(f"{_short(figure[k]):>10}" for k in ("least", "median", "most"))
        yield f"  {figure['name']:46} {figure['n']:>4} {numbers} {figure['unit']}"
    for target in report["targets"]:
        bound = "at least" if target["at_least"] else "at most"
        verdict = "met" if target["met"] else "MISSED"
        if report["scale"] != 1:
            verdict = "not judged at this scale"
        value, limit = _short(target["value"]), _short(target["limit"])
        yield f"  {target['name']:46} {value} {target['unit']}, {bound} {limit}: {verdict}"
    for note in report["notes"]:
        yield f"  {note}"
    yield "  " + ", ".join(f"{name} {value}" for name, value in report["machine"].items())


def _short(value: float) -> str:
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 10 else f"{value:.1f}"
