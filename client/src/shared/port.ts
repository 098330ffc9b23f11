/** One end of a line to another page or worker. MessagePort and BroadcastChannel both are one. */
export interface Port {
  onmessage: { bivariant(event: { data: unknown }): unknown }['bivariant'] | null;
  postMessage(message: unknown): void;
  close(): void;
}
