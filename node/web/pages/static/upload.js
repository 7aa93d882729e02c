// How far a file's sending is. Without it the form is sent all the same.
"use strict";
// The files to fill in are those of the schema chosen.
document.addEventListener("change", (event) => {
  if (event.target.id !== "schema") return;
  const { value, selectedOptions } = event.target;
  for (const link of document.querySelectorAll("#forms a")) {
    const { search } = new URL(link.href);
    link.href = `/api/v1/schemas/${value}/${selectedOptions[0].dataset.version}/${link.dataset.form}${search}`;
  }
});
for (const form of document.querySelectorAll("[data-upload]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const wait = form.querySelector(".wait");
    const bar = wait.querySelector("progress");
    wait.hidden = false;
    form.querySelector("button").disabled = true;
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "text/html");
    request.responseType = "document";
    request.upload.addEventListener("progress", (told) => {
      if (told.lengthComputable && told.loaded < told.total) bar.value = (100 * told.loaded) / told.total;
      else bar.removeAttribute("value"); // sent; being checked
    });
    request.addEventListener("load", () => {
      const main = request.response?.querySelector("main");
      if (!main) { form.submit(); return; }
      const here = document.querySelector("main");
      here.replaceWith(document.adoptNode(main));
      main.focus();
      scrollTo(0, 0);
    });
    request.addEventListener("error", () => { wait.hidden = true; form.querySelector("button").disabled = false; form.submit(); });
    request.send(new FormData(form));
  });
}
