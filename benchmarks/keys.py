"""Measures key derivation and prints one JSON object: operations per CPU second.

`child` is a child's private key and its address below a parent that is derived already; `watch` is
an address below an xpub. `ours` stands beside each peer that is installed and beside `limit`: the
same calls of libsecp256k1, HMAC-SHA512 and keccak with nothing around them. All take turns in one
run, and the best turn counts, because other load only ever slows one down.

`bip-utils` comes with the development environment. `bip32` wants an older coincurve than this
package has, so it takes part where it was installed without its dependencies.
"""

import hmac
import json
from collections.abc import Callable
from importlib.util import find_spec
from time import process_time

from coincurve import PublicKey
from sha3 import keccak_256

from entrepot.core.keys import PUBLIC_DEVNET_WORDS, root_of
from entrepot.core.signing import checksum_address

BRANCH = "44'/60'/0'/0"
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
TURNS = 5
SECONDS = 0.3
FIRST = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"

Operation = Callable[[int], str]


def ours() -> dict[str, Operation]:
    """This package."""
    branch = root_of(PUBLIC_DEVNET_WORDS).descend(BRANCH)
    watched = branch.public
    return {
        "child": lambda index: branch.child(index).address,
        "watch": lambda index: next(watched.addresses(index, 1)),
    }


def limit() -> dict[str, Operation]:
    """The calls that cannot be saved; the address is written without its EIP-55 form."""
    branch = root_of(PUBLIC_DEVNET_WORDS).descend(BRANCH)
    chain_code, public = branch.chain_code, branch.public.public
    secret, point = int.from_bytes(branch.secret), PublicKey(public)

    def child(index: int) -> str:
        digest = hmac.digest(chain_code, public + index.to_bytes(4), "sha512")
        own = (int.from_bytes(digest[:32]) + secret) % ORDER
        return address(PublicKey.from_valid_secret(own.to_bytes(32)))

    def watch(index: int) -> str:
        digest = hmac.digest(chain_code, public + index.to_bytes(4), "sha512")
        return address(point.add(digest[:32]))

    def address(key: PublicKey) -> str:
        return "0x" + keccak_256(key.format(compressed=False)[1:]).hexdigest()[24:]

    return {"child": child, "watch": watch}


def bip_utils() -> dict[str, Operation]:
    """bip-utils, with its own encoder of addresses."""
    from bip_utils import Bip32Slip10Secp256k1, EthAddrEncoder

    parent = Bip32Slip10Secp256k1.FromExtendedKey(
        root_of(PUBLIC_DEVNET_WORDS).descend(BRANCH).xprv()
    )
    watched = Bip32Slip10Secp256k1.FromExtendedKey(parent.PublicKey().ToExtended())

    def child(index: int) -> str:
        key = parent.ChildKey(index).PublicKey().KeyObject()
        return str(EthAddrEncoder.EncodeKey(key))

    def watch(index: int) -> str:
        key = watched.ChildKey(index).PublicKey().KeyObject()
        return str(EthAddrEncoder.EncodeKey(key))

    return {"child": child, "watch": watch}


def bip32() -> dict[str, Operation]:
    """bip32, with this package's addresses, because it has none of Ethereum."""
    from bip32 import BIP32

    branch = root_of(PUBLIC_DEVNET_WORDS).descend(BRANCH)
    parent = BIP32.from_xpriv(branch.xprv())
    watched = BIP32.from_xpub(branch.public.xpub())

    def address(compressed: bytes) -> str:
        plain = PublicKey(compressed).format(compressed=False)
        return checksum_address(keccak_256(plain[1:]).digest()[12:])

    def child(index: int) -> str:
        secret = parent.get_privkey_from_path([index])
        return address(PublicKey.from_valid_secret(secret).format())

    return {"child": child, "watch": lambda index: address(watched.get_pubkey_from_path([index]))}


def eth_account() -> dict[str, Operation]:
    """eth-account, which derives from the words every time."""
    from eth_account import Account

    Account.enable_unaudited_hdwallet_features()

    def child(index: int) -> str:
        path = f"m/{BRANCH}/{index}"
        return str(Account.from_mnemonic(PUBLIC_DEVNET_WORDS, account_path=path).address)

    return {"child": child}


PEERS = {"bip_utils": bip_utils, "bip32": bip32, "eth_account": eth_account}


def rate(operation: Operation) -> float:
    """Operations per CPU second, in one turn."""
    start, done = process_time(), 0
    while process_time() - start < SECONDS:
        for index in range(done, done + 50):
            operation(index)
        done += 50
    return done / (process_time() - start)


def measure() -> dict[str, dict[str, dict[str, float]]]:
    """Rates of every contender, and ours as a share of the limit and of the best peer."""
    contenders = {"ours": ours(), "limit": limit()}
    contenders |= {name: make() for name, make in PEERS.items() if find_spec(name)}
    result = {}
    for task in ("child", "watch"):
        taking = {name: found[task] for name, found in contenders.items() if task in found}
        assert all(operation(0).lower() == FIRST.lower() for operation in taking.values())
        rates = dict.fromkeys(taking, 0.0)
        for _ in range(TURNS):
            for name, operation in taking.items():
                rates[name] = max(rates[name], rate(operation))
        best = max(rates[name] for name in taking if name in PEERS)
        result[task] = {
            "per_cpu_second": {name: round(each) for name, each in rates.items()},
            "ours_to": {
                "limit": round(rates["ours"] / rates["limit"], 2),
                "best_peer": round(rates["ours"] / best, 1),
            },
        }
    return result


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
