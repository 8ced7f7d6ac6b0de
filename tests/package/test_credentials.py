"""Proofs about ratings hold, cannot be forged, moved or linked, and tell nothing else.

The library is the real one; what the chain says is a stand-in.
"""

import copy
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import anoncreds
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from entrepot.core.credentials import LARGEST, Figures, Terms
from entrepot.core.credit import Grade
from entrepot.core.keys import Wallet
from entrepot.core.signing import Key
from entrepot.errors import CredentialError, EntrepotError, InputError, WorkspaceError
from entrepot.services import credentials, keystores, participants
from entrepot.services.credentials import Definition
from entrepot.services.office import Office
from tests.package import forger

AGENCY, HOLDER = 51, 32
KEY, STRANGER = Wallet().key(32), Wallet().key(39)
FIGURES = Figures(Grade.A, 60, 1_000)
TERMS = Terms(Grade.BBB, 50, 900)


@dataclass
class World:
    """An agency, a holder and a verifier; files are numbered."""

    folder: Path
    published: set[str] = field(default_factory=set)
    figures: Figures = FIGURES
    usable: tuple[str, ...] = ("sell",)
    _numbers: Iterator[int] = field(default_factory=count)

    deployment = SimpleNamespace(salt="0x" + "07" * 32, chain_id=31337)
    salt = b"\7" * 32

    @property
    def office(self) -> Office:
        return cast(Office, self)

    def new(self, name: str) -> Path:
        return self.folder / f"{name}-{next(self._numbers)}.json"

    def agency(self, *, is_published: bool = True) -> tuple[Definition, Path, Path]:
        """A definition, its file and the keystore."""
        keystore, file = self.new("agency"), self.new("definition")
        made = credentials.open_agency(self.office, AGENCY, keystore, file, "agency")
        if is_published:
            self.published.add(made.hex)
        return made, file, keystore

    def offered(self, definition: Definition, participant: int = HOLDER) -> Path:
        file = self.new("offer")
        credentials.offer(definition, participant, file)
        return file

    def requested(self, definition: Definition, offer: Path, key: Key = KEY) -> tuple[Path, Path]:
        """The request, and the wallet."""
        file, wallet = self.new("request"), self.new("wallet")
        credentials.request(self.office, definition, offer, key, wallet, file, "wallet")
        return file, wallet

    def issued(
        self, definition: Definition, keystore: Path, figures: Figures = FIGURES
    ) -> tuple[Path, Path]:
        """A credential on these figures, and its wallet."""
        self.figures = figures
        offer = self.offered(definition)
        request, wallet = self.requested(definition, offer)
        return self.issue(definition, offer, request, keystore), wallet

    def issue(self, definition: Definition, offer: Path, request: Path, keystore: Path) -> Path:
        file = self.new("credential")
        credentials.issue(self.office, definition, offer, request, keystore, file, "agency")
        return file

    def challenge(
        self, definition: Definition, terms: Terms = TERMS, verifier: str = "a bank"
    ) -> Path:
        file = self.new("challenge")
        credentials.challenge(definition, verifier, terms, file)
        return file

    def prove(self, definition: Definition, challenge: Path, held: tuple[Path, Path]) -> Path:
        file = self.new("proof")
        credentials.prove(definition, challenge, *held, file, "wallet")
        return file


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    found = World(tmp_path_factory.mktemp("credentials"))

    def of(address: str) -> Any:
        number = HOLDER if address == KEY.address else None
        return SimpleNamespace(participant=number, usable=found.usable)

    def shown(_: object, number: int) -> Any:
        kinds = (credentials.QUALIFICATION, number, "valid")
        names = ("kind", "issuer", "state")
        own = [dict(zip(names, kinds, strict=True), commitment=each) for each in found.published]
        return SimpleNamespace(qualifications=[SimpleNamespace(**each) for each in own])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keystores, "SCRYPT_N", 2)
        patch.setattr(credentials, "_require_agency", lambda *_: None)
        patch.setattr(credentials, "Authority", lambda _: SimpleNamespace(of=of))
        patch.setattr(credentials, "figures_of", lambda *_: found.figures)
        patch.setattr(participants, "show", shown)
        yield found


@pytest.fixture(scope="module")
def agency(world: World) -> tuple[Definition, Path, Path]:
    return world.agency()


