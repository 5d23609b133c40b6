// How is a plan corrected in place? Moves in the grid, sends one cell at a time, puts what changed where it belongs.
// Without this file the same page takes uploads and corrections through its plain forms.
"use strict";

(() => {
// A form that htmx sent may have put a new page into this one: what listened for the page before ends.
if (window.stagingPlan) window.stagingPlan.abort();
const life = window.stagingPlan = new AbortController();
const anywhere = (name, listener, capture = false) => document.addEventListener(name, listener, { signal: life.signal, capture });
const grid = document.getElementById("grid");
const form = document.getElementById("correct");
const notices = document.getElementById("notices");
const csrf = () => JSON.parse(document.body.getAttribute("hx-headers") || "{}");
const send = (url, body) => fetch(url, { method: "POST", body, headers: { ...csrf(), "HX-Request": "true" }, credentials: "same-origin" });
const offline = (silent) => { const told = document.getElementById("offline"); if (told) told.hidden = !silent; };

// --- An upload shows its bytes, then that they are being checked

const upload = document.getElementById("upload");
if (upload) {
  const told = document.getElementById("upload-progress");
  const [bar, words] = [told.querySelector("progress"), told.querySelector("span")];
  const file = upload.elements.workbook;
  const ended = () => { told.hidden = true; document.getElementById("do-upload").disabled = false; };

  upload.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!file.files.length) return;
    const request = new XMLHttpRequest();
    told.hidden = false;
    document.getElementById("do-upload").disabled = true;
    const checking = () => { bar.removeAttribute("value"); words.textContent = told.dataset.checking; };
    request.upload.addEventListener("progress", (step) => {
      if (!step.lengthComputable) return;
      bar.value = 100 * step.loaded / step.total;
      words.textContent = `${told.dataset.sending} ${Math.round(bar.value)} %`;
    });
    request.upload.addEventListener("load", checking);
    request.addEventListener("load", () => {
      offline(false);
      const next = request.getResponseHeader("HX-Redirect");
      if (next) { window.location.assign(next); return; }
      notices.innerHTML = request.responseText;
      notices.scrollIntoView({ block: "nearest" });
      ended();
    });
    request.addEventListener("error", () => { offline(true); ended(); });
    request.open("POST", upload.action);
    request.setRequestHeader("HX-Request", "true");
    request.send(new FormData(upload));
  });

  const overlay = document.getElementById("drop-here");
  const carries = (event) => event.dataTransfer && [...event.dataTransfer.types].includes("Files");
  anywhere("dragenter", (event) => { if (carries(event)) overlay.hidden = false; });
  anywhere("dragover", (event) => { if (carries(event)) { event.preventDefault(); event.dataTransfer.dropEffect = "copy"; } });
  anywhere("dragleave", (event) => { if (!event.relatedTarget) overlay.hidden = true; });
  anywhere("drop", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    overlay.hidden = true;
    if (!event.dataTransfer.files.length) return;
    file.files = event.dataTransfer.files;
    upload.requestSubmit();
  });
}

// --- A question before everything is taken back

anywhere("click", (event) => {
  const button = event.target.closest("[data-sure]");
  if (button && !window.confirm(button.dataset.sure)) event.preventDefault();
});

if (!grid) return;

// --- Where one is: one cell has the focus, the bar above the grid speaks of it

const rows = document.getElementById("rows");
const note = document.getElementById("cell-note");
const box = document.getElementById("grid-box");
const canEdit = Boolean(form);
let at = null;
let editor = null;

const cellOf = (name) => document.getElementById(`c-${name}`);
const nameOf = (cell) => cell.id.slice(2);
const textOf = (cell) => cell.querySelector(".text").textContent;
const cellsIn = (row) => [...row.querySelectorAll(".cell")];

