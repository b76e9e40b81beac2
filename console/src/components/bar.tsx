import { TEXTS } from '../texts.ts';

interface BarProps {
  readonly label: string;
  readonly all: number;
  readonly used: number;
  readonly format: (value: number) => string;
}

/** How much of something is taken: a picture for those who see it, a sentence for those who hear it. */
export function Bar({ label, all, used, format }: BarProps) {
  const share = all === 0 ? 1 : Math.min(1, Math.max(0, used / all));
  return (
    <div class="bar">
      <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
        <rect class="all" width="100" height="8" />
        <rect class="used" width={share * 100} height="8" />
      </svg>
      <span class="hint">{TEXTS.taken(label, format(used), format(all))}</span>
    </div>
  );
}
