import { z } from 'zod';

/** What the value of an option may look like, and how to say so. */
interface Values {
  readonly fits: RegExp;
  readonly takes: string;
}

const whole: Values = { fits: /^\d{1,12}$/, takes: 'a whole number' };
const number: Values = { fits: /^-?\d{1,12}(\.\d{1,9})?$/, takes: 'a number' };
const flag: Values = { fits: /^(0|1|true|false)$/, takes: '0 or 1' };
const rate: Values = { fits: /^\d{1,6}([./]\d{1,6})?$/, takes: 'a rate such as 25 or 30000/1001' };
const pixels: Values = { fits: /^\d{1,5}x\d{1,5}$/, takes: 'a size such as 1280x720' };
const word: Values = { fits: /^[A-Za-z0-9_.:+-]{1,64}$/, takes: 'a name' };
const text: Values = { fits: /^\P{Cc}{1,4096}$/u, takes: 'text without line breaks' };
const header: Values = { fits: /^[\P{Cc}\r\n\t]{1,8192}$/u, takes: 'a header such as "X-Camera: yard"' };

function oneOf(...names: readonly string[]): Values {
  return { fits: new RegExp(`^(${names.join('|')})$`), takes: names.join(', ') };
}

function flags(...names: readonly string[]): Values {
  const name = `[+-]?(${names.join('|')})`;
  return {
    fits: new RegExp(`^${name}([+-](${names.join('|')}))*$`),
    takes: `${names.join(', ')}, joined by +`,
  };
}

function all(values: Values, ...names: readonly string[]): readonly (readonly [string, Values])[] {
  return names.map((name) => [name, values] as const);
}

/** Formats that read nothing but the source itself: no filter graph, no list of further files. */
const formats = oneOf(
  ...['v4l2', 'x11grab', 'avfoundation', 'dshow', 'gdigrab', 'fbdev', 'decklink'],
  ...['mjpeg', 'mpjpeg', 'mjpeg_2000', 'h264', 'hevc', 'm4v', 'mpegvideo', 'vc1', 'av1', 'obu', 'ivf'],
  ...['mpegts', 'mpeg', 'mov', 'mp4', 'matroska', 'webm', 'flv', 'avi', 'asf', 'nut', 'mxf', 'ogg', 'gif'],
  ...['rawvideo', 'yuv4mpegpipe', 'image2', 'image2pipe', 'jpeg_pipe', 'png_pipe', 'bmp_pipe', 'webp_pipe'],
  ...['rtsp', 'rtp', 'hls', 'dash'],
);

/**
 * The input options of ffmpeg that may be given. What is not in this list cannot be: an option may tune how the
 * source is reached and read, but name no file, open no port to listen on, and run no program.
 */
