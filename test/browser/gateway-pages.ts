import { eventually } from '../support/eventually';
import { seriousProblems } from './support/accessibility';
import type { World } from './support/world';

/** How one finds a gateway, and what one sees of its past. */
export function describeGatewayPages({ page, open, idOf }: World): void {
  it('shows in which states a connection was, and what happened for a reason', async () => {
    await open(`gateways/${idOf('Locked out')}`);
    const shares = page().getByRole('list', { name: 'Share of the time in each state' });
    await shares.getByText(/^Login failed/).waitFor();
    await page().getByRole('button', { name: '7 d' }).click();
    await page().getByRole('columnheader', { name: 'Lasted' }).waitFor();
    await page().getByLabel('Reason').selectOption('Login refused');
    await page().getByRole('columnheader', { name: 'Lasted' }).waitFor({ state: 'detached' });
    const history = page().getByRole('table', { name: 'History of the connection' });
    await eventually(async () => {
      const [, ...rows] = await history.getByRole('row').allInnerTexts();
      expect(rows).not.toEqual([]);
      for (const row of rows) expect(row).toContain('Login refused');
    });
    expect(new URL(page().url()).search).toBe('?span=7d&reason=login_refused');
    await page().getByLabel('Reason').selectOption('Connection lost');
    await page().getByText('Nothing has happened for this reason.').waitFor();
  });

  it('leads to pages and gateways by a part of their names, without a mouse', async () => {
    await open('');
    const go = async (text: string, option: string) => {
      await page().keyboard.press('Control+k');
      await page().getByRole('combobox', { name: 'Page, gateway, factory or sensor' }).waitFor();
      await page().keyboard.type(text);
      await page().getByRole('option', { name: option, selected: true }).waitFor();
      await page().keyboard.press('Enter');
    };
    await go('GW-unpl', 'Unplugged GW-Unplugged');
    await page().getByRole('heading', { level: 1, name: 'Unplugged' }).waitFor();
    await go('abo', 'About');
    await page().getByRole('heading', { level: 1, name: 'About' }).waitFor();
    expect(await page().getByRole('link', { name: 'For Prometheus' }).getAttribute('href')).toMatch(/\/metrics$/);
    await page().keyboard.press('Control+k');
    await page().getByRole('option', { name: 'Overview', selected: true }).waitFor();
    expect(await seriousProblems(page())).toEqual([]);
    await page().keyboard.press('Escape');
    await page().getByRole('dialog').waitFor({ state: 'detached' });
  });

  it('has the columns that somebody has chosen, also later', async () => {
    await open('gateways');
    const heads = () => page().getByRole('columnheader').allInnerTexts();
    const before = await heads();
    expect(before).toEqual(expect.arrayContaining(['Reason', 'For']));
    await page().getByRole('button', { name: 'Columns' }).press('Enter');
    await page().getByRole('checkbox', { name: 'Reason' }).press('Space');
    await page().getByRole('checkbox', { name: 'Latency' }).press('Space');
    expect(await seriousProblems(page())).toEqual([]);
    await page().getByRole('button', { name: 'Close' }).press('Enter');
    const chosen = [...before.filter((head) => head !== 'Reason'), 'Latency'];
    expect(await heads()).toEqual(chosen);
    await page().reload();
    await eventually(async () => expect(await heads()).toEqual(chosen));
    await page().getByRole('button', { name: 'Columns' }).click();
    await page().getByRole('button', { name: 'As there is room' }).click();
    await page().getByRole('button', { name: 'Close' }).click();
    expect(await heads()).toEqual(before);
  });
}
