// `npm run local:backup`.
import '../local/require-node.mjs';

await import('./local-backup.ts');
