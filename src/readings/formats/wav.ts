import { lengthOf } from './waveform';
import type { Waveform } from './waveform';

const BYTES = 4;
const IEEE_FLOAT = 3;

/**
 * A RIFF WAVE file of float32, with a channel for each axis. 1.0 is one unit of the waveform, so players may clip it. A shorter axis is
 * filled up with zeros.
 * @param sampleRateHz rounded: the format holds a whole number
 */
export function toWav(waveform: Waveform, sampleRateHz: number): Buffer {
  const [channels, frames] = [waveform.axes.length, lengthOf(waveform)];
  const rate = Math.max(1, Math.round(sampleRateHz));
  const data = chunk('data', interleaved(waveform, frames));
  const fact = chunk('fact', uint32(frames));
  const content = Buffer.concat([Buffer.from('WAVE', 'latin1'), formatChunk(channels, rate), fact, data]);
  return chunk('RIFF', content);
}

/** The 18-byte form, which all formats but PCM must have. */
function formatChunk(channels: number, rate: number): Buffer {
  const format = Buffer.alloc(18);
  format.writeUInt16LE(IEEE_FLOAT, 0);
  format.writeUInt16LE(channels, 2);
  format.writeUInt32LE(rate, 4);
  format.writeUInt32LE(rate * channels * BYTES, 8);
  format.writeUInt16LE(channels * BYTES, 12);
  format.writeUInt16LE(8 * BYTES, 14);
  format.writeUInt16LE(0, 16); // Length of an extension.
  return chunk('fmt ', format);
}

function interleaved({ axes }: Waveform, frames: number): Buffer {
  const buffer = Buffer.alloc(BYTES * frames * axes.length);
  axes.forEach(({ values }, channel) => {
    values.forEach((value, frame) => buffer.writeFloatLE(value, BYTES * (frame * axes.length + channel)));
  });
  return buffer;
}

function chunk(name: string, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from(name, 'latin1'), uint32(content.length), content]);
}

function uint32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value);
  return buffer;
}
