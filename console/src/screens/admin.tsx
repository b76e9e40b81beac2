import { useQuery } from '@tanstack/preact-query';
import { ProblemNotice } from '../components/problem-notice.tsx';
import { useConsole } from '../context.ts';
import { LIST_INTERVAL_MS } from '../polling.ts';
import { KEYS } from '../queries.ts';
import { TEXTS } from '../texts.ts';
import { AdminAudit } from './admin-audit.tsx';
import { AdminMachines } from './admin-machines.tsx';
import { AdminQuotas } from './admin-quotas.tsx';
import { AdminReports } from './admin-reports.tsx';
import { AdminUsage } from './admin-usage.tsx';
import { AdminWorkbenches } from './admin-workbenches.tsx';

/** The installation, for operators: workbenches of all users, machines, quotas, cost, reports of sweeps, audit. */
export function Admin() {
  const { api, me } = useConsole();
  const { data, error, refetch } = useQuery({
    queryKey: KEYS.machines,
    queryFn: ({ signal }) => api.machines(signal),
    refetchInterval: LIST_INTERVAL_MS,
    enabled: me.admin,
  });
  if (!me.admin) {
    return (
      <>
        <h1>{TEXTS.screens.admin}</h1>
        <p>{TEXTS.admin.notAllowed}</p>
      </>
    );
  }
  return (
    <>
      <h1>{TEXTS.screens.admin}</h1>
      {data === undefined && <ProblemNotice error={error} onRetry={() => void refetch()} />}
      {data === undefined && error === null && <p class="hint">{TEXTS.loading}</p>}
      {data && (
        <>
          {!data.complete && <p class="notice">{TEXTS.admin.incomplete}</p>}
          <AdminWorkbenches machines={data.items} />
          <AdminMachines machines={data.items} />
        </>
      )}
      <AdminQuotas />
      <AdminUsage />
      <AdminReports />
      <AdminAudit />
    </>
  );
}
