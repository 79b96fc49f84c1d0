"""The house rules that the source itself shows: which room may import which, and what no room may do."""

import ast
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import pytest

HOUSE = Path(__file__).parents[1]
ROOMS = ("cli", "parser", "autodiff")  # each may import those after it, and itself
TOP_LEVEL = {*ROOMS, "tests"}
MOST_LINES = 500
LAYOUT = "cli/graph/graphviz.py"  # runs Graphviz's `dot`; nothing else runs another program
CHANNEL = "cli/batch/processes/channel.py"  # talks with the program's own processes, which nobody else can reach
GRAMMAR = "parser/tables.py"  # reads its grammar
CACHE = "autodiff/kept_file.py"  # keeps what one run found for the next one in a file of its own; it opens no other
KEEPING = {"autodiff/gates/__init__.py", GRAMMAR}  # what they keep there is made of the program alone


def modules_of(room: str) -> list[Path]:
    return sorted((HOUSE / room).rglob("*.py"))


Node = TypeVar("Node", bound=ast.AST)
MODULES = {room: modules_of(room) for room in ROOMS}
EVERY_MODULE = [path for paths in MODULES.values() for path in paths]


def name_of(path: Path) -> str:
    return str(path.relative_to(HOUSE))


def found_in(paths: Iterable[Path], look: Callable[[Path], object]) -> dict[str, object]:
    """What the look at a module finds, by the name of the module, where it finds anything."""
    found = {name_of(path): look(path) for path in paths}
    return {name: what for name, what in found.items() if what}


@cache
def tree_of(source: str) -> ast.Module:
    return ast.parse(source)


@cache
def nodes_by_kind(source: str) -> dict[type, list[Any]]:
    found: dict[type, list[Any]] = {}
    for node in ast.walk(tree_of(source)):
        found.setdefault(type(node), []).append(node)
    return found


def nodes_of(source: str, kind: type[Node]) -> list[Node]:
    return nodes_by_kind(source).get(kind, [])


