// An open page of App A: locks as soon as the session has ended. Everything else works without this script.
import { joinLine } from "/assets/app-a/stream.js";
import { watch } from "/assets/app-a/wake.js";

const { body } = document;
const reconnecting = document.querySelector("#reconnecting");
const { session, events, check, line, push, broadcast } = JSON.parse(body.dataset.tab);

/** How long a sign-out that was begun here may take, in milliseconds: until then nothing asks, listens or retries. */
const SIGN_OUT_MS = 10_000;
let leavingUntil = 0;
const isOver = () => body.dataset.session === "signed-out";

// The rule of the crate `logout-event`, in JavaScript.
const ends = (event) =>
  event.iss === session.iss &&
  (event.sid != null ? event.sid === session.sid : event.sub === session.sub && session.auth_time <= event.not_before);

const lock = (reason, channel) => {
  if (isOver()) return;
  // First nothing is shown any more, then the rest.
  document.querySelector("main").replaceChildren(document.querySelector("#locked").content.cloneNode(true));
  document.querySelector("#account").remove();
  document.querySelector("#unsure").remove();
  reconnecting.remove();
  body.dataset.session = "signed-out";
  body.dataset.reason = reason;
  if (channel) body.dataset.channel = channel;
  for (const name of ["user", "veiled", "listening"]) delete body.dataset[name];
  document.title = "Signed out · App A";
  // Whoever cannot see that the page has changed hears it.
  document.querySelector("#ended").focus();
};

// Tabs of this app tell each other; a front-channel frame can too, where the browser lets it.
const hear = (text) => {
  try {
    const { from, event } = JSON.parse(text);
    if (!ends(event)) return;
    lock(from === "frame" ? "front-channel" : "tab", event.channel);
    stream.leave();
  } catch {
    // Not a message of ours.
  }
};
const channel = broadcast ? new BroadcastChannel("curfew-sign-out") : undefined;
channel?.addEventListener("message", ({ data }) => hear(data));
if (broadcast) {
  addEventListener("storage", ({ key, newValue }) => {
    if (key === "curfew-sign-out" && newValue) hear(newValue);
  });
}
const tell = (event) => {
  if (!broadcast) return;
  const text = JSON.stringify({ from: "tab", event });
  channel.postMessage(text);
  try {
    localStorage.setItem("curfew-sign-out", text);
  } catch {
    // The broadcast is enough where storage is blocked or full.
  }
};

const listen = () => {
  if (!push) return { leave() {}, renew() {} };
  return joinLine({
    events,
    // Tabs that cannot tell each other have a stream each.
    line: broadcast ? line : undefined,
    hear: (event) => {
      if (event.iss !== undefined && !ends(event)) return;
      if (event.iss === undefined) lock("check");
      else {
        lock("push", event.channel);
        // The others first: whoever is next in line need not open the stream to hear the same.
        tell(event);
      }
      stream.leave();
    },
    say: (listening) => {
      if (isOver()) return;
      body.dataset.listening = listening;
      reconnecting.hidden = listening !== "reconnecting";
    },
  });
};
let stream = listen();

watch({
  check,
  isIdle: () => isOver() || Date.now() < leavingUntil,
  ended: () => {
    lock("check");
    stream.leave();
  },
  renew: () => stream.renew(),
});

// Signing out here: the other tabs need not wait for the provider. This also keeps them out of the back-forward cache.
document.querySelector("#account").addEventListener("submit", () => {
  leavingUntil = Date.now() + SIGN_OUT_MS;
  tell({ ...session, channel: "rp-initiated", not_before: session.auth_time });
  // Its connection may be the one that the request needs.
  stream.leave();
  // Still here: the user has stopped the request.
  setTimeout(() => {
    if (!isOver()) stream = listen();
  }, SIGN_OUT_MS);
});

// A page in the back-forward cache holds no stream, and when it comes back it hides first and asks second.
addEventListener("pagehide", () => {
  body.hidden = true;
  stream.leave();
});
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) location.reload();
  else body.hidden = false;
});
