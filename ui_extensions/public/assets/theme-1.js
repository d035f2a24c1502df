// Runs before the first paint so that the page never flashes in the other theme. A file of its own: no inline script.
(() => {
  let choice = null;
  try {
    choice = localStorage.getItem("workbench.theme");
  } catch {
    // Storage may be forbidden; the system's theme is used.
  }
  const dark =
    choice === "dark" || (choice !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
