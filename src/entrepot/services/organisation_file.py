"""The YAML file that describes an organisation's keys. `docs/keys.md` explains it by an example."""

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from entrepot.core.organisation import MAX_LEVEL, Branch, Organisation
from entrepot.errors import InputError

MAX_KEYS = 100_000

Level = Annotated[int, Field(ge=0, le=MAX_LEVEL)]
Count = Annotated[int, Field(ge=1, le=MAX_KEYS)]


class FunctionKeys(BaseModel):
    """The keys of a function: sealed or supervised, and how many on each level."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    branch: Literal["sealed", "supervised"]
    levels: Annotated[dict[Level, Count], Field(min_length=1)]


class OrganisationFile(BaseModel):
    """An organisation's name, its units, and their functions."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    organisation: str
    units: Annotated[
        dict[str, Annotated[dict[str, FunctionKeys], Field(min_length=1)]], Field(min_length=1)
    ]

    def organisation_of(self) -> Organisation:
        """What it describes; `ValueError` where names are wrong or share a number."""
        return Organisation(
            self.organisation,
            tuple(
                Branch(unit, function, keys.branch == "sealed", tuple(keys.levels.items()))
                for unit, functions in self.units.items()
                for function, keys in functions.items()
            ),
        )


class _Loader(yaml.BaseLoader):
    """Scalars stay as they are spelt, and a key that stands twice is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: list[Any] = []
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{key.value!r} stands twice", key.start_mark
                )
            seen.append(key.value)
        return super().construct_mapping(node, deep=True)


def load_organisation(path: Path) -> Organisation:
    """The organisation in a YAML file; `InputError` names the file and what is wrong."""
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except OSError as failure:
        reason = (failure.strerror or str(failure)).lower()
        raise InputError(f"Cannot read the organisation {path}: {reason}.") from failure
    except yaml.MarkedYAMLError as failure:
        place = f", line {failure.problem_mark.line + 1}" if failure.problem_mark else ""
        raise InputError(f"The file {path}{place} cannot be read: {failure.problem}.") from failure
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as failure:
        raise InputError(f"The file {path} is no YAML in UTF-8.") from failure
    try:
        return OrganisationFile.model_validate(content).organisation_of()
    except ValidationError as failure:
        error = failure.errors(include_url=False)[0]
        key = ".".join(str(part) for part in error["loc"]) or "the file"
        clause = error["msg"][0].lower() + error["msg"][1:]
        raise InputError(f"The organisation {path} is wrong: `{key}`: {clause}.") from failure
    except ValueError as failure:
        raise InputError(f"The organisation {path} is wrong: {failure}.") from failure
