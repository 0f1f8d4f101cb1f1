import type { EntityManager, EntityTarget, FindOptionsWhere } from 'typeorm';
import type { BaseEntity } from './base.entity';

/**
 * Holds a living parent until the transaction ends, and says whether there is one.
 * A foreign key alone would let a soft delete of the parent run beside the insert of a child.
 */
export async function lockLiving<Parent extends BaseEntity>(
  manager: EntityManager,
  parent: EntityTarget<Parent>,
  id: string,
): Promise<boolean> {
  const where = { id } as FindOptionsWhere<Parent>;
  return (await manager.findOne(parent, { where, lock: { mode: 'pessimistic_read' } })) !== null; // FOR SHARE
}
