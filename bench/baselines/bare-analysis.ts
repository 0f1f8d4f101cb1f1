import { fastify } from 'fastify';
import FFT from 'fft.js';
import { Pool } from 'pg';
import { given } from './given';
import { listen } from './listen';
import { logRequests } from './log-requests';
import { answers } from './schemas';
import { spectrumSchema, trendSchema } from './analysis-schemas';

// Spectra of waveforms that are float32 in a plain table, and trends by SQL over the table of the service. With one log line for each request.
const { databaseUrl } = given as { databaseUrl: string };

const POOL_SIZE = 10; // Same as the product.
const AXES = ['x', 'y', 'z'] as const;

interface Waveform {
  readonly sample_rate_hz: number;
  readonly x: Buffer;
  readonly y: Buffer;
  readonly z: Buffer;
}

const TREND = `
  SELECT date_trunc('day', measured_at, timezone) AS at, min(value), avg(value), max(value), timezone
  FROM sensors JOIN gateways ON gateways.id = sensors.gateway_id JOIN factories ON factories.id = gateways.factory_id
  JOIN temperature_readings ON sensor_number = sensors.number
  WHERE sensors.id = $1 AND measured_at >= $2 AND measured_at < $3 GROUP BY 1, timezone ORDER BY 1`;

/** A Hann window and a transform of one length. */
class Analyser {
  private readonly fft: FFT;
  private readonly window: Float64Array;
  private readonly out: number[];

  constructor(private readonly length: number) {
    this.fft = new FFT(length);
    this.window = new Float64Array(length).map((_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / length));
    this.out = new Array<number>(2 * length).fill(0);
  }

  /** Peak amplitudes by line, from float32. */
  amplitudes(bytes: Buffer): number[] {
    const { length, window } = this;
    const samples = new Float64Array(length);
    let [sum, weights] = [0, 0];
    for (let n = 0; n < length; n += 1) {
      const weight = window[n] ?? 0;
      samples[n] = bytes.readFloatLE(4 * n);
      sum += weight * (samples[n] ?? 0);
      weights += weight;
    }
    for (let n = 0; n < length; n += 1) samples[n] = (window[n] ?? 0) * ((samples[n] ?? 0) - sum / weights);
    this.fft.realTransform(this.out, samples);
    const lines = new Array<number>(length / 2 + 1).fill(0);
    for (let k = 1; k < lines.length; k += 1) {
      const size = Math.hypot(this.out[2 * k] ?? 0, this.out[2 * k + 1] ?? 0) / weights;
      lines[k] = 2 * k === length ? size : 2 * size;
    }
    return lines;
  }
}

async function main(): Promise<void> {
  const pool = new Pool({ connectionString: databaseUrl, max: POOL_SIZE });
  pool.on('error', () => undefined); // An idle connection fails when the server stops.
  const analysers = new Map<number, Analyser>();
  const server = fastify();
  logRequests(server);

  server.get<{ Params: { id: string }; Querystring: { axis?: string } }>(
    '/api/readings/:id/spectrum',
    answers(200, spectrumSchema),
    async ({ params, query }, reply) => {
      const axes = AXES.filter((axis) => (query.axis ?? 'x,y,z').split(',').includes(axis));
      const sql = `SELECT sample_rate_hz, ${axes.join(', ')} FROM bare_waveforms WHERE id = $1`;
      const { rows } = await pool.query<Waveform>(sql, [params.id]);
      const [row] = rows;
      if (!row) return reply.status(404).send();
      const samples = row[axes[0] ?? 'x'].length / 4;
      const analyser = analysers.get(samples) ?? new Analyser(samples);
      analysers.set(samples, analyser);
      const df = row.sample_rate_hz / samples;
      return {
        ...{ reading_id: params.id, sample_rate_hz: row.sample_rate_hz, rate_source: 'sensor', samples },
        ...{ scale: 'peak', window: 'hann', df_hz: df, lines: samples / 2 + 1, from_hz: 0, enbw_hz: 1.5 * df },
        ...{ valid_from_hz: 8 * df, quantity: 'acceleration', unit: 'g' },
        axes: Object.fromEntries(axes.map((axis) => [axis, analyser.amplitudes(row[axis])])),
      };
    },
  );

  server.get<{ Params: { id: string }; Querystring: { from: string; to: string } }>(
    '/api/sensors/:id/trend',
    answers(200, trendSchema),
    async ({ params: { id }, query: { from, to } }) => {
      const { rows } = await pool.query<{ timezone: string }>(TREND, [id, from, to]);
      const series = [{ metric: 'temperature', unit: null, points: rows }];
      return { sensor_id: id, from, to, bucket: '1d', time_zone: rows[0]?.timezone, series };
    },
  );

  await listen(server);
}

void main();
