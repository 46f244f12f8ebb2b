"""A YAML file as plain values: every scalar is the text that was written, with its line."""

from typing import Any

from jobrunner.config.spelling import quoted
from jobrunner.errors import UnusableError


class Table(dict[str, Any]):
    """A mapping, and the line it begins on, from 1."""

    line = 1


def tree(text: str, origin: str) -> Any:
    """What the file says; UnusableError with the place where it is no YAML."""
    try:
        import yaml  # noqa: PLC0415 - an extra
    except ImportError as error:
        hint = 'Install it: pip install "jobrunner[yaml]"'
        raise UnusableError(f'YAML is read by the extra "yaml".\n{hint}') from error
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        problem = getattr(error, "problem", "") or "it is not YAML"
        raise UnusableError(f"{origin}{where}: {problem}.") from error
    return _value(node, yaml, origin, set())


def _value(node: Any, yaml: Any, origin: str, above: set[int]) -> Any:
    if node is None:
        return None
    if id(node) in above:
        raise UnusableError(f"{origin}: an anchor that holds itself.")
    inside = {*above, id(node)}
    if isinstance(node, yaml.MappingNode):
        table = Table()
        table.line = node.start_mark.line + 1
        for key, value in node.value:
            name = _value(key, yaml, origin, inside)
            if not isinstance(name, str):
                line = key.start_mark.line + 1
                raise UnusableError(f"{origin}:{line}: {quoted(str(name))} is not a name.")
            table[name] = _value(value, yaml, origin, inside)
        return table
    if isinstance(node, yaml.SequenceNode):
        return [_value(one, yaml, origin, inside) for one in node.value]
    is_nothing = node.style is None and node.value in {"", "~", "null", "Null", "NULL"}
    return None if is_nothing else node.value
