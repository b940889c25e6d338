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

//: Events of one batch; more than half a minute of seeking makes are dropped, the oldest first.
const MOST = 50;

//: Milliseconds between two batches.
const EVERY = 30_000;

const thousandths = (seconds: number): number => Math.round(seconds * 1000) / 1000;

export class Plays {
  private readonly session = crypto.getRandomValues(new Uint32Array(4)).reduce((id, part) => id + part.toString(16).padStart(8, "0"), "");
  private waiting: Heard[] = [];
  private from: number | null = null;
  private timer = 0;

  constructor(
    private readonly to: string,
    private readonly article: string,
    private readonly revision: string,
    private readonly send: (to: string, body: string) => unknown = (address, body) => navigator.sendBeacon(address, body),
  ) {}

  /** Playing has begun, or goes on, at `at`. */
  begin(at: number): void {
    if (this.from !== null) return;
    this.from = at;
    this.add("play", at, at);
    this.timer = window.setInterval(() => this.flush(), EVERY);
  }

  /** What was heard ends at `at`: paused, moved away from, or the end of it. */
  end(at: number, ended = false): void {
    this.progress(at);
    if (ended) this.add("ended", at, at);
    this.from = null;
    clearInterval(this.timer);
    this.flush();
  }

  /** Listening moved from one moment to another without a pause. */
  moved(from: number, to: number): void {
    if (this.from === null) return;
    this.progress(from);
    this.from = to;
  }

  /** What has been heard up to `at` is to be told. */
  progress(at: number): void {
    if (this.from !== null && at > this.from) {
      this.add("progress", this.from, at);
      this.from = at;
    }
  }

  /** Send what waits. */
  flush(): void {
    if (this.waiting.length === 0) return;
    const body = JSON.stringify({ events: this.waiting });
    this.waiting = [];
    this.send(this.to, body);
  }

  private add(event: Heard["event"], from: number, to: number): void {
    const { article, revision, session } = this;
    this.waiting.push({ article, revision, session, event, from_s: thousandths(from), to_s: thousandths(to) });
    if (this.waiting.length > MOST) this.waiting.shift();
  }
}
