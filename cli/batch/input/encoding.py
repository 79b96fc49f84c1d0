"""The encodings that a text may be in, by the names that Python knows."""

from __future__ import annotations

import codecs

from backprop.cli.batch.input.unpacking import Damaged
from backprop.cli.status import Failure


class Recoder:
    """Makes UTF-8 of text in another encoding, which comes in pieces. Raises Failure for an encoding that is none."""

    def __init__(self, encoding: str) -> None:
        self.encoding = encoding
        try:
            "".encode(encoding)  # refuses what Python has for bytes: base64 and the like
            self._decoder = codecs.getincrementaldecoder(encoding)()
        except (LookupError, TypeError, ValueError):
            raise Failure(
                f"--encoding {encoding}: there is no such encoding", "as in utf-8, latin-1, cp1252, utf-16, shift_jis"
            ) from None

    def recoded(self, data: bytes, *, is_last: bool) -> bytes:
        """What the bytes say. Raises Damaged."""
        try:
            return self._decoder.decode(data, is_last).encode("utf-8", "surrogatepass")
        except UnicodeError:
            raise Damaged(f"it is not {self.encoding} text: --encoding says what it is") from None
