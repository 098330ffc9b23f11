import { setDefaultWorker } from './shared/sharing.js';
import { carryInWorker, isSharedWorker } from './shared/worker-scope.js';

export * from './index.js';

// This bundle is for `<script>`, and the script of the SharedWorker too.
const scope: object = globalThis;
if (isSharedWorker(scope)) carryInWorker(scope);
else if (typeof document === 'object' && document.currentScript instanceof HTMLScriptElement)
  setDefaultWorker(document.currentScript.src);
