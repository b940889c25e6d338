// Fetching an article's audio JSON, or the titles of many: what was found. Shows nothing and tries nothing again.

import { type ArticleAudio, type Listed, readArticle, readListed } from "./article";

export type Found =
  | { readonly kind: "audio"; readonly audio: ArticleAudio }
  | { readonly kind: "none" | "retracted" | "away" };

const REF = /^([A-Za-z0-9._-]{1,128}):([A-Za-z0-9._-]{1,128})$/;

// As many as one call answers.
const MOST_LISTED = 100;

/** Where our own script came from; classic scripts know, others are found by their name. */
const SCRIPT =
  (document.currentScript as HTMLScriptElement | null)?.src ??
  [...document.scripts].find((script) => /\/player\.js(\?|$)/.test(script.src))?.src ??
  "";

/** Return where Briefcast answers, without a trailing slash: as the page says, or where this script came from. */
export function baseFor(given: string | null): string {
  return new URL(given ?? (SCRIPT === "" ? "/" : new URL(".", SCRIPT).href), location.href).href.replace(/\/$/, "");
}

/**
 * Return what there is of an article at this moment: at its `signed` address, while that holds and is of this article (a page
 * may change the one before the other), else for everybody.
 */
export async function find(base: string, article: string, fresh = false, signed = ""): Promise<Found> {
  const theirs = signed === "" ? null : await ask(signed, fresh);
  return theirs?.kind === "audio" && theirs.audio.article === article ? theirs : everybodys(base, article, fresh);
}

/** Return what a queue shows of articles, 100 at most: null of those that have no audio, nothing of those not known. */
export async function findListed(base: string, articles: readonly string[]): Promise<ReadonlyMap<string, Listed | null>> {
  const asked = articles.slice(0, MOST_LISTED);
  try {
    const options: RequestInit = { credentials: "omit" };
    const answer = await fetch(`${base}/v1/audio?${new URLSearchParams(asked.map((one) => ["article", one])).toString()}`, options);
    if (answer.ok) return readListed(await answer.json());
  } catch {
    // Nobody answers but a file server, or not even that: what is there is found one by one.
  }
  const found = await Promise.all(asked.map(async (article) => [article, await find(base, article)] as const));
  return new Map(found.flatMap(([article, one]) =>
    one.kind === "away" ? [] : [[article, one.kind === "audio" ? one.audio : null]]));
}

async function everybodys(base: string, article: string, fresh: boolean): Promise<Found> {
  const parts = REF.exec(article);
  return parts === null ? { kind: "none" } : ask(`${base}/v1/articles/${parts[1]}/${parts[2]}/audio`, fresh);
}

async function ask(address: string, fresh: boolean): Promise<Found> {
  try {
    // Without credentials: what is asked for is public, or its address alone opens it.
    const options: RequestInit = { credentials: "omit", cache: fresh ? "no-cache" : "default" };
    const answer = await fetch(address, options);
    if (answer.status === 410) return { kind: "retracted" };
    if (answer.status === 404) return { kind: "none" };
    if (!answer.ok) return { kind: "away" };
    const audio = readArticle(await answer.json(), answer.url || address);
    return audio.state === "retracted" ? { kind: "retracted" } : { kind: "audio", audio };
  } catch {
    return { kind: "away" };
  }
}
