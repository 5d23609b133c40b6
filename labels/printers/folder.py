"""How do labels become files in a folder? For a rehearsal, and for printers that watch one."""

import errno
import os
import re
import tempfile
from contextlib import suppress
from pathlib import Path

from labels.printers.media import Media
from labels.printers.printer import Format, Printed
from staging.core.faults import Fault, PrinterUnavailable

_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK)


class FolderPrinter:
    """Writes each batch as a file of its own; whoever watches the folder never sees half a file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, data: bytes, *, title: str, format: Format) -> Printed:
        """Write the batch, named after its title and never over an older one."""
        try:
            return Printed(str(self._write(data, _file_stem(title), format)))
        except OSError as cause:
            facts = {"printer": str(self._folder), "reason": cause.strerror or str(cause)}
            raise PrinterUnavailable(Fault("folder-unwritable", facts=facts)) from cause

    def media(self, format: Format) -> tuple[Media, ...]:  # noqa: ARG002 (a folder has none)
        """Nothing: a folder holds any size."""
        return ()

    def _write(self, data: bytes, stem: str, format: Format) -> Path:
        handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=self._folder)
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            with suppress(PermissionError):  # whoever knows no rights needs none
                part.chmod(0o644)
            return _link_free_name(part, self._folder, stem, format)
        finally:
            part.unlink(missing_ok=True)


def _link_free_name(part: Path, folder: Path, stem: str, format: Format) -> Path:
    """Give the finished file its name; a link, unlike a rename, fails when the name is taken."""
    for number in range(1, 10_000):
        path = folder / (f"{stem}.{format}" if number == 1 else f"{stem}-{number}.{format}")
        try:
            path.hardlink_to(part)
        except FileExistsError:
            continue
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            # A folder of another machine's or on a stick knows no links; there is no better way than to look first.
            if path.exists():
                continue
            part.rename(path)
        return path
    raise FileExistsError(f"{stem}: too many files of this name")


def _file_stem(title: str) -> str:
    return re.sub(r"[^\w.-]+", "-", title).strip("-.")[:80] or "labels"
