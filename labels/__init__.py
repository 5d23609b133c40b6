"""Device to label: what a sticker says, where it stands, how it is drawn, read back and printed.

Read `label.py`, `wording.py`, `design.py` with designs.toml, `layout.py`, `sheet.py` with sheets.toml, then the edges
`draw_pdf.py`, `draw_zpl.py`, `readback.py`; `offer.py` joins them. `acceptance.py` is the sheet in the carton.
"""