const tell = (cell) => {
  const whys = cell ? [...cell.querySelectorAll(".why")] : [];
  note.className = whys.length ? (whys.some((why) => why.dataset.severity === "error") ? "error" : "warning") : "";
  note.replaceChildren(...whys.map((why) => {
    const line = Object.assign(document.createElement("p"), { className: why.dataset.severity });
    for (const part of why.childNodes) line.append(part.cloneNode(true));
    return line;
  }));
  const also = (words, text) => {
    const line = document.createElement("p");
    line.append(`${words} `, Object.assign(document.createElement("span"), { className: "mono", textContent: text }));
    note.append(line);
  };
  if (cell && "was" in cell.dataset) also(grid.dataset.was, cell.dataset.was || grid.dataset.here);
  if (cell && cell.dataset.lent) also(grid.dataset.lent, cell.dataset.lent);
};

const fillBar = (cell) => {
  if (!form) return;
  form.elements.cell.value = nameOf(cell);
  form.elements.text.value = textOf(cell);
};

const listed = () => [...document.querySelectorAll(".fault-list li")];
const showInList = (cell) => {
  for (const item of listed()) item.classList.toggle("now", Boolean(cell) && item.dataset.cell === nameOf(cell) && item.querySelector("[data-jump]") !== null);
  const now = document.querySelector(".fault-list li.now");
  const list = now && now.parentElement;
  if (now && list && list.scrollHeight > list.clientHeight) list.scrollTop = now.offsetTop - list.offsetTop - 40;
};

const scrollTo = (cell) => {
  // The row number and the headings stand over the cells: what is under them is not in sight.
  const [row, place] = [cell.parentElement, cell.getBoundingClientRect()];
  const frame = box.getBoundingClientRect();
  const left = frame.left + row.querySelector(".n").offsetWidth;
  const top = frame.top + document.getElementById("heads").offsetHeight;
  // From the first column on where that is enough: a row is known by its first cells.
  if (place.right + box.scrollLeft <= frame.right - 16) box.scrollLeft = 0;
  else if (place.left < left) box.scrollLeft -= left - place.left + 8;
  else if (place.right > frame.right - 16) box.scrollLeft += place.right - frame.right + 24;
  if (place.top < top) box.scrollTop -= top - place.top + 4;
  else if (place.bottom > frame.bottom - 16) box.scrollTop += place.bottom - frame.bottom + 24;
};

// The cell, its text above and what is said of it are seen together: the whole card comes into the window.
const bringUp = (cell) => {
  const place = cell.getBoundingClientRect();
  if (place.top < 0 || place.bottom > window.innerHeight || note.getBoundingClientRect().top < 0) box.closest(".card").scrollIntoView({ block: "start" });
};

const select = (cell, { focus = true } = {}) => {
  if (!cell) return;
  if (at && at !== cell) { at.classList.remove("at"); at.tabIndex = -1; }
  at = cell;
  at.classList.add("at");
  at.tabIndex = 0;
  fillBar(at);
  tell(at);
  showInList(at);
  if (focus) at.focus({ preventScroll: true });
  scrollTo(at);
  if (focus) bringUp(at);
};

const nextRow = (row, step) => {
  let found = row;
  do { found = step > 0 ? found.nextElementSibling : found.previousElementSibling; } while (found && !found.querySelector(".cell"));
  return found;
};

const moved = (down, right) => {
  if (!at) return cellsIn(nextRow(rows.firstElementChild, 1) || rows.firstElementChild)[0];
  let row = at.parentElement;
  const column = cellsIn(row).indexOf(at);
  for (let left = Math.abs(down); left > 0; left -= 1) row = nextRow(row, down) || row;
  const cells = cellsIn(row);
  return cells[Math.max(0, Math.min(cells.length - 1, column + right))];
};

const step = (direction) => {
  const marked = [...rows.querySelectorAll(".cell.error, .cell.warning")];
  if (!marked.length) {
    const away = document.querySelector(".fault-list a[href*='?']");
    if (away) window.location.assign(away.href);
    return;
  }
  const before = (one) => Boolean(at && at.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_PRECEDING);
  const after = (one) => Boolean(!at || at.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING);
  const next = direction > 0 ? marked.find(after) || marked[0] : marked.filter(before).pop() || marked[marked.length - 1];
  select(next);
};

