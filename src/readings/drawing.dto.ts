import { z } from 'zod';
import { createZodDto } from '../http/contract/zod-dto';
import { ACCELERATION_UNITS } from './formats/waveform';
import { axisList } from './waveform.dto';

export class WaveformDrawingQueryDto extends createZodDto(
  z.strictObject({ axis: axisList, unit: z.enum(ACCELERATION_UNITS).prefault('g') }),
) {}
