// The world's clock, and the buttons that move it ahead.

import { say } from "./words.js";
import { post } from "./api.js";
import { fault } from "./fault.js";

export function begin() {
  const face = document.getElementById("time");
  const buttons = [...document.querySelectorAll("[data-skip]")];
  for (const button of buttons) {
    button.addEventListener("click", async () => {
      buttons.forEach((b) => (b.disabled = true));
      const skip = button.dataset.skip;
      await post("clock", skip === "next" ? { next: true } : { seconds: Number(skip) }).catch(fault);
      buttons.forEach((b) => (b.disabled = false));
      button.focus();
    });
  }
  return {
    now({ clock }) {
      if (!clock) return;
      face.dateTime = clock.now;
      face.textContent = clock.now.slice(11, 19) + (clock.frozen ? ` · ${say("clock.frozen")}` : "");
      face.title = clock.now.slice(0, 10);
    },
  };
}