// --- Corrections go out one after the other, each on top of what the one before made of the plan

let queue = Promise.resolve();
const done = [];

const marks = () => [...rows.children].map((row) => `${row.id}:${row.dataset.mark}`).join(",");
const fromHtml = (html) => { const holder = document.createElement("template"); holder.innerHTML = html.trim(); return holder.content.firstElementChild; };

const apply = (news) => {
  const held = at && nameOf(at);
  const hadFocus = at && document.activeElement === at;
  const scrolled = document.querySelector(".fault-list")?.scrollTop || 0;
  const open = document.querySelector(".corrected-list")?.open;
  const writing = setAside();
  if (news.head) document.getElementById("heads").replaceWith(fromHtml(news.head));
  document.getElementById("faults-card").replaceWith(fromHtml(news.summary));
  document.getElementById("faults").replaceWith(fromHtml(news.faults));
  for (const [index, found] of Object.entries(news.sheets)) {
    const tell = document.querySelector(`[data-sheet="${index}"] .tell`);
    if (tell) { tell.textContent = found; tell.hidden = !found; }
  }
  const kept = new Set(news.rows.map(([id]) => id));
  for (const row of [...rows.children]) if (!kept.has(row.id)) row.remove();
  let place = rows.firstElementChild;
  for (const [id, html] of news.rows) {
    let row = document.getElementById(id);
    if (html !== null) {
      const made = fromHtml(html);
      if (row) { if (row === place) place = made; row.replaceWith(made); } else rows.insertBefore(made, place);
      row = made;
    }
    place = row ? row.nextElementSibling : place;
  }
  if (open && document.querySelector(".corrected-list")) document.querySelector(".corrected-list").open = true;
  if (document.querySelector(".fault-list")) document.querySelector(".fault-list").scrollTop = scrolled;
  if (form) for (const name of ["revision", "newest"]) form.elements[name].value = news[name];
  at = null;
  const again = held && cellOf(held);
  if (again) select(again, { focus: Boolean(hadFocus) });
  if (writing) goOnWriting(writing);
  seatsAreOld();
};

// Rows are put in place while somebody may be writing in the next cell already: the text and the caret go on.
const setAside = () => {
  if (!editor) return null;
  const writing = { name: nameOf(editor.parentElement), text: editor.value, from: editor.selectionStart, to: editor.selectionEnd };
  const gone = editor;
  editor = null;
  gone.parentElement.classList.remove("editing");
  gone.remove();
  return writing;
};
const goOnWriting = ({ name, text, from, to }) => {
  if (!cellOf(name)) return;
  select(cellOf(name));
  edit(text);
  if (editor) editor.setSelectionRange(from, to);
};

const refresh = async () => {
  const body = new FormData();
  for (const name of ["at", "first"]) body.set(name, form.elements[name].value);
  body.set("have", marks());
  const answer = await send(form.action.replace(/correct$/, "rows"), body);
  if (answer.ok) apply(await answer.json());
};

const correct = (name, text, { undo = false } = {}) => {
  queue = queue.then(async () => {
    const cell = cellOf(name);
    const before = cell ? textOf(cell) : null;
    if (cell) { cell.classList.add("saving"); if (text !== before) cell.querySelector(".text").textContent = text; }
    note.className = "";
    note.textContent = grid.dataset.saving;
    const body = new FormData(form);
    body.set("cell", name);
    body.set("text", text);
    body.set("have", marks());
    let answer;
    try {
      answer = await send(form.action, body);
    } catch (failure) {
      offline(true);
      giveBack(name, cell, before, text);
      return;
    }
    offline(false);
    if (answer.status === 401) { signIn(answer.headers.get("HX-Redirect") || "/signin"); return; }
    if (!answer.ok) {
      const reason = await answer.text();
      putBack(cell, before);
      if (answer.status === 409) await refresh();
      giveBack(name, cell, before, text);
      note.className = "";
      note.innerHTML = reason;
      return;
    }
    if (!undo && before !== null && before !== text) done.push([name, before]);
    apply(await answer.json());
    const now = cellOf(name);
    if (now) now.classList.remove("saving");
  });
  return queue;
};

