import type { UserPresence } from '../cluster/presence.js';
import { json } from './answer.js';
import { withIds } from './ids.js';
import { type Route, route } from './routes.js';

/** Who knows where users are. */
export interface UserDirectory {
  user(id: string): Promise<UserPresence>;
}

/** `GET /v1/users/{id}`. */
export function userRoute(directory: UserDirectory): Route {
  return route('user', ({ parameters }) =>
    withIds<'id'>(parameters, async ({ id }) => json(200, await directory.user(id))),
  );
}
