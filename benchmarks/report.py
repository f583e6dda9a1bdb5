"""Results as people read them: a line each, a table, a plot of the ratios."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl

from benchmarks.harness import Budget, Row

mpl.use("Agg")


def line(row: Row) -> str:
    """A row in one line, for the terminal."""
    if row.missing:
        return f"- {row.work}: not measured: {row.missing}"
    figures = ", ".join(f"{name} {value:g}" for name, value in row.figures.items())
    budgets = "; ".join(_verdict(budget) for budget in row.budgets)
    return f"{'✓' if row.kept else '✗'} {row.work} [{row.unit}]: {figures} → {budgets}"


def _verdict(budget: Budget) -> str:
    sign = "≤" if budget.at_most else "≥"
    moon = f", moonshot {sign} {budget.moonshot:g}" if budget.moonshot is not None else ""
    return f"{budget.value:.3g} {budget.says} ({sign} {budget.first:g}{moon})"


def write_report(value: dict[str, Any], folder: Path) -> None:
    """``report.md`` and ``ratios.png`` beside the JSON."""
    rows = value["rows"]
    lines = [
        "# Measured",
        "",
        "Written by `make bench`. Ratios within one run count; `latest.json` names each row's machine.",
        "",
        "| work | figures | ratio | first | moonshot |",
        "|---|---|---|---|---|",
        *(text for row in rows for text in _table_lines(row)),
    ]
    (folder / "report.md").write_text("\n".join(lines) + "\n")
    _plot(rows, folder / "ratios.png")


def _table_lines(row: dict[str, Any]) -> list[str]:
    if row["missing"]:
        return [f"| {row['work']} | not measured: {row['missing']} | | | |"]
    figures = ", ".join(f"{name} {value:g}" for name, value in row["figures"].items())
    lines: list[str] = []
    for budget in row["budgets"] or [None]:
        told = f"{figures} {row['unit']}".strip() if not lines else ""
        lines.append(f"| {row['work'] if not lines else ''} | {told} | {_cells(budget)} |")
    return lines


def _cells(budget: dict[str, Any] | None) -> str:
    if budget is None:
        return "| | "
    sign = "≤" if budget["at_most"] else "≥"
    first = f"{sign} {budget['first']:g} {_mark(budget, 'first')}"
    moon = (
        f"{sign} {budget['moonshot']:g} {_mark(budget, 'moonshot')}" if budget["moonshot"] is not None else ""
    )
    return f"{budget['value']:.3g} {budget['says']} | {first} | {moon}"


def _mark(budget: dict[str, Any], name: str) -> str:
    value, bound = budget["value"], budget[name]
    return "✓" if (value <= bound if budget["at_most"] else value >= bound) else "✗"


def _plot(rows: list[dict[str, Any]], file: Path) -> None:
    """How far each budget is kept: 1 is the bound, right of it is room to spare."""
    from matplotlib import pyplot as plt

    bars = [(f"{row['work']}: {b['says']}", _room(b)) for row in rows for b in row["budgets"]]
    figure, axes = plt.subplots(figsize=(10, 0.32 * len(bars) + 1.2))
    colours = ["#3b7a57" if room >= 1 else "#b5483a" for _, room in bars]
    axes.barh([name[:90] for name, _ in bars], [room for _, room in bars], color=colours)
    axes.axvline(1, color="black", linewidth=1)
    axes.set_xscale("log")
    axes.set_xlabel("times within the budget (1 = exactly)")
    axes.invert_yaxis()
    axes.tick_params(labelsize=7)
    figure.tight_layout()
    figure.savefig(file, dpi=110)
    plt.close(figure)


def _room(budget: dict[str, Any]) -> float:
    value, first = max(budget["value"], 1e-9), budget["first"]
    return float(first / value if budget["at_most"] else value / first)