// The session ended: after the door, people come back to the same rows.
const signIn = (door) => window.location.assign(`${door.split("?")[0]}?next=${encodeURIComponent(window.location.pathname + window.location.search)}`);

const putBack = (cell, before) => {
  if (!cell) return;
  cell.classList.remove("saving");
  cell.querySelector(".text").textContent = before;
};

// What could not be written stands in an open editor again: nothing that was typed is lost.
const giveBack = (name, cell, before, text) => {
  if (cell && cell.isConnected) putBack(cell, before);
  select(cellOf(name));
  if (cellOf(name)) edit(text);
};

// --- Writing in a cell

const edit = (start = null) => {
  if (!canEdit || !at || editor) return;
  if (at.dataset.lent) { select(cellOf(at.dataset.lent)); return; }
  const cell = at;
  editor = document.createElement("textarea");
  editor.value = start === null ? textOf(cell) : start;
  editor.rows = 1;
  editor.maxLength = 2000;
  editor.spellcheck = false;
  editor.setAttribute("aria-label", nameOf(cell));
  cell.classList.add("editing");
  cell.append(editor);
  const grow = () => { editor.style.height = "auto"; editor.style.height = `${editor.scrollHeight + 4}px`; form.elements.text.value = editor.value; };
  editor.addEventListener("input", grow);
  editor.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape") { event.preventDefault(); leave(false); }
    else if (event.key === "Enter" && !event.altKey && !event.shiftKey) { event.preventDefault(); leave(true); }
    else if (event.key === "Enter" && event.altKey) { event.preventDefault(); editor.setRangeText("\n", editor.selectionStart, editor.selectionEnd, "end"); grow(); }
    else if (event.key === "Tab") { event.preventDefault(); leave(true); select(moved(0, event.shiftKey ? -1 : 1)); }
    else if (event.key === "F8") { event.preventDefault(); leave(true); step(event.shiftKey ? -1 : 1); }
  });
  editor.addEventListener("blur", () => leave(true, { focus: false }));
  editor.focus();
  if (start === null) editor.select();
  grow();
};

const leave = (keep, { focus = true } = {}) => {
  if (!editor) return;
  const [cell, text] = [editor.parentElement, editor.value];
  const gone = editor;
  editor = null;
  gone.remove();
  cell.classList.remove("editing");
  if (focus) cell.focus({ preventScroll: true });
  if (keep && text !== textOf(cell)) correct(nameOf(cell), text); else fillBar(cell);
};

const undo = () => {
  const last = done.pop();
  if (!last) return;
  select(cellOf(last[0]));
  correct(last[0], last[1], { undo: true });
};

grid.addEventListener("keydown", (event) => {
  if (!event.target.classList.contains("cell")) return;
  const page = Math.max(1, Math.floor(box.clientHeight / event.target.offsetHeight) - 2);
  const ways = {
    ArrowDown: () => moved(1, 0), ArrowUp: () => moved(-1, 0), ArrowRight: () => moved(0, 1), ArrowLeft: () => moved(0, -1),
    PageDown: () => moved(page, 0), PageUp: () => moved(-page, 0),
    Home: () => (event.ctrlKey ? cellsIn(nextRow(rows.firstElementChild, 1))[0] : cellsIn(at.parentElement)[0]),
    End: () => { const cells = cellsIn(event.ctrlKey ? nextRow({ previousElementSibling: rows.lastElementChild }, -1) || at.parentElement : at.parentElement); return cells[cells.length - 1]; },
  };
  if (ways[event.key] && !event.altKey) { event.preventDefault(); select(ways[event.key]()); }
  else if ((event.key === "Enter" || event.key === "F2") && canEdit) { event.preventDefault(); edit(); }
  else if ((event.key === "Delete" || event.key === "Backspace") && canEdit) { event.preventDefault(); if (!at.dataset.lent && textOf(at)) correct(nameOf(at), ""); }
  else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey && event.key !== " " && canEdit) { event.preventDefault(); edit(event.key); }
});

