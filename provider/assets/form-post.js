// Sends the form to the app. The page works without it: its button does the same.
(() => {
  "use strict";

  document.addEventListener("DOMContentLoaded", () => {
    const form = document.getElementById("form-post");
    // A click while the form is on its way would send it twice, and a code is good once.
    form.querySelector("button").disabled = true;
    form.submit();
  });
})();
