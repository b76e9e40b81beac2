import type { StartTimesItem } from '#contract/response-bodies.ts';
import type { StartTimesStore } from '#core/ports/start-times-store.ts';
import { listStartTimes, type StartTimesSummary } from '#core/workbench/start-times.ts';
import { type ApiPorts, type ApiSettings, toUserApiHandler } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';

/** GET /start-times */
export function buildListStartTimes(
  ports: ApiPorts & { readonly startTimes: Pick<StartTimesStore, 'list'> },
  settings: ApiSettings,
): ApiHandler {
  return toUserApiHandler(ports, settings, {}, async () => {
    const groups = await listStartTimes(ports, ports.clock.now());
    return { status: 200, body: { success: true, items: groups.map(presentStartTimes) } };
  });
}

function presentStartTimes({ kind, instanceType, count, p50Ms, p95Ms }: StartTimesSummary): StartTimesItem {
  return {
    kind,
    ...(instanceType === undefined ? {} : { instance_type: instanceType }),
    count,
    p50_seconds: toSeconds(p50Ms),
    p95_seconds: toSeconds(p95Ms),
  };
}

/** With one decimal: local mode starts a workbench in less than a second. */
function toSeconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}
