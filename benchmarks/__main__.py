"""`python -m benchmarks`: measures all peers in one run. Prints tables and writes `.build/benchmarks.json`.

Takes about fifteen minutes. Exits with 1 if a figure is worse than its bound.
"""

from __future__ import annotations

import json
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from benchmarks.agreement import agreement
from benchmarks.cold_start import BARE, cold_start_milliseconds
from benchmarks.help import BARE as BARE_TYPER
from benchmarks.help import help_runs
from benchmarks.measuring import Stopwatch
from benchmarks.plans import plan_of_roles
from benchmarks.rate import most_in_a_second, starts_of_a_run
from benchmarks.runs import adding_up, boto3_paginator, boto3_threads, look_back, node_array, node_reads, ours, worker
from environments.files import load
from mapspan.review.review import render_review, review_plan
from tests import ENVIRONMENTS
from tests.fixtures.stand_in.running import in_process
from tests.fixtures.stand_in.shapes import SHAPES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from environments.environment import Environment

_ROOT = Path(__file__).parent.parent
_RESULT = _ROOT / ".build" / "benchmarks.json"
_PEER_SHAPES = ("uniform", "dates")
console = Console(width=120)


class Bench:
    """The figures measured so far, and whether they meet their bounds."""

    def __init__(self) -> None:
        self.figures: dict[str, Any] = {}
        self.verdicts: list[tuple[str, float, str, float, bool]] = []

    def cpu(self) -> None:
        """CPU seconds per million keys: the best of three runs of each lister, taken in turn."""
        with in_process() as url:
            rows: dict[str, dict[str, float]] = {}
            for shape in _PEER_SHAPES:
                bucket = f"{shape}-1000000"
                runs: dict[str, Callable[[], Any]] = {
                    "boto3 paginator": partial(boto3_paginator, url, bucket, keys=50_000),
                    "Node, array": partial(node_array, url, bucket, keys=200_000),
                    "ours, 16 threads": partial(ours, url, bucket, threads=16),
                }
                seconds = _least_in_turn(runs, lambda run: run["cpu_seconds"] / run["keys"] * 1e6)
                rows[shape] = {name: round(value, 3) for name, value in seconds.items()}
                our_seconds = seconds["ours, 16 threads"]
                self.must(f"CPU: boto3 paginator / ours, {shape}", seconds["boto3 paginator"] / our_seconds, ">=", 30)
                self.must(f"CPU: Node / ours, {shape}", seconds["Node, array"] / our_seconds, ">=", 6)
        self.figures["cpu_seconds_per_million_keys"] = rows
        _show("CPU seconds per million keys, pages at once", rows)

    def selection(self) -> None:
        """CPU seconds per million keys with selections: the best of three runs of each, taken in turn."""
        full = {
            "include": ["*.json", "*.csv"],
            "exclude": ["*/tmp/*"],
            "min_bytes": 1,
            "modified_after": "2025-01-01T00:00:00Z",
            "storage_classes": ["STANDARD", "STANDARD_IA"],
        }
        bucket = "dates-1000000"
        with in_process() as url:
            runs: dict[str, Callable[[], Any]] = {
                "boto3 paginator": partial(boto3_paginator, url, bucket, keys=50_000),
                "Node, array": partial(node_array, url, bucket, keys=200_000),
                "ours, everything": partial(ours, url, bucket, threads=16),
                "ours, suffix": partial(ours, url, bucket, threads=16, select={"suffixes": ["0.json"]}),
                "ours, all conditions": partial(ours, url, bucket, threads=16, select=full),
            }
            seconds = _least_in_turn(runs, lambda run: run["cpu_seconds"] / run["keys"] * 1e6)
        everything = seconds["ours, everything"]
        self.must("CPU of a selection: suffix / everything", seconds["ours, suffix"] / everything, "<=", 2)
        self.must(
            "CPU of a selection: all conditions / everything", seconds["ours, all conditions"] / everything, "<=", 2
        )
        self.must(
            "CPU of a selection: boto3 paginator / all conditions",
            seconds["boto3 paginator"] / seconds["ours, all conditions"],
            ">=",
            5,
        )
        rounded = {name: round(value, 3) for name, value in seconds.items()}
        self.figures["selection_cpu_seconds_per_million_keys"] = rounded
        _show("CPU seconds per million keys, with a selection", {"dates": rounded})

    def look_back(self) -> None:
        """What an incremental listing costs beside the listing: ten million objects in its overlap."""
        run = look_back(10_000_000)
        figures = {
            "CPU seconds to load": round(run["load_cpu_seconds"], 1),
            "CPU seconds a million objects": round(run["cpu_seconds"] / run["keys"] * 1e6, 2),
            "stored MiB": round(run["stored_bytes"] / 2**20),
            "peak MiB": round(run["peak_rss_mib"]),
        }
        self.must("bytes stored an object in the overlap", run["stored_bytes"] / run["keys"], "<=", 17)
        self.figures["look_back_over_ten_million"] = figures
        _show("an incremental run, 10 M objects in the overlap", {"look back": figures})

    def speed(self) -> None:
        """Keys per second: the best of three runs of each lister, taken in turn.

        Listers that read one page after another are as fast for few keys as for many, so their runs are short.
        """
        rows: dict[str, dict[str, float]] = {}
        for milliseconds, shapes in ((0, _PEER_SHAPES[:1]), (60, _PEER_SHAPES), (100, _PEER_SHAPES[:1])):
            with in_process(latency_seconds=milliseconds / 1000) as url:
                for shape in shapes:
                    bucket = f"{shape}-3000000"
                    runs: dict[str, Callable[[], Any]] = {
                        "boto3 paginator": partial(boto3_paginator, url, bucket, keys=30_000),
                        "Node, array": partial(node_array, url, bucket, keys=60_000),
                        "ours, 1 thread": partial(ours, url, f"{shape}-120000", threads=1),
                        "ours, 16 threads": partial(ours, url, bucket, threads=16),
                        "ours, 32 threads": partial(ours, url, bucket, threads=32),
                    }
                    seconds = _least_in_turn(runs, lambda run: run["seconds"] / run["keys"])
                    rows[f"{shape}, {milliseconds} ms"] = {name: round(1 / value) for name, value in seconds.items()}
        for shape in _PEER_SHAPES:
            speed = rows[f"{shape}, 60 ms"]
            one, sixteen = speed["ours, 1 thread"], speed["ours, 16 threads"]
            self.must(f"speed at 60 ms: 16 threads / Node, {shape}", sixteen / speed["Node, array"], ">=", 12)
            self.must(f"speed at 60 ms: 16 threads / 1, {shape}", sixteen / one, ">=", 0.8 * 16)
            self.must(f"speed at 60 ms: 32 threads / 1, {shape}", speed["ours, 32 threads"] / one, ">=", 0.7 * 32)
        self.figures["keys_per_second"] = rows
        _show("keys per second", rows)

    def memory(self) -> None:
        """Peak memory of each lister's process."""
        with in_process() as url:
            rows = {
                "1,000,000 keys": {
                    "Node, array": node_array(url, "uniform-1000000", keys=1_000_000)["peak_rss_mib"],
                    "ours, 16 threads": ours(url, "uniform-1000000", threads=16)["peak_rss_mib"],
                    "ours, 32 threads": ours(url, "uniform-1000000", threads=32)["peak_rss_mib"],
                },
                "300,000 keys": {
                    "boto3 paginator": boto3_paginator(url, "uniform-1000000", keys=300_000)["peak_rss_mib"]
                },
                "10,000,000 keys": {
                    "ours, 16 threads": ours(url, "uniform-10000000", threads=16)["peak_rss_mib"],
                    "ours, 32 threads": ours(url, "uniform-10000000", threads=32)["peak_rss_mib"],
                },
            }
        for name, peak in rows["10,000,000 keys"].items():
            self.must(f"MiB more at 10 M keys than at 1 M, {name}", peak - rows["1,000,000 keys"][name], "<=", 16)
            self.must(f"MiB at 10 M keys, {name}", peak, "<=", 128)
        self.figures["peak_memory_mib"] = rows
        _show("peak memory, MiB", rows)

    def requests(self) -> None:
        """Requests per thousand keys with 32 threads: 10 M keys of every shape, 60 ms a page."""
        rows: dict[str, dict[str, float]] = {}
        with in_process(latency_seconds=0.06) as url:
            for shape in SHAPES:
                run = ours(url, f"{shape}-10000000", threads=32)
                rows[shape] = {
                    "requests per thousand keys": run["requests_per_thousand_keys"],
                    "keys per second": round(run["keys"] / run["seconds"]),
                    "peak MiB": run["peak_rss_mib"],
                }
                self.must(f"requests per thousand keys, {shape}", run["requests_per_thousand_keys"], "<=", 1.10)
        self.figures["ten_million_keys"] = rows
        _show("10 M keys, 60 ms a page, 32 threads", rows)

    def reads(self) -> None:
        """The time for a batch of 100 objects, 20 ms each."""
        with in_process(latency_seconds=0.02) as url:
            command = [sys.executable, "-m", "benchmarks.reads", url]
            done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=True)  # noqa: S603 # our code
        milliseconds: dict[str, float] = {name: round(value, 1) for name, value in json.loads(done.stdout).items()}
        self.figures["batch_of_100_reads_ms"] = milliseconds
        # For a worker with a whole vCPU; see docs/tuning.md.
        self.must(
            "100 reads at 20 ms: one after another / 32 threads", milliseconds["1"] / milliseconds["32"], ">=", 10
        )
        _show("100 reads at 20 ms, milliseconds", {"threads": milliseconds})

    def worker(self) -> None:
        """CPU milliseconds per small object: the best of five runs of each reader, taken in turn."""
        with in_process() as url:
            arguments = {"objects": 2_000, "threads": 16}
            runs: dict[str, Callable[[], Any]] = {
                "boto3, threads": partial(boto3_threads, url, "uniform-2000", **arguments),
                "Node": partial(node_reads, url, "uniform-2000", **arguments),
                "ours": partial(worker, url, "uniform-2000", **arguments),
            }
            least = _least_in_turn(runs, lambda run: run["cpu_seconds"] / run["keys"] * 1e3, rounds=5)
        milliseconds = {name: round(value, 3) for name, value in least.items()}
        self.must("CPU of small objects: ours / boto3, threads", least["ours"] / least["boto3, threads"], "<=", 1.15)
        self.figures["cpu_ms_per_small_object"] = milliseconds
        _show("CPU milliseconds per small object", {"milliseconds": milliseconds})

    def adding_up(self) -> None:
        """CPU seconds to add up a million keys in batches of 100: the best of five runs of each way, taken in turn."""
        rows: dict[str, dict[str, float]] = {}
        for failed_percent, bound in ((0, 30), (1, 10)):
            runs: dict[str, Callable[[], Any]] = {
                "a line for each key": partial(adding_up, "outcomes", keys=200_000, failed_percent=failed_percent),
                "ours": partial(adding_up, "records", keys=200_000, failed_percent=failed_percent),
            }
            seconds = _least_in_turn(runs, lambda run: run["cpu_seconds"] / run["keys"] * 1e6, rounds=5)
            rows[f"{failed_percent} % failed"] = {name: round(value, 3) for name, value in seconds.items()}
            ratio = seconds["a line for each key"] / seconds["ours"]
            self.must(f"CPU of adding up, {failed_percent} % failed: a line for each key / ours", ratio, ">=", bound)
        self.figures["adding_up_cpu_seconds_per_million_keys"] = rows
        _show("CPU seconds to add up a million keys, batches of 100", rows)

    def rate(self) -> None:
        """A run over 2,000 objects with job.objects_per_second = 50, on the local cloud."""
        starts = starts_of_a_run(2_000, objects_per_second=50, max_concurrency=4)
        figures = {"most in any second": float(most_in_a_second(starts)), "seconds": round(starts[-1], 1)}
        self.must("rate of 50: most starts in any second", figures["most in any second"], "<=", 50)
        self.must("rate of 50: seconds from the first start to the last of 2,000", starts[-1], ">=", 39)
        self.figures["objects_per_second"] = figures
        _show("2,000 objects at 50 per second", {"starts": figures})

    def simulation(self) -> None:
        """Runs simulated event by event beside what `mapspan estimate` reckons."""
        rows: dict[str, dict[str, float]] = {}
        for millions in (1, 10, 100, 1_000):
            for figures in agreement(millions * 1_000_000):
                name = f"{millions:,} M objects, batches of {figures.batch_size}, rate of {figures.rate_of}"
                rows[name] = {"simulated s": round(figures.simulated), "estimated s": round(figures.estimated)}
                off = abs(figures.simulated / figures.estimated - 1)
                self.must(f"estimate off the simulation by, {name}", off, "<=", 0.1)
        self.figures["simulation"] = rows
        _show("simulated runs", rows)

    def cold_start(self) -> None:
        """The quickest of forty starts of each function, taken in turn."""
        milliseconds = {name: round(value, 1) for name, value in cold_start_milliseconds().items()}
        for name in ("list_objects", "summarize_run", "process_objects"):
            bound = 1.1 if name == "process_objects" else 1.15
            self.must(f"cold start: {name} / {BARE}", milliseconds[name] / milliseconds[BARE], "<=", bound)
        self.figures["cold_start_ms"] = milliseconds
        _show("cold start, milliseconds", {"until ready": milliseconds})

    def review(self) -> None:
        """The quickest of three reviews of plans that create roles, taken in turn; each starts its own simulator."""
        environment = load("local", ENVIRONMENTS)
        plans = {f"{roles} roles": plan_of_roles(environment, roles) for roles in (30, 100, 400)}
        runs = {name: partial(_review_seconds, environment, plan) for name, plan in plans.items()}
        seconds = {name: round(value, 2) for name, value in _least_in_turn(runs, lambda run: run).items()}
        self.must("review: 400 roles / 100 roles", seconds["400 roles"] / seconds["100 roles"], "<=", 5)
        self.figures["review_seconds"] = seconds
        _show("review of a plan of new roles, seconds", {"seconds": seconds})

    def help(self) -> None:
        """CPU milliseconds of what needs no AWS on the command line: the best of ten runs of each, taken in turn."""
        seconds = _least_in_turn(help_runs(), lambda run: run, rounds=10)
        for name in ("--help", "run --help", "completion"):
            self.must(f"CPU of mapspan: {name} / {BARE_TYPER}", seconds[name] / seconds[BARE_TYPER], "<=", 2.5)
        milliseconds = {name: round(value * 1000, 1) for name, value in seconds.items()}
        self.figures["help_cpu_ms"] = milliseconds
        _show("CPU milliseconds of the command line", {"mapspan": milliseconds})

    def must(self, what: str, figure: float, relation: str, bound: float) -> None:
        """Record a figure and whether it meets its bound."""
        met = figure >= bound if relation == ">=" else figure <= bound
        self.verdicts.append((what, round(figure, 3), relation, round(bound, 2), met))


