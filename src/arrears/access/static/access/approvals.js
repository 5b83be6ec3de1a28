// One key per decision, for the panel in focus. The shell's registry leaves keys inside [data-approval] to this file.
(() => {
  const panels = () => Array.from(document.querySelectorAll("[data-approval]"));
  let place = -1;
  const go = (step) => {
    const all = panels();
    if (!all.length) return;
    place = Math.min(all.length - 1, Math.max(0, place + step));
    all[place].focus();
  };
  document.addEventListener("focusin", (event) => {
    const panel = event.target.closest("[data-approval]");
    if (panel) place = panels().indexOf(panel);
  });
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    if (event.target.closest("input, textarea, select, [contenteditable]") || document.querySelector("dialog[open]")) return;
    if (sessionStorage.getItem("arrears.keys.off") === "1") return;
    if (event.code === "KeyJ") go(1);
    else if (event.code === "KeyK") go(-1);
    else if (event.code === "KeyA" || event.code === "KeyX") {
      const panel = panels()[place];
      const button = panel && panel.querySelector(`[data-key="${event.code === "KeyA" ? "a" : "x"}"]`);
      if (button && !button.disabled) {
        event.preventDefault();
        button.click();
      }
    }
  });
})();
