import { WorkbenchApiError } from '#clients/typescript/src/errors.ts';
import type { Workbench } from '#clients/typescript/src/workbench.ts';
import { toAddress } from '../addresses.ts';
import type { Target } from '../api.ts';
import { Actions } from '../components/actions.tsx';
import { ProblemNotice } from '../components/problem-notice.tsx';
import { StatusLine } from '../components/status-line.tsx';
import { Fact, Facts } from '../components/workbench-card.tsx';
import { useConsole } from '../context.ts';
import { formatTime } from '../format.ts';
import { useWorkbench } from '../queries.ts';
import { TEXTS } from '../texts.ts';
import { actionsOf, needsStopHelp } from '../workbench-state.ts';
import { DeleteWorkbench } from './delete-workbench.tsx';
import { History, Logs } from './history-and-logs.tsx';
import { NameAndSize } from './name-and-size.tsx';
import { PlannedStops, StopHelp } from './planned-stops.tsx';
import { Schedule } from './schedule.tsx';
import { ShareLinks } from './share-links.tsx';
import { Shares } from './shares.tsx';

/** One workbench: its state, its history, and everything that its owner may do. */
export function WorkbenchScreen({ target }: { readonly target: Target }) {
  const { data, error, refetch } = useWorkbench(target);
  if (error instanceof WorkbenchApiError && error.code === 'workbench_not_found') {
    return (
      <>
        <h1>{TEXTS.screens.workbench}</h1>
        <p role="status">
          {data?.workbench.desired_status === 'deleted' ? TEXTS.workbench.deleted : TEXTS.workbench.gone}
        </p>
        <a href={toAddress({ name: 'home' })}>{TEXTS.toHome}</a>
      </>
    );
  }
  if (data === undefined) {
    if (error === null) return <p class="hint">{TEXTS.loading}</p>;
    return (
      <>
        <h1>{TEXTS.screens.workbench}</h1>
        <ProblemNotice error={error} onRetry={() => void refetch()} />
      </>
    );
  }
  const { workbench } = data;
  const actions = actionsOf(workbench);
  return (
    <>
      <h1>{workbench.workbench_name}</h1>
      <section class="card">
        <StatusLine workbench={workbench} />
        <Actions workbench={workbench} target={target} />
        {needsStopHelp(workbench) && <StopHelp />}
      </section>
      <section>
        <h2>{TEXTS.workbench.overview}</h2>
        <Overview workbench={workbench} />
      </section>
      {actions.includes('change') && <NameAndSize workbench={workbench} target={target} />}
      {actions.includes('change') && <PlannedStops workbench={workbench} target={target} />}
      {actions.includes('change') && <Schedule workbench={workbench} target={target} />}
      {actions.includes('share') && <Shares target={target} />}
      {actions.includes('share') && <ShareLinks target={target} />}
      {actions.includes('logs') && <Logs target={target} />}
      <History target={target} />
      {actions.includes('delete') && <DeleteWorkbench workbench={workbench} target={target} />}
    </>
  );
}

function Overview({ workbench }: { readonly workbench: Workbench }) {
  const { me } = useConsole();
  const { user_id: owner, allocated_instance_type: instance } = workbench;
  const times = [
    [TEXTS.workbench.created, workbench.created_at],
    [TEXTS.workbench.started, workbench.started_at],
    [TEXTS.workbench.ready, workbench.ready_at],
    [TEXTS.workbench.stopped, workbench.stopped_at],
  ] as const;
  return (
    <dl class="facts wide">
      {owner !== me.user_id && <Fact term={TEXTS.workbench.owner}>{owner}</Fact>}
      <Facts workbench={workbench} />
      {instance && <Fact term={TEXTS.workbench.instance}>{instance}</Fact>}
      <Fact term={TEXTS.workbench.interruption}>
        {TEXTS.workbench.onInterruption[workbench.on_interruption]}
      </Fact>
      {times.map(
        ([term, time]) =>
          time && (
            <Fact key={term} term={term}>
              {formatTime(time)}
            </Fact>
          ),
      )}
      <Fact term={TEXTS.workbench.address}>
        <code>{workbench.public_endpoint}</code>
      </Fact>
      <Fact term={TEXTS.workbench.id}>
        <code>{workbench.workbench_id}</code>
      </Fact>
    </dl>
  );
}
