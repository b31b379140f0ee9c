import { createHash } from 'node:crypto';

/** A stream, as Home Assistant is to find it. */
export interface DiscoveredStream {
  /** What all topics begin with. */
  readonly prefix: string;
  readonly stream: string;
  readonly classes: Iterable<string>;
  /** Address of its page. */
  readonly page: string;
}

/** A message that stays at the broker. */
export interface RetainedMessage {
  readonly topic: string;
  readonly payload: string;
}

/**
 * The message by which Home Assistant (2024.11 or later) finds a stream: a device, with an entity for whether it is up,
 * and for each class one that is on while a marker of it goes on, and one that fires with each event.
 * @param discovery what such topics begin with there
 */
export function discoveryMessage(
  discovery: string,
  { prefix, stream, classes, page }: DiscoveredStream,
): RetainedMessage {
  const device = `hlsstream_${objectId(prefix)}_${stream}`;
  const topic = `${prefix}/${stream}`;
  const components: Record<string, unknown> = {
    state: {
      platform: 'binary_sensor',
      unique_id: `${device}_state`,
      name: 'Stream',
      device_class: 'connectivity',
      entity_category: 'diagnostic',
      state_topic: `${topic}/state`,
      value_template: "{{ 'ON' if value == 'up' else 'OFF' }}",
    },
  };
  for (const each of [...classes].sort()) {
    const id = objectId(each);
    components[`class_${id}`] = {
      platform: 'binary_sensor',
      unique_id: `${device}_class_${id}`,
      name: each,
      state_topic: `${topic}/classes/${each}`,
    };
    components[`event_${id}`] = {
      platform: 'event',
      unique_id: `${device}_event_${id}`,
      name: `${each} events`,
      event_types: ['begun', 'ended', 'changed'],
      state_topic: `${topic}/events`,
      // What comes out empty is passed over.
      value_template: `{% if value_json.marker is defined and value_json.marker['class'] == '${each}' %}{{ {'event_type': value_json.type.split('.')[1], 'text': value_json.marker.text, 'marker': value_json.marker.id, 'link': value_json.link, 'picture': value_json.picture | default('')} | tojson }}{% endif %}`,
    };
  }
  return {
    topic: `${discovery}/device/${device}/config`,
    payload: JSON.stringify({
      device: {
        identifiers: [device],
        name: stream,
        manufacturer: 'hlsstream',
        model: 'stream',
        configuration_url: page,
      },
      origin: { name: 'hlsstream' },
      availability_topic: `${prefix}/status`,
      components,
    }),
  };
}

/** A name as ids may hold it: letters, digits, _ and -; two names never share one. */
function objectId(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9_-]/g, '_');
  return plain === name ? name : `${plain}_${createHash('sha256').update(name).digest('hex').slice(0, 6)}`;
}
