import { AGENT_VERSION_MIN, isAgentOutdated } from '../machines/agent-version.ts';
import type { Clock } from '../ports/clock.ts';
import type { ClusterCleanup, ClusterInstance } from '../ports/cluster-cleanup.ts';
import type { ReportDraft } from './report.ts';

/**
 * ECS releases an empty shared instance after about 15 minutes. Sometimes it keeps one protected for good
 * (aws/containers-roadmap#2814). Milliseconds.
 */
export const IDLE_AFTER_MS = 3 * 60 * 60_000;

interface Ports {
  readonly clock: Clock;
  readonly cleanup: Pick<ClusterCleanup, 'listInstances'>;
}

/** Reports instances that ECS could not register, that have an old agent, or that ECS does not release. */
export async function reportInstances({ clock, cleanup }: Ports, draft: ReportDraft): Promise<void> {
  for (const instance of await cleanup.listInstances()) {
    const { instanceId, provider, agentVersion } = instance;
    const owner = provider === undefined ? 'a host' : provider;
    if (instance.registrationFailed) {
      const why = `ECS could not register this instance (${owner}), so it runs no tasks. Terminate it.`;
      draft.add(instanceId, 'registration_failed', why);
      continue;
    }
    if (agentVersion !== undefined && isAgentOutdated(agentVersion)) {
      const why = `Its agent (${owner}) has version ${agentVersion}, below ${AGENT_VERSION_MIN}: deploy, then replace the instance.`;
      draft.add(instanceId, 'agent_outdated', why);
    }
    if (isIdle(instance, clock.now())) {
      const why = `It belongs to ${owner}, was launched at least 3 hours ago and runs no task. If the next reports name it too, ECS does not release it: terminate it.`;
      draft.add(instanceId, 'instance_idle', why);
    }
  }
}

function isIdle({ provider, taskCount, registeredAt }: ClusterInstance, now: number): boolean {
  return (
    provider !== undefined &&
    taskCount === 0 &&
    registeredAt !== undefined &&
    now - registeredAt >= IDLE_AFTER_MS
  );
}
