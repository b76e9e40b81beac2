import * as z from 'zod/mini';
import { amount, choice, flag, group, integer, list, numberOf, text } from './setting-types.ts';

/** Settings of single services, small ones. */

export const imageSetting = group(
  {
    tag: z.optional(
      text({
        description:
          "A tag in this installation's own repository. `latest` moves with each push; every other is written once.",
        expected: 'a tag of at most 128 letters, digits, dots, dashes and underscores',
        pattern: /^\w[\w.-]{0,127}$/,
      }),
    ),
    digest: z.optional(
      text({
        description: 'Or the digest of an image in it.',
        expected: '`sha256:` and 64 hexadecimal digits',
        pattern: /^sha256:[0-9a-f]{64}$/,
      }),
    ),
    architecture: z._default(
      choice({
        description: 'Of what it was built for; all machines must be of it.',
        of: ['x86_64', 'arm64'],
      }),
      'x86_64',
    ),
    uid: z._default(
      integer({
        description: "The image's own user, who owns the files of workbenches. Not root.",
        min: 1,
        max: 4_294_967_294,
      }),
      1000,
    ),
    gid: z._default(integer({ description: 'The group of that user.', min: 1, max: 4_294_967_294 }), 1000),
  },
  { description: 'The image of workbenches. A change reaches a workbench at its next start.' },
);

export const storageSetting = group(
  {
    fileSystems: z._default(
      integer({
        description:
          'Over how many file systems new workbenches are spread: one takes 10,000 of them. Never lower it.',
        min: 1,
        max: 20,
      }),
      1,
    ),
    backupRetentionDays: z._default(
      integer({
        description:
          'How long the daily backups of files are kept. Files that were deleted live on in them for as long.',
        unit: 'days',
        min: 1,
        max: 3650,
      }),
      35,
    ),
    pointInTimeRecoveryDays: z._default(
      integer({
        description: 'How far back the table can be restored, to the second.',
        unit: 'days',
        min: 1,
        max: 35,
      }),
      35,
    ),
    operatorRoles: z._default(
      list(
        text({
          description: 'A role.',
          expected: 'the ARN of a role',
          pattern: /^arn:[a-z-]{1,20}:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/,
        }),
        {
          description:
            'Roles, beside those of the installation, that may mount the file systems: for people who look after what was set aside. What they may do there their own policies say.',
          expected: 'ARNs of roles',
          min: 0,
          max: 10,
        },
      ),
      [],
    ),
  },
  { description: 'Records and files. Both outlive the stacks.' },
);

export const apiSetting = group(
  {
    prefix: z.optional(
      text({
        description: 'Comes before every path of the API.',
        expected: 'path segments such as `/api/v1`, without a slash at the end',
        pattern: /^(\/[A-Za-z0-9_-][A-Za-z0-9._~-]*)+$/,
      }),
    ),
    corsOrigins: z._default(
      list(
        text({
          description: 'An origin.',
          expected: 'an origin such as `https://app.example.com`, or `*`',
          pattern: /^[\x21-\x7e]{1,256}$/,
        }),
        {
          description: 'The origins whose pages may call the API from a browser.',
          expected: 'origins',
          min: 0,
          max: 20,
        },
      ),
      [],
    ),
    authCacheSeconds: z._default(
      integer({
        description: "How long the gateway may keep the authorizer's answer about a token. 0 asks each time.",
        unit: 's',
        min: 0,
        max: 60,
      }),
      60,
    ),
    requestsPerSecond: z._default(
      amount({
        description: 'Requests of all callers together; what is beyond is answered 429.',
        unit: 'requests/s',
        min: 1,
        max: 10_000,
      }),
      200,
    ),
    burst: z._default(
      integer({ description: 'As many may come at once.', unit: 'requests', min: 1, max: 5000 }),
      400,
    ),
  },
  { description: 'The HTTP API.' },
);

/** What CloudWatch takes. */
const RETENTION_DAYS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1827, 3653] as const;

const retention = (description: string) =>
  numberOf({
    description,
    unit: 'days',
    of: RETENTION_DAYS,
    expected: `one of ${RETENTION_DAYS.join(', ')}`,
  });

export const logsSetting = group(
  {
    retentionDays: z._default(retention('How long the logs of the controller are kept.'), 30),
    workbenchRetentionDays: z._default(retention('How long is kept what workbenches print.'), 14),
  },
  { description: 'Logs.' },
);

export const alarmsSetting = group(
  {
    email: z.optional(
      text({
        description:
          'Who is told of alarms; has to confirm the subscription once. Without it they are seen in CloudWatch alone.',
        expected: 'an e-mail address',
        pattern: /^[^\s@]{1,64}@[^\s@]{1,190}$/,
      }),
    ),
    latencySeconds: z._default(
      amount({
        description: 'An alarm when one request in a hundred takes longer, for a quarter of an hour.',
        unit: 's',
        min: 0.1,
        max: 29,
      }),
      3,
    ),
    queueAgeSeconds: z._default(
      integer({
        description:
          'An alarm when a message has been in a work queue for longer than this; for up to 900 s it may have been told to wait.',
        unit: 's',
        min: 960,
        max: 86_400,
      }),
      1800,
    ),
  },
  { description: 'Alarms.' },
);

export const ecsSetting = group(
  {
    awsvpcTrunking: z._default(
      flag({
        description:
          'Turns the account setting `awsvpcTrunking` on, for the whole account and region: many more workbenches then fit on a machine. Left as it is otherwise.',
      }),
      false,
    ),
    containerInsights: z._default(
      flag({
        description:
          'CloudWatch Container Insights. Each workbench is then billed as several custom metrics.',
      }),
      false,
    ),
  },
  { description: 'The ECS cluster.' },
);

export const accountSetting = text({
  description: 'The account to deploy to; another is refused. By default that of the credentials.',
  expected: '12 digits',
  pattern: /^\d{12}$/,
});

export const regionSetting = text({
  description: 'The region to deploy to. By default that of the credentials.',
  expected: 'a region such as `us-west-1`',
  pattern: /^[a-z]{2}(-[a-z]+)+-\d$/,
});

export const installationSetting = text({
  description:
    'Tells what is of this installation from all else in the account; the names of its stacks begin so. `workbench-<stage>` by default. Never change it: what carries the old name would be nobody’s.',
  expected: '3 to 32 lower-case letters, digits and hyphens, beginning with a letter',
  pattern: /^(?!aws|ecs|fargate)[a-z][a-z0-9-]{1,30}[a-z0-9]$/,
});

export const baseUrlSetting = text({
  description: 'Where workbenches are served: one is opened at `<baseUrl>/project/<workbench_id>`.',
  expected: 'an https or http address without query or fragment',
  pattern: /^https?:\/\/[\x21-\x7e]{1,2000}$/,
});

export const productionSetting = flag({
  description:
    'True where people work: then the image must be pinned, somebody must be told of alarms, and no stack can be deleted.',
});
