import { readFile } from 'node:fs/promises';
import type { Locator } from 'playwright-core';
import { SimulatedGateway } from '../../simulator/simulated-gateway';
import type { AcquisitionPageDto } from '../../src/acquisitions/acquisition.dto';
import type { SensorDto, SensorPageDto } from '../../src/sensors/sensor.dto';
import { bodyOf } from '../support/api-client';
import { aGateway } from '../support/builders';
import { eventually } from '../support/eventually';
import { INSPECTION_MS, inspectPages } from './support/accessibility';
import { mark, underTheCursor } from './support/charts';
import type { World } from './support/world';

/** Whole periods in the record, so that each amplitude is exactly that of one line. Peaks in g. */
const SIGNALS = {
  X: { kind: 'sine', hz: 100, g: 0.5 },
  Y: { kind: 'sine', hz: 200, g: 0.2 },
  Z: { kind: 'sine', hz: 300, g: 0.1 },
} as const;
/** 0.5 g at 100 Hz, integrated: the velocity RMS in mm/s. */
const VELOCITY_X = (0.5 * 9806.65) / (2 * Math.PI * 100) / Math.SQRT2;
const ZONE = 'Asia/Tokyo';

/** Sensors, readings, their completeness, and measurements on demand; with a gateway of their own. */
export function describeReadingsPages({ api, visitor, page, open }: World): void {
  let device: SimulatedGateway;
  let gatewayId: string;
  let factoryId: string;
  let sensors: SensorDto[];
  let readingId: string;

  const sensor = (index: number): SensorDto => {
    const found = sensors[index];
    if (!found) throw new Error(`there is no sensor ${index}`);
    return found;
  };
  const readSensors = async (): Promise<SensorDto[]> =>
    (await bodyOf<SensorPageDto>(api().get(`/api/sensors?gateway_id=${gatewayId}&sort=serial`))).data;
  const panel = (title: string): Locator => page().getByRole('region', { name: title, exact: true });
  const parameters = (): string => new URL(page().url()).search;

  beforeAll(async () => {
    device = await SimulatedGateway.listen({
      number: 7,
      ...{ samples: 4096, rateHz: 2560, signals: SIGNALS, depth: { count: 3 }, clock: { zone: ZONE } },
    });
    const organization = await bodyOf<{ id: string }>(api().post('/api/organizations', { name: 'Acme' }), 201);
    const factory = { organization_id: organization.id, name: 'Osaka', timezone: ZONE };
    factoryId = (await bodyOf<{ id: string }>(api().post('/api/factories', factory), 201)).id;
    const body = aGateway({ factory_id: factoryId, name: 'Measuring', url: device.url });
    gatewayId = (await bodyOf<{ id: string }>(api().post('/api/gateways', body), 201)).id;
    sensors = await eventually(async () => {
      const found = await readSensors();
      expect(found.map(({ connected }) => connected)).toEqual([true, true, false]);
      return found;
    });
    device.notify('temp');
    device.notify('batt');
  });
  afterAll(async () => {
    await api().delete(`/api/gateways/${gatewayId}`);
    await device.close();
  });

  it('orders a measurement, shows how far it is, and leads to its reading', async () => {
    await open(`sensors/${sensor(0).id}`);
    await page().getByRole('button', { name: 'Take a reading now' }).click();
    const orders = page().getByRole('list', { name: 'Orders' });
    await orders.getByText('Measuring', { exact: true }).waitFor();
    await orders.getByText('Completed', { exact: true }).waitFor();
    await orders.getByRole('link', { name: 'Open the reading' }).click();
    await page()
      .getByRole('heading', { level: 1, name: /^Vibration/ })
      .waitFor();
    const [order] = (await bodyOf<AcquisitionPageDto>(api().get(`/api/acquisitions?sensor_id=${sensor(0).id}`))).data;
    readingId = order?.reading_id ?? '';
    expect(new URL(page().url()).pathname).toBe(`/console/readings/${readingId}`);
  });

  it('says what an order waits for, and why one has failed', async () => {
    await open(`sensors/${sensor(2).id}`);
    await page().getByRole('button', { name: 'Take a reading now' }).click();
    await page().getByText('The gateway does not reach the sensor.').waitFor();
    await page().getByRole('button', { name: 'Cancel' }).click();
    await page().getByText('Cancelled', { exact: true }).waitFor();
    device.answers.takeMode = 'refused';
    await open(`sensors/${sensor(1).id}`);
    await page().getByRole('button', { name: 'Take a reading now' }).click();
    await page().getByText('The sensor did not begin to measure.').waitFor();
    device.answers.takeMode = 'usual';
  });

  it('draws the waveform and the spectrum as they were measured', async () => {
    await open(`readings/${readingId}`);
    const peaks = page().getByRole('table', { name: 'Highest peaks of the spectrum' });
    for (const row of ['100 Hz 6,000 X 0.5', '200 Hz 12,000 Y 0.2', '300 Hz 18,000 Z 0.1']) {
      await peaks.getByRole('row', { name: row, exact: true }).waitFor();
    }
    const [, ms, g] = /^([\d.]+) ms · X (-?[\d.]+) g$/.exec(await underTheCursor(panel('Waveform'), 0.4987)) ?? [];
    expect(Number(g)).toBeCloseTo(SIGNALS.X.g * Math.sin(2 * Math.PI * SIGNALS.X.hz * (Number(ms) / 1000)), 1);
    const velocity = page()
      .getByRole('row', { name: /^Velocity RMS/ })
      .getByRole('cell')
      .first();
    expect(Number(await velocity.innerText()) / VELOCITY_X).toBeCloseTo(1, 2);
    await page().getByLabel('Machine').selectOption('Group 1, rigid');
    await page().getByText('Zone C: not for continuous operation').waitFor();
    expect(parameters()).toBe('?machine=1-rigid');
  });

  it('draws the axes, the quantity and the part that are chosen, and the address says which', async () => {
    await open(`readings/${readingId}`);
    await panel('Spectrum').getByRole('button', { name: 'Velocity' }).click();
    await panel('Spectrum').getByRole('button', { name: 'in/s' }).click();
    await panel('Waveform').getByRole('button', { name: 'Y' }).click();
    await panel('Waveform').getByRole('button', { name: 'Z' }).click();
    await page().getByLabel('Spectrum from, in Hz').fill('50');
    await page().getByLabel('Spectrum to, in Hz').fill('150');
    await page().keyboard.press('Enter');
    const only = page().getByRole('figure', { name: /X \(in\/s\)/ });
    const expectAll = async (): Promise<void> => {
      await only.waitFor();
      expect(await page().getByRole('figure').count()).toBe(2);
      expect(await underTheCursor(panel('Spectrum'), 0.5)).toMatch(/^100 Hz · X 0\.307\d in\/s$/);
    };
    await eventually(() => expect(parameters()).toContain('fmax=150'));
    await expectAll();
    await page().reload();
    await expectAll();
    await mark(panel('Waveform'), 0.25, 0.5);
    await eventually(() => expect(parameters()).toMatch(/from=(399|40\d)[\d.]*&to=(799|80\d)/));
    await panel('Waveform').getByRole('button', { name: 'Show all' }).click();
    await eventually(() => expect(parameters()).not.toMatch(/from=/));
  });

  it('draws the spectrum of the envelope of a band, as far as the record reaches', async () => {
    await open(`readings/${readingId}`);
    await panel('Spectrum').getByRole('button', { name: 'Envelope' }).click();
    await page().getByText('It is the spectrum of the envelope of 500 to 1,280 Hz').waitFor();
    await page().getByLabel('Band from, in Hz').fill('50');
    await page().getByLabel('Band to, in Hz').fill('400');
    await page().keyboard.press('Enter');
    await page().getByText('It is the spectrum of the envelope of 50 to 400 Hz').waitFor();
    expect(parameters()).toBe('?quantity=envelope&low=50&high=400');
    expect(await page().getByRole('link', { name: 'Spectrum, CSV' }).getAttribute('href')).toMatch(
      /\/envelope\?format=csv&band=50-400&/,
    );
  });

  it('offers the samples as files', async () => {
    await open(`readings/${readingId}`);
    const fileOf = async (name: string) => {
      const [download] = await Promise.all([
        page().waitForEvent('download'),
        page().getByRole('link', { name }).click(),
      ]);
      return { name: download.suggestedFilename(), contents: await readFile(await download.path()) };
    };
    const npy = await fileOf('Waveform, NPY');
    expect([npy.name, npy.contents.subarray(1, 6).toString()]).toEqual([`${readingId}.npy`, 'NUMPY']);
    expect((await fileOf('Waveform, WAV')).contents.subarray(0, 4).toString()).toBe('RIFF');
    expect((await fileOf('Waveform, CSV')).contents.toString().split('\n').length).toBeGreaterThan(4096);
  });

  it('lists sensors with their state and the age of their readings, and finds one', async () => {
    await open('sensors');
    const row = (index: number): Locator => page().getByRole('row', { name: String(sensor(index).serial) });
    await page()
      .getByLabel('Search name or serial')
      .fill(String(sensor(2).serial));
    await row(2).getByText('Out of reach').waitFor();
    await eventually(async () => expect(await page().getByRole('row').count()).toBe(2));
    expect(parameters()).toBe(`?q=${sensor(2).serial}`);
    await page().getByRole('group', { name: 'Connection' }).getByRole('button', { name: 'Connected' }).click();
    await page().getByText('No sensor matches the search and the filter.').waitFor();
    await open(`gateways/${gatewayId}/sensors`);
    await row(0).getByText('Connected', { exact: true }).waitFor();
    await row(0)
      .getByRole('cell', { name: /ago|now/ })
      .first()
      .waitFor();
    // Nothing yet, or what the service has fetched of its history meanwhile.
    await row(2)
      .getByText(/^–$|ago/)
      .first()
      .waitFor();
  });

  it('shows trends and times as at the plant, and names and units that people state', async () => {
    const [{ id }] = [sensor(0)];
    await open(`sensors/${id}?range=6h`);
    await page()
      .getByRole('figure', { name: /^Temperature/ })
      .waitFor();
    await page().getByText('A point for each 10 min; times in GMT+9.').waitFor();
    await panel('Readings')
      .getByText(/GMT\+9/)
      .first()
      .waitFor();
    await page().getByRole('button', { name: 'Change', exact: true }).click();
    await page().getByLabel('Name', { exact: true }).fill('Pump 3, drive end');
    await page().getByLabel('Temperatures in').selectOption('°C');
    await page().getByLabel('A reading every (seconds)').fill('soon');
    await page().getByRole('button', { name: 'Save' }).click();
    await page().locator('[aria-invalid=true][name=interval]').waitFor();
    await page().getByLabel('A reading every (seconds)').fill('');
    await page().getByRole('button', { name: 'Save' }).click();
    await page().getByRole('heading', { level: 1, name: 'Pump 3, drive end' }).waitFor();
    await page()
      .getByRole('link', { name: /Temperature \d+ °C/ })
      .waitFor();
  });

  it('does not overwrite what somebody else has changed meanwhile', async () => {
    const { id, serial } = sensor(1);
    await open(`sensors/${id}?edit=true`);
    await page().getByLabel('Name', { exact: true }).fill('Mine');
    await bodyOf(api().put(`/api/sensors/${id}`, { gateway_id: gatewayId, serial, name: 'Theirs' }));
    await page().getByRole('button', { name: 'Save' }).click();
    await page().getByRole('button', { name: 'Show what is stored now' }).click();
    await eventually(async () => expect(await page().getByLabel('Name', { exact: true }).inputValue()).toBe('Theirs'));
  });

  it('says how complete the readings of a gateway are, and fetches days again', async () => {
    await open(`gateways/${gatewayId}/completeness`);
    for (const kind of ['Vibration', 'Temperature', 'Battery'])
      await panel(kind).getByText('Complete', { exact: true }).waitFor();
    await page().getByText('No gap is known.').waitFor();
    await page().getByRole('button', { name: 'Fetch these days again' }).click();
    const order = panel('The order');
    await order.getByText('Completed', { exact: true }).waitFor();
    await order.getByText(/[1-9]\d* records in [1-9]\d* pages/).waitFor();
    await page().reload();
    await order.getByText('Completed', { exact: true }).waitFor();
    await open(`factories/${factoryId}`);
    await panel('Completeness').getByText('Complete', { exact: true }).waitFor();
    await page().getByRole('link', { name: 'Connected 1' }).click();
    await page()
      .getByRole('row', { name: /Measuring/ })
      .waitFor();
    expect(parameters()).toBe(`?factory=${factoryId}&state=connected`);
  });

  it(
    'is accessible in both themes, and does not scroll sideways',
    async () => {
      await inspectPages(visitor(), [
        ['sensors', 'sensors', 'Sensors'],
        ['sensor', `sensors/${sensor(0).id}?range=6h`, 'Pump 3, drive end'],
        ['sensor-form', `sensors/${sensor(1).id}?edit=true`, 'Theirs'],
        ['reading', `readings/${readingId}?machine=1-rigid`, /^Vibration/],
        ['completeness', `gateways/${gatewayId}/completeness`, 'Measuring'],
      ]);
    },
    INSPECTION_MS,
  );
}
