import { useEffect, useState } from 'preact/hooks';
import type { Workbench } from '#clients/typescript/src/workbench.ts';
import { formatClock } from '../format.ts';
import { useStartTimes } from '../queries.ts';
import { TEXTS } from '../texts.ts';
import { explainStatus, isInTransition, toneOf, usualStartMs, waitsSince } from '../workbench-state.ts';

/** The status, why, and how long it has waited. */
export function StatusLine({ workbench }: { readonly workbench: Workbench }) {
  const { status, desired_status: desired } = workbench;
  const why = explainStatus(workbench);
  const since = waitsSince(workbench);
  const isRequested = !isInTransition(workbench) && desired !== status;
  return (
    <div class="status-line">
      <p>
        <span class={`badge ${toneOf(workbench)}`}>{TEXTS.status[status]}</span>
        {since !== undefined && <Waited since={since} workbench={workbench} />}
        {isRequested && <span class="hint"> {TEXTS.requested[desired]}</span>}
      </p>
      {why && <p class="why">{why}</p>}
    </div>
  );
}

function Waited({ since, workbench }: { readonly since: number; readonly workbench: Workbench }) {
  const now = useNow();
  const times = useStartTimes();
  const usual = usualStartMs(workbench, times.data ?? []);
  return (
    <span class="hint">
      {' '}
      {TEXTS.waited(formatClock(now - since))}
      {usual !== undefined && TEXTS.usually(formatClock(usual))}
    </span>
  );
}

/** Returns the time, in milliseconds since 1970, and again each second while the page is visible. */
export function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const tick = () => {
      if (document.visibilityState === 'visible') setNow(Date.now());
    };
    const timer = setInterval(tick, 1000);
    document.addEventListener('visibilitychange', tick);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', tick);
    };
  }, []);
  return now;
}
