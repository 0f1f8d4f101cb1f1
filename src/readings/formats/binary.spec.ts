import { execFileSync, spawnSync } from 'node:child_process';
import { aSignal, aWaveform, valuesOf } from './formats.harness';
import { toFloat32 } from './float32';
import { toNpy } from './npy';
import { toWav } from './wav';

const waveform = aWaveform({ x: aSignal(1000), y: aSignal(1000).reverse(), z: aSignal(1000).map((value) => -value) });
const rounded = (axis: 'x' | 'y' | 'z') => valuesOf(waveform, axis).map(Math.fround);

describe('float32', () => {
  it('is little-endian, axis after axis', () => {
    // 1.0 is 3F800000, -2.0 is C0000000.
    expect(toFloat32(aWaveform({ x: [1, 0], z: [-2, 1] })).toString('hex')).toBe(
      '0000803f' + '00000000' + '000000c0' + '0000803f',
    );
  });

  it('fills a shorter axis up with NaN', () => {
    expect(floatsIn(toFloat32(aWaveform({ x: [1, 2], y: [3] })))).toEqual([1, 2, 3, NaN]);
  });

  it('is empty without axes', () => {
    expect(toFloat32(aWaveform({}))).toHaveLength(0);
  });
});

describe('NPY', () => {
  it('has the bytes of version 1.0', () => {
    const file = toNpy(aWaveform({ x: [1], y: [-2] }));
    const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }`;
    expect(file.subarray(0, 10).toString('hex')).toBe('934e554d50590100' + '7600'); // 0x76: 118 bytes of header follow.
    expect(file.subarray(10, 128).toString('latin1')).toBe(`${header.padEnd(117)}\n`);
    expect(file.subarray(128).toString('hex')).toBe('0000803f' + '000000c0');
  });

  it('begins its data at a multiple of 64 bytes, whatever the shape', () => {
    for (const samples of [0, 1, 9, 10, 99, 100, 1_048_576]) {
      const file = toNpy(aWaveform({ x: new Array<number>(samples).fill(0) }));
      expect([(10 + file.readUInt16LE(8)) % 64, file.length]).toEqual([0, 10 + file.readUInt16LE(8) + 4 * samples]);
    }
  });

  const hasNumPy = spawnSync('python3', ['-c', 'import numpy']).status === 0;
  (hasNumPy ? it : it.skip)('numpy.load reads it', () => {
    const script =
      'import io, json, sys, numpy; a = numpy.load(io.BytesIO(sys.stdin.buffer.read())); ' +
      'print(json.dumps([str(a.dtype), a.shape, a.astype(float).tolist()]))';
    const [type, shape, rows] = JSON.parse(
      execFileSync('python3', ['-c', script], { input: toNpy(waveform), encoding: 'utf8' }),
    ) as [string, number[], number[][]];
    expect([type, shape]).toEqual(['float32', [3, 1000]]);
    expect(rows).toEqual([rounded('x'), rounded('y'), rounded('z')]);
  });
});

describe('WAV', () => {
  it('is a RIFF file of float32 with a channel for each axis', () => {
    const chunks = chunksIn(toWav(waveform, 6400));
    expect([...chunks.keys()]).toEqual(['fmt ', 'fact', 'data']);
    const format = chunks.get('fmt ') ?? Buffer.alloc(0);
    const words = [0, 2, 12, 14, 16].map((at) => format.readUInt16LE(at));
    expect(words).toEqual([3, 3, 12, 32, 0]); // IEEE float, 3 channels, 12 bytes a frame, 32 bits a sample, no extension.
    expect([format.readUInt32LE(4), format.readUInt32LE(8)]).toEqual([6400, 76_800]);
    expect(chunks.get('fact')?.readUInt32LE()).toBe(1000);
    const samples = floatsIn(chunks.get('data') ?? Buffer.alloc(0));
    for (const [channel, axis] of (['x', 'y', 'z'] as const).entries()) {
      expect(samples.filter((_, index) => index % 3 === channel)).toEqual(rounded(axis));
    }
  });

  it('rounds the sample rate, fills a shorter axis up with zeros, and takes a waveform without samples', () => {
    expect(chunksIn(toWav(waveform, 25.6)).get('fmt ')?.readUInt32LE(4)).toBe(26);
    expect(chunksIn(toWav(waveform, 0.2)).get('fmt ')?.readUInt32LE(4)).toBe(1);
    expect(floatsIn(chunksIn(toWav(aWaveform({ x: [1, 2], y: [3] }), 1)).get('data') ?? Buffer.alloc(0))).toEqual([
      1, 3, 2, 0,
    ]);
    expect(chunksIn(toWav(aWaveform({ x: [] }), 1)).get('data')).toHaveLength(0);
  });
});

function floatsIn(buffer: Buffer): number[] {
  return Array.from({ length: buffer.length / 4 }, (_, index) => buffer.readFloatLE(4 * index));
}

/** The chunks of a RIFF WAVE file. Fails unless they fill it exactly. */
function chunksIn(file: Buffer): Map<string, Buffer> {
  expect([file.toString('latin1', 0, 4), file.readUInt32LE(4), file.toString('latin1', 8, 12)]).toEqual([
    ...['RIFF', file.length - 8, 'WAVE'],
  ]);
  const chunks = new Map<string, Buffer>();
  let at = 12;
  while (at < file.length) {
    const end = at + 8 + file.readUInt32LE(at + 4);
    chunks.set(file.toString('latin1', at, at + 4), file.subarray(at + 8, end));
    at = end;
  }
  expect(at).toBe(file.length);
  return chunks;
}
