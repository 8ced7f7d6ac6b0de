"""What Hypothesis draws for the tests of the package."""

from hypothesis import strategies as st

from entrepot.core import messages
from entrepot.core.messages import Message
from entrepot.core.signing import Key, checksum_address

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

MESSAGES = [
    kind
    for kind in vars(messages).values()
    if isinstance(kind, type) and issubclass(kind, Message) and kind is not Message
]

keys = st.integers(1, ORDER - 1).map(lambda secret: Key.from_secret(secret.to_bytes(32)))
words = st.binary(min_size=32, max_size=32)
addresses = st.binary(min_size=20, max_size=20).map(checksum_address)
