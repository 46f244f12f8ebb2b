// The preview of a form follows what is typed: the same answer as its button gives, of which the preview is taken.
"use strict";

{
  const WAIT = 400; // after the last key
  const form = document.querySelector("[data-draft]");
  let timer = 0;
  let asked = null;

  async function look() {
    asked?.abort();
    asked = new AbortController();
    const sent = new URLSearchParams(new FormData(form));
    sent.set("do", "preview");
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        body: sent,
        headers: { Accept: "text/html" },
        redirect: "error",
        signal: asked.signal,
      });
      if (answer.ok) show(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch { // the button is there still
    }
  }

  function show(page) {
    const [old, fresh] = [document.getElementById("preview"), page.getElementById("preview")];
    if (!old || !fresh) return;
    morph(old, fresh);
    tell(old.querySelector("[data-told]")?.textContent ?? "This cannot be saved.");
  }

  form?.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, WAIT);
  });
}
