// Figures that move: on each publication the page is asked for again, and what changed is put in.
"use strict";
(() => {
  const status = document.getElementById("live");
  if (!status || !window.EventSource) return;
  const GATHER_MS = 400; // several publications at once make one request
  const PAUSE_MS = 1500; // between two requests
  const BACKOFF_MS = [1000, 2000, 5000, 10000, 30000];
  let tries = 0;
  let timer = 0;
  let last = 0;
  let asking = false;
  let again = false;
  let stream = null;

  const say = (state) => {
    status.hidden = false;
    if (status.dataset.state === state) return;
    status.dataset.state = state;
    status.className = `live ${state}`;
    status.textContent = status.dataset[state];
  };

  const texts = (root) => {
    const found = new Map();
    for (const row of root.querySelectorAll("tr[data-row]")) {
      [...row.cells].forEach((cell, at) => found.set(`${row.dataset.row}/${at}`, cell.textContent));
    }
    root.querySelectorAll("[data-value]").forEach((one, at) => found.set(`value/${at}`, one.textContent));
    return found;
  };
  const mark = (root, before) => {
    const look = (key, element) => {
      if (before.has(key) && before.get(key) !== element.textContent) element.classList.add("moved");
    };
    for (const row of root.querySelectorAll("tr[data-row]")) {
      [...row.cells].forEach((cell, at) => look(`${row.dataset.row}/${at}`, cell));
    }
    root.querySelectorAll("[data-value]").forEach((one, at) => look(`value/${at}`, one));
  };

  const swap = (fresh) => {
    let changed = false;
    for (const old of document.querySelectorAll("[data-live]")) {
      const now = fresh.querySelector(`[data-live="${old.dataset.live}"]`);
      if (!now || now.innerHTML === old.innerHTML) continue;
      changed = true;
      if (old.tagName === "SCRIPT") { old.textContent = now.textContent; continue; }
      const before = texts(old);
      const focused = old.contains(document.activeElement) ? document.activeElement : null;
      const places = [...old.querySelectorAll(".scroll")].map((one) => [one.scrollLeft, one.scrollTop]);
      const opened = [...old.querySelectorAll("details")].map((one) => one.open);
      old.replaceChildren(...[...now.childNodes].map((node) => document.adoptNode(node)));
      old.querySelectorAll(".scroll").forEach((one, at) => { if (places[at]) [one.scrollLeft, one.scrollTop] = places[at]; });
      old.querySelectorAll("details").forEach((one, at) => { if (at in opened) one.open = opened[at]; });
      if (focused) refocus(old, focused);
      mark(old, before);
    }
    if (changed) document.dispatchEvent(new CustomEvent("maillage:updated"));
  };
  const refocus = (root, was) => {
    const href = was.getAttribute("href");
    const same = [...root.querySelectorAll("a, [tabindex]")].find((one) =>
      (href !== null && one.getAttribute("href") === href) || (href === null && one.className === was.className));
    same?.focus({ preventScroll: true });
  };

  const ask = async () => {
    if (asking || document.hidden) { again = true; return; }
    asking = true;
    last = Date.now();
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" }, credentials: "same-origin" });
      if (answer.ok) swap(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch { /* the stream's own error says so */ }
    asking = false;
    if (again) { again = false; soon(); }
  };
  const soon = () => {
    if (timer) return;
    timer = setTimeout(() => { timer = 0; ask(); }, Math.max(GATHER_MS, last + PAUSE_MS - Date.now()));
  };

  const open = () => {
    const asked = new URLSearchParams();
    for (const name of ["territory", "schema"]) if (status.dataset[name]) asked.set(name, status.dataset[name]);
    stream = new EventSource(`/api/v1/events?${asked}`);
    stream.onopen = () => { if (tries) soon(); tries = 0; say("on"); };
    stream.addEventListener("publication", soon);
    stream.onerror = () => {
      stream.close(); // its own retry knows no back-off
      say("off");
      setTimeout(open, BACKOFF_MS[Math.min(tries++, BACKOFF_MS.length - 1)]);
      if (tries > 1) soon();
    };
  };
  document.addEventListener("visibilitychange", () => { if (!document.hidden && again) { again = false; soon(); } });
  addEventListener("pagehide", () => stream?.close());
  addEventListener("pageshow", (event) => { if (event.persisted) open(); });
  say("wait");
  open();
})();
