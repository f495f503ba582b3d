// Listens to the app that has loaded the check-session frame, and answers. What it answers is decided in session-state.js.
import { answerTo, browserStateOf } from "/assets/session-state.js";

const { cookie, registered } = document.documentElement.dataset;

const browser = {
  registered: new Set(registered.split(" ")),
  // Where the browser cannot say, the cookie decides alone.
  hasStorageAccess: async () => (document.hasStorageAccess ? document.hasStorageAccess() : true),
  browserState: () => browserStateOf(document.cookie, cookie),
};

addEventListener("message", async ({ data, origin, source }) => {
  // A page without an origin of its own cannot be answered by name, and is nobody's app.
  if (!source || origin === "null") return;
  // Whatever fails, a frame that has seen no difference does not speak of one.
  const answer = await answerTo(data, origin, browser).catch(() => "error");
  source.postMessage(answer, { targetOrigin: origin });
});