const allowed: ReadonlyMap<string, Values> = new Map([
  // RTSP and RTP
  ['rtsp_transport', oneOf('udp', 'tcp', 'udp_multicast', 'http', 'https')] as const,
  ['rtsp_flags', flags('prefer_tcp', 'filter_src')] as const,
  ['allowed_media_types', flags('video', 'audio', 'data', 'subtitle')] as const,
  ...all(
    whole,
    'min_port',
    'max_port',
    'reorder_queue_size',
    'max_delay',
    'timeout',
    'stimeout',
    'rw_timeout',
  ),
  // UDP, TCP
  ...all(whole, 'buffer_size', 'fifo_size', 'pkt_size', 'ttl', 'bitrate', 'burst_bits'),
  ...all(whole, 'recv_buffer_size', 'send_buffer_size', 'tcp_mss'),
  ...all(flag, 'overrun_nonfatal', 'reuse', 'tcp_nodelay', 'connect'),
  ...all(word, 'localaddr', 'local_addr', 'sources', 'block'),
  // HTTP
  ['headers', header] as const,
  ...all(text, 'user_agent', 'user-agent', 'referer', 'cookies', 'http_proxy'),
  ['auth_type', oneOf('none', 'basic')] as const,
  ...all(flag, 'multiple_requests', 'reconnect', 'reconnect_at_eof', 'reconnect_streamed', 'icy'),
  ...all(flag, 'reconnect_on_network_error', 'http_persistent', 'http_seekable', 'http_multiple'),
  ...all(text, 'reconnect_on_http_error'),
  ...all(whole, 'reconnect_delay_max', 'offset', 'end_offset', 'tls_verify'),
  ...all(number, 'seekable', 'live_start_index'),
  ...all(whole, 'max_reload', 'm3u8_hold_counters', 'seg_max_retry'),
  // SRT, RTMP
  ...all(text, 'passphrase', 'streamid', 'srt_streamid'),
  ...all(number, 'latency', 'rcvlatency', 'peerlatency', 'connect_timeout', 'maxbw', 'listen_timeout'),
  ...all(whole, 'pbkeylen', 'payload_size', 'mss', 'ffs', 'lossmaxttl', 'snddropdelay', 'tlpktdrop'),
  ['mode', oneOf('caller', 'rendezvous')] as const,
  ['transtype', oneOf('live', 'file')] as const,
  ['rtmp_live', oneOf('any', 'live', 'recorded')] as const,
  ...all(text, 'rtmp_app', 'rtmp_playpath', 'rtmp_subscribe', 'rtmp_tcurl', 'rtmp_pageurl', 'rtmp_conn'),
  ...all(text, 'rtmp_flashver', 'rtmp_swfurl'),
  ...all(whole, 'rtmp_buffer'),
  // cameras and screens
  ['f', formats] as const,
  ...all(pixels, 'video_size', 's'),
  ...all(rate, 'framerate', 'r'),
  ...all(word, 'pixel_format', 'pix_fmt', 'input_format', 'standard', 'ts', 'timestamps'),
  ...all(whole, 'channel', 'grab_x', 'grab_y', 'audio_buffer_size', 'rtbufsize', 'video_device_index'),
  ...all(flag, 'draw_mouse', 'show_region', 'follow_mouse', 'capture_cursor', 'use_libv4l2'),
  // reading
  ...all(whole, 'probesize', 'analyzeduration', 'fpsprobesize', 'max_probe_packets', 'thread_queue_size'),
  ...all(whole, 'threads', 'start_number', 'start_number_range', 'max_ts_probe', 'max_interleave_delta'),
  ...all(flag, 'use_wallclock_as_timestamps', 'ignore_editlist', 'correct_ts_overflow', 'resync_size'),
  ['pattern_type', oneOf('glob', 'sequence', 'glob_sequence', 'none')] as const,
  [
    'fflags',
    flags(
      'nobuffer',
      'discardcorrupt',
      'genpts',
      'igndts',
      'ignidx',
      'nofillin',
      'noparse',
      'sortdts',
      'fastseek',
    ),
  ] as const,
  ['flags', flags('low_delay', 'output_corrupt', 'unaligned')] as const,
  [
    'err_detect',
    flags('crccheck', 'bitstream', 'buffer', 'explode', 'ignore_err', 'careful', 'compliant'),
  ] as const,
  [
    'hwaccel',
    oneOf('none', 'auto', 'vaapi', 'cuda', 'qsv', 'videotoolbox', 'd3d11va', 'dxva2', 'vdpau'),
  ] as const,
]);

/** One option for ffmpeg's reading of the source, NAME=VALUE, out of a list of harmless ones. */
export const inputOption = z
  .string()
  .transform((given) => given.replace(/^-/, ''))
  .superRefine((given, context) => {
    const message = fault(given);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

/** What is wrong with an option, its value never shown: it may hold a password. */
function fault(given: string): string | undefined {
  const equals = given.indexOf('=');
  if (equals < 1) return 'is not NAME=VALUE, for example rtsp_transport=udp';
  const name = given.slice(0, equals);
  const values = allowed.get(name);
  if (values === undefined) {
    return `names ${name}, which is not among the options that may be given: ${[...allowed.keys()].sort().join(', ')}`;
  }
  return values.fits.test(given.slice(equals + 1))
    ? undefined
    : `gives ${name} a value that does not fit; it takes ${values.takes}`;
}
