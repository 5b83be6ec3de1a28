// One registry binds every key and writes the help (ux 4.1): by place on the keyboard (event.code), never while typing or
// composing (isComposing, keyCode 229), can be switched off, and an element with data-key shows what it does.
(() => {
  const OFF = "arrears.keys.off";
  const enabled = () => sessionStorage.getItem(OFF) !== "1";
  const typing = (el) => !!el.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
  const codes = (key) => {
    if (/^[0-9]$/.test(key)) return ["Digit" + key, "Numpad" + key];
    if (/^[a-z]$/i.test(key)) return ["Key" + key.toUpperCase()];
    return { "/": ["Slash"], "?": ["Slash"], " ": ["Space"], Enter: ["Enter"], Esc: ["Escape"] }[key] || [key];
  };
  const visible = (el) => el.offsetParent !== null && !el.disabled && el.getAttribute("aria-disabled") !== "true";
  const bound = () => Array.from(document.querySelectorAll("[data-key]")).filter(visible);
  const nameOf = (el) => el.dataset.keyLabel || el.getAttribute("aria-label") || (el.textContent || "").replace(/\s+/g, " ").trim();
  const help = document.getElementById("keys-help");
  const openHelp = () => {
    if (!help) return;
    const list = help.querySelector("[data-keys-list]");
    list.replaceChildren();
    const rows = bound().map((el) => [el.dataset.key, nameOf(el)]);
    if (document.getElementById("seek")) rows.unshift(["/", document.querySelector("label[for=seek]").textContent]);
    for (const [key, name] of rows) {
      const dt = document.createElement("dt");
      const kbd = document.createElement("kbd");
      kbd.textContent = key.length === 1 ? key.toUpperCase() : key;
      dt.append(kbd);
      const dd = document.createElement("dd");
      dd.textContent = name;
      list.append(dt, dd);
    }
    if (!rows.length) list.textContent = list.dataset.none;
    help.querySelector("[data-keys-switch]").checked = enabled();
    if (!help.open) help.showModal();
  };
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-keys-help]")) openHelp();
    if (event.target.closest("[data-keys-close]")) help.close();
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-keys-switch]")) sessionStorage.setItem(OFF, event.target.checked ? "0" : "1");
  });
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229 || event.repeat || event.altKey || event.metaKey) return;
    if (event.ctrlKey) {
      const seek = document.getElementById("seek");
      if (event.code === "KeyK" && seek) {
        event.preventDefault();
        seek.focus();
      }
      return;
    }
    if (event.target instanceof Element && typing(event.target)) {
      if (event.code === "Escape") event.target.blur();
      return;
    }
    if (event.shiftKey && event.code === "Slash") {
      event.preventDefault();
      openHelp();
      return;
    }
    if (!enabled() || event.shiftKey || document.querySelector("dialog[open]")) return;
    if (event.code === "Slash") {
      const seek = document.getElementById("seek");
      if (seek) {
        event.preventDefault();
        seek.focus();
      }
      return;
    }
    const target = bound().find((el) => codes(el.dataset.key).includes(event.code) && !el.closest("[data-approval]"));
    if (target) {
      event.preventDefault();
      target.click();
    }
  });
})();
