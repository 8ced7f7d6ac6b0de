"""YAML files that people write: every scalar stays as it is spelt, and no key stands twice."""

from pathlib import Path
from typing import Any

import yaml

from entrepot.errors import InputError


class _Loader(yaml.BaseLoader):
    """`12`, `on` and `2020-01-01` are names and texts here, not numbers, truths and dates."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: list[Any] = []
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{key.value!r} stands twice", key.start_mark
                )
            seen.append(key.value)
        return super().construct_mapping(node, deep=True)


def read_yaml(path: Path, noun: str) -> Any:
    """What a YAML file holds; `InputError` calls the file `noun` and says on which line it errs."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except OSError as failure:
        reason = (failure.strerror or str(failure)).lower()
        raise InputError(f"Cannot read the {noun} {path}: {reason}.") from failure
    except UnicodeDecodeError as failure:
        raise InputError(f"The {noun} {path} is not UTF-8 text: save it as UTF-8.") from failure
    except yaml.MarkedYAMLError as failure:
        place = f", line {failure.problem_mark.line + 1}" if failure.problem_mark else ""
        raise InputError(f"The {noun} {path}{place} is not YAML: {failure.problem}.") from failure
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as failure:
        reason = " ".join(str(failure).split())
        raise InputError(f"The {noun} {path} is not YAML: {reason}.") from failure