def statements(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """These statements and those in them but for what is under `if TYPE_CHECKING`: no expression is walked through."""
    left = list(nodes)
    while left:
        node = left.pop()
        yield node
        is_for_types = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for name in ("orelse",) if is_for_types else ("body", "orelse", "finalbody", "handlers", "cases"):
            left += getattr(node, name, ())


@pytest.fixture(scope="module", autouse=True)
def trees_are_forgotten():
    """Half a million objects would slow down whatever runs after."""
    yield
    tree_of.cache_clear()
    nodes_by_kind.cache_clear()


def imported(source: str) -> set[str]:
    """The dotted names that a module imports, those inside functions too; a relative import starts with a dot."""
    return imported_by([*nodes_of(source, ast.Import), *nodes_of(source, ast.ImportFrom)])


def imported_by(nodes: Iterable[ast.AST]) -> set[str]:
    names = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            names |= {f"{base}.{alias.name}" for alias in node.names}
    return names


def called(source: str) -> set[str]:
    """The plain names that a module calls, or hands on to be called."""
    return {node.id for node in nodes_of(source, ast.Name)}


def forbidden_imports(room: str, source: str) -> set[str]:
    rooms_before, names = ROOMS[: ROOMS.index(room)], imported(source)
    wrong = {name for name in names if name.split(".")[:1] == ["backprop"] and name.split(".")[1] in rooms_before}
    bare = {name for name in names if name.split(".")[0] in TOP_LEVEL}
    return wrong | bare


def is_gate_name(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "name" and "gate" in ast.unparse(node.value)


def gate_names_compared(source: str) -> list[int]:
    """The lines that compare something's `.name` of a gate, or look it up in a collection or a table of names."""
    asked: list[ast.expr] = [node.subject for node in nodes_of(source, ast.Match)]
    asked += [node.slice for node in nodes_of(source, ast.Subscript)]
    for comparison in nodes_of(source, ast.Compare):
        asked += [comparison.left, *comparison.comparators]
    for call in calls(source):
        asked += call.args[:1] if isinstance(call.func, ast.Attribute) and call.func.attr == "get" else []
    return [one.lineno for one in asked if is_gate_name(one)]


def gates_named(source: str) -> list[int]:
    """The lines that ask whether a gate is one of another module's, such as `node.gate is arithmetic.power`."""
    return [
        node.lineno
        for node in nodes_of(source, ast.Compare)
        for other in node.comparators
        if isinstance(other, ast.Attribute) and not ast.unparse(other).startswith("leaves.")
        if ast.unparse(node.left).endswith("gate")
    ]


def test_every_room_has_modules():
    assert all(len(paths) > 2 for paths in MODULES.values())


def test_imports_go_from_cli_to_parser_to_autodiff():
    found = found_in(EVERY_MODULE, lambda path: forbidden_imports(path.relative_to(HOUSE).parts[0], path.read_text()))
    assert found == {}


QUIET = [*MODULES["parser"], *MODULES["autodiff"]]


def prints_asks_opens_or_exits(path: Path) -> set[str]:
    source = path.read_text()
    own = allowed_names(source) | ({"open"} if name_of(path) in (CACHE, GRAMMAR) else set())
    return (
        called(source) & {"print", "open", "input", "exit", "quit", "breakpoint"} - own
        | {"sys.exit", "os._exit"} & {ast.unparse(node.func) for node in calls(source)}
        | {name.split(".")[0] for name in imported(source)} & {"rich", "click"}
    )


def test_only_cli_prints_asks_opens_or_exits():
    assert found_in(QUIET, prints_asks_opens_or_exits) == {}


def test_only_what_is_made_of_the_program_is_kept_in_files():
    """Of the module that writes them it imports one function."""
    module = "backprop.autodiff.kept_file"
    found = found_in(
        EVERY_MODULE, lambda path: {name for name in imported(path.read_text()) if name.startswith(module)}
    )
    assert found == {name: {f"{module}.kept"} for name in KEEPING}


def allowed_names(source: str) -> set[str]:
    """A module may have a name of its own that hides a builtin, as the leaf `input` does."""
    return {
        target.id for node in nodes_of(source, ast.Assign) for target in node.targets if isinstance(target, ast.Name)
    }


def calls(source: str) -> list[ast.Call]:
    return nodes_of(source, ast.Call)


def last_name(function: ast.expr) -> str | None:
    """`approx` of `pytest.approx` and of `approx`."""
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", None)


def test_cli_differentiates_nothing_itself():
    passes = tuple(f"backprop.autodiff.passes.{name}." for name in ("reverse", "forward", "pushforward"))
    found = found_in(
        MODULES["cli"], lambda path: [name for name in imported(path.read_text()) if name.startswith(passes)]
    )
    assert found == {}


def runs_text_or_loads_objects(path: Path) -> set[str]:
    source = path.read_text()
    rooms = (("marshal", CACHE), ("subprocess", LAYOUT), ("pickle", CHANNEL), ("shelve", None))
    loaders = {module for module, room in rooms if name_of(path) != room}
    return (
        called(source) & {"eval", "exec", "compile", "__import__"}
        | {name.split(".")[0] for name in imported(source)} & loaders
    )


def test_an_expression_is_data():
    assert found_in(EVERY_MODULE, runs_text_or_loads_objects) == {}


def test_no_module_asks_for_a_gate_by_its_name():
    assert found_in(EVERY_MODULE, lambda path: gate_names_compared(path.read_text())) == {}


# Who rewrites what the user wrote must know it; everyone else asks the declaration.
KNOWING = {f"autodiff/passes/{name}.py" for name in ("algebra", "cancellation", "fusion", "logarithms", "monomials")}
KNOWING |= {f"autodiff/passes/{name}.py" for name in ("choices", "entries", "quotients", "simplify")}


def test_only_families_and_rewriting_passes_know_a_gate():
    families = HOUSE / "autodiff" / "gates"
    others = [path for path in EVERY_MODULE if path.parent != families and name_of(path) not in KNOWING]
    assert found_in(others, lambda path: gates_named(path.read_text())) == {}


def test_a_module_has_one_subject():
    assert found_in(EVERY_MODULE, lambda path: path.read_text().count("\n") > MOST_LINES) == {}
    assert found_in(EVERY_MODULE, has_no_docstring) == {}, "no docstring that says what the module knows"
    assert found_in(EVERY_MODULE, lambda path: path.stem in {"utils", "util", "helpers", "common", "misc"}) == {}


def has_no_docstring(path: Path) -> bool:
    source = path.read_text()
    return bool(source.strip()) and not ast.get_docstring(tree_of(source))


def module_name(path: Path) -> str:
    return ".".join(("backprop", *path.relative_to(HOUSE).with_suffix("").parts)).removesuffix(".__init__")


def imported_to_run(source: str) -> set[str]:
    """The dotted names that a module imports, inside functions too, but for types."""
    return imported_by(statements(tree_of(source).body))


def in_circles(imports: dict[str, set[str]]) -> set[str]:
    """The modules that import themselves, by way of others."""
    found = set()
    for module in imports:
        reached, left = set(), [module]
        while left:
            new = imports[left.pop()] - reached
            reached |= new
            left += new
        if module in reached:
            found.add(module)
    return found


# Nodes are made of gates and gates of nodes: whoever misses a gate has the table of them imported.
NODES_AND_GATES = ("backprop.autodiff.declaration.table", "backprop.autodiff.gates")


def test_no_imports_go_in_a_circle():
    modules = {module_name(path): path for path in EVERY_MODULE}
    imports = {}
    for module, path in modules.items():
        names = imported_to_run(path.read_text())
        imports[module] = {name if name in modules else name.rpartition(".")[0] for name in names} & modules.keys()
        imports[module].discard(module)
    table, gates = NODES_AND_GATES
    imports[table].remove(gates)
    assert in_circles(imports) == set()


def test_a_class_name_has_one_meaning():
    names = [node.name for path in EVERY_MODULE for node in nodes_of(path.read_text(), ast.ClassDef)]
    assert sorted(names) == sorted(set(names))


def test_there_are_no_other_folders():
    folders = {path.name for path in HOUSE.iterdir() if path.is_dir() and not path.name.startswith((".", "_"))}
    built = {"build", "dist"}  # ignored by git, as the installer's notes are
    assert {name for name in folders - built if not name.endswith(".egg-info")} == TOP_LEVEL


TESTS = sorted((HOUSE / "tests").rglob("*.py"))


def approximations_without_abs(source: str) -> list[int]:
    """The lines whose pytest.approx lets 1e-12 pass, which closeness.close_to does not."""
    return [
        node.lineno
        for node in calls(source)
        if last_name(node.func) == "approx" and not {"abs", None} & {one.arg for one in node.keywords}
    ]


def test_no_test_lets_small_numbers_pass_unseen():
    found = {name_of(path): approximations_without_abs(path.read_text()) for path in TESTS}
    assert {name: lines for name, lines in found.items() if lines} == {}


EXTRA_LIBRARIES = ("polars", "pyarrow", "backports.zstd", "matplotlib", "scipy.special")


def test_what_needs_an_extra_runs_with_the_extras():
    """A test that is skipped in the base install, and is not marked `extras`, would never run."""
    for path in TESTS:
        source = path.read_text()
        asked = [node for node in calls(source) if last_name(node.func) in ("importorskip", "find_spec")]
        needs = {node.args[0].value for node in asked if node.args and isinstance(node.args[0], ast.Constant)}
        if path.name.startswith("test_") and needs & set(EXTRA_LIBRARIES):
            assert "mark.extras" in source, name_of(path)


def test_tests_are_in_the_folders_of_what_they_test():
    files = [path.relative_to(HOUSE / "tests") for path in TESTS if path.name.startswith("test_")]
    assert {str(path.parent) for path in files if not (HOUSE / path.parent).is_dir()} == {"fuzz"}  # the fuzzers' own
    assert all(ast.get_docstring(tree_of(path.read_text())) for path in TESTS), "no docstring that says the subject"


def test_the_checks_see_what_they_look_for():
    assert forbidden_imports("autodiff", "from backprop.parser import parse") == {"backprop.parser.parse"}
    assert forbidden_imports("parser", "def f():\n    import backprop.cli.main") == {"backprop.cli.main"}
    assert forbidden_imports("parser", "from backprop import cli") == {"backprop.cli"}
    assert forbidden_imports("cli", "from parser import parse") == {"parser.parse"}
    assert forbidden_imports("cli", "from backprop.parser import parse\nimport numpy") == set()
    assert gate_names_compared("if node.gate.name == 'add': pass") == [1]
    assert gate_names_compared("found = gate.name in NAMES") == [1]
    assert gate_names_compared("match node.gate.name:\n    case 'add': pass") == [1]
    assert gate_names_compared("text = LIBRARY.get(node.gate.name)") == [1]
    assert gate_names_compared("text = LIBRARY[gate.name]") == [1]
    assert gate_names_compared("if node.gate is add: pass\nprint(gate.name)") == []
    assert gates_named("if node.gate is arithmetic.add: pass") == [1]
    assert gates_named("if node.gate is leaves.input or gate is None: pass") == []
    source = "import a\nfrom b import c\nif TYPE_CHECKING:\n    import d\ndef f():\n    import e"
    assert imported_to_run(source) == {"a", "b.c", "e"}
    assert in_circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}) == {"b", "c"}
    assert called("f(print)") == {"f", "print"}
    assert allowed_names("input = Leaf()") == {"input"}
    assert approximations_without_abs("a == pytest.approx(b, rel=1e-14)\na == pytest.approx(b)") == [1, 2]
    assert approximations_without_abs("a == pytest.approx(b, rel=0, abs=1e-9)\na == pytest.approx(b, **near)") == []
