import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

type Parsed = ReturnType<typeof ipaddr.process>;

/** What a connection says about where it comes from, as text. Anyone can write all of it but the peer. */
export interface Trail {
  /** The other end of the TCP connection. */
  readonly peer: string;
  /** Source that a PROXY protocol header names; empty without one. */
  readonly proxied: string;
  /** All lines of X-Forwarded-For, joined by commas; empty without any. */
  readonly forwardedFor: string;
}

/** The proxies whose word about their clients is believed. */
export class TrustedProxies {
  readonly #networks: readonly (readonly [Parsed, number])[];

  /** @param networks addresses, or networks in CIDR notation (RFC 4632 §3.1) */
  constructor(networks: readonly string[]) {
    this.#networks = networks.map(readNetwork);
  }

  /** Whether anyone is trusted at all. */
  get any(): boolean {
    return this.#networks.length > 0;
  }

  /**
   * The address of the client: the right-most hop that is not a proxy of ours. Each proxy appends the one that called it,
   * so what stands to the left of the first stranger is that stranger's own invention. Where a proxy of ours passes on
   * something that is no address, the trail ends at this proxy.
   */
  clientOf({ peer, proxied, forwardedFor }: Trail): string {
    let client = readAddress(peer);
    if (client === undefined) return peer;
    const hops = [...forwardedFor.split(','), proxied].filter((hop) => hop.trim() !== '');
    while (hops.length > 0 && this.#trusts(client)) {
      const before = readHop(hops.pop()!);
      if (before === undefined) break;
      client = before;
    }
    return client.toString();
  }

  #trusts(address: Parsed): boolean {
    return this.#networks.some(
      ([network, bits]) => network.kind() === address.kind() && address.match(network, bits),
    );
  }
}

/**
 * What counts as one address: an IPv4 address, or the /64 of an IPv6 one, because that is what a household or a server
 * gets, and all addresses in it are theirs to choose from.
 */
export function blockOf(address: string): string {
  const parsed = readAddress(address);
  if (!(parsed instanceof ipaddr.IPv6)) return address;
  return `${new ipaddr.IPv6([...parsed.parts.slice(0, 4), 0, 0, 0, 0])}/64`;
}

function readNetwork(text: string): readonly [Parsed, number] {
  const [address, prefix] = text.split('/') as [string, string?];
  const parsed = ipaddr.parse(address);
  const bits = prefix === undefined ? (parsed.kind() === 'ipv4' ? 32 : 128) : Number(prefix);
  if (parsed instanceof ipaddr.IPv6 && parsed.isIPv4MappedAddress() && bits >= 96)
    return [parsed.toIPv4Address(), bits - 96];
  return [parsed, bits];
}

/** One hop of X-Forwarded-For, which may have a port, and then brackets around an IPv6 address. */
function readHop(hop: string): Parsed | undefined {
  const [, v6, v4] = /^(?:\[(.*)\](?::\d+)?|([\d.]+):\d+)$/.exec(hop.trim()) ?? [];
  return readAddress(v6 ?? v4 ?? hop.trim());
}

/** An address in its shortest form; an IPv4 address that is mapped into IPv6 (RFC 4291 §2.5.5.2) is the IPv4 address. */
function readAddress(text: string): Parsed | undefined {
  // ipaddr.js reads "1" as 0.0.0.1, and digits as octal; nobody who writes that means an address.
  return isIP(text) === 0 ? undefined : ipaddr.process(text);
}
