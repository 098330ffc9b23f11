import { lookup as resolve } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Where clouds tell a machine its own secrets. No backend lives there, so they are refused always. */
const metadataAddresses = ['169.254.169.254', '169.254.170.2', '100.100.100.200', 'fd00:ec2::254'];

/** Ranges of ipaddr.js in which a backend of one's own network may live. */
const privateRanges = ['private', 'loopback', 'linkLocal', 'uniqueLocal', 'carrierGradeNat'];

/** Addresses of the internet in IPv6. What else ipaddr.js calls unicast may embed an IPv4 address, as ::7f00:1 does. */
const globalUnicast: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('2000::'), 3];

/** Says why no webhook goes to an address; undefined where one may. */
export function refusalOf(address: string, privateNetworks: boolean): string | undefined {
  // An IPv4 address in the guise of IPv6, ::ffff:127.0.0.1, is what it is.
  const ip = ipaddr.process(address);
  if (metadataAddresses.includes(ip.toString())) return `${address} is where a cloud keeps its secrets`;
  const range = ip.range();
  const isPublic = range === 'unicast' && (!(ip instanceof ipaddr.IPv6) || ip.match(globalUnicast));
  if (isPublic || (privateNetworks && privateRanges.includes(range))) return undefined;
  return privateRanges.includes(range)
    ? `${address} is in a private network; see the option webhook-private-networks`
    : `${address} is not an address that a backend can have`;
}

/**
 * Says why the host of a URL is refused; undefined where it may be used, or is a name, which `guardedLookup` checks.
 * Node looks up no addresses, so they have to be checked by themselves.
 */
export function refusalOfHost({ hostname }: URL, privateNetworks: boolean): string | undefined {
  const host = hostname.replace(/^\[|\]$/g, '');
  return isIP(host) === 0 ? undefined : refusalOf(host, privateNetworks);
}

/**
 * A `lookup` for connections that resolves a name once and leaves over the addresses that may be used. Node connects
 * to what it gets here, so a second answer of the DNS cannot lead elsewhere.
 */
export function guardedLookup(privateNetworks: boolean, lookup: typeof resolve = resolve): LookupFunction {
  return (name, options, done) => {
    lookup(name, { ...options, all: true }, (error, found) => {
      if (error !== null) return done(error, []);
      const refusals = found.map(({ address }) => refusalOf(address, privateNetworks));
      const allowed = found.filter((_, index) => refusals[index] === undefined);
      const [first] = allowed;
      if (first === undefined) return done(new Error(refusals[0] ?? `${name} has no address`), []);
      if (options.all) done(null, allowed);
      else done(null, first.address, first.family);
    });
  };
}
