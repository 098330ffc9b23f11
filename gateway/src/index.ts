/** What an application's module may import: types only, for a module needs nothing but what it is given. */
export type { Target } from '@tabcast/shared';
export type { Identity } from './auth/identity.js';
export type {
  ActionContext,
  ActionFunction,
  ApplicationModule,
  Member,
  MembersOf,
  Registration,
  SendFunction,
  SendReceipt,
  SendRequest,
  TabContext,
  TabFunction,
  UserFunction,
} from './backend/local.js';
