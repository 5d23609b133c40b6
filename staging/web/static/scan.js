// What does a scan field do beyond HTML? Loses nothing that a scanner types, sounds each verdict, reads with a camera.
// Every action works without this file.
"use strict";

(() => {
  const key = `scans ${location.pathname}`;
  const queue = JSON.parse(sessionStorage.getItem(key) || "[]");
  let sending = false;

  const form = () => document.querySelector("form[data-scan-form]");
  const field = () => document.querySelector("form[data-scan-form] [data-scan]");
  const notices = () => document.getElementById("notices");

  // A verdict is heard as well as seen: two high notes for right, one low for wrong, three for "all done".
  const notes = {
    good: [[880, 0], [1320, 0.09]], bad: [[180, 0]], next: [[660, 0]], all: [[880, 0], [1100, 0.12], [1320, 0.24]],
  };
  let speaker = null;
  const sound = (name) => {
    if (navigator.vibrate) navigator.vibrate(name === "bad" ? [200, 80, 200] : 60);
    if (!window.AudioContext) return;
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

  // What was scanned and not answered yet outlives a reload, a server that restarts, a cable that is pulled.
  const keep = () => {
    sessionStorage.setItem(key, JSON.stringify(queue));
    const count = document.querySelector("[data-waiting]");
    if (count) {
      count.hidden = queue.length < 2;
      count.textContent = queue.length;
    }
  };

  const add = (code) => {
    if (!code.trim()) return;
    queue.push(code);
    keep();
    pump();
  };

  const show = (html) => {
    const typed = field().value;
    const inPanel = document.activeElement === document.body || field().closest("[data-scan-panel]").contains(document.activeElement);
    const panel = form().closest("[data-scan-panel]");
    panel.insertAdjacentHTML("afterend", html);
    const made = panel.nextElementSibling;
    const camera = panel.querySelector("[data-camera]");
    const place = made.querySelector("[data-camera]");
    // The picture goes on while the panel around it is new.
    if (camera && place) place.replaceWith(camera);
    panel.remove();
    if (window.htmx) window.htmx.process(made);
    if (field()) {
      field().value = typed;
      if (inPanel) field().focus();
    }
    const verdict = made.querySelector("[data-sound]");
    if (verdict && verdict.dataset.sound) sound(verdict.dataset.sound);
  };

  const later = () => setTimeout(pump, 2000);

  async function pump() {
    if (sending || !queue.length || !form()) return;
    sending = true;
    let again = true;
    try {
      const body = new URLSearchParams(new FormData(form()));
      body.set(field().name, queue[0]);
      const answer = await fetch(form().action, {
        method: "POST", body, headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(15000),
      });
      const html = await answer.text();
      document.dispatchEvent(new CustomEvent("scan:answered"));
      const door = answer.headers.get("HX-Redirect");
      // Signed out: the codes stay in sessionStorage, and are sent when the door leads back to this page.
      if (door) location.assign(door);
      if (answer.ok) {
        queue.shift();
        notices().replaceChildren();
        show(html);
      } else {
        notices().innerHTML = html;
        sound("bad");
        // An old form: the codes wait for the page to be loaded anew.
        if (answer.status === 401 || answer.status === 403) again = false;
        else if (answer.status < 500) queue.shift();
        else throw new Error(answer.statusText);
      }
      sending = false;
      keep();
      if (again) pump();
    } catch {
      sending = false;
      keep();
      document.dispatchEvent(new CustomEvent("scan:silent"));
      later();
    }
  }

  document.addEventListener("submit", (event) => {
    if (event.target !== form()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const code = field().value;
    field().value = "";
    add(code);
  }, true);

  // A scanner types wherever it is; what begins beside every field was meant for this one.
  document.addEventListener("keydown", (event) => {
    const nowhere = document.activeElement === document.body || document.activeElement === document.getElementById("main");
    if (field() && nowhere && event.key.length === 1 && !event.ctrlKey && !event.altKey && !event.metaKey) field().focus();
  });

  // The camera's pictures go to our own server, which decodes them; nothing leaves the house.
  const seen = new Map();
  const decode = async (video, canvas, url) => {
    const wide = Math.min(1280, video.videoWidth);
    canvas.width = wide;
    canvas.height = Math.round(video.videoHeight * wide / video.videoWidth);
    canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
    const picture = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
    const token = form().querySelector("[name=csrf]");
    const answer = await fetch(url, {
      method: "POST", body: picture, headers: { "Content-Type": "image/jpeg", "X-CSRF": token ? token.value : "" },
    });
    return answer.ok ? (await answer.json()).codes : [];
  };

  const watch = async (place, video) => {
    const canvas = document.createElement("canvas");
    while (video.srcObject) {
      if (video.videoWidth && form()) {
        try {
          for (const code of await decode(video, canvas, place.dataset.decode)) {
            // The same label stays before the camera for a while; it is one scan.
            if (performance.now() - (seen.get(code) || -9999) > 4000) add(code);
            seen.set(code, performance.now());
          }
        } catch {
          // The scan field says when the server is silent; the camera just looks again.
        }
      }
      await new Promise((done) => setTimeout(done, 150));
    }
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-camera-button]");
    if (!button) return;
    const place = button.closest("[data-camera]");
    const video = place.querySelector("video");
    if (video.srcObject) {
      for (const track of video.srcObject.getTracks()) track.stop();
      video.srcObject = null;
      video.hidden = true;
      return;
    }
    try {
      video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } } });
      video.hidden = false;
      await video.play();
      watch(place, video);
    } catch {
      place.querySelector("[data-camera-none]").hidden = false;
    }
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    const panel = document.querySelector("[data-scan-panel]");
    const verdict = panel && panel.contains(event.detail.elt) ? panel.querySelector("[data-sound]") : null;
    if (verdict) sound(verdict.dataset.sound);
    if (field()) field().focus();
  });

  keep();
  pump();
})();
