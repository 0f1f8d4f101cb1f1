import { readFile } from 'node:fs/promises';
import type { Locator } from 'playwright-core';
import { SimulatedGateway } from '../../simulator/simulated-gateway';
import { bodyOf } from '../support/api-client';
import { aGateway, LOGIN } from '../support/builders';
import { eventually } from '../support/eventually';
import { SHORT_HISTORY } from '../support/short-history';
import { INSPECTION_MS, inspectPages } from './support/accessibility';
import type { World } from './support/world';

interface Stored {
  readonly id: string;
  readonly name: string;
  readonly model: string | null;
}

/** What is created, changed and deleted in the console, in an organization of its own. */
export function describeForms({ api, visitor, page, open }: World): void {
  let device: SimulatedGateway;
  let organization: string;
  let factory: string;
  let key: string;

  const create = async (path: string, body: object) => (await bodyOf<Stored>(api().post(path, body), 201)).id;
  const field = (label: string): Locator => page().getByLabel(label, { exact: true });
  const button = (name: string): Locator => page().getByRole('button', { name, exact: true });
  const heading = (name: string): Locator => page().getByRole('heading', { level: 1, name });
  /** Types with the keyboard alone. */
  const type = async (label: string, text: string): Promise<void> => {
    await field(label).focus();
    await page().keyboard.press('Control+A');
    await page().keyboard.type(text);
  };

  beforeAll(async () => {
    device = await SimulatedGateway.listen({ ...SHORT_HISTORY, number: 8 });
    organization = await create('/api/organizations', { name: 'Forms Ltd' });
    factory = await create('/api/factories', {
      organization_id: organization,
      name: 'Toledo',
      timezone: 'Europe/Madrid',
    });
  });
  afterAll(() => device.close());

  it('register a gateway that was tested first, without a mouse, and show its password nowhere', async () => {
    const bodies: string[] = [];
    page().on('response', (response) => {
      if (response.url().includes('/api/gateways'))
        void response.text().then(
          (text) => bodies.push(text),
          () => undefined,
        );
    });
    await open(`gateways/new?factory=${factory}`);
    await type('Name', 'Press 4');
    await type('Gateway ID', 'GW-PRESS-4');
    await type('URL', device.url);
    await type('E-mail', LOGIN.email);
    await type('Password', 'secret of a wrong try');
    await button('Test').press('Enter');
    await page().getByText('The test failed at the step below.').waitFor();
    await page().locator('[data-step=login][data-result=failed]').waitFor();
    expect(await page().content()).not.toContain('secret of a wrong try');
    await type('Password', LOGIN.password);
    await button('Test').press('Enter');
    await page().getByText('Every step succeeded.').waitFor();
    await button('Save').press('Enter');
    await heading('Press 4').waitFor();
    await page().locator('main header').getByText('Connected', { exact: true }).waitFor();
    expect(bodies.length).toBeGreaterThan(2);
    for (const body of bodies) expect(body).not.toMatch(/secret of a wrong try|correct horse/);
  });

  it('say which field is refused, and keep what was typed', async () => {
    await open(`gateways/new?factory=${factory}`);
    for (const [label, text] of Object.entries({ Name: 'Odd', 'Gateway ID': 'GW-ODD', URL: 'http://10.0.0.7' })) {
      await field(label).fill(text);
    }
    await field('E-mail').fill(LOGIN.email);
    await field('Password').fill('x');
    await button('Save').click();
    await page().getByText('The gateway was not saved.').waitFor();
    expect(await field('URL').getAttribute('aria-invalid')).toBe('true');
    expect(await page().evaluate<string>('document.activeElement.name')).toBe('url');
    expect(await field('Name').inputValue()).toBe('Odd');
  });

  it('do not overwrite what somebody else has changed meanwhile, unless they are told to', async () => {
    const id = await create(
      '/api/gateways',
      aGateway({ factory_id: factory, name: 'Saw', desired_state: 'disconnected' }),
    );
    await open(`gateways/${id}/edit`);
    await page().getByText('Model, firmware and metadata').click();
    await field('Model').fill('CTC Connect');
    await bodyOf(api().put(`/api/gateways/${id}`, { name: 'Band saw' }));
    await button('Save').click();
    await page().getByText('Somebody else has changed this gateway since you opened it. Nothing was saved.').waitFor();
    await page().getByText('"Band saw"').waitFor();
    expect((await bodyOf<Stored>(api().get(`/api/gateways/${id}`))).model).toBeNull();
    await button('Save my changes over it').click();
    await heading('Band saw').waitFor();
    expect(await bodyOf<Stored>(api().get(`/api/gateways/${id}`))).toMatchObject({
      name: 'Band saw',
      model: 'CTC Connect',
    });
    await page().getByRole('link', { name: 'Edit', exact: true }).click();
    await field('Name').fill('Mine');
    await bodyOf(api().put(`/api/gateways/${id}`, { name: 'Band saw 2' }));
    await button('Save').click();
    await button('Discard mine and show what it is now').click();
    await eventually(async () => expect(await field('Name').inputValue()).toBe('Band saw 2'));
    await bodyOf(api().put(`/api/gateways/${id}`, { name: 'Band saw' }));
  });

  it('keep what a list is limited to in the address', async () => {
    await open(`gateways?factory=${factory}`);
    const names = () => page().getByRole('rowheader').allTextContents();
    await eventually(async () => expect(await names()).toEqual(['Band saw', 'Press 4']));
    await page().keyboard.press('/');
    await page().keyboard.type('press');
    await eventually(async () => expect(await names()).toEqual(['Press 4']));
    expect(new URL(page().url()).searchParams.get('q')).toBe('press');
    await page().reload();
    await eventually(async () => expect(await names()).toEqual(['Press 4']));
    await page().goBack();
    await eventually(async () => expect(await names()).toEqual(['Band saw', 'Press 4']));
    await page().getByRole('link', { name: 'Disconnected', exact: true }).click();
    await page().getByRole('link', { name: 'Login failed', exact: true }).click();
    await eventually(async () => expect(await names()).toEqual(['Band saw']));
    expect(new URL(page().url()).searchParams.getAll('state')).toEqual(['auth_failed', 'disconnected']);
  });

  it('select rows with a key, and delete them after the number was typed', async () => {
    const away = { factory_id: factory, desired_state: 'disconnected' };
    for (const name of ['Scrap 1', 'Scrap 2']) await create('/api/gateways', aGateway({ ...away, name }));
    await open(`gateways?factory=${factory}&q=scrap`);
    await page()
      .getByRole('row', { name: /Scrap 2/ })
      .waitFor();
    for (const key of ['j', 'x', 'j', 'x']) await page().keyboard.press(key);
    await page().getByText('2 gateways selected').waitFor();
    await button('Delete').click();
    expect(await button('Delete 2 gateways').isDisabled()).toBe(true);
    await field('Type “2 gateways” to confirm').fill('2 gateways');
    await button('Delete 2 gateways').click();
    await page().getByText('2 gateways deleted.').waitFor();
    await page().getByText('No gateway matches.').waitFor();
    expect(await bodyOf(api().get('/api/gateways?search=scrap'))).toMatchObject({ data: [] });
  });

  it('hand out what is known of a connection, without a secret', async () => {
    const [saw] = (await bodyOf<{ data: Stored[] }>(api().get('/api/gateways?search=saw'))).data;
    await open(`gateways/${saw?.id ?? ''}`);
    const [file] = await Promise.all([page().waitForEvent('download'), button('Diagnostics').click()]);
    const text = await readFile(await file.path(), 'utf8');
    expect(JSON.parse(text)).toMatchObject({ gateway: { name: 'Band saw' }, status: { id: saw?.id }, events: [] });
    expect(text).not.toMatch(/correct horse|password/);
  });

  it('find a factory by a part of its name, for a list and for a gateway', async () => {
    await open(`gateways?organization=${organization}`);
    await eventually(async () =>
      expect(await page().getByRole('rowheader').allTextContents()).toEqual(['Band saw', 'Press 4']),
    );
    const choice = page().getByRole('combobox', { name: 'Factory' });
    await choice.fill('toled');
    await page().getByRole('option', { name: 'Toledo' }).click();
    await eventually(() => expect(new URL(page().url()).searchParams.get('factory')).toBe(factory));
    await open('gateways/new');
    await choice.fill('toled');
    await page().getByRole('option', { name: 'Toledo' }).waitFor();
    await choice.press('Enter');
    expect(await choice.inputValue()).toBe('Toledo');
    expect(await page().locator('[name=factory_id]').inputValue()).toBe(factory);
  });

  it('find an organization by a part of its name, for a factory, and count its gateways in the list', async () => {
    await open('factories/new');
    await field('Name').fill('Cuenca');
    const choice = page().getByRole('combobox', { name: 'Organization' });
    await choice.fill('forms');
    await page().getByRole('option', { name: 'Forms Ltd' }).click();
    await button('Save').click();
    await heading('Cuenca').waitFor();
    await page().getByText('There is no gateway to ask.').waitFor();
    await page().getByRole('link', { name: 'Factories' }).first().click();
    await choice.fill('forms');
    await page().getByRole('option', { name: 'Forms Ltd' }).click();
    await page()
      .getByRole('row', { name: /^Toledo Forms Ltd 2/ })
      .waitFor();
    await page()
      .getByRole('row', { name: /^Cuenca Forms Ltd 0/ })
      .waitFor();
    expect(await page().getByRole('row').count()).toBe(3);
    await page().getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Organizations' }).click();
    await page()
      .getByRole('row', { name: /^Forms Ltd 2 2 0 Any/ })
      .waitFor();
    const [cuenca] = (await bodyOf<{ data: Stored[] }>(api().get('/api/factories?search=cuenca'))).data;
    await api().delete(`/api/factories/${cuenca?.id ?? ''}`);
  });

  it('change an API key, and replace it with one that is shown once', async () => {
    key = await create('/api/keys', { name: 'Old wall', role: 'viewer', expires_at: '2099-01-01T00:00:00Z' });
    await open('settings/keys');
    await page().getByRole('link', { name: 'Old wall' }).click();
    await field('Name').fill('Wall');
    await page().getByText('From where it may be used').click();
    await field('Networks').fill('10.0.0.0/8');
    await page().getByText('Only some of the rights of its role').click();
    await field('See gateways').check();
    await field('See states, history, and changes as they happen').check();
    expect(await field('Connect and disconnect').count()).toBe(0); // No right of a viewer.
    await button('Save').click();
    await page().getByRole('link', { name: 'Wall', exact: true }).click();
    expect(await bodyOf(api().get(`/api/keys/${key}`))).toMatchObject({
      ...{ name: 'Wall', allowed_networks: ['10.0.0.0/8'], expires_at: '2099-01-01T00:00:00.000Z' },
      scopes: ['gateways:read', 'connections:read'],
    });
    await button('Replace').click();
    await page().getByLabel('The old key stops working').selectOption('at once');
    await button('Make the new key').click();
    await heading('Wall has a new key').waitFor();
    const secret = await page().locator('main code').innerText();
    expect(secret).toMatch(/^gwh_/);
    expect(await bodyOf(api().get(`/api/keys/${key}`))).toMatchObject({ state: 'revoked' });
    key = (await bodyOf<{ data: Stored[] }>(api().get('/api/keys?state=active'))).data[0]?.id ?? '';
    await page().getByRole('link', { name: 'I have stored it' }).click();
    await heading('API keys').waitFor();
    expect(await page().content()).not.toContain(secret);
  });

  it(
    'are accessible, as the lists are',
    async () => {
      const saw = await bodyOf<{ data: Stored[] }>(api().get('/api/gateways?search=saw'));
      await inspectPages(visitor(), [
        ['gateway-new', 'gateways/new', 'New gateway'],
        ['gateway-edit', `gateways/${saw.data[0]?.id ?? ''}/edit`, 'Edit Band saw'],
        ['factories', 'factories', 'Factories'],
        ['factory', `factories/${factory}`, 'Toledo'],
        ['factory-new', 'factories/new', 'New factory'],
        ['organizations', 'organizations', 'Organizations'],
        ['keys', 'settings/keys', 'API keys'],
        ['key-new', 'settings/keys/new', 'New API key'],
        ['key-edit', `settings/keys/${key}`, 'Edit Wall'],
        ['audit', 'settings/audit?action=key.create', 'Audit log'], // Few rows: more look the same, and axe takes long.
      ]);
    },
    INSPECTION_MS,
  );

  it('delete after a question: a factory with its gateways when its name was typed, an organization when it is empty', async () => {
    await open(`organizations/${organization}/edit`);
    await button('Delete').click();
    await button('Delete organization').click();
    await page().getByText('ORGANIZATION_NOT_EMPTY').waitFor();
    await open(`factories/${factory}`);
    await button('Delete').click();
    await page().getByText('Its 2 gateways are deleted with it').waitFor();
    expect(await button('Delete factory').isDisabled()).toBe(true);
    await field('Type “Toledo” to confirm').fill('Toledo');
    await button('Delete factory').click();
    await heading('Factories').waitFor();
    expect((await api().get(`/api/factories/${factory}`)).status).toBe(404);
    await open(`organizations/${organization}/edit`);
    await button('Delete').click();
    await button('Delete organization').click();
    await heading('Organizations').waitFor();
    expect((await api().get(`/api/organizations/${organization}`)).status).toBe(404);
  });
}
