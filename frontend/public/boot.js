// Starts App B. A file of its own, because the content security policy allows no inline script.
import init from "/pkg/frontend.js";

// Leptos makes what never changes in its views from markup. Where the browser has trusted types, the policy allows that and
// no other markup: one element, of these, with text in it.
const STATIC = /^<(button|h1|h2|label|p|span|strong|summary)(?: (?:class|for|id|tabindex|type)="[\w -]*")*>[^<>]*<\/\1>$/;
globalThis.trustedTypes?.createPolicy("default", { createHTML: (markup) => (STATIC.test(markup) ? markup : null) });

try {
  await init({ module_or_path: "/pkg/frontend_bg.wasm" });
} catch (error) {
  console.error("App B did not start:", error);
  const message = document.createElement("p");
  message.className = "notice error";
  message.setAttribute("role", "alert");
  message.textContent =
    "App B could not start. It needs a browser with WebAssembly; reload the page to try again. Nothing was lost.";
  document.body.dataset.session = "signed-out";
  document.querySelector("main").replaceChildren(message);
}
