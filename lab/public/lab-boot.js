// Starts the lab. A file of its own, because the content security policy allows no inline script.
import init from "/pkg/lab.js";

try {
  await init({ module_or_path: "/pkg/lab_bg.wasm" });
} catch (error) {
  console.error("The lab did not start:", error);
  const message = document.createElement("p");
  message.className = "notice error";
  message.setAttribute("role", "alert");
  message.textContent = "The lab could not start. It needs a browser with WebAssembly; reload the page to try again.";
  const opening = document.querySelector("#lab .opening");
  if (opening) opening.replaceWith(message);
  else document.body.prepend(message);
}
