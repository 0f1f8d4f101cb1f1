import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ApiErrors } from '../http/contract/api-errors';
import type { ApiRequest } from '../http/contract/caller';
import { ApiConditionalGet, isCurrent } from '../http/contract/conditional-get';
import { FileResponse } from '../http/contract/file-response';
import type { JsonOrFile } from '../http/contract/file-response';
import { Operation } from '../http/contract/operation';
import { keyOf, ReadingIdParamDto } from './reading.dto';
import { SpectraService } from './spectra.service';
import type { ReadSpectrum, SpectrumRequest } from './spectra.service';
import { SPECTRUM_FACTS, spectrumFactsOf, toSpectrumFile } from './spectrum-file';
import {
  EnvelopeDto,
  EnvelopeQueryDto,
  SpectrumDto,
  SpectrumQueryDto,
  toEnvelopeDto,
  toEnvelopeRequest,
  toSpectrumDto,
  toSpectrumRequest,
} from './spectrum.dto';
import { WaveformsService } from './waveforms.service';

const ERRORS = ApiErrors({
  404: ['READING_NOT_FOUND', 'WAVEFORM_NOT_FOUND'],
  409: ['WAVEFORM_THINNED', 'SAMPLE_RATE_UNKNOWN'],
  422: ['BAND_OUTSIDE_RECORD', 'AXES_DIFFER', 'RECORD_TOO_LONG'],
});

@ApiTags('readings')
@Controller('readings/:id')
export class SpectraController {
  constructor(
    private readonly waveforms: WaveformsService,
    private readonly spectra: SpectraService,
  ) {}

  @Get('spectrum')
  @Operation({
    id: 'getSpectrum',
    summary: 'Get the spectrum of a vibration reading',
    description:
      'One-sided amplitudes of acceleration, velocity or displacement, computed from the whole record when you ask. The mean is removed, ' +
      'amplitudes are corrected for the window, and nothing is filled up with zeros: `df_hz` is the inverse of the duration.',
    permission: 'readings:read',
  })
  @ApiConditionalGet()
  @ERRORS
  @FileResponse(SpectrumDto, { description: 'The spectrum', texts: ['text/csv'], headers: SPECTRUM_FACTS })
  async spectrum(
    @Req() request: ApiRequest,
    @Param() { id }: ReadingIdParamDto,
    @Query() query: SpectrumQueryDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JsonOrFile<typeof SpectrumDto>> {
    const read = await this.read(request, id, toSpectrumRequest(query), reply);
    if (!read) return undefined;
    return query.format === 'csv' ? toSpectrumFile(`${id}-spectrum`, read.spectrum) : toSpectrumDto(id, read);
  }

  @Get('envelope')
  @Operation({
    id: 'getEnvelope',
    summary: 'Get the envelope spectrum of a vibration reading',
    description:
      'Shows the rate of impacts, such as those of a damaged bearing: the spectrum of the envelope of a band in which they make the ' +
      'machine ring. The envelope is the size of the analytic signal of the band (Hilbert transform).',
    permission: 'readings:read',
  })
  @ApiConditionalGet()
  @ERRORS
  @FileResponse(EnvelopeDto, { description: 'The envelope spectrum', texts: ['text/csv'], headers: SPECTRUM_FACTS })
  async envelope(
    @Req() request: ApiRequest,
    @Param() { id }: ReadingIdParamDto,
    @Query() query: EnvelopeQueryDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JsonOrFile<typeof EnvelopeDto>> {
    const read = await this.read(request, id, toEnvelopeRequest(query), reply);
    if (!read) return undefined;
    return query.format === 'csv' ? toSpectrumFile(`${id}-envelope`, read.spectrum) : toEnvelopeDto(id, read);
  }

  /** @returns null if the client has the spectrum already */
  private async read(
    { actor, headers }: ApiRequest,
    id: string,
    wanted: SpectrumRequest,
    reply: FastifyReply,
  ): Promise<ReadSpectrum | null> {
    const waveform = await this.waveforms.get(actor, keyOf(id), wanted.axes);
    const read = await this.spectra.get(actor, waveform, wanted);
    const tag = `${id}-${waveform.reading.feedPosition}-${read.spectrum.sampleRateHz}`;
    if (isCurrent(headers, reply, tag, read.isFinal ? 'forever' : 'revalidate')) return null;
    reply.headers(spectrumFactsOf(read.spectrum));
    return read;
  }
}
