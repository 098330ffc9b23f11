import type { Random } from './random.js';

type Schema = Readonly<Record<string, unknown>>;

/** Characters that have broken something somewhere. */
const alphabet = [...'abzAZ019 _-.~:/?#%{}[]"\'\\\u0000\u007fäß€😀\u200d'];

/** Makes values from the schemas of an OpenAPI document: what fits, and what very nearly does. */
export class FromSchema {
  readonly #schemas: Readonly<Record<string, Schema>>;
  readonly #random: Random;

  constructor(document: unknown, random: Random) {
    this.#schemas = (document as { components: { schemas: Record<string, Schema> } }).components.schemas;
    this.#random = random;
  }

  /** A value that a schema describes. What a description says beyond that, such as which members go together, it may break. */
  value(schema: Schema): unknown {
    const { $ref, oneOf, anyOf, type } = schema;
    if (typeof $ref === 'string') return this.value(this.#schemas[$ref.split('/').at(-1)!]!);
    const choices = (oneOf ?? anyOf) as Schema[] | undefined;
    if (choices !== undefined) return this.value(this.#random.pick(choices));
    if ('const' in schema) return schema['const'];
    if (type === 'object') return this.#object(schema);
    if (type === 'array') return this.#array(schema);
    if (type === 'string') return this.#text(schema);
    if (type === 'integer') return this.#integer(schema);
    if (type === 'boolean') return this.#random.oneIn(2);
    return type === 'null' ? null : this.#anything();
  }

  /** A value with one thing in it replaced, removed or added. */
  nearly(schema: Schema): unknown {
    const value = this.value(schema);
    if (typeof value !== 'object' || value === null || this.#random.oneIn(8)) return this.#anything();
    const members = value as Record<string, unknown>;
    const name = this.#random.pick([...Object.keys(members), '__proto__', 'extra']);
    if (this.#random.oneIn(3)) delete members[name];
    else
      Object.defineProperty(members, name, {
        value: this.#anything(),
        enumerable: true,
        configurable: true,
        writable: true,
      });
    return members;
  }

  #object({ properties = {}, required = [] }: Schema): unknown {
    const wanted = Object.entries(properties as Record<string, Schema>).filter(
      ([name]) => (required as string[]).includes(name) || this.#random.oneIn(3),
    );
    return Object.fromEntries(wanted.map(([name, schema]) => [name, this.value(schema)]));
  }

  #array({ items, minItems = 0 }: Schema): unknown[] {
    const length = Number(minItems) + this.#random.below(4);
    return Array.from({ length }, () => this.value(items as Schema));
  }

  #text({ pattern, maxLength = 64 }: Schema): string {
    if (pattern === '^[0-9a-z]+-[0-9a-z]+$')
      return `g${this.#random.below(1000)}-${this.#random.below(1000)}`;
    const length = this.#random.size(Math.min(Number(maxLength), 140));
    return Array.from({ length }, () => this.#random.pick(alphabet)).join('');
  }

  #integer({ minimum = -5, maximum = 4e12 }: Schema): number {
    return Number(minimum) + this.#random.below(Number(maximum) - Number(minimum) + 1);
  }

  #anything(): unknown {
    const deep = JSON.parse('['.repeat(70) + ']'.repeat(70));
    return this.#random.pick([
      null,
      true,
      0,
      -1,
      1.5,
      1e300,
      '',
      'x',
      'x'.repeat(129),
      [],
      {},
      [[]],
      { a: {} },
      deep,
    ]);
  }
}
