const string = { type: 'string' } as const;
const number = { type: 'number' } as const;
const time = { type: 'string', format: 'date-time' } as const;
const values = { type: 'array', items: number } as const;

export const spectrumSchema = {
  type: 'object',
  properties: {
    ...{
      reading_id: string,
      sample_rate_hz: number,
      rate_source: string,
      samples: number,
      scale: string,
      window: string,
    },
    ...{ df_hz: number, lines: number, from_hz: number, enbw_hz: number, valid_from_hz: number },
    axes: { type: 'object', properties: { x: values, y: values, z: values } },
    ...{ quantity: string, unit: string },
  },
} as const;

const point = { type: 'object', properties: { at: time, min: number, avg: number, max: number } } as const;
const series = {
  type: 'object',
  properties: { metric: string, unit: { type: 'string', nullable: true }, points: { type: 'array', items: point } },
} as const;

export const trendSchema = {
  type: 'object',
  properties: {
    ...{ sensor_id: string, from: time, to: time, bucket: string, time_zone: string },
    series: { type: 'array', items: series },
  },
} as const;
