"""Ratings as the chain computes them."""

from dataclasses import dataclass

from entrepot.core.credit import Grade
from entrepot.core.roles import Role, role_names
from entrepot.errors import InputError
from entrepot.network.bindings import CreditRegistry, ParticipantRegistry
from entrepot.network.deployments import Deployment
from entrepot.network.node import Node
from entrepot.services.spelling import require_id


@dataclass(frozen=True, slots=True)
class RoleRating:
    """A rating in one role; score and confidence in basis points."""

    role: str
    grade: str
    score: int
    confidence: int


@dataclass(frozen=True, slots=True)
class ParticipantRating:
    """A participant's rating over all its roles, and in each role in which it has been rated."""

    id: int
    roles: list[str]
    grade: str
    score: int
    confidence: int
    by_role: list[RoleRating]


def show(node: Node, deployment: Deployment, number: int) -> ParticipantRating:
    """Rating of participant `number` at the chain's latest block.

    `InputError` where nobody has that id.
    """
    deployment.require_here(node)
    registry = deployment.bind(node, ParticipantRegistry)
    credit = deployment.bind(node, CreditRegistry)
    require_id(number)
    participant = registry.participant_of(number)
    if int(participant.root, 16) == 0:
        raise InputError(f"There is no participant {number} in this deployment.")
    overall = credit.rating_of(number)
    scores = [(role, credit.score_of(number, role)) for role in Role]
    return ParticipantRating(
        id=number,
        roles=role_names(participant.roles),
        grade=Grade(overall.grade).name,
        score=overall.score,
        confidence=overall.confidence,
        by_role=[
            RoleRating(role.name.lower(), Grade(found.grade).name, found.score, found.confidence)
            for role, found in scores
            if found.grade != Grade.NR
        ],
    )
