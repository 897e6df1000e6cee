"""Encryption of columns, and the blind index beside them."""

from collections.abc import Iterator

import pytest

from tests.conftest import KEYS
from tracker import crypto
from tracker.crypto import blind_index, decrypt, decrypt_bytes, encrypt, encrypt_bytes, use_keys
from tracker.errors import TrackerError

OLD = "the key of last year, long enough 01234"
NEW = "the key of this year, long enough 56789"


@pytest.fixture(autouse=True)
def put_keys_back() -> Iterator[None]:
    yield
    use_keys(KEYS)


def test_what_is_encrypted_comes_back_and_is_not_readable_meanwhile() -> None:
    token = encrypt("617-555-0123 Peña")
    assert "555" not in token
    assert decrypt(token) == "617-555-0123 Peña"


def test_bytes_come_back_as_they_were_whatever_they_are() -> None:
    content = bytes(range(256)) * 40
    token = encrypt_bytes(content)
    assert content[:16] not in token
    assert decrypt_bytes(token) == content
    assert decrypt_bytes(encrypt_bytes(b"")) == b""


def test_a_single_changed_byte_is_noticed() -> None:
    token = bytearray(encrypt_bytes(b"a photograph"))
    token[30] ^= 1
    with pytest.raises(TrackerError, match="TRACKER_ENCRYPTION_KEYS"):
        decrypt_bytes(bytes(token))


def test_bytes_follow_a_change_of_keys_and_need_one() -> None:
    use_keys([OLD])
    token = encrypt_bytes(b"a photograph")
    use_keys([NEW, OLD])
    assert decrypt_bytes(token) == b"a photograph"
    use_keys([NEW])
    with pytest.raises(TrackerError, match="cannot be read with the present keys"):
        decrypt_bytes(token)


def test_the_same_text_is_never_the_same_token() -> None:
    assert encrypt("maria@family.example") != encrypt("maria@family.example")


def test_an_old_key_still_reads_after_a_new_one_was_put_first() -> None:
    use_keys([OLD])
    token, index = encrypt("617-555-0123"), blind_index("6175550123")
    use_keys([NEW, OLD])
    assert decrypt(token) == "617-555-0123"
    assert blind_index("6175550123") == index, "equal values must stay findable"
    assert decrypt(encrypt("x")) == "x"


def test_without_its_key_a_value_gives_a_sentence_not_a_guess() -> None:
    use_keys([OLD])
    token = encrypt("617-555-0123")
    use_keys([NEW])
    with pytest.raises(TrackerError, match="TRACKER_ENCRYPTION_KEYS"):
        decrypt(token)


def test_without_any_key_nothing_is_stored_in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crypto._KeyRing, "fernet", None)
    with pytest.raises(TrackerError, match="No encryption key"):
        encrypt("617-555-0123")
    with pytest.raises(TrackerError, match="No encryption key"):
        blind_index("617-555-0123")


def test_a_blind_index_tells_equal_from_different_and_nothing_else() -> None:
    assert blind_index("a@b.example") == blind_index("a@b.example") != blind_index("a@c.example")
    assert "a@b.example" not in blind_index("a@b.example")
