import type { GroupPresence } from '../cluster/presence.js';
import type { Logger } from '../log.js';
import { json } from './answer.js';
import { withIds } from './ids.js';
import { type Route, route } from './routes.js';

/** Who knows where the tabs of groups are. */
export interface GroupDirectory {
  group(id: string): Promise<GroupPresence>;
}

/** Who changes groups. Both resolve to how many gateways hold the user. */
export interface GroupKeeper {
  put(user: string, group: string): Promise<number>;
  remove(user: string, group: string): Promise<number>;
}

/** `GET /v1/groups/{id}`, and `PUT` and `DELETE` of a user in it. */
export function groupRoutes(directory: GroupDirectory, keeper: GroupKeeper, log: Logger): Route[] {
  return [
    route('group', ({ parameters }) =>
      withIds<'id'>(parameters, async ({ id }) => json(200, await directory.group(id))),
    ),
    route('putMember', membershipAnswer('put', keeper, log)),
    route('removeMember', membershipAnswer('remove', keeper, log)),
  ];
}

function membershipAnswer(order: 'put' | 'remove', keeper: GroupKeeper, log: Logger): Route['answer'] {
  return ({ parameters }) =>
    withIds<'id' | 'user'>(parameters, async ({ id: group, user }) => {
      const gateways = await keeper[order](user, group);
      log.info({ order, user, group, gateways }, 'an order of the backend');
      return json(200, { gateways });
    });
}
