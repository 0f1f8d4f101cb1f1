import type { Locator } from 'playwright-core';

/** What the first chart of a panel says of a place. @param share of its width, from the left */
export async function underTheCursor(panel: Locator, share: number): Promise<string> {
  const figure = panel.getByRole('figure').first();
  const box = await plotOf(figure);
  await figure.page().mouse.move(box.x + share * box.width, box.y + box.height / 2);
  const readout = figure.locator('figcaption > [aria-hidden=true]').first();
  await readout.filter({ hasText: /·/ }).waitFor();
  return readout.innerText();
}

/** Marks a part of the first chart of a panel with the mouse. */
export async function mark(panel: Locator, from: number, to: number): Promise<void> {
  const figure = panel.getByRole('figure').first();
  const box = await plotOf(figure);
  const { mouse } = figure.page();
  await mouse.move(box.x + from * box.width, box.y + box.height / 2);
  await mouse.down();
  await mouse.move(box.x + to * box.width, box.y + box.height / 2, { steps: 3 });
  await mouse.up();
}

async function plotOf(figure: Locator) {
  const plot = figure.locator('.u-over');
  await plot.scrollIntoViewIfNeeded();
  const box = await plot.boundingBox();
  if (!box) throw new Error('the chart is not drawn');
  return box;
}
