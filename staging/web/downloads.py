"""How does a file leave? With a type that no browser guesses at and a name that is safe everywhere."""

import re
import unicodedata

from flask import Response

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def pdf(content: bytes, name: str) -> Response:
    """A PDF, shown in the browser where it can be: it is looked at before it is kept."""
    return _file(content, "application/pdf", name, "inline")


def workbook(content: bytes, name: str) -> Response:
    """A workbook to keep."""
    return _file(content, XLSX, name, "attachment")


def safe_name(typed: str, *, otherwise: str) -> str:
    """A file name without folders, accents or signs; 80 characters at most."""
    plain = (
        unicodedata.normalize("NFKD", typed.replace("\\", "/").rsplit("/", 1)[-1]).encode("ascii", "ignore").decode()
    )
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", plain).strip("-.")[-80:].lstrip("-.")
    return name or otherwise


def _file(content: bytes, kind: str, name: str, disposition: str) -> Response:
    response = Response(content, content_type=kind)
    response.headers["Content-Disposition"] = f'{disposition}; filename="{safe_name(name, otherwise="file")}"'
    return response
