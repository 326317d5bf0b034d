"""The syntax trees of the functions that a design is made of."""

import ast
import functools
import inspect

from .refused import ConversionRefused


@functools.cache
def _functions(path):
    """Line of the first decorator or `def` -> function, of one source file."""
    with open(path, encoding="utf-8") as file:
        tree = ast.parse(file.read(), path)
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.Lambda)):
            decorators = getattr(node, "decorator_list", [])
            found[min([node.lineno] + [d.lineno for d in decorators])] = node
    return found


class Source:
    """The syntax tree of one function, and the objects that its free names stand for."""

    def __init__(self, function):
        code = function.__code__
        self.name = function.__name__
        self.path = inspect.getsourcefile(function)
        self.tree = _functions(self.path).get(code.co_firstlineno)
        if not isinstance(self.tree, ast.FunctionDef):
            raise ConversionRefused(f"{self.path}:{code.co_firstlineno}: {self.name} is no `def`")
        self.names = {}
        for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
            try:
                self.names[name] = cell.cell_contents
            except ValueError:
                continue  # never assigned, hence never read
        self.globals = function.__globals__

    def refuse(self, node, message):
        """Raise ConversionRefused about a node of the tree."""
        where = f"{self.path}:{getattr(node, 'lineno', self.tree.lineno)}"
        text = ast.unparse(node).splitlines()[0] if node is not self.tree else self.name
        raise ConversionRefused(f"{where}: {message}: {text}")

    def body(self):
        """The statements, without the docstring."""
        has_doc = ast.get_docstring(self.tree) is not None
        return self.tree.body[1:] if has_doc else self.tree.body


def assigned_names(function):
    """The local variables of a function in the order of their first assignment."""
    code = function.__code__
    tree = _functions(inspect.getsourcefile(function)).get(code.co_firstlineno)
    stores = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            stores.append((node.lineno, node.col_offset, node.id))
        elif isinstance(node, ast.FunctionDef):
            stores.append((node.lineno, node.col_offset, node.name))
    return list(dict.fromkeys(name for _, _, name in sorted(stores)))


def comment_lines(text):
    """A docstring as Verilog comment lines."""
    return [f"// {line}".rstrip() for line in inspect.cleandoc(text).splitlines()] if text else []