@pytest.fixture(scope="module")
def definition(agency: tuple[Definition, Path, Path]) -> Definition:
    return agency[0]


@pytest.fixture(scope="module")
def held(world: World, agency: tuple[Definition, Path, Path]) -> tuple[Path, Path]:
    """A credential on the figures, and its wallet."""
    return world.issued(agency[0], agency[2])


@pytest.fixture(scope="module")
def challenge(world: World, definition: Definition) -> Path:
    return world.challenge(definition)


@pytest.fixture(scope="module")
def proof(world: World, definition: Definition, challenge: Path, held: tuple[Path, Path]) -> Path:
    return world.prove(definition, challenge, held)


def altered(world: World, file: Path, change: Callable[[Any], None]) -> Path:
    """A copy of a file with something changed in it."""
    content = json.loads(file.read_text())
    change(content)
    copied = world.new("altered")
    copied.write_text(json.dumps(content))
    return copied


def leaves(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every value that holds no others, and where it is; a list of bytes is one value."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from leaves(each, (*place, key))
    elif isinstance(value, list) and not all(isinstance(each, int) for each in value):
        for i, each in enumerate(value):
            yield from leaves(each, (*place, i))
    else:
        yield place, value


def put(content: Any, place: tuple[Any, ...], value: Any) -> None:
    for key in place[:-1]:
        content = content[key]
    content[place[-1]] = value


numbers = st.integers(0, 100) | st.integers(0, LARGEST)
asked = st.builds(
    lambda grade, settled, block: (grade, settled, block),
    st.sampled_from(list(Grade)), numbers, numbers,
).filter(lambda each: bool(each[0] or each[1])).map(lambda each: Terms(*each))  # fmt: skip


@settings(max_examples=20)
@given(figures=st.builds(Figures, st.sampled_from(list(Grade)), numbers, numbers), terms=asked)
@example(Figures(Grade.AAA, LARGEST, LARGEST), Terms(Grade.AAA, LARGEST, LARGEST))
@example(Figures(Grade.NR, 50, 7), Terms(Grade.NR, 50, 7))
@example(Figures(Grade.BBB, 50, 7), Terms(Grade.A, 0, 7))
def test_a_proof_can_be_made_of_what_is_true_and_of_nothing_else(
    world: World, agency: tuple[Definition, Path, Path], figures: Figures, terms: Terms
) -> None:
    definition, _, keystore = agency
    held = world.issued(definition, keystore, figures)
    challenge = world.challenge(definition, terms)
    is_true = (
        figures.grade >= terms.grade
        and figures.settled >= terms.settled
        and figures.block >= terms.block
    )
    assert is_true == (not terms.lacking(figures))
    if is_true:
        answer = world.prove(definition, challenge, held)
        found = credentials.check(world.office, definition, challenge, answer)
        assert (found.valid, found.reason, found.proven) == (True, None, terms.sentences)
        return
    with pytest.raises(CredentialError, match="does not reach"):
        world.prove(definition, challenge, held)
    with pytest.MonkeyPatch.context() as patch:  # a holder whose program does not look
        patch.setattr(Terms, "lacking", lambda *_: [])
        with pytest.raises(CredentialError, match=r"No proof can be made: .*not satisfied"):
            world.prove(definition, challenge, held)


def test_an_answer_is_to_one_challenge(
    world: World, definition: Definition, challenge: Path, held: tuple[Path, Path], proof: Path
) -> None:
    same = world.challenge(definition)
    renamed = altered(world, challenge, lambda content: content.update(verifier="another bank"))
    easier = altered(world, challenge, lambda content: content.update(settled=10))
    for other in (same, renamed, easier):
        said = "it answers another challenge"
        assert credentials.fault_of(definition, other, proof) == said
        hashed = json.loads(world.prove(definition, other, held).read_text())["challenge"]
        pretended = altered(world, proof, lambda content, to=hashed: content.update(challenge=to))
        assert credentials.fault_of(definition, other, pretended) in (
            "it does not hold",
            "it does not say what was asked, or says more",
        )
    assert credentials.fault_of(definition, challenge, proof) is None


def test_a_proof_that_is_altered_anywhere_does_not_hold(
    world: World, definition: Definition, challenge: Path, proof: Path
) -> None:
    content = json.loads(proof.read_text())["proof"]
    tried = 0
    for place, value in leaves(content):
        if value is None or value == []:
            continue
        changed = copy.deepcopy(content)
        if isinstance(value, list):
            put(changed, place, [*value[:-1], value[-1] ^ 1])
        elif isinstance(value, int):
            put(changed, place, value + 1)
        elif value.lstrip("-").isdigit():
            put(changed, place, str(int(value) + 1))
        else:
            put(changed, place, value + "x")
        answer = altered(world, proof, lambda whole, new=changed: whole.update(proof=new))
        assert credentials.fault_of(definition, challenge, answer) is not None, place
        tried += 1
    assert tried > 70


def test_two_proofs_from_one_credential_have_nothing_in_common(
    world: World, definition: Definition, held: tuple[Path, Path]
) -> None:
    """Values that differ are no proof of unlinkability, which is the scheme's (CL 2002): this finds
    a value that is passed on by mistake, such as an identifier, a signature or a commitment.
    """
    contents = [
        json.loads(world.prove(definition, world.challenge(definition), held).read_text())["proof"]
        for _ in range(2)
    ]
    credential = json.loads(held[0].read_text())["credential"]
    first, second, issued = (
        {json.dumps(value) for _, value in leaves(each)} for each in (*contents, credential)
    )
    common = {json.loads(value) for value in (first & second) | (first & issued)}
    known = {None, "GE", definition.uri, "entrepot:rating:1", 0}
    assert common == known | set(TERMS.least) | set(TERMS.least.values())
    told = {place[-1]: value for place, value in leaves(contents[0]) if len(str(value)) < 10}
    assert set(told.values()) <= common
    assert contents[0]["requested_proof"]["revealed_attrs"] == {}


def test_a_proof_that_says_more_than_was_asked_is_refused(
    world: World, definition: Definition, held: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library itself takes a proof that says more."""
    terms = Terms(Grade.BBB, 0, 900)
    challenge = world.challenge(definition, terms)
    _, digest = credentials._asked(challenge, definition)
    stricter = credentials._request(definition, Terms(Grade.A, 0, 950), digest)
    shown = credentials._request(definition, terms, digest).to_dict()
    shown["requested_attributes"] = {"orders": {"name": "settled"}}
    revealing = anoncreds.PresentationRequest.load(shown)
    add = anoncreds.PresentCredentials.add_predicates

    def reveal(self: Any, credential: Any, *names: str) -> None:
        add(self, credential, *names)
        self.add_attributes(credential, "orders", reveal=True)

    for request, adding in ((stricter, add), (revealing, reveal)):
        with monkeypatch.context() as patch:
            patch.setattr(credentials, "_request", lambda *_, made=request: made)
            patch.setattr(anoncreds.PresentCredentials, "add_predicates", adding)
            answer = world.prove(definition, challenge, held)
        whole = anoncreds.Presentation.load(json.loads(answer.read_text())["proof"])
        assert whole.verify(request, *definition.known)
        found = credentials.fault_of(definition, challenge, answer)
        assert found == "it does not say what was asked, or says more"


def test_a_rating_that_nobody_signed_is_refused_though_the_library_takes_it(
    world: World, definition: Definition, challenge: Path, proof: Path
) -> None:
    key = forger.Key.of(definition.file.definition)
    invented = forger.Signature.invented(key, {"grade": 10, "settled": 10**6, "block": 10**6})
    _, digest = credentials._asked(challenge, definition)
    made = forger.presented(key, int.from_bytes(digest), invented, TERMS.least)
    forged = altered(world, proof, lambda content: content["proof"].update(proof=made))
    whole = anoncreds.Presentation.load(json.loads(forged.read_text())["proof"])
    assert whole.verify(credentials._request(definition, TERMS, digest), *definition.known)
    assert credentials.fault_of(definition, challenge, forged) == "it does not hold"


def test_a_credential_is_of_no_use_without_its_wallet(
    world: World, agency: tuple[Definition, Path, Path], challenge: Path, held: tuple[Path, Path]
) -> None:
    definition, _, keystore = agency
    _, other = world.issued(definition, keystore)
    with pytest.raises(CredentialError, match="is not for"):
        world.prove(definition, challenge, (held[0], other))
    secret = json.loads(keystores.open_secret(held[1], credentials._WALLET, "wallet"))
    whole = anoncreds.Credential.load(json.loads(held[0].read_text())["credential"]).process(
        json.dumps(secret["metadata"]), secret["secret"], definition.public
    )
    shown = anoncreds.PresentCredentials()
    shown.add_predicates(whole, *TERMS.least)
    request = credentials._request(definition, TERMS, b"\1" * 32)
    outcomes = [
        anoncreds.Presentation.create(
            request, shown, {}, each, *definition.known
        ).verify(request, *definition.known)
        for each in (secret["secret"], anoncreds.create_link_secret())
    ]  # fmt: skip
    assert outcomes == [True, False]


@pytest.mark.parametrize("name", ["grade", "settled", "block"])
def test_figures_cannot_be_put_into_a_credential(
    world: World, definition: Definition, challenge: Path, held: tuple[Path, Path], name: str
) -> None:
    def better(content: Any) -> None:
        content["credential"]["values"][name] = {"raw": "2000", "encoded": "2000"}

    with pytest.raises(CredentialError, match="was altered"):
        world.prove(definition, challenge, (altered(world, held[0], better), held[1]))


def test_a_credential_is_of_one_definition(
    world: World, definition: Definition, challenge: Path, proof: Path
) -> None:
    other, _, keystore = world.agency()
    held = world.issued(other, keystore)
    with pytest.raises(InputError, match="another definition"):
        world.prove(definition, challenge, held)
    foreign = world.prove(other, world.challenge(other), held)
    said = "it is from a credential of another definition"
    assert credentials.fault_of(definition, challenge, foreign) == said

    def pretend(content: Any) -> None:
        own = json.loads(proof.read_text())
        content.update({key: own[key] for key in ("definition", "challenge")})
        content["proof"]["identifiers"] = own["proof"]["identifiers"]

    pretended = altered(world, foreign, pretend)
    assert credentials.fault_of(definition, challenge, pretended) == "it does not hold"
    offer = world.offered(definition)
    request, _ = world.requested(definition, offer)
    with pytest.raises(InputError, match="is of another definition"):
        world.issue(definition, offer, request, keystore)


def test_only_who_acts_for_the_participant_gets_its_credential(
    world: World, agency: tuple[Definition, Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    definition, _, keystore = agency
    offer = world.offered(definition)
    with pytest.raises(InputError, match="does not act for participant 32"):
        world.requested(definition, offer, STRANGER)
    request, _ = world.requested(definition, offer)
    other = world.requested(definition, world.offered(definition))[0]
    blinded = json.loads(other.read_text())["request"]
    swapped = altered(world, request, lambda content: content.update(request=blinded))
    moved = altered(world, request, lambda content: content.update(participant=33))
    for wrong in (swapped, moved):
        with pytest.raises(InputError, match=r"does not act for|is to participant 32"):
            world.issue(definition, offer, wrong, keystore)
    with pytest.raises(CredentialError, match="Nothing can be issued"):
        world.issue(definition, offer, other, keystore)  # it takes up another offer
    monkeypatch.setattr(world, "usable", ("measure", "label"))
    with pytest.raises(InputError, match="does not act for participant 32"):
        world.issue(definition, offer, request, keystore)


def test_a_definition_counts_while_its_agency_stands_by_it_on_chain(
    world: World, challenge: Path, proof: Path, definition: Definition
) -> None:
    other, _, _ = world.agency(is_published=False)
    with pytest.raises(CredentialError, match="does not stand by this definition"):
        credentials.check(world.office, other, world.challenge(other), proof)
    with pytest.raises(CredentialError, match="does not stand by this definition"):
        world.requested(other, world.offered(other))
    assert credentials.check(world.office, definition, challenge, proof).valid
    world.published.remove(definition.hex)
    try:
        with pytest.raises(CredentialError, match="participant qualify 51"):
            credentials.check(world.office, definition, challenge, proof)
    finally:
        world.published.add(definition.hex)


def test_a_definition_whose_key_is_not_sound_is_refused(
    world: World, agency: tuple[Definition, Path, Path]
) -> None:
    def short(content: Any) -> None:
        content["definition"]["value"]["primary"]["n"] = str(2**2040 + 1)

    with pytest.raises(InputError, match="fewer than 2048 bits"):
        Definition.load(altered(world, agency[1], short))

    def unproven(content: Any) -> None:
        content["key_correctness_proof"]["c"] = "1"

    found = Definition.load(altered(world, agency[1], unproven))
    world.published.add(found.hex)
    with pytest.raises(CredentialError, match="not what its definition claims"):
        world.requested(found, world.offered(found))


def test_a_secret_is_kept_with_the_file_that_belongs_to_it_or_not_at_all(
    world: World, agency: tuple[Definition, Path, Path]
) -> None:
    definition, taken, _ = agency
    nowhere, alone = taken / "file", world.new("alone")
    offer = world.offered(definition)

    def opened(secret: Path, file: Path) -> None:
        credentials.open_agency(world.office, AGENCY, secret, file, "agency")

    def asked(secret: Path, file: Path) -> None:
        credentials.request(world.office, definition, offer, KEY, secret, file, "wallet")

    for made in (opened, asked):
        with pytest.raises(WorkspaceError, match="cannot be written"):
            made(alone, nowhere)
        with pytest.raises(InputError, match="needs a file of its own"):
            made(alone, alone)
        assert not alone.exists()


def test_no_secret_is_written_in_the_open(
    world: World, agency: tuple[Definition, Path, Path], held: tuple[Path, Path], proof: Path
) -> None:
    wallet = json.loads(keystores.open_secret(held[1], credentials._WALLET, "wallet"))
    issuer = json.loads(keystores.open_secret(agency[2], credentials._ISSUER, "agency"))
    secrets = [wallet["secret"], wallet["metadata"]["link_secret_blinding_data"]["v_prime"]]
    secrets += [value for _, value in leaves(issuer["private"]) if value]
    assert min(map(len, secrets)) > 70
    for file in world.folder.iterdir():
        text = file.read_text()
        assert not any(secret in text for secret in secrets), file
    assert held[1].stat().st_mode & 0o777 == agency[2].stat().st_mode & 0o777 == 0o600
    assert KEY.address.lower() not in proof.read_text().lower()


def test_every_file_says_in_a_sentence_what_is_wrong_with_it(
    world: World, agency: tuple[Definition, Path, Path], held: tuple[Path, Path], proof: Path,
    challenge: Path,
) -> None:  # fmt: skip
    definition, public, keystore = agency
    offer = world.offered(definition)
    request, _ = world.requested(definition, offer)
    reads: dict[Path, Callable[[Path], Any]] = {
        public: Definition.load,
        offer: lambda file: world.requested(definition, file),
        request: lambda file: world.issue(definition, offer, file, keystore),
        held[0]: lambda file: world.prove(definition, challenge, (file, held[1])),
        held[1]: lambda file: world.prove(definition, challenge, (held[0], file)),
        challenge: lambda file: world.prove(definition, file, held),
        proof: lambda file: credentials.fault_of(definition, challenge, file),
        keystore: lambda file: world.issue(definition, offer, request, file),
    }
    for file, read in reads.items():
        content = json.loads(file.read_text())
        for name in content:
            for change in (
                lambda whole, key=name: whole.pop(key),
                lambda whole, key=name: whole.update({key: {"x": []}}),
            ):
                wrong = altered(world, file, change)
                try:
                    found = read(wrong)
                except EntrepotError as failure:
                    sentence = str(failure)
                    assert sentence.endswith("."), (file, name)
                    assert "\n" not in sentence
                else:
                    assert isinstance(found, str), (file, name)
    for wrong in ("[]", "", '{"kind": "entrepot offer"}'):
        odd = world.new("odd")
        odd.write_text(wrong)
        for read in reads.values():
            with pytest.raises(EntrepotError):
                read(odd)


def test_terms_ask_for_something_that_a_credential_can_hold() -> None:
    for wrong in ((Grade.NR, 0, 5), (Grade.A, -1, 5), (Grade.A, LARGEST + 1, 5), (Grade.A, 1, -1)):
        with pytest.raises(ValueError, match=r"asked for|numbers are"):
            Terms(*wrong)


def test_the_command_line_starts_without_the_library() -> None:
    code = "import sys, entrepot.cli.commands; print('anoncreds' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
