"""URLs where a file may be given, such as s3:// and https://, in the words of fsspec. Opens none of them."""

from __future__ import annotations

import re

URL = r"(?i)[a-z][a-z0-9+.-]+(://|::)"  # one letter alone is a drive of Windows
BEHIND_PATH = r"(?s)[?#].*"


def is_url(word: str) -> bool:
    return re.match(URL, word) is not None


def path_in(word: str) -> str:
    """The path that names the file: host/rows.csv of `https://host/rows.csv?key=1`, a.csv of `zip://a.csv::s3://b/c.zip`.

    A word that is no URL is a path.
    """
    if not is_url(word):
        return word
    for link in word.split("::"):
        _, slashes, path = link.partition("://")
        if slashes and path:
            return re.sub(BEHIND_PATH, "", path)
    return ""
