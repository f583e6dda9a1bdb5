/* Small help while filling in the forms. Everything works without it. */
"use strict";

/* The reader's own time zone, unless one was chosen already. */
for (const select of document.querySelectorAll("select[data-guess]")) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && [...select.options].some((option) => option.value === zone)) select.value = zone;
}

/* What a profile would have found, while one types. */
for (const form of document.querySelectorAll("form[data-lab]")) {
  const shown = form.querySelector("[data-lab-shown]");
  let waiting = 0;
  let asked = 0;
  const ask = async () => {
    const mine = ++asked;
    const values = new URLSearchParams();
    for (const name of ["keywords", "bar", "limit", "days", "learning"]) {
      const field = form.elements[name];
      if (field && (field.type !== "checkbox" || field.checked)) values.set(name, field.value);
    }
    shown.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(form.dataset.lab, { method: "POST", body: values });
      if (mine === asked && answer.ok) shown.innerHTML = await answer.text();
    } catch (error) {
      /* offline: the form still works */
    } finally {
      if (mine === asked) shown.removeAttribute("aria-busy");
    }
  };
  form.addEventListener("input", (event) => {
    if (!["keywords", "bar", "limit", "days", "learning"].includes(event.target.name)) return;
    clearTimeout(waiting);
    waiting = setTimeout(ask, 350);
  });
}
