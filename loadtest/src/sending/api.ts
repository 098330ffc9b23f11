import { Client } from 'undici';

/** How long the API may take to answer, ms. A gateway says 503 by itself when Redis takes longer than 2 s. */
const answerTimeout = 5000;

/** What the API has answered. */
export interface ApiAnswer {
  readonly status: number;
  readonly text: string;
}

/** One connection to the HTTP API of a gateway, as a backend holds it. */
export class Api {
  readonly #url: string;
  readonly #client: Client;
  readonly #headers: readonly string[];

  /** @param url of the internal port, without a path */
  constructor(url: string, key: string) {
    this.#url = url;
    this.#client = new Client(url, { headersTimeout: answerTimeout, bodyTimeout: answerTimeout });
    this.#headers = ['authorization', `Bearer ${key}`, 'content-type', 'application/json'];
  }

  /** Connects, and finds out whether the key is good. Rejects with a sentence that names the URL. */
  async open(): Promise<void> {
    const answer = await this.#request('GET', '/v1/nodes').catch((error: Error & { code?: string }) => {
      throw new Error(`the API at ${this.#url} cannot be reached: ${error.message || error.code}`);
    });
    if (answer.status !== 200) throw new Error(`the API at ${this.#url} answers ${sentence(answer)}`);
  }

  /** `POST /v1/send`. Rejects when there is no whole answer. */
  send(body: string, idempotencyKey?: string): Promise<ApiAnswer> {
    const key = idempotencyKey === undefined ? [] : ['idempotency-key', idempotencyKey];
    return this.#request('POST', '/v1/send', body, key);
  }

  /** Drops the connection; what is under way rejects. */
  close(): void {
    this.#client.destroy().catch(() => {});
  }

  /** `dispatch` and not `request`, whose stream per answer costs more than all the rest. */
  #request(
    method: 'GET' | 'POST',
    path: string,
    body: string | null = null,
    headers: readonly string[] = [],
  ): Promise<ApiAnswer> {
    return new Promise((resolve, reject) => {
      let status = 0;
      let text = '';
      const request = { method, path, body, headers: [...this.#headers, ...headers] };
      this.#client.dispatch(request, {
        onRequestStart() {},
        onResponseStart(_, code) {
          status = code;
        },
        onResponseData(_, chunk) {
          text += chunk.toString('latin1');
        },
        onResponseEnd: () => resolve({ status, text }),
        onResponseError: (_, error) => reject(error),
      });
    });
  }
}

/** An answer that is no receipt, as people read it. */
export function sentence({ status, text }: ApiAnswer): string {
  const { field, expected, detail, title } = problemIn(text);
  const what = field && expected ? `${field}: expected ${expected}` : (detail ?? expected ?? title);
  return what === undefined ? String(status) : `${status} (${what})`;
}

/** The members of a problem (RFC 9457) that say what is wrong; none when it is something else. */
function problemIn(text: string): { field?: string; expected?: string; detail?: string; title?: string } {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}
