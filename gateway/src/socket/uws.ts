/**
 * uWebSockets.js is native code: one binary per platform and Node ABI. Loading it here, once, turns a missing binary
 * into a sentence with the remedy.
 */
import type { HttpRequest } from 'uWebSockets.js';

export type { HttpRequest, HttpResponse, TemplatedApp, us_socket_context_t, WebSocket } from 'uWebSockets.js';

/** What the package exports but its type definitions leave out. */
interface Untyped {
  readonly DISABLED: number;
  readonly SHARED_COMPRESSOR: number;
  readonly SHARED_DECOMPRESSOR: number;
  readonly LIBUS_LISTEN_EXCLUSIVE_PORT: number;
}

export const uws = (await import('uWebSockets.js').catch((cause: unknown) => {
  const { platform, arch, version, versions } = process;
  throw new Error(
    `uWebSockets.js has no binary that loads on ${platform} ${arch} with Node ${version} (ABI ${versions.modules}). ` +
      'Use Node 20 or 22 on Linux with glibc (Debian, Ubuntu), macOS or Windows; Alpine (musl) is not supported. ' +
      'README.md, "uWebSockets.js", says how to use another build.',
    { cause },
  );
})) as unknown as typeof import('uWebSockets.js') & Untyped;

/** The raw query of a request; without a question mark uWebSockets answers undefined, whatever its types say. */
export function queryOf(req: HttpRequest): string {
  return (req.getQuery() as string | undefined) ?? '';
}
