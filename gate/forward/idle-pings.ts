import type { Timers } from '#adapters/local/timers.ts';

/** A WebSocket as the pings see it. */
export interface Pingable {
  /** Whether bytes were sent to the browser since the last call. */
  takeActivity(): boolean;
  /** Sends a ping to the browser if no frame is in progress. */
  ping(): void;
}

const TICK_MS = 5000;
/** Whole ticks without a byte before a ping: the ping is sent after 20 to 25 s. Many proxies end connections after 60 s. */
const IDLE_TICKS = 4;

/** Sends pings on WebSockets to browsers on which nothing was sent for 20 to 25 s. One timer serves all of them. */
export class IdlePings {
  readonly #timers: Timers;
  /** Each WebSocket with the number of ticks since its last byte. */
  readonly #idleTicks = new Map<Pingable, number>();
  #cancel: (() => void) | undefined;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  add(webSocket: Pingable): void {
    this.#idleTicks.set(webSocket, 0);
    if (this.#cancel === undefined) this.#schedule();
  }

  delete(webSocket: Pingable): void {
    this.#idleTicks.delete(webSocket);
    if (this.#idleTicks.size > 0) return;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #schedule(): void {
    this.#cancel = this.#timers.after(TICK_MS, () => {
      this.#tick();
      this.#schedule();
    });
  }

  #tick(): void {
    for (const [webSocket, ticks] of this.#idleTicks) {
      const idleTicks = webSocket.takeActivity() ? 0 : ticks + 1;
      if (idleTicks >= IDLE_TICKS) {
        webSocket.ping();
        this.#idleTicks.set(webSocket, 0);
      } else {
        this.#idleTicks.set(webSocket, idleTicks);
      }
    }
  }
}
