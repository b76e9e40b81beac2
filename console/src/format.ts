/** Numbers and times for people. English only, as the texts. */

/** Returns the time left or passed: `4:05`, or `1:04:05` from an hour on. @param ms negative values count as 0 */
export function formatClock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [hours, minutes, rest] = [
    Math.floor(seconds / 3600),
    Math.floor((seconds % 3600) / 60),
    seconds % 60,
  ];
  const two = (value: number) => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** Returns memory: `512 MiB`, `2 GiB`, `1.5 GiB`. @param mib a whole number */
export function formatMemory(mib: number): string {
  if (mib < 1024) return `${mib} MiB`;
  return `${formatNumber(mib / 1024)} GiB`;
}

/** Returns CPU: `0.5 vCPU`, `2 vCPU`. @param units 1 vCPU = 1024 */
export function formatCpu(units: number): string {
  return `${formatNumber(units / 1024)} vCPU`;
}

export function formatSize(size: {
  readonly requested_cpu: number;
  readonly requested_memory: number;
  readonly requested_gpu: number;
}): string {
  const { requested_cpu: cpu, requested_memory: memory, requested_gpu: gpu } = size;
  const gpus = gpu === 0 ? [] : [`${gpu} GPU`];
  return [formatCpu(cpu), formatMemory(memory), ...gpus].join(', ');
}

/** Returns an amount of a quota in its unit. */
export function formatQuota(name: string, amount: number): string {
  if (name === 'cpu') return formatCpu(amount);
  if (name === 'usd_per_month') return formatUsd(amount);
  return name === 'memory' ? formatMemory(amount) : String(amount);
}

/** Returns the month (UTC) of a time: `2030-01`. */
export function toMonth(at: Date): string {
  return at.toISOString().slice(0, 'YYYY-MM'.length);
}

export function formatUsd(amount: number): string {
  const digits = amount !== 0 && Math.abs(amount) < 1 ? 3 : 2;
  return `$${amount.toFixed(digits)}`;
}

/** Returns a date and time in the time zone of the browser. */
export function formatTime(iso: string): string {
  return new Date(iso).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
}

/** Returns a time for an input of type `datetime-local`: in the time zone of the browser, without one. */
export function toLocalInput(iso: string): string {
  const at = new Date(iso);
  const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 'YYYY-MM-DDTHH:MM'.length);
}

function formatNumber(value: number): string {
  return String(Math.round(value * 100) / 100);
}
