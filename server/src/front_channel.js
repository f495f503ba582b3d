// The page in a front-channel logout frame. Its server has already ended the session; what is left is to tell others.
"use strict";
(() => {
  const meta = document.querySelector('meta[name="curfew-front-channel"]');
  const { event, ancestors, message, channel, key } = JSON.parse(meta.content);
  const text = JSON.stringify({ from: "frame", event });
  // Open tabs hear this only where the browser gives the frame the app's own storage: on the same site.
  try {
    if (channel) {
      const broadcast = new BroadcastChannel(channel);
      broadcast.postMessage(text);
      broadcast.close();
    }
    if (key) localStorage.setItem(key, text);
    // App B's tokens, when no tab is open that would drop them; another session's tokens stay.
    const tokens = localStorage.getItem("curfew-b-tokens");
    const session = tokens && JSON.parse(tokens).session;
    if (session && session.iss === event.iss && session.sid === event.sid) localStorage.removeItem("curfew-b-tokens");
  } catch {
    // Storage is blocked here: the server's record is what counts, and the tabs hear by another way.
  }
  // The page around this frame is one of those that may frame it; a message to the others' origins is not delivered.
  if (parent !== window) for (const origin of ancestors) parent.postMessage({ type: message, outcome: "ended" }, origin);
})();
