"""The house's own rules: which room may import which, and how large a room may grow."""

from __future__ import annotations

import ast

import pytest

from tests.fixtures.import_graph import ROOT, Import, ImportGraph

FLOORS = ("unit", "synth", "plan", "e2e")
PRODUCT = ("environments", "examples", "lambdas", "local_cloud", "main.py", "mapspan", "modules")
CDKTF = ("cdktf", "cdktf_cdktf_provider_aws", "constructs", "jsii")
STACK = "modules/pipeline/stack.py"


@pytest.fixture(scope="module")
def graph() -> ImportGraph:
    return ImportGraph.of_repository()


def is_of(import_: Import, *packages: str) -> bool:
    """Whether the imported module is one of `packages`, or lies in one."""
    return any(import_.module == package or import_.module.startswith(f"{package}.") for package in packages)


def report(wrong: list[Import], rule: str) -> str:
    return "\n".join([rule, *sorted({str(import_) for import_ in wrong})])


def test_no_file_imports_itself_through_others(graph: ImportGraph) -> None:
    circle = graph.circle()
    assert not circle, "an import circle: " + " -> ".join(circle)


@pytest.mark.parametrize("floor", FLOORS)
def test_no_test_floor_imports_from_a_higher_one(graph: ImportGraph, floor: str) -> None:
    higher = [f"tests.{name}" for name in FLOORS[FLOORS.index(floor) + 1 :]]
    wrong = [import_ for import_ in graph.importing(f"tests/{floor}") if is_of(import_, *higher)]
    assert not wrong, report(wrong, "move what both floors need to tests/fixtures")


def test_what_the_floors_share_imports_from_no_floor(graph: ImportGraph) -> None:
    on_a_floor = set(graph.importing(*(f"tests/{floor}" for floor in FLOORS)))
    shared = [import_ for import_ in graph.importing("tests") if import_ not in on_a_floor]
    wrong = [import_ for import_ in shared if is_of(import_, *(f"tests.{floor}" for floor in FLOORS))]
    assert not wrong, report(wrong, "every floor imports these files, so they may import from none")


def test_no_file_imports_a_file_of_tests(graph: ImportGraph) -> None:
    wrong = [import_ for import_ in graph.imports if import_.module.rpartition(".")[2].startswith("test_")]
    assert not wrong, report(wrong, "what several files of tests use lies in tests/fixtures or a conftest.py")


def test_the_product_imports_no_tests(graph: ImportGraph) -> None:
    wrong = [import_ for import_ in graph.importing(*PRODUCT) if is_of(import_, "tests")]
    assert not wrong, report(wrong, "the product is installed without its tests")


def test_asl_knows_nothing_of_the_pipeline(graph: ImportGraph) -> None:
    wrong = [import_ for import_ in graph.reachable("modules/asl") if is_of(import_, "modules.pipeline")]
    assert not wrong, report(wrong, "modules/asl holds any definition, not mapspan's own")


def test_the_workflow_needs_no_cdktf(graph: ImportGraph) -> None:
    wrong = [import_ for import_ in graph.reachable("modules/pipeline/workflow") if is_of(import_, *CDKTF)]
    assert not wrong, report(wrong, "definitions are data, which need neither Node nor Terraform")


def test_environments_import_only_leaf_files_of_modules(graph: ImportGraph) -> None:
    leaves = [import_ for import_ in graph.importing("environments") if is_of(import_, "modules")]
    assert leaves, "the settings take names and limits from modules"
    wrong = [
        import_
        for import_ in graph.importing(*(graph.paths[leaf.module] for leaf in leaves))
        if import_.module in graph.paths or is_of(import_, *CDKTF)
    ]
    assert not wrong, report(wrong, "environments/ may import only files of modules/ that import no other file of ours")


def test_cdktf_is_imported_only_where_stacks_are_built(graph: ImportGraph) -> None:
    builders = graph.importing("modules", "main.py", "examples/app.py", "tests")
    wrong = [import_ for import_ in graph.imports if is_of(import_, *CDKTF) and import_ not in builders]
    assert not wrong, report(wrong, "cdktf starts Node: import it only in modules/, main.py, examples/app.py and tests")


@pytest.mark.parametrize(("room", "most"), [("mapspan", 16), ("modules", 20)])
def test_a_room_stays_small(room: str, most: int) -> None:
    entries = sorted(entry.name for entry in (ROOT / room).iterdir() if entry.name != "__pycache__")
    assert len(entries) <= most, f"{room}/ has {len(entries)} entries, at most {most}: {', '.join(entries)}"


def test_the_stack_is_read_in_one_breath() -> None:
    lines = len((ROOT / STACK).read_text().splitlines())
    assert lines <= 120, f"{STACK} has {lines} lines, at most 120"


def test_the_stack_only_wires() -> None:
    source = (ROOT / STACK).read_text()
    branches = [
        f"{STACK}:{node.lineno}"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, (ast.If, ast.IfExp, ast.BoolOp, ast.Match, ast.For, ast.While, ast.Try))
    ]
    assert not branches, f"branches: {', '.join(branches)}: move them behind a function in modules/pipeline"
    assert "://" not in source, f"{STACK} holds a URL: move it to modules/pipeline/console_links.py"
