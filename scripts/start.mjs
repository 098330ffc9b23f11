// `npm start`: installs and builds what is missing, then starts one gateway for development.
import { spawn } from 'node:child_process';
import { prepare } from './prepare.mjs';

prepare();
const command = [
  'gateway/bin/tabcast.js',
  'start',
  '--mode',
  'development',
  '--handlers',
  'examples/hello.js',
];
const gateway = spawn(process.execPath, [...command, ...process.argv.slice(2)], { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => gateway.kill(signal));
gateway.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 0)));
