"""The house's laws as programs: who may import whom, what a kernel must carry, what no file may be called."""

import ast
import re
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "graphfraud"
FILES = sorted(PACKAGE.rglob("*.py"))
NAMES = [file.relative_to(PACKAGE).as_posix() for file in FILES]


def _rows() -> dict[str, tuple[set[str], dict[str, set[str]]]]:
    """Room -> (rooms it may import, library -> files it is at home in, empty for all)."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = {}
    for line in text.split("## Who may import whom")[1].split("\n## ")[0].splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) == 5 and (room := re.fullmatch(r"`(\w+)`", cells[1])):
            libraries: dict[str, set[str]] = {}
            for library, where in re.findall(r"`(\w+)`(?: \(([\w./]+)\))?", cells[3]):
                libraries.setdefault(library, set()).update({where} if where else set())
            rows[room[1]] = (set(re.findall(r"`([\w.]+)`", cells[2])), libraries)
    return rows


LAW = _rows()


def _room(name: str) -> str:
    return name.split("/")[0].removesuffix(".py")


@cache
def _imports(name: str) -> tuple[tuple[str, bool], ...]:
    """Every dotted name a file imports, wherever in the file, and whether at module level."""
    tree = ast.parse((PACKAGE / name).read_text(encoding="utf-8"))
    top = set(map(id, tree.body))
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, id(node) in top) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: imports are written out, not relative"
            found.append((node.module, id(node) in top))
            if node.module.startswith("graphfraud"):
                found += [(f"{node.module}.{alias.name}", id(node) in top) for alias in node.names]
    return tuple(found)


def test_every_room_is_in_the_table() -> None:
    assert {_room(name) for name in NAMES} - {"__init__", "__main__"} == set(LAW)


@pytest.mark.parametrize("name", [n for n in NAMES if _room(n) in LAW])
def test_imports_keep_the_law(name: str) -> None:
    rooms, libraries = LAW[_room(name)]
    for module, _ in _imports(name):
        head, *rest = module.split(".")
        if head in sys.stdlib_module_names:
            continue
        if head == "graphfraud":
            if not rest or rest == ["__version__"]:
                continue
            inside = ".".join(rest)
            allowed = rest[0] == _room(name) or any(inside == r or inside.startswith(r + ".") for r in rooms)
            # "from graphfraud.intake import source_map" names the room first and the file second
            allowed = allowed or any(r.startswith(inside + ".") for r in rooms)
            assert allowed, f"{name} imports {module}: CONTRIBUTING.md gives {_room(name)} only {sorted(rooms)}"
        else:
            assert head in libraries, f"{name} imports {head}: at home in {_room(name)} are only {sorted(libraries)}"
            homes = libraries[head]
            assert not homes or any(h in name.split("/")[1:] for h in homes), f"{name} imports {head}: its home is {homes}"


def test_no_file_imports_in_a_circle() -> None:
    known = {"graphfraud." + n.removesuffix(".py").removesuffix("/__init__").replace("/", "."): n for n in NAMES}
    arrows = {
        n: {known[m] for m, _ in _imports(n) if m in known and known[m] != n} for n in NAMES if not n.startswith("__init__")
    }
    done: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, f"circle: {' -> '.join((*way[way.index(name) :], name))}"
        if name not in done:
            for target in arrows.get(name, ()):
                visit(target, (*way, name))
            done.add(name)

    for name in arrows:
        visit(name, ())


@pytest.mark.parametrize("name", [n for n in NAMES if n.startswith("cli/")])
def test_the_command_line_starts_light(name: str) -> None:
    heavy = {
        module
        for module, top in _imports(name)
        if top and module.split(".")[0] not in {*sys.stdlib_module_names, "click"} and not module.startswith("graphfraud.cli")
    }
    assert {
        m for m in heavy if not m.startswith("graphfraud.errors") and m not in ("graphfraud", "graphfraud.__version__")
    } == set()


def test_no_room_without_a_name() -> None:
    assert not {Path(n).stem for n in NAMES} & {"utils", "util", "common", "helpers", "misc", "core", "base"}


@pytest.mark.parametrize("name", [n for n in NAMES if n.endswith("/__init__.py")])
def test_a_folder_only_hands_names_on(name: str) -> None:
    body = ast.parse((PACKAGE / name).read_text(encoding="utf-8")).body
    assert body and all(isinstance(node, ast.Expr | ast.ImportFrom) for node in body)


def _kernels() -> list[tuple[str, ast.FunctionDef]]:
    found = []
    for name in NAMES:
        if name.startswith("kernels/"):
            tree = ast.parse((PACKAGE / name).read_text(encoding="utf-8"))
            for node in tree.body:
                if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                    found.append((name, node))
    return found


@pytest.mark.parametrize(("name", "node"), _kernels(), ids=lambda value: getattr(value, "name", value))
def test_a_kernel_carries_its_papers(name: str, node: ast.FunctionDef) -> None:
    text = ast.get_docstring(node) or ""
    for argument in node.args.args:
        assert re.search(rf"^\s*(\w+, )*{argument.arg}(, \w+)* : ", text, re.M), (
            f"{name}:{node.name} does not describe {argument.arg}"
        )
    assert len(node.args.args) <= 11, f"{name}:{node.name} takes too many arguments"
    twin = re.search(r"tests/oracles/\w+\.py", text)
    assert twin, f"{name}:{node.name} names no twin"
    assert (ROOT / twin[0]).is_file(), f"{name}:{node.name}: {twin[0]} does not exist"
    for word in ("Returns", "Order", "Source"):
        assert word in text, f"{name}:{node.name} has no {word!r} section"


def test_every_kernel_has_a_benchmark() -> None:
    """Named in a benchmark, or part of a kernel that is."""
    text = "".join(file.read_text(encoding="utf-8") for file in sorted((ROOT / "benchmarks").rglob("*.py")))
    stems = {Path(name).stem for name in NAMES if name.startswith("kernels/")} - {"jit", "__init__"}
    measured = {stem for stem in stems if re.search(rf"kernels\.{stem}\b|kernels import [^\n]*\b{stem}\b", text)}
    through = {
        stem: {m.split(".")[2] for m, _ in _imports(f"kernels/{stem}.py") if m.startswith("graphfraud.kernels.")}
        for stem in stems
    }
    while more := {part for stem in measured for part in through[stem] & stems} - measured:
        measured |= more
    # a kernel that only the wrappers in analysis/ and graph/ call is measured with the question it serves
    asked = {name for name in NAMES if name.startswith(("analysis/", "graph/"))}
    named = {n for n in asked if re.search(rf"{n.split('/')[0]}\.{Path(n).stem}\b|gf\.{Path(n).stem}\b", text)}
    measured |= {m.split(".")[2] for n in named for m, _ in _imports(n) if m.startswith("graphfraud.kernels.")}
    assert stems - measured == set()
