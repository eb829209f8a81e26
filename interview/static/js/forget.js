// Forgets what the recorder kept on this device, once the pitch is handed in or the answer to being recorded is no.

import { Kept, keptParts } from "./parts.js";

for (const facts of await keptParts(document.getElementById("forget").dataset.owner)) await new Kept(facts).forget();
