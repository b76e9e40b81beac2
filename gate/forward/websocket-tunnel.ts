import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { removeConnectionHeaders } from './backend-response.ts';
import { FrameScanner, OPCODE, type Pingable, PongFilter } from './websocket-frames.ts';

/** One side of a WebSocket, and the bytes that arrived with the head of the HTTP message. */
export interface TunnelSide {
  readonly socket: Socket;
  readonly head: Buffer;
}

/** Why the gate ends a WebSocket: it stops, or the visitor has lost the right (RFC 6455, section 7.4.1). */
export type TunnelEnd = 'going_away' | 'policy_violation';

const CLOSE_CODES: Readonly<Record<TunnelEnd, number>> = { going_away: 1001, policy_violation: 1008 };
const FINAL_FRAME = 0x80;
const PING_BYTES = 8;

/** Forwards the frames of a WebSocket in both directions. The frames of the workbench arrive unchanged. */
export class WebSocketTunnel implements Pingable {
  readonly #browser: TunnelSide;
  readonly #backend: TunnelSide;
  readonly #onClientData: (bytes: number) => void;
  readonly #toBrowser = new FrameScanner();
  readonly #fromBrowser = new PongFilter();
  /** The 101 is sent first. */
  #wasActive = true;

  /** @param onClientData is called with the bytes of data in what the browser sent */
  constructor(browser: TunnelSide, backend: TunnelSide, onClientData: (bytes: number) => void) {
    this.#browser = browser;
    this.#backend = backend;
    this.#onClientData = onClientData;
  }

  /** Sends the 101 to the browser, and then the bytes of each side to the other. */
  open(accepted: IncomingMessage): void {
    const [browser, backend] = [this.#browser.socket, this.#backend.socket];
    for (const socket of [browser, backend]) {
      socket.setTimeout(0);
      socket.setNoDelay(true);
      socket.setKeepAlive(true);
      // The other side is closed at `close`.
      socket.on('error', () => {});
    }
    removeConnectionHeaders(accepted);
    browser.write(renderSwitch(accepted), 'latin1');
    const closeBackend = () => {
      // A workbench that does not read must not keep the connection of a browser that is gone.
      if (backend.writableNeedDrain) backend.destroy();
      else backend.destroySoon();
    };
    relay(
      this.#backend,
      browser,
      (chunk) => this.#sendToBrowser(chunk),
      () => browser.destroySoon(),
    );
    relay(this.#browser, backend, (chunk) => this.#sendToBackend(chunk), closeBackend);
  }

  takeActivity(): boolean {
    const wasActive = this.#wasActive;
    this.#wasActive = false;
    return wasActive;
  }

  ping(): void {
    const { socket } = this.#browser;
    // A browser that does not read is not idle.
    if (!this.#toBrowser.isBetweenFrames || !socket.writable || socket.writableNeedDrain) return;
    const payload = randomBytes(PING_BYTES);
    this.#fromBrowser.expect(payload);
    socket.write(controlFrame(OPCODE.ping, payload));
  }

  /** Ends the WebSocket. The browser learns why, unless the workbench is sending a frame. */
  end(reason: TunnelEnd): void {
    const { socket } = this.#browser;
    this.#backend.socket.destroy();
    if (!this.#toBrowser.isBetweenFrames || socket.writableNeedDrain) {
      socket.destroy();
      return;
    }
    const code = Buffer.alloc(2);
    code.writeUInt16BE(CLOSE_CODES[reason]);
    socket.end(controlFrame(OPCODE.close, code), () => socket.destroy());
  }

  #sendToBrowser(chunk: Buffer): boolean {
    this.#wasActive = true;
    this.#toBrowser.scan(chunk);
    return this.#browser.socket.write(chunk);
  }

  #sendToBackend(chunk: Buffer): boolean {
    const { forwarded, dataBytes } = this.#fromBrowser.filter(chunk);
    if (dataBytes > 0) this.#onClientData(dataBytes);
    let mayContinue = true;
    for (const part of forwarded) mayContinue = this.#backend.socket.write(part);
    return mayContinue;
  }
}

/** As fast as the other side reads. */
function relay(
  { socket, head }: TunnelSide,
  to: Socket,
  send: (chunk: Buffer) => boolean,
  close: () => void,
): void {
  if (head.length > 0) send(head);
  socket.on('data', (chunk) => {
    if (!send(chunk)) socket.pause();
  });
  to.on('drain', () => socket.resume());
  socket.once('end', () => to.end());
  socket.once('close', close);
}

/** Servers send frames without a mask. */
function controlFrame(opcode: number, payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from([FINAL_FRAME | opcode, payload.length]), payload]);
}

function renderSwitch({ headers }: IncomingMessage): string {
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    [value ?? []].flat().map((one) => `${name}: ${one}\r\n`),
  );
  return `HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n${lines.join('')}\r\n`;
}
