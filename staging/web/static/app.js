// What does a page do beyond HTML and htmx? Tells when the server is silent, sounds a scan.
// Every action works without this file.
"use strict";

const offline = document.getElementById("offline");
const tellOffline = (silent) => { if (offline) offline.hidden = !silent; };
document.addEventListener("htmx:sendError", () => tellOffline(true));
document.addEventListener("htmx:timeout", () => tellOffline(true));
document.addEventListener("htmx:afterRequest", (event) => { if (event.detail.xhr && event.detail.xhr.status) tellOffline(false); });

// A verdict is heard as well as seen: two high notes for right, one low for wrong.
const notes = { good: [[880, 0], [1320, 0.09]], bad: [[180, 0]], next: [[660, 0]] };
let speaker = null;
const sound = (name) => {
  speaker = speaker || new AudioContext();
  for (const [pitch, after] of notes[name] || []) {
    const tone = speaker.createOscillator();
    const volume = speaker.createGain();
    tone.frequency.value = pitch;
    volume.gain.value = 0.12;
    tone.connect(volume).connect(speaker.destination);
    tone.start(speaker.currentTime + after);
    tone.stop(speaker.currentTime + after + (name === "bad" ? 0.45 : 0.08));
  }
};

// A scanner does not wait. What it types while an answer is under way is kept, code by code, and sent in turn.
const waiting = [];
let busy = false;
let sent = "";
let typed = null;
const scanField = () => document.querySelector("form[hx-post] [data-scan]");
const isScan = (element) => Boolean(element && element.closest && element.closest("form[hx-post]") && scanField());

document.addEventListener("submit", (event) => {
  if (!busy || !isScan(event.target)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  waiting.push(scanField().value);
  scanField().value = "";
}, true);

document.addEventListener("htmx:beforeSend", (event) => {
  if (!isScan(event.detail.elt)) return;
  busy = true;
  sent = scanField().value;
  scanField().value = "";
});

document.addEventListener("htmx:beforeSwap", (event) => {
  if (isScan(event.detail.requestConfig && event.detail.requestConfig.elt)) typed = scanField().value;
});

document.addEventListener("htmx:afterSwap", () => {
  if (typed === null || !scanField()) return;
  scanField().value = typed;
  scanField().focus();
  typed = null;
  const verdict = document.querySelector("[data-sound]");
  if (verdict && window.AudioContext) sound(verdict.dataset.sound);
});

// Only now does htmx know the new form; a submit before would load a whole page.
document.addEventListener("htmx:afterSettle", (event) => {
  if (!busy || !event.detail.elt.querySelector("[data-scan]")) return;
  busy = false;
  if (!waiting.length) return;
  const rest = scanField().value;
  scanField().value = waiting.shift();
  scanField().form.requestSubmit();
  scanField().value = rest;
});

// A code that never reached the server stands in the field again.
const giveBack = (event) => {
  if (!busy || !isScan(event.detail.elt)) return;
  busy = false;
  scanField().value = sent;
};
document.addEventListener("htmx:sendError", giveBack);
document.addEventListener("htmx:timeout", giveBack);
document.addEventListener("htmx:responseError", giveBack);
