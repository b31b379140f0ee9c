import { FeedHub, type HubPort, type TabMessage } from './api/feed-hub.ts';

/** The SharedWorker in which the tabs' common feed runs: wiring. */

const SWEEP = 5000;

const hub = new FeedHub();
setInterval(() => hub.sweep(performance.now()), SWEEP);
addEventListener('connect', (event) => {
  const [port] = (event as MessageEvent).ports;
  if (port === undefined) return;
  port.onmessage = ({ data }: MessageEvent<TabMessage>) => hub.take(port as HubPort, data, performance.now());
});
