import { carryInWorker, isSharedWorker } from './worker-scope.js';

const scope: object = globalThis;
if (isSharedWorker(scope)) carryInWorker(scope);
