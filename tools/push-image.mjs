// `npm run image:push`.
import './deploy/newer-node.mjs';

await import('./push-image.ts');
