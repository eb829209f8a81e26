// The written pitch: kept on this device while one writes, saved whole, counted.

import { autosave } from "./autosave.js";

const form = document.getElementById("typed");
const field = document.getElementById("text");
const count = document.getElementById("count");

function show() { count.textContent = `${field.value.trim().length} characters`; }

autosave(form, {
  put(fields) {
    field.value = fields.text?.[0] ?? "";
    show();
  },
});
field.addEventListener("input", show);
show();
