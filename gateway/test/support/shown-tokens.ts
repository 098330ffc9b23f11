import assert from 'node:assert/strict';
import { apiKey, type GatewayProcess, secret } from './gateway.js';
import { sign } from './tokens.js';
import { until } from './until.js';

/** Signs the tokens of a test, and remembers them, to look for them in what the gateways log. */
export class ShownTokens {
  readonly #tokens: string[] = [];

  /** A token that is good for ten minutes, unless `claims` say otherwise. */
  async sign(
    user: string,
    key: Parameters<typeof sign>[0] = secret,
    alg = 'HS256',
    claims: object = {},
  ): Promise<string> {
    const exp = Math.floor(Date.now() / 1000) + 600;
    const token = await sign(key, alg, { sub: user, exp, ...claims });
    this.#tokens.push(token);
    return token;
  }

  /** Ends the gateways and fails when one has logged a token, a part of one, the secret or the API key. */
  async expectUnlogged(gateways: readonly GatewayProcess[]): Promise<void> {
    const parts = this.#tokens.flatMap((token) => token.split('.').slice(1));
    for (const gateway of gateways) {
      await gateway.kill('SIGTERM');
      await until('the last line of the log', () => gateway.log.some(({ msg }) => msg === 'stopping'));
      const written = JSON.stringify(gateway.log) + gateway.errors;
      for (const text of [secret, apiKey, ...parts])
        assert.ok(!written.includes(text), `${text} is in a log`);
    }
  }
}
