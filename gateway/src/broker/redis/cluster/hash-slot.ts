/** How many slots a Redis Cluster has. */
export const slotCount = 16_384;

/**
 * The slot of a name: CRC-16 (XMODEM) of its hash tag, or of all of it where it has none. ASCII names only.
 * https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#hash-tags
 */
export function slotOf(name: string): number {
  return crc16(hashTag(name)) % slotCount;
}

function hashTag(name: string): string {
  const open = name.indexOf('{');
  const close = name.indexOf('}', open + 1);
  return open === -1 || close <= open + 1 ? name : name.slice(open + 1, close);
}

function crc16(text: string): number {
  let crc = 0;
  for (let i = 0; i < text.length; i++) crc = ((crc << 8) ^ table[(crc >> 8) ^ text.charCodeAt(i)]!) & 0xffff;
  return crc;
}

const table = Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff;
  return crc;
});
