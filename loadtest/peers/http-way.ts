import { actionFrame } from '../src/sending/action.js';
import type { PipelineWay, Wrapping } from '../src/sending/plan.js';

/** Connections that messages come over: enough that an answer that takes its time does not hold up the others. */
const connections = 8;

/** Posts that follow one another without waiting for answers (RFC 9112 §9.3.2). */
export function httpWay(port: number, wrappings: readonly Wrapping[]): PipelineWay {
  return { kind: 'pipeline', host: '127.0.0.1', port, answers: 'http', connections, wrappings };
}

/**
 * A request with a text in its body.
 * @param path with the query
 * @param body what stands around the text; an action where nothing else is said
 */
export function post(
  path: string,
  textBytes: number,
  headers: readonly string[] = [],
  body: Wrapping = actionFrame,
): Wrapping {
  const lines = [
    `POST ${path} HTTP/1.1`,
    'Host: localhost',
    ...headers,
    `Content-Length: ${body.head.length + textBytes + body.tail.length}`,
  ];
  return { head: `${lines.join('\r\n')}\r\n\r\n${body.head}`, tail: body.tail };
}
