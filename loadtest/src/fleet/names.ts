import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';

/** How long addresses are good, ms: thousands of tabs come meanwhile, and a gateway that has moved is soon found. */
const life = 1000;

/**
 * Finds the addresses of a name once a second and not once per tab: Node has few threads for that, and tabs that wait for
 * them would measure the resolver. Who has several addresses of a kind is called at each in turn.
 * @param ask tells the addresses of a name, the preferred kind first
 * @param now ms
 */
export function remembering(
  ask: (name: string) => Promise<LookupAddress[]> = (name) => lookup(name, { all: true }),
  now: () => number = () => performance.now(),
): LookupFunction {
  const known = new Map<string, { readonly asked: number; readonly addresses: Promise<LookupAddress[]> }>();
  let turn = 0;

  const addressesOf = (name: string) => {
    const found = known.get(name);
    if (found !== undefined && now() - found.asked < life) return found.addresses;
    const addresses = ask(name);
    known.set(name, { asked: now(), addresses });
    return addresses;
  };

  return (name, { all }, callback) => {
    addressesOf(name).then(
      (addresses) => {
        const inTurn = rotated(addresses, turn++);
        if (all) callback(null, inTurn);
        else callback(null, inTurn[0]!.address, inTurn[0]!.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, ''),
    );
  };
}

function rotated(addresses: readonly LookupAddress[], turn: number): LookupAddress[] {
  const preferred = addresses.filter(({ family }) => family === addresses[0]!.family);
  const begin = turn % preferred.length;
  const others = addresses.filter(({ family }) => family !== addresses[0]!.family);
  return [...preferred.slice(begin), ...preferred.slice(0, begin), ...others];
}
