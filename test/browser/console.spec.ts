import type { Browser, Page } from 'playwright-core';
import { SimulatedGateway } from '../../simulator/simulated-gateway';
import { bodyOf } from '../support/api-client';
import { LOGIN } from '../support/builders';
import { launchChromium } from '../support/chromium';
import { createDatabase } from '../support/database';
import type { TestDatabase } from '../support/database';
import { eventually } from '../support/eventually';
import { ServiceProcess } from '../support/service-process';
import { SHORT_HISTORY } from '../support/short-history';
import { describeForms } from './forms';
import { describeGatewayPages } from './gateway-pages';
import { describeReadingsPages } from './readings-pages';
import { describeSignIn } from './sign-in';
import { INSPECTION_MS, inspectPages, seriousProblems } from './support/accessibility';
import { describeInBrowser } from './support/describe-in-browser';
import { Visitor } from './support/visitor';
import type { World } from './support/world';

/** For tests that start the service again, or look at many pages: a last resort, on a busy machine. */
const LONG_MS = 120_000;
/** Fast, so that a loss and a return are seen while the test waits. */
const SETTINGS = { RECONNECT_MIN_MS: '200', RECONNECT_MAX_MS: '400', AUTH_RETRY_MS: '60000', LOG_LEVEL: 'info' };

