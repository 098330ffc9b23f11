import { connect } from 'node:net';

/** Whether somebody listens on a port of this machine: true, or undefined to be asked again. */
export function accepts(port: number): Promise<true | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    }).on('error', () => resolve(undefined));
  });
}
