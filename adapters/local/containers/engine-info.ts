/** What an engine is and has, as far as workbenches depend on it. */
export interface EngineInfo {
  /** For people: `Docker 28.2.2` or `podman 4.3.1`. */
  readonly name: string;
  readonly kind: 'docker' | 'podman';
  /** It runs without privileges, as the user who started it. */
  readonly rootless: boolean;
  /** Whether it keeps containers from files that are not labelled for them (SELinux). */
  readonly needsSelinuxLabels: boolean;
  /** Whether it hands GPUs to containers. */
  readonly gpus: boolean;
  readonly cpus: number;
  /** Bytes. */
  readonly memory: number;
}

/** Reads the answers to `GET /info` and `GET /version`, of which engines leave out this and that. */
export function parseEngineInfo(info: unknown, version: unknown): EngineInfo {
  const { NCPU, MemTotal, SecurityOptions, Runtimes, ServerVersion, DiscoveredDevices } = record(info);
  const components = list(record(version).Components).map((one) => String(record(one).Name));
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
