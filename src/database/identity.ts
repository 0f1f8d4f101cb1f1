import { Generated } from 'typeorm';

/** TypeORM's types offer this strategy only for primary keys. */
const STRATEGY = 'identity' as string;

/** An identity column that is not the primary key. A `serial` column would need a privilege on its sequence. */
export function Identity(): PropertyDecorator {
  return Generated(STRATEGY as 'increment');
}
