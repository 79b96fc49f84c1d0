"""The house rules that the source itself shows: which room may import which, and what no room may do."""

import ast
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[1]
ROOMS = ("cli", "parser", "autodiff")  # each may import those after it, and itself
TOP_LEVEL = {*ROOMS, "tests"}
MOST_LINES = 500
LAYOUT = "cli/graph/graphviz.py"  # runs Graphviz's `dot`; nothing else runs another program
CHANNEL = "cli/batch/processes/channel.py"  # talks with the program's own processes, which nobody else can reach
CACHE = "parser/tables.py"  # keeps the grammar's tables in a file of its own between runs; it opens no other


def modules_of(room: str) -> list[Path]:
    return sorted((HOUSE / room).rglob("*.py"))


MODULES = {room: modules_of(room) for room in ROOMS}
EVERY_MODULE = [path for paths in MODULES.values() for path in paths]


def name_of(path: Path) -> str:
    return str(path.relative_to(HOUSE))


def imported(source: str) -> set[str]:
    """The dotted names that a module imports, those inside functions too; a relative import starts with a dot."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            names |= {f"{base}.{alias.name}" for alias in node.names}
    return names


def called(source: str) -> set[str]:
    """The plain names that a module calls, or hands on to be called."""
    return {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}


def forbidden_imports(room: str, source: str) -> set[str]:
    rooms_before = ROOMS[: ROOMS.index(room)]
    wrong = {
        name for name in imported(source) if name.split(".")[:1] == ["backprop"] and name.split(".")[1] in rooms_before
    }
    bare = {name for name in imported(source) if name.split(".")[0] in TOP_LEVEL}
    return wrong | bare


def is_gate_name(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "name" and "gate" in ast.unparse(node.value)


def gate_names_compared(source: str) -> list[int]:
    """The lines that compare something's `.name` of a gate, or look it up in a collection or a table of names."""
    found = []
    for node in ast.walk(ast.parse(source)):
        asked: list[ast.AST] = []
        if isinstance(node, ast.Compare):
            asked = [node.left, *node.comparators]
        elif isinstance(node, ast.Match):
            asked = [node.subject]
        elif isinstance(node, ast.Subscript):
            asked = [node.slice]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get":
            asked = node.args[:1]
        found += [node.lineno for one in asked if is_gate_name(one)]
    return found


