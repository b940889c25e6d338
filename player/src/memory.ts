// Where one stopped, in the browser's local storage. Asked for only where the page says that its reader agreed.

export interface Place {
  /** Seconds. */
  readonly at: number;
  readonly revision: string;
  /** Milliseconds since the epoch. */
  readonly when: number;
}

type Store = Pick<Storage, "getItem" | "setItem" | "removeItem">;

const KEY = "briefcast-places";
const MOST = 50;
const DAYS_90 = 90 * 86_400_000;

function all(store: Store): Record<string, Place> {
  try {
    const found: unknown = JSON.parse(store.getItem(KEY) ?? "{}");
    return typeof found === "object" && found !== null ? (found as Record<string, Place>) : {};
  } catch {
    return {};
  }
}

/** Return where an article was left, null when nowhere, too long ago, or when storage is refused. */
export function recall(store: Store, article: string, now: number): Place | null {
  const place = all(store)[article];
  return place !== undefined && Number.isFinite(place.at) && now - place.when < DAYS_90 ? place : null;
}

/** Keep where an article was left; `at` 0 forgets it. The oldest of too many go. */
export function keep(store: Store, article: string, at: number, revision: string, now: number): void {
  const places = Object.entries(all(store)).filter(([name, place]) => name !== article && now - place.when < DAYS_90);
  if (at > 0) places.push([article, { at: Math.round(at * 10) / 10, revision, when: now }]);
  places.sort(([, first], [, second]) => second.when - first.when);
  try {
    if (places.length === 0) store.removeItem(KEY);
    else store.setItem(KEY, JSON.stringify(Object.fromEntries(places.slice(0, MOST))));
  } catch {
    // Full or refused: listening goes on without.
  }
}

/** Return the browser's storage, null where it is refused. */
export function storage(): Store | null {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}
