import { signToken } from '../auth/sign.js';
import type { Flags } from '../config/flags.js';
import type { Config } from '../config/options.js';
import { quote } from '../config/problem.js';
import { splitList } from '../config/sources.js';
import { exitCodes, type Io, wrongUsage } from './io.js';

/** Prints a token for the user that the flags describe, and nothing else. Resolves to the exit code. */
export async function token(flags: Flags, config: Config, io: Io): Promise<number> {
  const user = flags.get('user')?.at(-1);
  const expires = flags.get('expires')?.at(-1) ?? '1h';
  const expiresIn = seconds(expires);
  if (user === undefined) return refuse('flag --user', 'the id of a user', 'none', io);
  if (expiresIn === undefined)
    return refuse('flag --expires', 'seconds above 0, or a number with s, m, h or d', quote(expires), io);

  const secret = config.tokenSecrets[0];
  if (secret === undefined) {
    io.err('tabcast: there is no secret to sign with; set TABCAST_TOKEN_SECRETS');
    io.err('  (tokens that are verified with public keys are signed where the private key is)');
    return exitCodes.failed;
  }
  const grant = {
    user,
    session: flags.get('session')?.at(-1),
    groups: flags.get('groups')?.flatMap(splitList),
    join: flags.get('join')?.flatMap(splitList),
    expiresIn,
    issuer: config.tokenIssuer || undefined,
    audience: config.tokenAudiences[0],
  };
  try {
    io.out(await signToken(secret, grant));
    return exitCodes.done;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    io.err(`tabcast: a gateway would refuse this token: ${error.message}`);
    return exitCodes.usage;
  }
}

function refuse(where: string, expected: string, given: string, io: Io): number {
  return wrongUsage([{ where, expected, given }], io);
}

const unitSeconds = { '': 1, s: 1, m: 60, h: 3600, d: 86_400 };

/** `90`, `90s`, `15m`, `1h`, `7d` → seconds; undefined for anything else, and for nothing at all. */
function seconds(text: string): number | undefined {
  const [, digits, unit] = /^(\d{1,9})([smhd]?)$/.exec(text) ?? [];
  const result = Number(digits) * unitSeconds[unit as keyof typeof unitSeconds];
  return result > 0 ? result : undefined;
}
