import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { pino } from 'pino';
import { reportToSystemd } from '../../src/launcher/systemd.ts';

/** Stands in for systemd's end of the socket: prints each datagram on a line. */
const LISTENER = `import socket, sys
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind(sys.argv[1])
print('listening', flush=True)
while True: print(repr(listener.recv(4096).decode()), flush=True)
`;

test('systemd hears when the service is up, twice a watchdog period that it lives, and that it stops', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'hlsstream-systemd-'));
  const socket = join(folder, 'notify');
  const systemd = spawn('python3', ['-c', LISTENER, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(async () => {
    systemd.kill();
    await rm(folder, { recursive: true });
  });
  const lines = createInterface({ input: systemd.stdout });
  const next = async (): Promise<string> => {
    const [line] = (await once(lines, 'line')) as [string];
    // By which systemd-notify makes sure that it was heard.
    return line.includes('BARRIER=1') ? next() : line;
  };
  assert.equal(await next(), 'listening');
  const environment = { ...process.env, NOTIFY_SOCKET: socket, WATCHDOG_USEC: '600000', WATCHDOG_PID: '' };
  const report = reportToSystemd(pino({ enabled: false }), environment);
  t.after(() => report.close());
  report.ready();
  assert.match(await next(), /READY=1/);
  for (let beat = 0; beat < 2; beat += 1) assert.match(await next(), /WATCHDOG=1/);
  report.close();
  report.stopping();
  assert.match(await next(), /STOPPING=1/);
});

test('who is no service of systemd has nobody to report to', () => {
  const report = reportToSystemd(pino({ enabled: false }), {});
  report.ready();
  report.stopping();
});
