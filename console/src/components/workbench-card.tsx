import type { Workbench } from '#clients/typescript/src/workbench.ts';
import { toAddress } from '../addresses.ts';
import { formatClock, formatSize, formatTime } from '../format.ts';
import { useListedWorkbench } from '../queries.ts';
import { TEXTS } from '../texts.ts';
import { describeCost } from '../workbench-state.ts';
import { Actions } from './actions.tsx';
import { StatusLine, useNow } from './status-line.tsx';

/** A workbench in the list. */
export function WorkbenchCard({ listed }: { readonly listed: Workbench }) {
  const workbench = useListedWorkbench(listed);
  const { workbench_id: workbenchId, workbench_name: name, role, user_id: owner } = workbench;
  return (
    <li class="card">
      <h3>
        <a href={toAddress({ name: 'workbench', workbenchId })}>{name}</a>
      </h3>
      {role && (
        <p class="hint">
          {TEXTS.card.owner(owner)}, {TEXTS.card.role[role]}
        </p>
      )}
      <StatusLine workbench={workbench} />
      <dl class="facts">
        <Facts workbench={workbench} />
      </dl>
      <Actions workbench={workbench} target={{ workbenchId }} />
    </li>
  );
}

/** What is known about a workbench in few words: size, when it stops, when it was used. */
export function Facts({ workbench }: { readonly workbench: Workbench }) {
  const { stops_at: stopsAt, deletes_at: deletesAt, last_activity_at: lastUsed } = workbench;
  const { keepalive_until: keptUntil, keepalive_reason: keptFor } = workbench;
  const cost = describeCost(workbench);
  return (
    <>
      <Fact term={TEXTS.card.size}>{formatSize(workbench)}</Fact>
      {stopsAt && <StopsIn at={Date.parse(stopsAt)} because={workbench.stops_because} />}
      {!stopsAt && workbench.status === 'running' && workbench.idle_stop_minutes && (
        <Fact term={TEXTS.card.stops}>{TEXTS.card.stopsUnused(workbench.idle_stop_minutes)}</Fact>
      )}
      {keptUntil && (
        <Fact term={TEXTS.card.kept}>
          {TEXTS.card.keptUntil(formatTime(keptUntil))}
          {keptFor && <span class="hint"> {keptFor}</span>}
        </Fact>
      )}
      {deletesAt && <Fact term={TEXTS.card.deletes}>{TEXTS.card.deletesUnused(formatTime(deletesAt))}</Fact>}
      {cost && <Fact term={TEXTS.card.cost}>{cost}</Fact>}
      {lastUsed && <Fact term={TEXTS.card.lastUsed}>{formatTime(lastUsed)}</Fact>}
    </>
  );
}

function StopsIn({ at, because }: { readonly at: number; readonly because: string | undefined }) {
  const now = useNow();
  const why = because && TEXTS.card.stopsBecause[because];
  return (
    <Fact term={TEXTS.card.stopsIn}>
      {formatClock(at - now)}
      {why && <span class="hint"> {why}</span>}
    </Fact>
  );
}

export function Fact({
  term,
  children,
}: {
  readonly term: string;
  readonly children: preact.ComponentChildren;
}) {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  );
}
