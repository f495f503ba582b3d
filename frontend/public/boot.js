// Starts App B. A file of its own, because the content security policy allows no inline script.
import init from "/pkg/frontend.js";

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
  document.getElementById("app").replaceChildren(message);
}
