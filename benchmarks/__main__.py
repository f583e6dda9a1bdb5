"""``python -m benchmarks``: measure the rows of the budget table, write JSON, report and plots."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from benchmarks.harness import Row
from benchmarks.machine import machine
from benchmarks.report import line, write_report

RESULTS = Path(__file__).parent / "results"
QUICK = ("start", "parse", "score", "render", "dkim", "store", "claim", "send", "backfill", "day", "workers")


def main(arguments: list[str] | None = None) -> int:
    """Measure, and end with 1 if a first budget is missed."""
    options = _options(arguments)
    rows: list[Row] = []
    facts = machine()
    for name in options.only or QUICK:
        begun = time.perf_counter()
        for row in _measured(name):
            rows.append(row)
            print(line(row), flush=True)
        print(f"  ({name}: {time.perf_counter() - begun:.0f} s)", file=sys.stderr, flush=True)
    _keep(options.results, rows, facts, partial=bool(options.only))
    return 0 if all(row.kept for row in rows) else 1


def _measured(name: str) -> Iterable[Row]:
    rows: Iterable[Row] = import_module(f"benchmarks.rows.{name}").rows()
    return rows


def _keep(folder: Path, rows: list[Row], facts: dict[str, object], *, partial: bool) -> None:
    """Write the results; a run of some rows replaces those rows of the last run only."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "latest.json"
    before = json.loads(file.read_text())["rows"] if file.is_file() else []
    new = [{**asdict(row), "kept": row.kept, "machine": facts} for row in rows]
    names = {row["work"] for row in new}
    kept = [row for row in before if row["work"] not in names] if partial or before else []
    value = {"machine": facts, "rows": kept + new}
    file.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n")
    write_report(value, folder)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("only", nargs="*", choices=[*QUICK, []], help="these alone")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of the results")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
