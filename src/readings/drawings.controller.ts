import { Controller, Get, Param, Query, Req, Res, StreamableFile } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ApiErrors } from '../http/contract/api-errors';
import type { ApiRequest } from '../http/contract/caller';
import { ApiConditionalGet, isCurrent } from '../http/contract/conditional-get';
import { Operation } from '../http/contract/operation';
import { SvgResponse } from '../http/contract/svg-response';
import { WaveformDrawingQueryDto } from './drawing.dto';
import type { LineSpectrum } from './formats/line-spectrum';
import { toSpectrumSvg, toWaveformSvg, withValidLines } from './formats/svg/drawings';
import type { Caption } from './formats/svg/drawings';
import { keyOf, ReadingIdParamDto } from './reading.dto';
import { SpectraService } from './spectra.service';
import { SpectrumDrawingQueryDto, toSpectrumRequest } from './spectrum.dto';
import { axesIn } from './waveform.dto';
import { waveformOf, WaveformsService } from './waveforms.service';
import type { ReadWaveform } from './waveforms.service';

@ApiTags('readings')
@Controller('readings/:id')
export class DrawingsController {
  constructor(
    private readonly waveforms: WaveformsService,
    private readonly spectra: SpectraService,
  ) {}

  @Get('waveform.svg')
  @Operation({
    id: 'drawWaveform',
    summary: 'Draw the samples of a vibration reading',
    description:
      'An SVG image with a panel for each axis. Samples that share a pixel are drawn as their range, so no peak is missed.',
    permission: 'readings:read',
  })
  @ApiConditionalGet()
  @ApiErrors({ 404: ['READING_NOT_FOUND', 'WAVEFORM_NOT_FOUND'], 409: ['WAVEFORM_THINNED'] })
  @SvgResponse()
  async waveform(
    @Req() { actor, headers }: ApiRequest,
    @Param() { id }: ReadingIdParamDto,
    @Query() query: WaveformDrawingQueryDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StreamableFile | undefined> {
    const read = await this.waveforms.get(actor, keyOf(id), axesIn(query.axis));
    const { caption, revision } = await this.captionOf(actor, read, id);
    if (isCurrent(headers, reply, `${id}-${read.reading.feedPosition}-${revision}`, 'revalidate')) return undefined;
    return toFile(toWaveformSvg(waveformOf(read, { unit: query.unit, points: undefined }), caption));
  }

  @Get('spectrum.svg')
  @Operation({
    id: 'drawSpectrum',
    summary: 'Draw the spectrum of a vibration reading',
    description:
      'An SVG image with a panel for each axis. The highest line from `valid_from_hz` on is labelled with its amplitude as the flat-top ' +
      'window shows it. Velocity and displacement are drawn from `valid_from_hz` on, unless you name `fmin`.',
    permission: 'readings:read',
  })
  @ApiConditionalGet()
  @ApiErrors({
    404: ['READING_NOT_FOUND', 'WAVEFORM_NOT_FOUND'],
    409: ['WAVEFORM_THINNED', 'SAMPLE_RATE_UNKNOWN'],
    422: ['BAND_OUTSIDE_RECORD', 'AXES_DIFFER', 'RECORD_TOO_LONG'],
  })
  @SvgResponse()
  async spectrum(
    @Req() { actor, headers }: ApiRequest,
    @Param() { id }: ReadingIdParamDto,
    @Query() query: SpectrumDrawingQueryDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StreamableFile | undefined> {
    const request = toSpectrumRequest(query);
    const read = await this.waveforms.get(actor, keyOf(id), request.axes);
    const { spectrum } = await this.spectra.get(actor, read, request);
    const { caption, revision } = await this.captionOf(actor, read, id);
    const tag = `${id}-${read.reading.feedPosition}-${revision}-${spectrum.sampleRateHz}`;
    if (isCurrent(headers, reply, tag, 'revalidate')) return undefined;
    const flat = await this.spectra.get(actor, read, { ...request, window: 'flattop' });
    const part = query.fmin === undefined ? withValidLines : (whole: LineSpectrum) => whole;
    return toFile(toSpectrumSvg(part(spectrum), part(flat.spectrum), caption));
  }

  /** The name of the sensor may change, so a drawing is not kept for ever. */
  private async captionOf(
    reach: ApiRequest['actor'],
    { reading }: ReadWaveform,
    id: string,
  ): Promise<{ readonly caption: Caption; readonly revision: number }> {
    const { measuredAt, timeQuality } = reading;
    const { name, revision } = await this.spectra.sensorOf(reach, reading);
    const time = `${measuredAt.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
    const isExact = timeQuality === 'minute' || timeQuality === 'second';
    return {
      caption: { title: name, subtitle: [isExact ? time : `${time} (${timeQuality})`, id].join(' · ') },
      revision,
    };
  }
}

function toFile(svg: string): StreamableFile {
  return new StreamableFile(Buffer.from(svg), { type: 'image/svg+xml; charset=utf-8', disposition: 'inline' });
}
