import type { Readable } from 'node:stream';

/** The properties of an engine that workbenches depend on. */
export interface EngineInfo {
  /** For messages: `Docker 28.2.2` or `podman 4.3.1`. */
  readonly name: string;
  readonly kind: 'docker' | 'podman';
  /** Whether it runs without privileges, as the user who started it. */
  readonly rootless: boolean;
  /** Whether containers can use only files with a label for them (SELinux). */
  readonly needsSelinuxLabels: boolean;
  /** Whether containers can use GPUs. */
  readonly gpus: boolean;
  readonly cpus: number;
  /** Bytes. */
  readonly memory: number;
}

/** Parses the responses to `GET /info` and `GET /version`. Engines omit different fields. */
export function parseEngineInfo(info: unknown, version: unknown): EngineInfo {
  const { NCPU, MemTotal, SecurityOptions, Runtimes, ServerVersion, DiscoveredDevices } = record(info);
  const components = list(record(version).Components).map((component) => String(record(component).Name));
  const kind = components.some((name) => /podman/i.test(name)) ? 'podman' : 'docker';
  const security = list(SecurityOptions).map(String);
  return {
    name: `${kind === 'podman' ? 'podman' : 'Docker'} ${typeof ServerVersion === 'string' ? ServerVersion : ''}`.trim(),
    kind,
    rootless: security.some((option) => option.startsWith('name=rootless')),
    needsSelinuxLabels: security.some((option) => option.startsWith('name=selinux')),
    gpus:
      Object.hasOwn(record(Runtimes), 'nvidia') ||
      list(DiscoveredDevices).some((device) => String(record(device).ID).startsWith('nvidia.com/gpu')),
    cpus: typeof NCPU === 'number' && NCPU > 0 ? NCPU : 1,
    memory: typeof MemTotal === 'number' && MemTotal > 0 ? MemTotal : 0,
  };
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A progress message of a pull or a build. */
export interface EngineMessage {
  /** The id of the layer. */
  readonly id?: string;
  readonly status?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
  /** A line of build output. */
  readonly stream?: string;
  /** Why the pull or build failed. The HTTP status is 200 nevertheless. */
  readonly error?: string;
}

/** Longer lines are skipped, characters. */
const LINE_MAX_CHARS = 1_000_000;

/** Parses a streamed response of JSON lines. Lines that are not JSON are skipped. */
export async function* readEngineMessages(stream: Readable): AsyncGenerator<EngineMessage> {
  stream.setEncoding('utf8');
  let rest = '';
  for await (const text of stream) {
    const lines = `${rest}${text}`.split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LINE_MAX_CHARS) rest = '';
    for (const line of lines) yield* parseLine(line);
  }
  yield* parseLine(rest);
}

function* parseLine(line: string): Generator<EngineMessage> {
  try {
    const event: unknown = JSON.parse(line);
    if (typeof event === 'object' && event !== null) yield event;
  } catch {
    // The line is empty or truncated.
  }
}
