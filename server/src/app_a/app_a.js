// An open page of App A: locks as soon as the session has ended. Everything else works without this script.
"use strict";
(() => {
  const { body } = document;
  if (!body.dataset.tab) return;
  const { session, events, push, broadcast } = JSON.parse(body.dataset.tab);

  // The rule of the crate `logout-event`, in JavaScript.
  const ends = (event) =>
    event.iss === session.iss &&
    (event.sid != null ? event.sid === session.sid : event.sub === session.sub && session.auth_time <= event.not_before);

  const lock = (reason, channel) => {
    if (body.dataset.session === "signed-out") return;
    // First nothing is shown any more, then the rest.
    document.querySelector("main").replaceChildren(document.querySelector("#locked").content.cloneNode(true));
    document.querySelector("#account").remove();
    body.dataset.session = "signed-out";
    body.dataset.reason = reason;
    if (channel) body.dataset.channel = channel;
    delete body.dataset.user;
    document.title = "Signed out · App A";
    stream?.close();
  };

  let stream;
  const listen = () => {
    if (!push || body.dataset.session === "signed-out") return;
    stream = new EventSource(events);
    stream.addEventListener("sign-out", ({ data }) => {
      const event = JSON.parse(data);
      if (event.iss === undefined) lock("check");
      else if (ends(event)) {
        lock("push", event.channel);
        tell(event);
      }
    });
    stream.addEventListener("error", () => {
      // A cut stream comes back by itself; one that was refused, because the server cannot judge now, does not.
      if (stream.readyState === EventSource.CLOSED) setTimeout(listen, 5000);
    });
  };
  listen();

  // Tabs of this app tell each other; a front-channel frame can too, where the browser lets it.
  const hear = (text) => {
    try {
      const { from, event } = JSON.parse(text);
      if (ends(event)) lock(from === "frame" ? "front-channel" : "tab", event.channel);
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

  // Signing out here: the other tabs need not wait for the provider. This also keeps them out of the back-forward cache.
  document.querySelector("#account").addEventListener("submit", () => {
    // Its connection may be the one that the request needs.
    stream?.close();
    tell({ ...session, channel: "rp-initiated", not_before: session.auth_time });
  });

  // A page that comes back from the back-forward cache hides first and asks second.
  addEventListener("pagehide", () => { body.hidden = true; });
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted) location.reload();
    else body.hidden = false;
  });
})();
