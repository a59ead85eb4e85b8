// What went wrong is said at the bottom of the page, and goes away.

const line = document.getElementById("counts");

export function fault(error) {
  const said = document.createElement("span");
  said.className = "fault";
  said.setAttribute("role", "alert");
  said.textContent = error.message;
  line.before(said);
  setTimeout(() => said.remove(), 8000);
}
