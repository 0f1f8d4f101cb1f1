import { z } from 'zod';
import { createZodDto } from '../http/contract/zod-dto';
import { ACCELERATION_UNITS } from './formats/waveform';
import type { WaveformOptions } from './readings.service';
import { axesIn, axisList } from './waveform.dto';

export class WaveformDrawingQueryDto extends createZodDto(
  z.strictObject({ axis: axisList, unit: z.enum(ACCELERATION_UNITS).prefault('g') }),
) {}

export function toWaveformOptions({ axis, unit }: WaveformDrawingQueryDto): WaveformOptions {
  return { axes: axesIn(axis), unit, points: undefined };
}
