// `npm run image:push`.
import './require-node.mjs';

await import('./push-image.ts');