anywhere("keydown", (event) => {
  if (event.key === "F8" && !event.defaultPrevented) { event.preventDefault(); step(event.shiftKey ? -1 : 1); }
  else if (canEdit && event.key === "z" && (event.ctrlKey || event.metaKey) && !event.target.matches("input, textarea")) { event.preventDefault(); undo(); }
});

rows.addEventListener("mousedown", (event) => {
  const cell = event.target.closest(".cell");
  if (!cell || event.target.tagName === "TEXTAREA") return;
  event.preventDefault();
  if (editor) leave(true);
  select(cellOf(nameOf(cell)));
});
rows.addEventListener("dblclick", (event) => { if (event.target.tagName !== "TEXTAREA") edit(); });
rows.addEventListener("mouseover", (event) => {
  const cell = event.target.closest(".cell");
  if (!editor && cell && (cell.querySelector(".why") || "was" in cell.dataset)) tell(cell); else if (!editor && at) tell(at);
});
rows.addEventListener("mouseleave", () => { if (at && !editor) tell(at); });
rows.addEventListener("focusin", (event) => { if (event.target.classList.contains("cell") && event.target !== at) select(event.target, { focus: false }); });

anywhere("click", (event) => {
  const jump = event.target.closest("[data-jump]");
  if (!jump) return;
  const cell = cellOf(jump.dataset.jump);
  if (!cell) return;
  event.preventDefault();
  select(cell);
});
document.getElementById("fault-next").addEventListener("click", () => step(1));
document.getElementById("fault-before").addEventListener("click", () => step(-1));
document.querySelector(".fault-steps").hidden = false;

if (form) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const name = form.elements.cell.value.trim().toUpperCase();
    const text = form.elements.text.value;
    if (cellOf(name)) select(cellOf(name), { focus: false });
    form.elements.text.value = text;
    correct(name, text).then(() => { if (cellOf(name)) select(cellOf(name)); });
  });
  form.elements.cell.addEventListener("change", () => {
    const cell = cellOf(form.elements.cell.value.trim().toUpperCase());
    if (cell) select(cell, { focus: false });
  });
  form.elements.text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.altKey && !event.shiftKey) { event.preventDefault(); form.requestSubmit(); }
    else if (event.key === "Escape" && at) { event.preventDefault(); select(at); }
  });
}

// --- The seats below are those of the corrected plan: read anew once somebody looks at them

let stale = document.getElementById("seats-card")?.hasAttribute("data-later") || false;
const loadSeats = async () => {
  const card = document.getElementById("seats-card");
  if (!stale || !card.open) return;
  stale = false;
  const answer = await fetch(card.dataset.from, { headers: csrf(), credentials: "same-origin" });
  if (!answer.ok) return;
  const made = fromHtml(await answer.text());
  made.open = true;
  card.replaceWith(made);
};
let later = 0;
const seatsAreOld = () => { stale = true; clearTimeout(later); later = setTimeout(loadSeats, 600); };
anywhere("toggle", (event) => { if (event.target.id === "seats-card") loadSeats(); }, true);

// --- The first cell to look at: the one in the address, else the first that is wrong

const wanted = /^#c-([A-Z]+[0-9]+)$/.exec(window.location.hash);
const first = (wanted && cellOf(wanted[1])) || rows.querySelector(".cell.error") || rows.querySelector(".cell.warning") || rows.querySelector(".cell");
if (first) select(first, { focus: Boolean(wanted) });
})();