/** The service, its gateways and one browser, for all tests. */
describeInBrowser('the console', () => {
  let database: TestDatabase;
  let service: ServiceProcess;
  let browser: Browser;
  let visitor: Visitor;
  let page: Page;
  const devices: SimulatedGateway[] = [];
  const ids = new Map<string, string>();
  let factory: string;

  const start = (port = '0') =>
    ServiceProcess.start({ ...SETTINGS, PORT: port, DATABASE_URL: database.url, ENCRYPTION_KEY: KEY, AUTH: 'off' });
  const origin = (): string => service.api.url;
  const state = async (name: string) =>
    (await bodyOf<{ state: string }>(service.api.get(`/api/gateways/${ids.get(name) ?? ''}/status`))).state;

  async function add(factory: string, name: string, url: string, changes: object = {}): Promise<void> {
    const body = { factory_id: factory, gateway_id: `GW-${name}`, name, url, ...LOGIN, ...changes };
    ids.set(name, (await bodyOf<{ id: string }>(service.api.post('/api/gateways', body), 201)).id);
  }

  beforeAll(async () => {
    database = await createDatabase();
    [service, browser] = await Promise.all([start(), launchChromium()]);
    visitor = await Visitor.arrive(browser, origin());
    ({ page } = visitor);
    for (let count = 0; count < 3; count += 1) devices.push(await SimulatedGateway.listen(SHORT_HISTORY));
    factory = await service.createFactory();
    await add(factory, 'North', devices[0]?.url ?? '');
    await add(factory, 'South', devices[1]?.url ?? '');
    await add(factory, 'Locked out', devices[2]?.url ?? '', { password: 'wrong horse' });
    await add(factory, 'Unplugged', 'ws://127.0.0.1:9');
    await add(factory, 'Not wanted', 'ws://127.0.0.1:9/spare', { desired_state: 'disconnected' });
    await eventually(async () => {
      expect(await Promise.all(['North', 'South', 'Locked out', 'Unplugged'].map(state))).toEqual([
        ...['connected', 'connected', 'auth_failed'],
        expect.stringMatching(/reconnecting|connecting/),
      ]);
    });
  }, 90_000);
  afterAll(async () => {
    await browser.close();
    await service.program.destroy();
    await Promise.all(devices.map((device) => device.close()));
    await database.drop();
  });

  // One for all tests: a new one would load and compile the console anew.
  beforeEach(() => visitor.startAnew());
  afterEach(() => expect(visitor.complaints).toEqual([]));

  it('shows how many gateways are in each state, as the API counts them', async () => {
    await visitor.open();
    await page.getByText('2 of 4 wanted gateways are connected; 2 are not.').waitFor();
    await page.getByRole('link', { name: 'Connected 2' }).waitFor();
    await page.getByRole('link', { name: 'Login failed 1' }).click();
    // The overview has such a row too, so the list itself is waited for.
    const list = page.getByRole('table', { name: 'Gateways', exact: true });
    await list.getByRole('row', { name: /Locked out.*Login refused/ }).waitFor();
    expect(new URL(page.url()).search).toBe('?state=auth_failed');
    expect(await list.getByRole('row').count()).toBe(2);
    await page.goBack();
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
  });

  it('shows a loss and a return without a reload, and keeps the order of the rows', async () => {
    await visitor.open('gateways');
    const row = page.getByRole('row', { name: /South/ });
    await row.getByText('Connected', { exact: true }).waitFor();
    const names = () => page.getByRole('rowheader').allTextContents();
    const before = await names();
    await devices[1]?.stopListening();
    await row.getByText('Connection refused').waitFor();
    expect(await names()).toEqual(before);
    await devices[1]?.startListening();
    await row.getByText('Connected', { exact: true }).waitFor();
  });

  it('learns of a new gateway by itself, and says of each selected one what became of an order', async () => {
    await visitor.open('gateways');
    const row = (name: string) => page.getByRole('row', { name: new RegExp(name) });
    await row('North').waitFor();
    await add(factory, 'Brief', 'ws://127.0.0.1:9/brief', { desired_state: 'disconnected' });
    await row('Brief').waitFor();
    for (const name of ['North', 'Brief']) await page.getByRole('checkbox', { name: `Select ${name}` }).check();
    await service.api.delete(`/api/gateways/${ids.get('Brief') ?? ''}`);
    await row('Brief').waitFor({ state: 'detached' });

    const selected = page.getByRole('group', { name: 'Selected gateways' });
    await selected.getByText('2 gateways selected').waitFor();
    await selected.getByRole('button', { name: 'Disconnect' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Disconnect' }).click();
    await page.getByText('1 gateway will be disconnected, 1 will not.').waitFor();
    await page.getByText('Brief: It does not exist any more.').waitFor();
    await page.getByText('North: accepted').waitFor();
    await row('North').getByText('Disconnected', { exact: true }).waitFor();
    await selected.getByRole('button', { name: 'Connect', exact: true }).click();
    await row('North').getByText('Connected', { exact: true }).waitFor();
  });

  it('shows at which step a connection failed, whose problem that is, and what to do', async () => {
    await visitor.open(`gateways/${ids.get('Unplugged') ?? ''}`);
    const failed = page.locator('[data-step=tcp][data-result=failed]');
    await failed.getByText('Connection refused.').waitFor();
    expect(await failed.innerText()).toContain('Check that the gateway software runs');
    expect(await page.locator('[data-result=passed]').count()).toBe(2);
    await visitor.open(`gateways/${ids.get('Locked out') ?? ''}`);
    await page.locator('[data-step=login][data-result=failed]').getByText('Check e-mail and password').waitFor();
  });

  it('disconnects and connects a gateway', async () => {
    await visitor.open(`gateways/${ids.get('North') ?? ''}`);
    await page.getByRole('button', { name: 'Disconnect' }).click();
    await page.locator('main header').getByText('Disconnected', { exact: true }).waitFor();
    expect(await state('North')).toBe('disconnected');
    await page.getByRole('button', { name: 'Connect now' }).click();
    await page.getByRole('button', { name: 'Connect now' }).waitFor({ state: 'detached' });
    expect(await state('North')).toBe('connected');
  });

  it('is used without a mouse, and remembers how times are shown', async () => {
    await visitor.open();
    await page.keyboard.press('Tab');
    await page.getByRole('link', { name: 'Skip to the content' }).press('Enter');
    const press = async (key: string, until: () => Promise<boolean>) => {
      for (let times = 0; times < 40 && !(await until()); times += 1) await page.keyboard.press(key);
      expect(await until()).toBe(true);
    };
    const focused = (text: string) => () => page.evaluate<boolean>(`document.activeElement.textContent === '${text}'`);
    await press('Tab', focused('Locked out'));
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Locked out' }).waitFor();
    await eventually(async () => expect(await focused('Locked out')()).toBe(true)); // The heading has the focus.
    const lede = page.locator('main header');
    await lede.getByText(/as of .* UTC/).waitFor(); // That of the factory.
    await page.getByLabel('Time zone of all times').selectOption('mine');
    await visitor.load('gateways');
    await lede.getByText(/As of .* (CET|GMT\+1)/).waitFor();
  });

  it('reads one stream for all eight tabs of a browser', async () => {
    await visitor.load('gateways');
    const streams: string[] = [];
    const tabs: Page[] = [];
    for (let count = 0; count < 7; count += 1) {
      const tab = await visitor.anotherTab();
      tabs.push(tab);
      tab.on('request', (request) => {
        if (new URL(request.url()).pathname === '/api/events') streams.push(request.url());
      });
      await tab.goto(`${origin()}/console/gateways`);
      await tab.getByRole('row', { name: /South/ }).waitFor(); // The API answers, however many tabs there are.
    }
    await devices[1]?.stopListening();
    for (const tab of tabs) await tab.getByRole('row', { name: /South/ }).getByText('Connection refused').waitFor();
    expect(streams).toEqual([]); // The first tab has it.
    await devices[1]?.startListening();
    await page.goto('about:blank'); // Another one takes over.
    await eventually(() => expect(streams).toHaveLength(1));
    await tabs[0]?.getByRole('row', { name: /South/ }).getByText('Connected', { exact: true }).waitFor();
  });

  it(
    'is accessible in both themes, and does not scroll sideways',
    async () => {
      await inspectPages(visitor, [
        ['overview', '', 'Overview'],
        ['gateways', 'gateways', 'Gateways'],
        ['gateway', `gateways/${ids.get('Unplugged') ?? ''}`, 'Unplugged'],
        ['about', 'settings/about', 'About'],
        ['sign-in', 'sign-in', 'Sign in'],
        ['nowhere', 'nowhere', 'Page not found'],
      ]);
    },
    INSPECTION_MS,
  );

  const world: World = {
    api: () => service.api,
    browser: () => browser,
    visitor: () => visitor,
    page: () => page,
    open: (path) => visitor.open(path),
    idOf: (name) => ids.get(name) ?? '',
  };
  describe('its ways to a gateway', () => describeGatewayPages(world));
  describe('its pages about readings', () => describeReadingsPages(world));
  describe('its forms', () => describeForms(world));
  describe('its sign-in', () => describeSignIn(world));

  it(
    'shows nothing as live while the service is away, and is live again when it is back',
    async () => {
      await visitor.open('gateways');
      const chip = page.getByRole('row', { name: /North/ }).locator('[data-state=connected]');
      await chip.waitFor();
      const path = `[data-id="${ids.get('North') ?? ''}"] [data-state=connected]`;
      const looks = () => page.evaluate<string>(`getComputedStyle(document.querySelector('${path}')).backgroundImage`);
      expect(await looks()).toBe('none');
      const another = await visitor.anotherTab();
      await another.goto(`${origin()}/console/sensors?connection=connected`);
      const sensor = another.locator('main [data-tone=ok]').first();
      await sensor.getByText('Connected', { exact: true }).waitFor();
      const { port } = new URL(origin());
      service.program.kill('SIGKILL');
      await page.getByText(/Not live since \d\d:\d\d:\d\d/).waitFor();
      expect(await looks()).toContain('repeating-linear-gradient');
      await another.getByText(/Not live since/).waitFor();
      const sensorLooks = "getComputedStyle(document.querySelector('main [data-tone=ok]')).backgroundImage";
      expect(await another.evaluate(sensorLooks)).toContain('repeating-linear-gradient');
      expect(await seriousProblems(page)).toEqual([]);
      await service.program.exit();
      service = await start(port);
      await page.getByText(/Not live since/).waitFor({ state: 'detached' });
      await chip.waitFor();
      expect(await looks()).toBe('none');
    },
    LONG_MS,
  );
});

const KEY = Buffer.alloc(32, 7).toString('base64');
