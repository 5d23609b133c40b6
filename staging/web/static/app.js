// What does a page do beyond HTML and htmx? Tells when the server is silent and why a picture is missing; scan.js does
// the scan fields.
// Every action works without this file.
"use strict";

const offline = document.getElementById("offline");
const tellOffline = (silent) => { if (offline) offline.hidden = !silent; };
document.addEventListener("htmx:sendError", () => tellOffline(true));
document.addEventListener("htmx:timeout", () => tellOffline(true));
document.addEventListener("htmx:afterRequest", (event) => { if (event.detail.xhr && event.detail.xhr.status) tellOffline(false); });
document.addEventListener("scan:silent", () => tellOffline(true));
document.addEventListener("scan:answered", () => tellOffline(false));

// A picture that the server cannot draw, such as a label on too small a sheet: its words say so instead.
const tellMissing = (picture) => { if (picture.dataset.missing) picture.alt = picture.dataset.missing; };
document.addEventListener("error", (event) => { if (event.target instanceof HTMLImageElement) tellMissing(event.target); }, true);
for (const picture of document.querySelectorAll("img[data-missing]")) if (picture.complete && !picture.naturalWidth && picture.currentSrc) tellMissing(picture);
