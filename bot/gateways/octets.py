"""Binary fields of a PDU, read one after another and never past its end."""

from __future__ import annotations

from bot.gateways.payload import Unreadable


class Octets:
    """A body that is read from front to back; raise Unreadable, with the field's name, where it is too short."""

    def __init__(self, body: bytes):
        self._body, self._at = body, 0

    @property
    def left(self) -> int:
        """How many octets nobody has read yet."""
        return len(self._body) - self._at

    def take(self, name: str, size: int) -> bytes:
        """The next octets."""
        if size > self.left:
            raise Unreadable(f"{name} is cut off")
        self._at += size
        return self._body[self._at - size : self._at]

    def number(self, name: str, size: int = 1) -> int:
        """An unsigned number, big-endian."""
        return int.from_bytes(self.take(name, size))

    def until_nul(self, name: str, most: int) -> str:
        """A C-octet string: at most so many octets with the NUL that ends it, which an empty one has too."""
        end = self._body.find(0, self._at, self._at + most)
        if end < 0:
            raise Unreadable(f"{name} has no end")
        return _words(self.take(name, end + 1 - self._at)[:-1])

    def padded(self, name: str, size: int) -> str:
        """A field of fixed size, filled up with NULs; what follows the first one is nobody's."""
        return _words(self.take(name, size).partition(b"\0")[0])


def ended(text: str) -> bytes:
    """A C-octet string."""
    return text.encode("latin-1") + b"\0"


def padded(text: str, size: int) -> bytes:
    """A field of fixed size, filled up with NULs. It must fit: whoever configures or checks it sees to that."""
    octets = text.encode("latin-1")
    if len(octets) > size:
        raise ValueError(f"more than {size} octets")
    return octets.ljust(size, b"\0")


def _words(octets: bytes) -> str:
    return octets.decode("latin-1").strip()
