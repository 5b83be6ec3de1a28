// Shows one masked value for thirty seconds, in its own place, and never keeps it.
(() => {
  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("[data-reveal]");
    if (!form) return;
    event.preventDefault();
    const place = form.parentElement;
    const masked = place.querySelector(".masked");
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form), credentials: "same-origin" });
    const holder = document.createElement("template");
    holder.innerHTML = await answer.text();
    const shown = holder.content.firstElementChild;
    if (!shown) return;
    masked.hidden = true;
    form.hidden = true;
    place.append(shown);
    const hide = () => {
      shown.remove();
      masked.hidden = false;
      form.hidden = false;
    };
    setTimeout(hide, 1000 * Number(shown.dataset.clearSeconds || 30));
    window.addEventListener("pagehide", hide, { once: true });
  });
})();
