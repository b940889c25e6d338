// Fetching an article's audio JSON: what was found, in one of five ways. Shows nothing and tries nothing again.

import { type ArticleAudio, readArticle } from "./article";

export type Found =
  | { readonly kind: "audio"; readonly audio: ArticleAudio }
  | { readonly kind: "none" | "retracted" | "away" };

const REF = /^([A-Za-z0-9._-]{1,128}):([A-Za-z0-9._-]{1,128})$/;

/** Where our own script came from; classic scripts know, others are found by their name. */
const SCRIPT =
  (document.currentScript as HTMLScriptElement | null)?.src ??
  [...document.scripts].find((script) => /\/player\.js(\?|$)/.test(script.src))?.src ??
  "";

/** Return where Briefcast answers, without a trailing slash: as the page says, or where this script came from. */
export function baseFor(given: string | null): string {
  return new URL(given ?? (SCRIPT === "" ? "/" : new URL(".", SCRIPT).href), location.href).href.replace(/\/$/, "");
}

/** Return what there is of an article at this moment. */
export async function find(base: string, article: string, fresh = false): Promise<Found> {
  const parts = REF.exec(article);
  if (parts === null) return { kind: "none" };
  try {
    // Without credentials: what is asked for is public, and caches may hold it.
    const options: RequestInit = { credentials: "omit", cache: fresh ? "no-cache" : "default" };
    const answer = await fetch(`${base}/v1/articles/${parts[1]}/${parts[2]}/audio`, options);
    if (answer.status === 410) return { kind: "retracted" };
    if (answer.status === 404) return { kind: "none" };
    if (!answer.ok) return { kind: "away" };
    const audio = readArticle(await answer.json(), answer.url || base);
    return audio.state === "retracted" ? { kind: "retracted" } : { kind: "audio", audio };
  } catch {
    return { kind: "away" };
  }
}
