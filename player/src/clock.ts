// Moments as people read and hear them, and as addresses hold them. Pure.

/** Return m:ss, or h:mm:ss from an hour on. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (part: number): string => String(part).padStart(2, "0");
  const minutes = Math.floor(whole / 60) % 60;
  const hours = Math.floor(whole / 3600);
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** Return the seconds that "83", "83.5", "1:23", "1:02:03" or "1h2m3s" say, null for anything else. */
export function parseClock(given: string): number | null {
  if (/^\d{1,6}(\.\d{1,3})?$/.test(given)) return Number(given);
  if (/^\d{1,3}(:\d{2}){1,2}$/.test(given)) return given.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
  const parts = /^(?:(\d{1,3})h)?(?:(\d{1,4})m)?(?:(\d{1,6})s)?$/.exec(given);
  if (parts === null || given === "") return null;
  return Number(parts[1] ?? 0) * 3600 + Number(parts[2] ?? 0) * 60 + Number(parts[3] ?? 0);
}

export interface Moment {
  readonly seconds: number;
  /** "source:id" of whose audio it is; empty for the page's first player. */
  readonly article: string;
}

/** Return the moment that an address's fragment names (`#t=83`, `#t=83&a=source:id`), null for none. */
export function momentOf(hash: string): Moment | null {
  const parts = new URLSearchParams(hash.replace(/^#/, ""));
  const seconds = parseClock(parts.get("t") ?? "");
  return seconds === null ? null : { seconds, article: parts.get("a") ?? "" };
}

/** Return `page` with a moment as its fragment. */
export function addressAt(page: string, seconds: number | null, article: string): string {
  const url = new URL(page);
  const parts = [seconds === null ? "" : `t=${Math.floor(seconds)}`, article === "" ? "" : `a=${article}`];
  url.hash = seconds === null ? "" : parts.filter((part) => part !== "").join("&");
  return url.href;
}
