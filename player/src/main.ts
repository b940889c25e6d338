// Makes <briefcast-player> known to the page; loading the file twice does no harm.

import { BriefcastPlayer } from "./player";

if (customElements.get("briefcast-player") === undefined) customElements.define("briefcast-player", BriefcastPlayer);
