/** Replaces a module of @nestjs/typeorm that looks for exports TypeORM 1 does not have, and would load TypeORM a second time for that. */
export const leaveOutWhatTypeOrmLacks = {
  name: 'leave-out-what-typeorm-lacks',
  setup({ onLoad }) {
    onLoad({ filter: /@nestjs[\\/]typeorm[\\/]dist[\\/]common[\\/]typeorm-compat\.js$/ }, () => ({
      contents: 'export const Connection = undefined; export const AbstractRepository = undefined;',
    }));
  },
};
