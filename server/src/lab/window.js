// Tells the lab, which opened this window, what the page shows and what is pressed in it, and presses for the lab what its
// user chose there. A window that nobody opened, a frame, and a window of another opener do nothing and tell nothing.

/** The server writes the lab's origin here. */
const LAB = "http://lab.invalid";

/** All that the lab may press. */
const MAY_PRESS = new Set(["sign-in", "sign-out", "call-api", "confirm-sign-out", "stay-signed-in", "end-all"]);
const USERS = new Set(["alice", "bob"]);
const PRESSABLE = "button, a, summary, input[type=submit]";

/** How often the page says that it is there, in milliseconds: a lab that was loaded again knows none of its windows. */
const HERE = 2000;

const opener = window.opener;
let told = "";

// Whoever else opened this window is not at the lab's origin, and the browser gives the message to nobody. The name is for
// the last message of a page, which comes when it is no longer known who sent it.
const say = (what, at, more) => opener.postMessage({ "curfew-lab": what, at, name: window.name, ...more }, LAB);

/** When the page's own clock began, by the system's. */
let begun = performance.timeOrigin;
const SLACK = 2;

// All pages of a browser read the same clock of the system. A page's own is finer, but stands still while the machine sleeps
// (w3c/hr-time#115): it counts for as long as the system's does not contradict it. `app::lab::clock` does the same.
function now() {
  const [before, system, after] = [performance.now(), Date.now(), performance.now()];
  const isSo = begun + before <= system + 1 + SLACK && begun + after >= system - SLACK;
  if (!isSo) begun = system + 0.5 - (before + after) / 2;
  return begun + after;
}

const timeOf = (event) => now() - Math.max(0, performance.now() - event.timeStamp);

function tell() {
  const { session = null, user = null, reason = null, channel = null, listening = null } = document.body.dataset;
  const { origin, pathname: path } = location;
  const state = { origin, path, session, user, reason, channel, listening };
  const text = JSON.stringify(state);
  if (text === told) return;
  told = text;
  say("state", now(), state);
}

function watch() {
  const shows = ["data-session", "data-user", "data-reason", "data-channel", "data-listening"];
  new MutationObserver(tell).observe(document.body, { attributes: true, attributeFilter: shows });
  const shown = { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ["data-status"] };
  new MutationObserver(answered).observe(document.body, shown);
  const options = { capture: true, passive: true };
  addEventListener("click", clicked, options);
  addEventListener("submit", submitted, options);
  addEventListener("pagehide", () => say("gone", now(), { origin: location.origin }), options);
  addEventListener("pageshow", again, options);
  setInterval(() => say("here", now(), { origin: location.origin }), HERE);
}

/** A page that comes back from the back-forward cache told that it went. */
function again(event) {
  if (!event.persisted) return;
  told = "";
  tell();
}

function clicked(event) {
  const pressed = event.target instanceof Element ? event.target.closest(PRESSABLE) : null;
  const testid = pressed?.dataset.testid;
  if (testid) say("click", timeOf(event), { testid });
}

/** The provider's form to sign in has a button without a name; to press Enter in a form presses its button. */
function submitted(event) {
  if (event.submitter?.dataset.testid) return;
  const testid = event.target.elements.namedItem("password") ? "password-form" : "form";
  say("click", timeOf(event), { testid });
}

/** App B shows what its API answered. */
function answered(mutations) {
  const result = document.querySelector("[data-testid=api-result]");
  const status = Number(result?.dataset.status);
  if (status && mutations.some(({ target }) => result.contains(target))) say("answer", now(), { status });
}

function press(testid) {
  if (!MAY_PRESS.has(testid)) return;
  const element = document.querySelector(`[data-testid=${testid}]`);
  if (element?.matches(PRESSABLE)) element.click();
}

function signIn(user) {
  const password = document.querySelector("form input[name=password]");
  const username = password?.form.elements.namedItem("username");
  if (!username || !USERS.has(user)) return;
  // The demo's users have their names for passwords.
  username.value = password.value = user;
  password.form.requestSubmit();
}

function go(path) {
  const target = new URL(path, location.origin);
  if (target.origin === location.origin && target.protocol.startsWith("http")) location.assign(target.href);
}

/** A copy of App B's access token. It is told to nobody, and tried once. */
let copy = null;

function keep() {
  try {
    copy = JSON.parse(localStorage.getItem("curfew-b-tokens")).access_token ?? null;
    if (copy !== null) say("kept", now());
  } catch {
    // There is none, or this browser gives the page no storage.
    copy = null;
  }
}

const LONGEST_WAIT = 5000;
const ask = (path, headers = {}) =>
  fetch(path, { headers, cache: "no-store", redirect: "error", signal: AbortSignal.timeout(LONGEST_WAIT) });

/** Without the proof that would go with it, as from a thief: the API says first that the session has ended, if it has. */
async function tryCopy() {
  if (copy === null) return;
  const answer = ask("/api/notes", { authorization: `Bearer ${copy}` });
  copy = null;
  await tried(answer, async (response) => ({ reason: (await response.json()).reason ?? null }));
}

const tryCookies = () =>
  tried(ask("/"), async (response) => ({ session: /<body[^>]* data-session="([a-z-]+)"/.exec(await response.text())?.[1] ?? null }));

async function tried(answer, read) {
  const found = { status: null, reason: null, session: null };
  try {
    const response = await answer;
    found.status = response.status;
    Object.assign(found, await read(response));
  } catch {
    // Nobody answers, or not with what was expected: what is known by then is told.
  }
  say("tried", now(), found);
}

function obey({ origin, source, data }) {
  if (origin !== LAB || source !== opener || typeof data !== "object" || data === null) return;
  const { testid, user, path } = data;
  switch (data["curfew-lab"]) {
    case "tell":
      told = "";
      return tell();
    case "press":
      return press(String(testid));
    case "sign-in":
      return signIn(String(user));
    case "go":
      return go(String(path));
    case "keep":
      return keep();
    case "try-copy":
      return tryCopy();
    case "try-cookies":
      return tryCookies();
  }
}

if (opener && window.top === window) {
  addEventListener("message", obey);
  watch();
  tell();
}
