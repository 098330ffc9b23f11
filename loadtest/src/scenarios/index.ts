import { broadcast } from './broadcast.js';
import { cross } from './cross.js';
import { groups } from './groups.js';
import { idle } from './idle.js';
import { ramp } from './ramp.js';
import { resume } from './resume.js';
import type { Scenario } from './scenario.js';
import { sends } from './sends.js';
import { slow } from './slow.js';
import { soak } from './soak.js';
import { storm } from './storm.js';
import { users } from './users.js';

/** Every scenario, in the order in which they are shown. */
export const scenarios: readonly Scenario[] = [
  broadcast,
  users,
  groups,
  cross,
  sends,
  ramp,
  soak,
  idle,
  storm,
  resume,
  slow,
];
