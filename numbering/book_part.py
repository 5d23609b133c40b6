"""Which sheets and names does a workbook have, and how are ours added? Its list of sheets, and the defined names."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from numbering.marks import OURS, name_key
from numbering.package import SPREADSHEET, Package
from numbering.splice import Document, attribute, cell_text

_BEFORE_NAMES = ("fileVersion", "fileSharing", "workbookPr", "workbookProtection", "bookViews", "sheets",
                 "functionGroups", "externalReferences")  # fmt: skip
_MAIN = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_STRICT_MAIN = b'xmlns="http://purl.oclc.org/ooxml/spreadsheetml/main"'


@dataclass(frozen=True, slots=True)
class SheetPart:
    """A worksheet of the workbook: its name, and the part that holds it."""

    name: str
    path: str


class BookPart:
    """The workbook's own part. Sheets of ours are added at the end; what is there keeps its place and number."""

    def __init__(self, package: Package) -> None:
        self._package = package
        document = Document(package.read(package.workbook))
        sheets, names = document.root.find("sheets"), document.root.find("definedNames")
        parts = {item.id: item for item in package.relations(package.workbook)}
        listed = list(sheets.all("sheet")) if sheets is not None else []
        self.titles = [item.get("name") for item in listed]
        self.sheets = tuple(
            SheetPart(item.get("name"), part.target)
            for item in listed
            if (part := parts.get(item.get("id"))) is not None and part.kind == "worksheet" and part.target in package
        )
        listed_names = names.children if names is not None else []
        self.names = {name_key(item.get("name"), item.get("localSheetId")): item.text for item in listed_names}
        self._is_strict = any(value.startswith("http://purl.oclc.org/") for value in document.root.attributes.values())
        self._numbers = [int(item.get("sheetId", "0")) for item in listed]

    def find(self, name: str) -> SheetPart | None:
        """A worksheet by its name."""
        return next((sheet for sheet in self.sheets if sheet.name == name), None)

    def free_title(self, wanted: str) -> str:
        """The title, with a number behind it where a sheet has it already."""
        taken = {title.casefold() for title in self.titles}
        title, number = wanted, 2
        while title.casefold() in taken:
            title, number = f"{wanted} {number}", number + 1
        return title

    def in_dialect(self, content: bytes) -> bytes:
        """A part that we made, in the dialect of this workbook: the strict one has other names for the same."""
        return content.replace(_MAIN, _STRICT_MAIN) if self._is_strict else content

    def add_sheet(self, title: str, content: bytes, *, state: str = "visible") -> None:
        """Put a sheet behind the others."""
        package = self._package
        folder = package.workbook.rpartition("/")[0]
        path = package.new_path(f"{folder}/worksheets/sheet{{}}.xml".lstrip("/"))
        package.write(path, content)
        package.declare(path, f"{SPREADSHEET}worksheet+xml")
        relation = package.relate(package.workbook, "worksheet", path)
        self._numbers.append(max(self._numbers, default=0) + 1)
        self.titles.append(title)
        document = Document(package.read(package.workbook))
        sheets = document.root.find("sheets")
        if sheets is None:
            raise ValueError("a workbook has sheets")
        shown = "" if state == "visible" else f' state="{state}"'
        written = (
            f'<{sheets.sibling("sheet")} xmlns:r="{package.relations_base}" name="{attribute(title)}" '
            f'sheetId="{self._numbers[-1]}"{shown} r:id="{relation}"/>'
        )
        document.append(sheets, written.encode())
        package.write(package.workbook, document.result())

    def rename_ours(self, wanted: Mapping[str, str]) -> None:
        """Replace the defined names that are ours by others: what each points to, by name."""
        document = Document(self._package.read(self._package.workbook))
        root = document.root
        names = root.find("definedNames")
        tag = root.sibling("definedName")
        written = "".join(
            f'<{tag} name="{name}" hidden="1">{cell_text(text)}</{tag}>' for name, text in wanted.items()
        ).encode()
        if names is not None:
            old = [item for item in names.children if item.get("name").startswith(OURS)]
            if len(old) == len(names.children) and not written:
                document.replace(names, b"")
            else:
                for item in old:
                    document.replace(item, b"")
                document.append(names, written)
        elif written:
            holder = root.sibling("definedNames")
            behind = [item for item in root.children if item.name in _BEFORE_NAMES]
            place = behind[-1].end if behind else root.inside
            document.insert(place, f"<{holder}>".encode() + written + f"</{holder}>".encode())
        self._package.write(self._package.workbook, document.result())

    def forget_calculation(self) -> None:
        """Leave out the order of calculation: formulas that it names are gone, and Excel makes it anew."""
        self._drop(["calcChain"])

    def settle_kind(self, *, macros: bool) -> None:
        """Say what the file is by what its name will say; a file without macros in its name can hold none."""
        kind = "application/vnd.ms-excel.sheet.macroEnabled.main+xml" if macros else f"{SPREADSHEET}sheet.main+xml"
        self._package.declare(self._package.workbook, kind)
        if not macros:
            self._drop(["vbaProject"])

    def _drop(self, kinds: Iterable[str]) -> None:
        for kind in kinds:
            relation = self._package.related(self._package.workbook, kind)
            if relation is not None:
                self._package.unrelate(self._package.workbook, relation)
                self._package.drop(relation.target)
