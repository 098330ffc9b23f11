import { Packr } from 'msgpackr';

/**
 * The envelope is what crosses the broker: who among the tabs of the channel is meant, and the frame, ready to be
 * written to them. The frame is JSON text and opaque here: it is not parsed between the sender and the tab.
 *
 *     nearly always:   the frame, which begins with `{` as every JSON object does
 *     with a filter:   byte 0     version, 1; `{` will never be one
 *                      byte 1-2   length of the filter, big endian
 *                      filter     MessagePack map, see Filter
 *                      frame      the rest
 *     an order:        byte 0     version, 2
 *                      order      MessagePack, the rest: what gateways say to each other, see cluster/
 */

const openBrace = 0x7b;
const version = 1;
const orderVersion = 2;
const prefixBytes = 3;
const maxFilterBytes = 0xffff;

/** Narrows a publication down from all tabs of its channel. Absent members do not narrow. */
export interface Filter {
  /** Only tabs of this login session. */
  session?: string;
  /** Only the tab with this connection id. */
  connection?: string;
  /** Not the tab with this connection id. */
  except?: string;
  /**
   * This send went to several channels that may share tabs; every one of its publications carries this random id,
   * and a tab takes only the first of them.
   */
  once?: string;
}

export interface Envelope {
  /** Undefined when every tab of the channel is meant. */
  readonly filter: Filter | undefined;
  /** JSON text of the frame as UTF-8. */
  readonly frame: Uint8Array;
}

const packr = new Packr({ useRecords: false, mapsAsObjects: true, variableMapSize: true });

/** Puts filter and frame together. A filter holds ids of limited length, so it always fits. */
export function encodeEnvelope(frame: Uint8Array, filter?: Filter): Uint8Array {
  if (filter === undefined) return frame;
  const packed = packr.pack(filter);
  if (packed.length > maxFilterBytes) throw new RangeError(`filter of ${packed.length} bytes`);
  const envelope = Buffer.allocUnsafe(prefixBytes + packed.length + frame.length);
  envelope[0] = version;
  envelope.writeUInt16BE(packed.length, 1);
  envelope.set(packed, prefixBytes);
  envelope.set(frame, prefixBytes + packed.length);
  return envelope;
}

/**
 * Takes an envelope apart without copying: `frame` is `bytes`, or a view into them.
 * Returns undefined for what is no envelope of a version that we know, as a newer gateway may send during an upgrade.
 */
export function decodeEnvelope(bytes: Uint8Array): Envelope | undefined {
  if (bytes[0] === openBrace) return { filter: undefined, frame: bytes };
  if (bytes.length < prefixBytes || bytes[0] !== version) return undefined;
  const filterEnd = prefixBytes + ((bytes[1]! << 8) | bytes[2]!);
  if (bytes.length < filterEnd) return undefined;
  const filter = decodeFilter(bytes.subarray(prefixBytes, filterEnd));
  return filter && { filter, frame: bytes.subarray(filterEnd) };
}

/** Whether an envelope carries an order of another gateway rather than a frame for tabs. */
export function isOrder(bytes: Uint8Array): boolean {
  return bytes[0] === orderVersion;
}

/** Puts an order into an envelope. */
export function encodeOrder(order: unknown): Uint8Array {
  return Buffer.concat([Buffer.of(orderVersion), packr.pack(order)]);
}

/** The order in an envelope for which `isOrder` holds, unchecked; undefined when it cannot be read. */
export function decodeOrder(bytes: Uint8Array): unknown {
  try {
    return packr.unpack(bytes.subarray(1));
  } catch {
    return undefined;
  }
}

function decodeFilter(bytes: Uint8Array): Filter | undefined {
  try {
    const filter: unknown = packr.unpack(bytes);
    return typeof filter === 'object' && filter !== null ? filter : undefined;
  } catch {
    return undefined;
  }
}
