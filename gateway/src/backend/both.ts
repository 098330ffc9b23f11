import type { Backend } from './backend.js';

/** Two backends as one. The first takes the actions, the second is asked who visitors are; both hear of tabs. */
export function both(actions: Backend, events: Backend): Backend {
  const { identify } = events;
  const presence = [actions.presenceChanged, events.presenceChanged].filter((tell) => tell !== undefined);
  return {
    ...(identify && { identify }),
    ...(presence.length > 0 && {
      presenceChanged: (user: string, online: boolean) => {
        for (const tell of presence) tell(user, online);
      },
    }),
    connected(tab) {
      actions.connected(tab);
      events.connected(tab);
    },
    disconnected(tab, close) {
      actions.disconnected(tab, close);
      events.disconnected(tab, close);
    },
    act: (...action) => actions.act(...action),
    async close() {
      await Promise.all([actions.close(), events.close()]);
    },
  };
}
