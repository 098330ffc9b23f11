import type { Crowd } from '@tabcast/loadtest/scenarios/crowds';

const tabsPerUser = 2;
const tabsPerGroup = 50;

/**
 * Tabs, each in the channel of its user and of a group, and a stream to each of these.
 * @param name begins the names of users and groups, so that crowds do not get what is for others
 * @param withAll whether there is a stream to everyone too: only where no other crowd is there
 */
export function crowdOf(name: string, tabs: number, withAll: boolean): Crowd {
  const users = Math.ceil(tabs / tabsPerUser);
  const groups = Math.ceil(tabs / tabsPerGroup);
  const guests = Array.from({ length: tabs }, (_, tab) => {
    // Members of a group are not neighbours, so they are on different gateways.
    const [user, group] = [Math.floor(tab / tabsPerUser), tab % groups];
    const streams = [user, users + group, ...(withAll ? [users + groups] : [])];
    return { user: `${name}u${user}`, groups: [`${name}g${group}`], streams };
  });
  const destinations = [
    ...Array.from({ length: users }, (_, user) => ({ user: `${name}u${user}` })),
    ...Array.from({ length: groups }, (_, group) => ({ group: `${name}g${group}` })),
    ...(withAll ? [{ all: true } as const] : []),
  ];
  return { guests, destinations };
}
