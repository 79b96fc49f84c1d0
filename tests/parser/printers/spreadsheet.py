"""A workbook of formulas, computed by LibreOffice: what each cell is. Compares nothing."""

from __future__ import annotations

import subprocess
import zipfile
from xml.etree import ElementTree
from xml.sax.saxutils import escape

OPEN = "http://schemas.openxmlformats.org"
MAIN = f"{OPEN}/spreadsheetml/2006/main"
LINK = f"{OPEN}/officeDocument/2006/relationships"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
FILES = {
    "[Content_Types].xml": f'{HEAD}<Types xmlns="{OPEN}/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/sheet.xml" ContentType="{TYPE}.worksheet+xml"/></Types>',
    "_rels/.rels": f'{HEAD}<Relationships xmlns="{OPEN}/package/2006/relationships">'
    f'<Relationship Id="r1" Type="{LINK}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{LINK}">'
    '<sheets><sheet name="Sheet1" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'{HEAD}<Relationships xmlns="{OPEN}/package/2006/relationships">'
    f'<Relationship Id="r1" Type="{LINK}/worksheet" Target="sheet.xml"/></Relationships>',
}


def computed(rows, folder):
    """The numbers of rows of cells, which are numbers or formulas from column A on; None for errors."""
    lines = []
    for place, row in enumerate(rows, start=1):
        cells = [f"<f>{escape(cell[1:])}</f>" if isinstance(cell, str) else f"<v>{cell!r}</v>" for cell in row]
        lines.append(f'<row r="{place}">{"".join(f"<c>{cell}</c>" for cell in cells)}</row>')
    book = folder / "book.xlsx"
    with zipfile.ZipFile(book, "w") as archive:
        for name, text in FILES.items():
            archive.writestr(name, text)
        sheet = f'{HEAD}<worksheet xmlns="{MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>'
        archive.writestr("xl/sheet.xml", sheet)
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    answer = folder / "answer"
    command = ["soffice", profile, "--headless", "--convert-to", "xlsx", "--outdir", str(answer), str(book)]
    subprocess.run(command, check=True, capture_output=True)
    with zipfile.ZipFile(answer / "book.xlsx") as archive:
        tree = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    return [[number_of(cell) for cell in row.iter(f"{{{MAIN}}}c")] for row in tree.iter(f"{{{MAIN}}}row")]


def number_of(cell):
    return None if cell.get("t") == "e" else float(cell.findtext(f"{{{MAIN}}}v"))
