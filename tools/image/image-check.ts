import { HEALTH_PROBE_PROGRAMS } from '#adapters/workbench-container.ts';
import type { ImageFacts } from './image-facts.ts';

/** What a stage requires of an image. */
export interface ImageRequirements {
  /** In Docker's notation. */
  readonly architecture: string;
  readonly uid: number;
  readonly gid: number;
  readonly mountPath: string;
  /** Whether the settings have a health check of their own. */
  readonly hasHealthCommand: boolean;
}

export interface ImageReport {
  /** Reasons for which no workbench, or not every workbench, would start. */
  readonly problems: readonly string[];
  /** What works but has a cost, or may surprise. */
  readonly notes: readonly string[];
}

/** The task definition runs these in every image: for the health check, the boot command and the readiness container. */
const REQUIRED_PROGRAMS = ['sh', 'sleep'] as const;

export const CHECKED_PROGRAMS: readonly string[] = [...REQUIRED_PROGRAMS, ...HEALTH_PROBE_PROGRAMS];

/** Seconds between two health checks in the task definition. */
const HEALTH_INTERVAL_SECONDS = 30;

/** Compares an image with the requirements of a stage. */
export function checkImage(facts: ImageFacts, required: ImageRequirements): ImageReport {
  return { problems: findProblems(facts, required), notes: listNotes(facts, required) };
}

function findProblems(facts: ImageFacts, required: ImageRequirements): readonly string[] {
  const { architecture, uid, gid, mountPath, hasHealthCommand } = required;
  const { mountPathOwner: owner, programs } = facts;
  const problems: string[] = [];
  if (facts.architecture !== architecture) {
    problems.push(
      `It is built for ${facts.architecture}, but the instances are ${architecture}. Build it for that architecture (docker build --platform linux/${architecture}), or change \`image.architecture\` and the instance types.`,
    );
  }
  if (owner !== undefined && (owner.uid !== uid || owner.gid !== gid)) {
    problems.push(
      `It has the folder ${mountPath}, which belongs to ${owner.uid}:${owner.gid}. Docker would give the volume that is mounted there the same owner, which EFS refuses: the files of workbenches belong to ${uid}:${gid}. Remove the folder from the image, or set WB_MOUNT_PATH to a folder that the image does not have.`,
    );
  }
  for (const program of REQUIRED_PROGRAMS.filter((name) => !programs.has(name)))
    problems.push(`It has no program \`${program}\` on its PATH, which every workbench needs.`);
  if (!hasHealthCommand && !HEALTH_PROBE_PROGRAMS.some((name) => programs.has(name))) {
    problems.push(
      'It has none of curl, wget, bash and python3, one of which the health check needs. Install one, or set WB_HEALTH_COMMAND.',
    );
  }
  return problems;
}

function listNotes(facts: ImageFacts, required: ImageRequirements): readonly string[] {
  const { uid, gid, mountPath } = required;
  const { user, healthCheck, sizeBytes } = facts;
  const notes = [`Its size is ${Math.round(sizeBytes / 1e6).toLocaleString('en-US')} MB.`];
  if (user !== `${uid}:${gid}` && user !== String(uid)) {
    notes.push(
      `Its user is ${user === '' ? 'root' : user}. Workbenches run as ${uid}:${gid} (\`image.uid\`, \`image.gid\`), who must be able to read the files of the image.`,
    );
  }
  if (facts.mountPathOwner !== undefined) {
    notes.push(
      `It has the folder ${mountPath}. Docker searches it for files to copy, so each start takes about a second longer.`,
    );
  }
  if (healthCheck === undefined || healthCheck.startIntervalSeconds === 0) {
    notes.push(
      'Its health check has no start interval, so a start takes up to 5 s longer. Add to the Dockerfile, with Docker 25 or later: HEALTHCHECK --interval=30s --start-period=300s --start-interval=1s CMD …',
    );
  }
  const interval = healthCheck?.intervalSeconds ?? 0;
  if (interval > 0 && interval < HEALTH_INTERVAL_SECONDS) {
    notes.push(
      `The interval of its health check, ${interval} s, also applies to the readiness container of each workbench, for as long as it runs. Use ${HEALTH_INTERVAL_SECONDS} s.`,
    );
  }
  return notes;
}
