// What does the bench screen do beyond showing? It sounds once for every box that newly needs a hand.
// A browser lets no page sound before somebody touched it, so sound is switched on with a button, once a day.
"use strict";

const button = document.getElementById("bench-sound");
const hands = () => new Set((document.getElementById("bench-tiles")?.dataset.hands || "").split(" ").filter(Boolean));
let known = hands();
let loud = null;

const ring = () => {
  // Two notes, twice: heard over fans, and unlike the sounds of the packing bench.
  for (const [pitch, after] of [[740, 0], [988, 0.18], [740, 0.5], [988, 0.68]]) {
    const tone = loud.createOscillator();
    const volume = loud.createGain();
    tone.frequency.value = pitch;
    volume.gain.value = 0.2;
    tone.connect(volume).connect(loud.destination);
    tone.start(loud.currentTime + after);
    tone.stop(loud.currentTime + after + 0.15);
  }
  document.body.dataset.rang = String(Number(document.body.dataset.rang || 0) + 1);
};

if (button && window.AudioContext) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(on));
    button.querySelector("span").textContent = on ? button.dataset.on : button.dataset.off;
    loud = on ? loud || new AudioContext() : null;
    if (loud) ring();
  });
}

document.addEventListener("htmx:afterSwap", () => {
  const now = hands();
  const fresh = [...now].some((name) => !known.has(name));
  known = now;
  if (fresh && loud) ring();
});
