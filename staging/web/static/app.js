// What does a page do beyond HTML and htmx? Tells when the server is silent; scan.js does the scan fields.
// Every action works without this file.
"use strict";

const offline = document.getElementById("offline");
const tellOffline = (silent) => { if (offline) offline.hidden = !silent; };
document.addEventListener("htmx:sendError", () => tellOffline(true));
document.addEventListener("htmx:timeout", () => tellOffline(true));
document.addEventListener("htmx:afterRequest", (event) => { if (event.detail.xhr && event.detail.xhr.status) tellOffline(false); });
document.addEventListener("scan:silent", () => tellOffline(true));
document.addEventListener("scan:answered", () => tellOffline(false));
