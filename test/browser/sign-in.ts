import { generateKey } from '../../src/common/api-key-format';
import { ApiClient, bodyOf } from '../support/api-client';
import { createDatabase } from '../support/database';
import type { TestDatabase } from '../support/database';
import { ServiceProcess } from '../support/service-process';
import { takePicture } from './support/pictures';
import { Visitor } from './support/visitor';
import type { World } from './support/world';

/** Who may see and do what, with a service that wants keys. */
export function describeSignIn({ browser }: World): void {
  let database: TestDatabase;
  let service: ServiceProcess;
  let admin: string;
  let guest: Visitor;

  beforeAll(async () => {
    [database, admin] = [await createDatabase(), generateKey()];
    service = await ServiceProcess.start({
      ...{ AUTH: 'keys', BOOTSTRAP_API_KEY: admin, DATABASE_URL: database.url, LOG_LEVEL: 'info' },
      ENCRYPTION_KEY: Buffer.alloc(32, 8).toString('base64'),
    });
    guest = await Visitor.arrive(browser(), service.api.url);
  });
  afterAll(async () => {
    await guest.leave();
    await service.program.destroy();
    await database.drop();
  });
  beforeEach(() => guest.startAnew());
  afterEach(() => expect(guest.complaints).toEqual([]));

  async function signIn(key: string): Promise<void> {
    await guest.page.getByLabel('API key').fill(key);
    await guest.page.getByRole('button', { name: 'Sign in' }).click();
  }
  const heading = (name: string) => guest.page.getByRole('heading', { level: 1, name });

  it('leads to the page that was asked for, and leaves no key in the browser', async () => {
    await guest.open('settings/keys');
    await heading('Sign in').waitFor();
    await signIn(generateKey());
    await guest.page.getByText('UNAUTHENTICATED').waitFor();
    await signIn(admin);
    await heading('API keys').waitFor();
    const kept = await guest.page.evaluate<string>(
      'JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, document.documentElement.outerHTML])',
    );
    expect(kept).not.toContain(admin.slice(13));
    await guest.page.getByRole('button', { name: 'Sign out' }).click();
    await heading('Sign in').waitFor();
    await guest.load('gateways');
    await heading('Sign in').waitFor();
  });

  it('makes a key that is shown once, offers nothing that it may not do, and ends when it is revoked', async () => {
    await guest.load('sign-in?return_to=/settings/keys/new');
    await signIn(admin);
    await guest.page.getByLabel('Name').fill('Wall display');
    await guest.page.getByRole('button', { name: 'Make the key' }).click();
    await heading('Wall display is made').waitFor();
    const key = await guest.page.locator('main code').innerText();
    expect(key).toMatch(/^gwh_/);
    await guest.page.getByRole('link', { name: 'I have stored it' }).click();
    await guest.page.getByRole('row', { name: /Wall display.*viewer/ }).waitFor();
    expect(await guest.page.content()).not.toContain(key);
    await takePicture(guest.page, 'keys-of-admin-1280-light', false);
    await guest.page.getByRole('link', { name: 'Audit log' }).click();
    await guest.page.getByRole('row', { name: /key.create.*Wall display/ }).waitFor();

    const viewer = await Visitor.arrive(browser(), service.api.url);
    await viewer.open('sign-in');
    await viewer.page.getByLabel('API key').fill(key);
    await viewer.page.getByRole('button', { name: 'Sign in' }).click();
    const { page } = viewer;
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Gateways' }).click();
    await page.getByText('No gateway is registered.').waitFor();
    await page.getByText('Wall display').waitFor();
    for (const name of ['New gateway', 'Register the first one', 'API keys', 'Audit log']) {
      expect([name, await page.getByRole('link', { name }).count()]).toEqual([name, 0]);
    }

    const api = new ApiClient(service.api.url, { authorization: `Bearer ${admin}` });
    const { data } = await bodyOf<{ data: { id: string; name: string }[] }>(api.get('/api/keys'));
    await api.delete(`/api/keys/${data.find(({ name }) => name === 'Wall display')?.id ?? ''}`);
    await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
    await viewer.leave();
    expect(viewer.complaints).toEqual([]);
  });
}
