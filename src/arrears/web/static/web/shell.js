// Idle lock that keeps the page, and small manners of the shell. Nothing is kept in the browser's storage about a person.
(() => {
  const seconds = Number(document.body.dataset.idleSeconds || 0);
  const lock = document.getElementById("lock-screen");
  const token = () => (document.querySelector("input[name=csrfmiddlewaretoken]") || {}).value || "";
  const post = (url, body) =>
    fetch(url, { method: "POST", headers: { "X-CSRFToken": token(), "X-Requested-With": "fetch" }, body, credentials: "same-origin" });
  if (seconds && lock) {
    let timer = 0;
    const close = () => {
      if (lock.open) return;
      post(lock.dataset.lock, new FormData());
      document.getElementById("main").inert = true;
      lock.showModal();
    };
    const wake = () => {
      if (lock.open) return;
      clearTimeout(timer);
      timer = setTimeout(close, seconds * 1000);
    };
    for (const kind of ["pointerdown", "keydown", "scroll"]) document.addEventListener(kind, wake, { passive: true });
    wake();
    lock.addEventListener("cancel", (event) => event.preventDefault());
    lock.querySelector("form").addEventListener("submit", async (event) => {
      event.preventDefault();
      const form = event.target;
      const answer = await post(lock.dataset.unlock, new FormData(form));
      const wrong = !answer.ok;
      form.querySelector("[data-lock-error]").hidden = !wrong;
      form.reset();
      if (wrong) return form.querySelector("input[type=password]").focus();
      document.getElementById("main").inert = false;
      lock.close();
      wake();
    });
  }
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) window.print();
    for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method === "get" || form.dataset.again !== undefined) return;
    if (form.dataset.sent) event.preventDefault(); // a double Enter sends once
    else form.dataset.sent = "1";
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });
  // A swapped page keeps the reader's place: focus goes to the same link in the new content, or to its top.
  let pressed = "";
  document.addEventListener("htmx:before:request", (event) => {
    pressed = (event.target instanceof Element && event.target.id) || "";
  });
  document.addEventListener("htmx:after:swap", () => {
    const main = document.getElementById("main");
    const again = pressed && document.getElementById(pressed);
    (again || main).focus({ preventScroll: true });
    const reason = document.querySelector(".derive");
    if (again && again.classList.contains("why") && reason) reason.scrollIntoView({ block: "nearest" });
  });
})();
