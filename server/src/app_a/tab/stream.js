// One tab of a session holds the stream from the server. The others hear of it what they need, and wait in line, by a Web
// Lock, to hold it next: a browser has six connections to a server over HTTP/1.1, and its user more tabs than that.

const RETRY_MS = 5_000;

/**
 * Joins the line of this name; without one, or where the browser has no Web Locks, the tab opens a stream of its own.
 *
 * `hear` gets what the server sends. `say` gets how it stands: `connecting`, `open` or `reconnecting`, of the stream that
 * this tab holds or of the one it relies on; then `tab` stands for `open`, and only once the tab that holds it has said so.
 */
export function joinLine({ events, line, hear, say }) {
  const left = new AbortController();
  const { signal } = left;
  const channel = line && navigator.locks ? new BroadcastChannel(line) : undefined;
  let source;
  let retry;
  // Of the stream that this tab holds: none while it waits.
  let state;

  const become = (next) => {
    state = next;
    say(state);
    channel?.postMessage(state);
  };
  const close = () => {
    clearTimeout(retry);
    source?.close();
  };
  const open = () => {
    if (signal.aborted) return;
    close();
    const opened = new EventSource(events);
    source = opened;
    opened.addEventListener("open", () => become("open"));
    opened.addEventListener("sign-out", ({ data }) => hear(JSON.parse(data)));
    opened.addEventListener("error", () => {
      become("reconnecting");
      // A cut stream comes back by itself; one that was refused, because the server cannot judge now, does not.
      if (opened.readyState === EventSource.CLOSED) retry = setTimeout(open, RETRY_MS);
    });
  };
  const hold = () => {
    if (signal.aborted) return;
    become("connecting");
    open();
  };
  signal.addEventListener("abort", () => {
    close();
    channel?.close();
  });

  if (channel) {
    channel.addEventListener("message", ({ data }) => {
      if (data !== "who") {
        if (!state) say(data === "open" ? "tab" : data);
      } else if (state) channel.postMessage(state);
    });
    say("connecting");
    channel.postMessage("who");
    const untilLeft = new Promise((resolve) => signal.addEventListener("abort", resolve));
    navigator.locks
      .request(line, { signal }, () => {
        hold();
        return untilLeft;
      })
      // Left before it was this tab's turn; or the browser gives no locks here, and each tab is on its own.
      .catch(hold);
  } else hold();

  return {
    /** Leaves the line, and closes the stream if this tab holds it: the next in line opens its own. */
    leave: () => left.abort(),
    /** Opens the stream anew if this tab holds it: after a sleep, one that looks open may be dead. */
    renew: () => {
      if (state) hold();
    },
  };
}