def _review_seconds(environment: Environment, plan: dict[str, Any]) -> float:
    """How long it takes to review a plan and to write the review as Markdown."""
    stopwatch = Stopwatch()
    render_review(review_plan(environment, plan), "markdown")
    return stopwatch.seconds


def _least_in_turn(
    runs: Mapping[str, Callable[[], Any]], figure: Callable[[Any], float], *, rounds: int = 3
) -> dict[str, float]:
    least = dict.fromkeys(runs, float("inf"))
    for _ in range(rounds):
        for name, run in runs.items():
            least[name] = min(least[name], figure(run()))
    return least


def _show(title: str, rows: dict[str, dict[str, float]]) -> None:
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    table = Table("", *columns, title=title, title_justify="left")
    for name, row in rows.items():
        table.add_row(name, *(f"{row[column]:,}" if column in row else "" for column in columns))
    console.print(table)


def main(chosen: Sequence[str]) -> int:
    """Run the chosen sections; all of them if none is chosen."""
    bench = Bench()
    sections = {
        name: getattr(bench, name)
        for name in (
            "cpu",
            "selection",
            "look_back",
            "speed",
            "memory",
            "requests",
            "reads",
            "worker",
            "adding_up",
            "rate",
            "simulation",
            "cold_start",
            "review",
            "help",
        )
    }
    for name, section in sections.items():
        if not chosen or name in chosen:
            section()
    table = Table("figure", "measured", "bound", "", title="bounds", title_justify="left")
    for what, figure, relation, bound, met in bench.verdicts:
        table.add_row(what, f"{figure:,}", f"{relation} {bound}", "met" if met else "[red]not met")
    console.print(table)
    verdicts = [dict(zip(("what", "measured", "relation", "bound", "met"), v, strict=True)) for v in bench.verdicts]
    _RESULT.parent.mkdir(exist_ok=True)
    _RESULT.write_text(json.dumps({**bench.figures, "verdicts": verdicts}, indent=2) + "\n")
    return 0 if all(verdict[-1] for verdict in bench.verdicts) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
