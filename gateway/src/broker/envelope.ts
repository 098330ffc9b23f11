import { Packr } from 'msgpackr';

/**
 * The envelope is what crosses the broker: who among the tabs of the channel is meant, and the frame, ready to be
 * written to them. The frame is JSON text and opaque here: it is not parsed between the sender and the tab.
 *
 *     byte 0     version, 1
 *     byte 1-2   length of the filter, big endian; 0 for nearly every publication
 *     filter     MessagePack map, see Filter
 *     frame      the rest
 */

const version = 1;
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
  const packed = filter === undefined ? undefined : packr.pack(filter);
  const filterBytes = packed?.length ?? 0;
  if (filterBytes > maxFilterBytes) throw new RangeError(`filter of ${filterBytes} bytes`);
  const envelope = Buffer.allocUnsafe(prefixBytes + filterBytes + frame.length);
  envelope[0] = version;
  envelope.writeUInt16BE(filterBytes, 1);
  if (packed !== undefined) envelope.set(packed, prefixBytes);
  envelope.set(frame, prefixBytes + filterBytes);
  return envelope;
}

/**
 * Takes an envelope apart without copying: `frame` is a view into `bytes`.
 * Returns undefined for what is no envelope of a version that we know, as a newer gateway may send during an upgrade.
 */
export function decodeEnvelope(bytes: Uint8Array): Envelope | undefined {
  if (bytes.length < prefixBytes || bytes[0] !== version) return undefined;
  const filterBytes = (bytes[1]! << 8) | bytes[2]!;
  if (filterBytes === 0) return { filter: undefined, frame: bytes.subarray(prefixBytes) };
  if (bytes.length < prefixBytes + filterBytes) return undefined;
  const filter = decodeFilter(bytes.subarray(prefixBytes, prefixBytes + filterBytes));
  return filter && { filter, frame: bytes.subarray(prefixBytes + filterBytes) };
}

function decodeFilter(bytes: Uint8Array): Filter | undefined {
  try {
    const filter: unknown = packr.unpack(bytes);
    return typeof filter === 'object' && filter !== null ? filter : undefined;
  } catch {
    return undefined;
  }
}
