/** What goes before and after a text on its way to a server, Latin-1: one character is one byte. */
export interface Wrapping {
  readonly head: string;
  readonly tail: string;
}

/** Straight into a socket, one request after the other without waiting: what costs the sender least. */
export interface PipelineWay {
  readonly kind: 'pipeline';
  readonly host: string;
  readonly port: number;
  /** What is counted as an answer: a reply of Redis to PUBLISH or to a script, or a response of HTTP/1.1. */
  readonly answers: 'redis' | 'http';
  /** Streams are dealt to so many connections, each with its order. */
  readonly connections: number;
  /** Whether each connection waits for an answer before its next request, as servers want that do not allow pipelining (false). */
  readonly waits?: boolean;
  /** Per stream. */
  readonly wrappings: readonly Wrapping[];
}

/** As a backend sends: POST /v1/send. */
export interface ApiWay {
  readonly kind: 'api';
  /** Of internal ports, without a path; lanes go to them in turn. */
  readonly urls: readonly string[];
  readonly key: string;
  /** Per stream, the member `to` of its sends. */
  readonly targets: readonly object[];
  /** Sends in one request, at most; 1 sends objects and no arrays. */
  readonly batch: number;
  /** Streams are dealt to so many lanes; each has one request under way, so that streams keep their order. */
  readonly lanes: number;
  /** Whether a request that is not answered, or with 5xx, is repeated under an idempotency key (true); else it is given up. */
  readonly repeats?: boolean;
}

/** What a caller decides of the way to an API. */
export type Dealing = Pick<ApiWay, 'batch' | 'lanes' | 'repeats'>;

/** How sends are dealt where nothing else is asked for: a few lanes, so that a busy API gets larger batches and not more. */
const usualDealing = { batch: 100, lanes: 8 } as const;

/** Of one request, at most, bytes: half of what a gateway takes where it is not told otherwise (`api-body-limit`). */
const requestBytes = 512 * 1024;

/** What a send adds to its text, bytes, with room to spare. */
const sendBytes = 512;

/** As usual, with as many sends in a request as an API takes. */
export function dealingFor(textBytes: number): Dealing {
  const fitting = Math.max(1, Math.floor(requestBytes / (textBytes + sendBytes)));
  return { ...usualDealing, batch: Math.min(usualDealing.batch, fitting) };
}

/** Not at all: the server sends by itself, on the same timetable, once it is told to with a POST. */
export interface SelfWay {
  readonly kind: 'self';
  readonly url: string;
  /** Per stream, as the server calls where it goes. */
  readonly channels: readonly string[];
}

/** What such a server is told; it answers with a report when all has left. */
export interface SelfSend
  extends Pick<SelfWay, 'channels'>,
    Pick<SendPlan, 'textBytes' | 'perSecond' | 'total'> {}

/** What to send, and when. */
export interface SendPlan {
  readonly way: PipelineWay | ApiWay | SelfWay;
  /** Messages go to them in turn, and are numbered per stream. */
  readonly streams: number;
  readonly textBytes: number;
  readonly perSecond: number;
  /** How many messages in all. */
  readonly total: number;
}

/** How far a sender is. */
export interface SendProgress {
  /** Messages that have left. */
  readonly sent: number;
  /** By how much the sender fell behind its timetable at worst since the last time it was asked, ms. */
  readonly behind: number;
}

/** What became of it. */
export interface SendReport {
  /** Per stream, the messages that have left. */
  readonly sent: readonly number[];
  /** Per stream, those of them that the server has refused for good. */
  readonly refused: readonly number[];
  /** Messages that nobody was subscribed to, as far as the server tells. */
  readonly unheard: number;
  /** Requests that were repeated, because they were not answered, or with 5xx. */
  readonly repeated: number;
  /** By how much the sender fell behind its timetable at worst, ms. */
  readonly behind: number;
}
