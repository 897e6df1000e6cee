"""Encryption of sensitive columns: a key ring set once at start, newest key first."""

import hashlib
import hmac
from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from tracker.errors import TrackerError


class _KeyRing:
    """Holds the keys of this process; empty until ``use_keys`` is called."""

    fernet: MultiFernet | None = None
    index_key: bytes = b""


def _fernet_key(secret: str) -> bytes:
    return urlsafe_b64encode(hashlib.sha256(b"column:" + secret.encode()).digest())


def use_keys(secrets: list[str]) -> None:
    """Encrypt with the first secret; decrypt with any of them, so that a key can be changed."""
    _KeyRing.fernet = MultiFernet([Fernet(_fernet_key(secret)) for secret in secrets])
    _KeyRing.index_key = hashlib.sha256(b"index:" + secrets[-1].encode()).digest()


def _ring() -> MultiFernet:
    if _KeyRing.fernet is None:
        raise TrackerError("No encryption key is set. Set TRACKER_ENCRYPTION_KEYS and start again")
    return _KeyRing.fernet


def encrypt(text: str) -> str:
    return encrypt_bytes(text.encode()).decode()


def decrypt(token: str) -> str:
    return decrypt_bytes(token.encode()).decode()


def encrypt_bytes(content: bytes) -> bytes:
    """What is not text, a photograph for example, with the same keys."""
    return _ring().encrypt(content)


def decrypt_bytes(token: bytes) -> bytes:
    try:
        return _ring().decrypt(token)
    except InvalidToken as error:
        raise TrackerError(
            "A stored value cannot be read with the present keys. Add the key it was written with to "
            "TRACKER_ENCRYPTION_KEYS, after the newest one"
        ) from error


def blind_index(normalised: str) -> str:
    """A keyed hash by which equal values can be found without being read (an address, a phone number)."""
    _ring()
    return hmac.new(_KeyRing.index_key, normalised.encode(), hashlib.sha256).hexdigest()
