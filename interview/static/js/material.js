// The team's material pages: say before the upload that a file is too large, and look again while one is being probed.

for (const input of document.querySelectorAll("input[type=file][data-limit-bytes]")) {
  const limit = Number(input.dataset.limitBytes);
  input.addEventListener("change", () => {
    const file = input.files[0];
    const tooLarge = file && file.size > limit;
    input.setCustomValidity(tooLarge ? `This file has ${Math.ceil(file.size / 1e6)} MB, the limit is ${Math.floor(limit / 1e6)} MB.` : "");
    if (tooLarge) input.reportValidity();
  });
  input.form.addEventListener("submit", (event) => {
    if (!input.checkValidity()) {
      event.preventDefault();
      event.stopPropagation();
      input.reportValidity();
    }
  });
}

if (document.querySelector("[data-probing]")) {
  let looks = 0;
  const timer = setInterval(async () => {
    looks += 1;
    if (looks > 60) { clearInterval(timer); return; }
    if (document.hidden || document.querySelector("form :focus")) return;
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
    if (answer?.ok && !(await answer.text()).includes("data-probing")) location.reload();
  }, 2000);
}
