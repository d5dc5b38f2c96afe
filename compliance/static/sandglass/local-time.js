"use strict";
// Dates are UTC everywhere; beside each the reader's own time is said, where it is another one.

const here = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
});

for (const time of document.querySelectorAll("time[data-local]")) {
  const moment = new Date(time.dateTime);
  if (moment.getTimezoneOffset() !== 0) {
    time.append(` (${here.format(moment)} your time)`);
  }
}