def gates_named(source: str) -> list[int]:
    """The lines that ask whether a gate is one of another module's, such as `node.gate is arithmetic.power`."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Compare) and ast.unparse(node.left).endswith("gate")
        for other in node.comparators
        if isinstance(other, ast.Attribute) and not ast.unparse(other).startswith("leaves.")
    ]


def test_every_room_has_modules():
    assert all(len(paths) > 2 for paths in MODULES.values())


@pytest.mark.smoke
@pytest.mark.parametrize("path", EVERY_MODULE, ids=name_of)
def test_imports_go_from_cli_to_parser_to_autodiff(path):
    room = path.relative_to(HOUSE).parts[0]
    assert forbidden_imports(room, path.read_text()) == set()


QUIET = [*MODULES["parser"], *MODULES["autodiff"]]


@pytest.mark.parametrize("path", QUIET, ids=name_of)
def test_only_cli_prints_asks_opens_or_exits(path):
    source = path.read_text()
    own = allowed_names(source) | ({"open"} if name_of(path) == CACHE else set())
    assert called(source) & {"print", "open", "input", "exit", "quit", "breakpoint"} <= own
    assert not {"sys.exit", "os._exit"} & {ast.unparse(node.func) for node in calls(source)}
    assert {name.split(".")[0] for name in imported(source)} & {"rich", "click"} == set()


def allowed_names(source: str) -> set[str]:
    """A module may have a name of its own that hides a builtin, as the leaf `input` does."""
    tree = ast.parse(source)
    return {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def calls(source: str) -> list[ast.Call]:
    return [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]


@pytest.mark.parametrize("path", MODULES["cli"], ids=name_of)
def test_cli_differentiates_nothing_itself(path):
    passes = tuple(f"backprop.autodiff.passes.{name}." for name in ("reverse", "forward", "pushforward"))
    assert [name for name in imported(path.read_text()) if name.startswith(passes)] == []


@pytest.mark.parametrize("path", EVERY_MODULE, ids=name_of)
def test_an_expression_is_data(path):
    source = path.read_text()
    assert called(source) & {"eval", "exec", "compile", "__import__"} == set()
    rooms = (("marshal", CACHE), ("subprocess", LAYOUT), ("pickle", CHANNEL), ("shelve", None))
    loaders = {module for module, room in rooms if name_of(path) != room}
    assert {name.split(".")[0] for name in imported(source)} & loaders == set()


@pytest.mark.parametrize("path", EVERY_MODULE, ids=name_of)
def test_no_module_asks_for_a_gate_by_its_name(path):
    assert gate_names_compared(path.read_text()) == []


# Who rewrites what the user wrote must know it; everyone else asks the declaration.
KNOWING = {f"autodiff/passes/{name}.py" for name in ("algebra", "cancellation", "fusion", "logarithms", "monomials")}
KNOWING |= {f"autodiff/passes/{name}.py" for name in ("choices", "entries", "quotients", "simplify")}


@pytest.mark.parametrize("path", EVERY_MODULE, ids=name_of)
def test_only_families_and_rewriting_passes_know_a_gate(path):
    is_family = path.parent == HOUSE / "autodiff" / "gates"
    assert is_family or name_of(path) in KNOWING or gates_named(path.read_text()) == []


@pytest.mark.parametrize("path", EVERY_MODULE, ids=name_of)
def test_a_module_has_one_subject(path):
    source = path.read_text()
    assert source.count("\n") <= MOST_LINES
    assert not source.strip() or ast.get_docstring(ast.parse(source)), "no docstring that says what the module knows"
    assert path.stem not in {"utils", "util", "helpers", "common", "misc"}


def module_name(path: Path) -> str:
    return ".".join(("backprop", *path.relative_to(HOUSE).with_suffix("").parts)).removesuffix(".__init__")


class WithoutTypes(ast.NodeTransformer):
    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        self.generic_visit(node)
        return node.orelse if ast.unparse(node.test) == "TYPE_CHECKING" else node


def imported_to_run(source: str) -> set[str]:
    """The dotted names that a module imports, inside functions too, but for types."""
    return imported(ast.unparse(WithoutTypes().visit(ast.parse(source))))


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
    names = [node.name for path in EVERY_MODULE for node in ast.walk(ast.parse(path.read_text())) if is_class(node)]
    assert sorted(names) == sorted(set(names))


def is_class(node: ast.AST) -> bool:
    return isinstance(node, ast.ClassDef)


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
        if ast.unparse(node.func) == "pytest.approx" and not {"abs", None} & {one.arg for one in node.keywords}
    ]


def test_no_test_lets_small_numbers_pass_unseen():
    found = {name_of(path): approximations_without_abs(path.read_text()) for path in TESTS}
    assert {name: lines for name, lines in found.items() if lines} == {}


EXTRA_LIBRARIES = ("polars", "pyarrow", "backports.zstd", "matplotlib", "scipy.special")


def test_what_needs_an_extra_runs_with_the_extras():
    """A test that is skipped in the base install, and is not marked `extras`, would never run."""
    for path in TESTS:
        source = path.read_text()
        asked = [node for node in calls(source) if ast.unparse(node.func).endswith(("importorskip", "find_spec"))]
        needs = {node.args[0].value for node in asked if node.args and isinstance(node.args[0], ast.Constant)}
        if path.name.startswith("test_") and needs & set(EXTRA_LIBRARIES):
            assert "mark.extras" in source, name_of(path)


def test_tests_are_in_the_folders_of_what_they_test():
    files = [path.relative_to(HOUSE / "tests") for path in TESTS if path.name.startswith("test_")]
    assert {str(path.parent) for path in files if not (HOUSE / path.parent).is_dir()} == {"fuzz"}  # the fuzzers' own
    assert all(ast.get_docstring(ast.parse(path.read_text())) for path in TESTS), "no docstring that says the subject"


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
