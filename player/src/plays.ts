// What was heard, told in bounded batches to where plays are counted. Knows no listener: the session is a random number
// of this page view, kept nowhere.

export interface Heard {
  readonly article: string;
  readonly revision: string;
  readonly session: string;
  readonly event: "play" | "progress" | "ended";
  readonly from_s: number;
  readonly to_s: number;
}

// Events of one batch; more than half a minute of seeking makes are dropped, the oldest first.
const MOST = 50;

// Milliseconds between two batches.
const EVERY = 30_000;

const thousandths = (seconds: number): number => Math.round(seconds * 1000) / 1000;

export class Plays {
  private readonly session = crypto.getRandomValues(new Uint32Array(4)).reduce((id, part) => id + part.toString(16).padStart(8, "0"), "");
  private waiting: Heard[] = [];
  private from: number | null = null;
  private reached = 0;
  private timer = 0;

  constructor(
    private readonly to: string,
    private readonly article: string,
    private readonly revision: string,
    private readonly send: (to: string, body: string) => unknown = (address, body) => navigator.sendBeacon(address, body),
  ) {}

  /** Whether it tells there of that audio. */
  isOf(to: string, article: string, revision: string): boolean {
    return to === this.to && article === this.article && revision === this.revision;
  }

  /** Playing has begun, or goes on, at `at`. */
  begin(at: number): void {
    if (this.from !== null) return;
    this.from = this.reached = at;
    this.add("play", at, at);
    this.timer = window.setInterval(() => this.flush(), EVERY);
  }

  /** What was heard ends at `at`: paused, moved away from, or the end of it. */
  end(at: number, ended = false): void {
    this.reached = at;
    this.note();
    if (ended) this.add("ended", at, at);
    this.from = null;
    clearInterval(this.timer);
    this.flush();
  }

  /** Listening moved from one moment to another without a pause. */
  moved(from: number, to: number): void {
    if (this.from === null) return;
    this.reached = from;
    this.note();
    this.from = this.reached = to;
  }

  /** Listening has come to `at`; told with the next batch. */
  progress(at: number): void {
    this.reached = at;
  }

  /** Send what waits. */
  flush(): void {
    this.note();
    if (this.waiting.length === 0) return;
    const body = JSON.stringify({ events: this.waiting });
    this.waiting = [];
    this.send(this.to, body);
  }

  private note(): void {
    if (this.from !== null && this.reached > this.from) {
      this.add("progress", this.from, this.reached);
      this.from = this.reached;
    }
  }

  private add(event: Heard["event"], from: number, to: number): void {
    const { article, revision, session } = this;
    this.waiting.push({ article, revision, session, event, from_s: thousandths(from), to_s: thousandths(to) });
    if (this.waiting.length > MOST) this.waiting.shift();
  }
}
