"""Every exception that the package raises on purpose.

EntrepotError
├── InputError               what the caller gave is wrong: file, option, value
├── NodeError
│   ├── NodeUnreachable      nothing answers, or not with JSON-RPC
│   ├── RpcError             the node answered with an error
│   ├── WrongChain           another chain than the deployment's
│   ├── UnsupportedEvm       older than Cancun
│   └── TransactionReverted  a transaction of ours failed
├── DevnetError              a local devnet would not start or stop
├── DeploymentError
│   ├── ArtifactMissing      contracts are not compiled
│   ├── NoCode               nothing is deployed at an address
│   └── CodeMismatch         other code than ours is at an address
├── CredentialError          a credential or a proof from it does not hold
├── KeystoreError            a keystore is damaged, or its password is another
├── SealError                a sealed key is forged, damaged, somebody else's, or gives no key
└── WorkspaceError           an output folder is busy, foreign or damaged
    └── AlreadyComplete      a run in it has finished: nothing is left to do

Exit codes: 2 for InputError (wrong usage), 1 for everything else.
"""

from typing import Any


class EntrepotError(Exception):
    """One clear sentence: what is wrong and what to do; `exit_code` is the command line's."""

    exit_code = 1


class InputError(EntrepotError):
    """What the caller gave cannot be used."""

    exit_code = 2


class NodeError(EntrepotError):
    """A node cannot be used."""


class NodeUnreachable(NodeError):  # noqa: N818
    """Nothing answers at the node's address, or not with JSON-RPC."""


class RpcError(NodeError):
    """The node answered a request with an error; `code`, `data` as JSON-RPC has them."""

    def __init__(self, method: str, code: int, message: str, data: Any = None) -> None:
        super().__init__(f"The node refused {method}: {message}")
        self.code = code
        self.data = data


class WrongChain(NodeError):  # noqa: N818
    """The node runs another chain than expected."""


class UnsupportedEvm(NodeError):  # noqa: N818
    """The node's EVM lacks what the contracts need."""


class TransactionReverted(NodeError):  # noqa: N818
    """A transaction failed; the sentence names the custom error and its arguments."""


class DevnetError(EntrepotError):
    """A local devnet would not start or stop."""


class DeploymentError(EntrepotError):
    """A deployment is not what it claims to be."""


class ArtifactMissing(DeploymentError):  # noqa: N818
    """A compiled contract is missing."""


class NoCode(DeploymentError):  # noqa: N818
    """There is no code at a contract's address."""


class CodeMismatch(DeploymentError):  # noqa: N818
    """There is other code than ours at a contract's address."""


class CredentialError(EntrepotError):
    """A credential or a proof from it does not hold, or cannot be made."""


class KeystoreError(EntrepotError):
    """A keystore cannot be opened."""


class SealError(EntrepotError):
    """A sealed key does not hold: forged, damaged, somebody else's, or of no use with others."""


class WorkspaceError(EntrepotError):
    """An output folder cannot be used."""


class AlreadyComplete(WorkspaceError):  # noqa: N818
    """A finished run is in the output folder: doing it again would double it."""
