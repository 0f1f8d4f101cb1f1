import type { FactoryCompleteness } from '../../../.generated/types.gen';
import { STATEMENT_LOOKS } from '../../lib/sensor-words';
import { Chip } from '../../parts/chip';

type Statement = FactoryCompleteness['statement'];

const ICONS = { complete: 'check', catching_up: 'clock', gaps: 'warning', unknown: 'question' } as const;

/** How complete stored readings are, in a word; what that means is its title. */
export function StatementChip({ statement }: { readonly statement: Statement }) {
  const { label, tone, means } = STATEMENT_LOOKS[statement];
  return <Chip tone={tone} icon={ICONS[statement]} label={label} title={means} />;
}
