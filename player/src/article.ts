// An article's audio JSON, its transcript and what is told of many, read into values that hold what they claim. Fetches nothing, shows nothing.

export interface Chapter {
  readonly title: string;
  /** Seconds. */
  readonly start: number;
}

export interface Making {
  /** Names of the voices, the body's first. */
  readonly voices: readonly string[];
  readonly engines: readonly string[];
  /** IPTC's digital source type. */
  readonly sourceType: string;
  /** Whether content credentials (C2PA) are in the MP3. */
  readonly signed: boolean;
}

export type Access = "public" | "members" | "preview";

export type State = "ready" | "making" | "retracted";

export interface ArticleAudio {
  readonly article: string;
  readonly state: State;
  readonly title: string;
  readonly byline: string;
  readonly language: string;
  /** Address of the MP3; empty while there is none. */
  readonly url: string;
  /** Address of an HLS playlist; empty for none. */
  readonly hls: string;
  /** sha256 of the MP3: what tells two revisions apart. */
  readonly revision: string;
  /** Seconds. */
  readonly duration: number;
  readonly disclosure: string;
  readonly show: string;
  readonly artwork: string;
  readonly link: string;
  readonly published: string;
  readonly updated: string;
  readonly chapters: readonly Chapter[];
  /** Address of the transcript in JSON; empty for none. */
  readonly transcript: string;
  /** Address of the transcript as a page; empty for none. */
  readonly page: string;
  /** Where plays are counted; empty for nowhere. */
  readonly plays: string;
  /** Where words are reported that were said wrongly; empty for nowhere. */
  readonly reports: string;
  readonly made: Making | null;
  /** Who hears this: everybody, a member, or others, of what is for members. */
  readonly access: Access;
  /** Seconds of all of it, where this is a preview. */
  readonly whole: number;
}

type Fields = Readonly<Record<string, unknown>>;

const fields = (value: unknown): Fields => (typeof value === "object" && value !== null ? (value as Fields) : {});
const text = (value: unknown): string => (typeof value === "string" ? value : "");
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const seconds = (value: unknown): number =>
  typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : 0;

/** Return an address if it is http(s) seen from `base`; empty for any other, `javascript:` above all. */
export function address(value: unknown, base: string): string {
  if (typeof value !== "string" || value === "") return "";
  try {
    const url = new URL(value, base);
    return url.protocol === "https:" || url.protocol === "http:" ? url.href : "";
  } catch {
    return "";
  }
}

/** Return what a title is called as a file, without an ending: letters and digits of any script, parted by hyphens. */
export function fileName(title: string): string {
  const words = title.normalize("NFC").match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
  return [...words.join("-")].slice(0, 60).join("").replace(/-$/, "") || "audio";
}

/** Return the address at which an MP3 is sent as a file of that name: browsers pass over `download` at other origins. */
export function downloadOf(mp3: string, name: string): string {
  // One that has a query may be signed as it stands.
  return mp3 === "" || mp3.includes("?") ? mp3 : `${mp3}?download=${encodeURIComponent(name)}`;
}

/** Read an audio JSON that came from `base`; unknown fields are passed over, missing ones are empty. */
export function readArticle(value: unknown, base: string): ArticleAudio {
  const given = fields(value);
  const url = address(given["url"], base);
  const transcripts = list(given["transcripts"]).map(fields);
  const transcript = (type: string): string => address(transcripts.find((one) => one["type"] === type)?.["url"], base);
  const state = text(given["state"]);
  const access = text(given["access"]);
  const made = given["made"] === undefined ? null : fields(given["made"]);
  return {
    article: text(given["article"]),
    state: state === "retracted" ? "retracted" : url === "" ? "making" : "ready",
    title: text(given["title"]),
    byline: text(given["byline"]),
    language: text(given["language"]),
    url,
    hls: address(given["hls"], base),
    revision: /([0-9a-f]{64})\.mp3$/.exec(url.split("?")[0] ?? "")?.[1] ?? url,
    duration: seconds(given["duration_s"]),
    disclosure: text(given["disclosure"]),
    show: text(given["show_title"]),
    artwork: address(given["artwork"], base),
    link: address(given["article_url"], base),
    published: text(given["published_at"]),
    updated: text(given["updated_at"]),
    chapters: list(given["chapters"])
      .map(fields)
      .map((one) => ({ title: text(one["title"]), start: seconds(one["start_s"]) })),
    transcript: transcript("application/json"),
    page: transcript("text/html"),
    plays: address(given["plays"], base),
    reports: address(given["reports"], base),
    access: access === "preview" || access === "members" ? access : "public",
    whole: seconds(given["whole_s"]),
    made:
      made === null
        ? null
        : {
            voices: list(made["voices"]).map(text),
            engines: list(made["engines"]).map(text),
            sourceType: text(made["source_type"]),
            signed: made["signed"] === true,
          },
  };
}

/** What a queue shows of an article. */
export type Listed = Pick<ArticleAudio, "title" | "duration">;

/** Read the answer about many articles, by the name each was asked for: null of those without audio. */
export function readListed(value: unknown): ReadonlyMap<string, Listed | null> {
  return new Map(list(fields(value)["audio"]).map(fields).map((one) => {
    const audio = fields(one["audio"]);
    const there = one["state"] === "live" || one["state"] === "making";
    return [text(one["asked"]), there ? { title: text(audio["title"]), duration: seconds(audio["duration_s"]) } : null];
  }));
}

export interface Word {
  readonly text: string;
  /** Seconds. */
  readonly start: number;
  readonly end: number;
}

export interface Passage {
  readonly role: string;
  readonly start: number;
  readonly words: readonly Word[];
}

/** Read a transcript of words; without `passages`, all of it is one. */
export function readTranscript(value: unknown): readonly Passage[] {
  const given = fields(value);
  const words = list(given["segments"])
    .map(fields)
    .map((one) => ({ text: text(one["body"]), start: seconds(one["startTime"]), end: seconds(one["endTime"]) }));
  const passages = list(given["passages"])
    .map(fields)
    .map((one) => {
      const [first, last] = list(one["words"]).map(seconds);
      return { role: text(one["role"]), start: seconds(one["startTime"]), words: words.slice(first ?? 0, last ?? 0) };
    });
  return passages.length > 0 ? passages : [{ role: "body", start: words[0]?.start ?? 0, words }];
}

/** Return the number of the last item that starts at or before `at`, -1 before the first. Items are in order. */
export function lastBefore(items: readonly { readonly start: number }[], at: number): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((items[middle]?.start ?? Infinity) <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
