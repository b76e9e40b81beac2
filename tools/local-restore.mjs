// `npm run local:restore`.
import '../local/require-node.mjs';

await import('./local-restore.ts');
