"""What the code of a notebook may say.

What ruff can see without us stands in pyproject.toml: names that are banned (the network, other programs, edited paths)
and NumPy's global generator.
"""

import ast
from collections.abc import Callable, Iterator
from functools import cache

from tools.course import LAST_OF_PART_I, ROOT
from tools.lint.reading import code_cells, dotted, identifiers, imported, parsed

BANNED_NAMES = {
    "done": "say `terminated` or `truncated`: they mean different things",
    "state": "say `obs`: what the agent sees",
    "lr": "say `alpha` or `learning_rate`",
    "s_": "say `next_obs`",
    "tmp": "say what it holds",
}
INSTALLING_MAGICS = {"pip", "conda", "mamba", "uv", "system", "sx", "bash", "sh", "script", "cmd"}


def in_code(notebook, find: Callable[[ast.AST], Iterator[str]]) -> list[str]:
    """What `find` says of each code cell's tree, once each, with the cell's number before it."""
    return [
        f"Code cell {number}: {problem}"
        for number, cell in code_cells(notebook)
        for problem in dict.fromkeys(find(parsed(cell.source)))
    ]


def uses_the_course_s_names(path, notebook) -> list[str]:
    """One small vocabulary: obs, action, reward, next_obs, terminated, truncated."""

    def find(tree):
        for name in identifiers(tree):
            if name in BANNED_NAMES:
                yield f"the name `{name}` does not occur in this course; {BANNED_NAMES[name]}."

    return in_code(notebook, find)


def runs_no_other_program(path, notebook) -> list[str]:
    """No `!command`, no `%pip install`, no `%%bash`: every cell runs in the environment that is there."""

    def find(tree):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield from shell_calls(node)

    return in_code(notebook, find)


def shell_calls(call: ast.Call) -> Iterator[str]:
    """What IPython makes of a line or a cell of the shell, and of a magic that installs."""
    name = dotted(call.func) or ast.unparse(call.func)
    if name in {"get_ipython().system", "get_ipython().getoutput"}:
        yield "runs a shell command. Add what it needs to pyproject.toml, or write it in Python."
    if name.endswith(("run_line_magic", "run_cell_magic")) and call.args:
        magic = getattr(call.args[0], "value", None)
        if magic in INSTALLING_MAGICS:
            yield f"`%{magic}` installs or runs a shell command. Add what it needs to pyproject.toml."


def opens_no_window(path, notebook) -> list[str]:
    """There is no screen on Binder."""

    def find(tree):
        for node in ast.walk(tree):
            pairs = [(node.arg, node.value)] if isinstance(node, ast.keyword) else []
            if isinstance(node, ast.Dict):
                pairs = [
                    (getattr(key, "value", None), value) for key, value in zip(node.keys, node.values, strict=True)
                ]
            for key, value in pairs:
                if key == "render_mode" and getattr(value, "value", None) == "human":
                    yield 'render_mode="human" opens a window. Say render_mode="rgb_array" and show an animation.'

    return in_code(notebook, find)


def keeps_tensorflow_out_of_part_one(path, notebook) -> list[str]:
    """Part I is NumPy only, so that it starts in a second and runs anywhere."""
    if not path.name[:2].isdigit() or int(path.name[:2]) > LAST_OF_PART_I:
        return []

    def find(tree):
        for module in imported(tree):
            if brings_tensorflow(module):
                yield f"`{module}` brings TensorFlow into Part I (notebooks 00 to {LAST_OF_PART_I:02}). Do without it."

    return in_code(notebook, find)


@cache
def brings_tensorflow(module: str) -> bool:
    """Whether importing a module imports TensorFlow or Keras; our own modules are followed, others judged by name."""
    waiting, seen = [module], set()
    while waiting:
        name = waiting.pop()
        if name.partition(".")[0] in {"tensorflow", "keras", "tf_keras"}:
            return True
        if name not in seen:  # a package and its modules may name each other
            seen.add(name)
            waiting += imported_at_once(name)
    return False


@cache
def imported_at_once(module: str) -> tuple[str, ...]:
    """What one of our own modules imports when it is imported itself; nothing for a module of others."""
    place = ROOT / module.replace(".", "/")
    file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    if not file.is_file():
        return ()
    body = ast.parse(file.read_text(encoding="utf-8")).body  # what stands inside functions is not run by an import
    statements = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
    return tuple(name for node in statements for name in imported(node))


RULES = (
    uses_the_course_s_names,
    runs_no_other_program,
    opens_no_window,
    keeps_tensorflow_out_of_part_one,
)
