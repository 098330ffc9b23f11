import type { Backend } from './backend.js';

/** No backend is configured: every action is refused with a sentence that says so. */
export const noBackend: Backend = {
  connected() {},
  disconnected() {},
  async act(_tab, action, _details, exchange) {
    exchange.error(404, `Nothing handles ${action}`);
  },
  async close() {},
};
