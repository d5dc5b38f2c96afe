// Says so where a passkey did not work: without this nothing would be seen to happen.
"use strict";
document.addEventListener("allauth.error", (event) => {
  const told = document.getElementById("passkey_failed");
  if (told) {
    event.preventDefault();
    told.hidden = true;
    // Shown anew, so that it is read out the second time as well.
    requestAnimationFrame(() => { told.hidden = false; });
  }
});
