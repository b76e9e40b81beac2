import { MountedJanitor } from '#adapters/aws/efs/mounted-janitor.ts';
import { describeJanitorContract } from '#test/contracts/janitor.ts';

describeJanitorContract(
  'MountedJanitor',
  (root) =>
    new MountedJanitor({ rootOf: (id) => (id === 'fs-1' ? root : undefined), entriesPerCallMax: 1000 }),
);
