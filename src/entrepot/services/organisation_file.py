"""The YAML file that describes an organisation's keys. `docs/keys.md` explains it by an example."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from entrepot.core.organisation import MAX_LEVEL, Branch, Organisation
from entrepot.errors import InputError
from entrepot.storage.yaml_files import read_yaml

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


def load_organisation(path: Path) -> Organisation:
    """The organisation in a YAML file; `InputError` names the file and what is wrong."""
    content = read_yaml(path, "organisation")
    try:
        return OrganisationFile.model_validate(content).organisation_of()
    except ValidationError as failure:
        error = failure.errors(include_url=False)[0]
        key = ".".join(str(part) for part in error["loc"]) or "the file"
        clause = error["msg"][0].lower() + error["msg"][1:]
        raise InputError(f"The organisation {path} is wrong: `{key}`: {clause}.") from failure
    except ValueError as failure:
        raise InputError(f"The organisation {path} is wrong: {failure}.") from failure
